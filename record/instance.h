/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * instance: a tracing instance of our own under tracefs, so that nobody else's
 * tracing is disturbed.  Its name has our pid in it, and we hold it open: what a killed
 * recorder left behind is removed by the next one.
 */
#ifndef RECORD_INSTANCE_H
#define RECORD_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "record/presets.h"

struct tracefs_instance;

struct instance {
	struct tracefs_instance *t;
	int marker;   /* fd of trace_marker */
	int mark_cpu; /* marks are made there; -1: on any CPU */
	struct event_gaps gaps;
};

/* Not recording yet.  suffix: of its name.  A kernel or a user without tracefs is told so in one line. */
int instance_open(struct instance *in, const char *suffix, const char *clock, struct err *e);
/* Remove it; harmless if it is not there. */
void instance_close(struct instance *in);
/* Remove the instances and kprobes of recorders that were killed; how many instances. */
unsigned instance_tidy(void);
/* Is an instance there of the recorder that has, or had, this pid? */
bool instance_left_by(pid_t pid);

/* Enable the events; one that is needed and not there is an error. */
int instance_enable(struct instance *in, const struct event_set *s, struct err *e);
/* Ring buffer of each CPU, KiB. */
int instance_buffer(struct instance *in, uint64_t kib, struct err *e);
/* Only these pids and their children; a space-separated list. */
int instance_pids(struct instance *in, const char *pids, struct err *e);
/* A filter in the kernel's own language on every event that is enabled. */
int instance_filter(struct instance *in, const struct event_set *s, const char *filter,
		    struct err *e);
/* The CPUs to record on, [KMM_CPUS], below `cpus`; marks are made on one of them, as the others record none. */
int instance_cpus(struct instance *in, const uint8_t *mask, unsigned cpus, struct err *e);
int instance_on(struct instance *in, bool on, struct err *e);
/* A line into the trace. */
void instance_mark(void *in, const char *text);
/* Events that the kernel had no room for on a CPU, so far; *all: of the file "stats", 200 bytes. */
uint64_t instance_lost(struct instance *in, unsigned cpu, char stats[512]);

#endif
