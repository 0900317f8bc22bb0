/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder: one recording from beginning to end: instance, snapshots, spool
 * threads, the command, trace.dat.  Everything goes to DIR.part, which becomes DIR
 * when it is whole; nothing of it is readable by others, since kernel addresses are
 * secrets.
 */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/options.h"
#include "machine/machine.h"
#include "record/exact.h"
#include "record/presets.h"

struct record_options {
	const char *output; /* the capture directory to be */
	struct option_list events;
	uint64_t buffer_kib;   /* of each CPU; 0: by the rate that is measured first */
	double duration;       /* seconds; INFINITY: until the command ends or a signal comes */
	double snapshot_every; /* seconds; INFINITY: none in between */
	const char *clock;     /* NULL: "global" */
	const char *pids;      /* these and their children only, "12,34"; NULL: all */
	const char *comm;      /* tasks of this name only; NULL: all */
	const uint8_t *cpus;   /* [KMM_CPUS] mask; NULL: all */
	char **command;	       /* NULL-terminated; NULL: none */
	bool command_only;     /* only the command and its children */
	bool exact;	       /* read the kernel's lists for the start and the end (exact.h) */
	bool progress;
};

struct record_result {
	uint64_t bytes;
	uint64_t lost; /* events that the ring buffers had no room for */
	unsigned cpus;
	uint64_t lost_of[KMM_CPUS];
	uint64_t buffer_kib,
		buffer_most_kib; /* of each CPU at the start, of the largest at the end */
	double seconds;		 /* that tracing ran */
	int status;		 /* of the command, as wait() has it; -1 none */
	bool runs_on;		 /* the command did not end at SIGTERM */
	unsigned snapshots;	 /* in between */
	struct event_gaps gaps;	 /* events of the preset that this kernel does not have */
	unsigned unread;	 /* files of the snapshots that could not be read: system/unread */
	struct exact_result start, end; /* where exact was asked for; source says why not */
	bool interrupted;		/* ended by a signal */
	bool cut;			/* ended early: the disk was full or failed; *why says it */
	char why[200];
};

/* 0; or a negative errno with nothing left behind but, where something was recorded, DIR. */
int record_run(const struct record_options *o, struct record_result *r, struct err *e);
/* Make a capture of what a recorder that was killed left in DIR.part. */
int record_finish(const char *output, struct err *e);
/* End the recording that is under way; safe in a signal handler. */
void record_stop(void);
bool record_stopped(void);

#endif
