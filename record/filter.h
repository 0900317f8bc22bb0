/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filter: whose events an instance keeps: of which CPUs, processes and their children, tasks by name. */
#ifndef RECORD_FILTER_H
#define RECORD_FILTER_H

#include <sys/types.h>

#include "record/instance.h"
#include "record/recorder.h"

/* command: whose pid stands for --command-only; 0: none.  cpus: how many the machine has. */
int filter_set(struct instance *in, const struct event_set *s, const struct record_options *o,
	       pid_t command, unsigned cpus, struct err *e);

/* What of it was asked for, into system/narrowed; no file where it was not. */
int filter_note(int dir, const struct record_options *o, struct err *e);

#endif
