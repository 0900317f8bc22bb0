/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmstat: the work that the kernel does once a second on each CPU, which lets the limits of the
 * CPU's page lists decay (6.7 on).  No event tells when, but it can be worked out from jiffies: its timer is set
 * for full seconds of them, three ticks earlier from CPU to CPU so that they do not come all at once, and
 * the timer wheel lets a timer of a second expire at the next multiple of 8 (of 64, with 1000 ticks a second)
 * [round_jiffies_relative() and the wheel's levels, 6.12; seen so on 6.12 and 6.18].  The work itself runs
 * when its CPU comes to it: at once, a tick later, or on a busy machine much later; where it drained a list
 * the trace shows when.  Those drains also tell how jiffies stand where the capture does not, as far as they can.
 */
#ifndef REPLAY_VMSTAT_H
#define REPLAY_VMSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "mm/kmm.h"
#include "workload/request.h"

/* What one reading of the trace tells of it. */
struct vmstat_seen {
	struct machine_turn *drains; /* in time order */
	uint32_t count, room;
	uint32_t marks;		 /* of the recorder, at which it read the monotonic clock too */
	int64_t trace_less_mono; /* ns; the least of theirs */
	bool no_memory;
};

void vmstat_see(struct vmstat_seen *v, const struct request *q);
/* The next of the marks of m->jiffies. */
void vmstat_mark(struct vmstat_seen *v, const struct machine_jiffies *j, uint64_t time);
/* To m->jiffies and m->turns.  0, -ENOMEM. */
int vmstat_settle(struct vmstat_seen *v, struct machine *m);
void vmstat_seen_free(struct vmstat_seen *v);

struct vmstat {
	const struct machine *m;
	uint64_t next[KMM_CPUS]; /* ns of the trace's clock; 0: not begun */
	uint32_t seen[KMM_CPUS]; /* in m->turns */
	uint64_t soonest;	 /* of next; before it there is nothing to do */
};

/* To be called from `soonest` on: the seconds that passed until `time`.  seen: the drains that follow are observed ones. */
void vmstat_pass(struct vmstat *v, struct kmm *mm, uint64_t time, bool seen);

#endif
