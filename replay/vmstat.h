/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmstat: the work that the kernel does once a second on each CPU, which lets the limits of the
 * CPU's page lists decay (6.7 on).  No event tells when; it falls on full seconds of jiffies, three ticks
 * earlier from CPU to CPU so that they do not come all at once, and up to eight ticks late, as the timer
 * wheel has it [6.18, 250 ticks a second].  Where it drained a list the trace shows it, and so how far the
 * seconds of its clock are from those of jiffies.
 */
#ifndef REPLAY_VMSTAT_H
#define REPLAY_VMSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/kmm.h"
#include "workload/request.h"

#define VMSTAT_SEEN 63

/* Where in a second, less the CPU's skew, the work was seen to drain a list. */
struct vmstat_seen {
	uint32_t ns[VMSTAT_SEEN]; /* of the first ones */
	uint32_t count;
};

void vmstat_see(struct vmstat_seen *v, const struct request *q);
/* The middle of them; 0 if none was seen. */
uint32_t vmstat_phase(struct vmstat_seen *v);

struct vmstat {
	uint32_t phase;		 /* ns of a second at which the first CPU's turn comes */
	uint64_t next[KMM_CPUS]; /* ns of the trace's clock; 0: not begun */
	uint64_t soonest;	 /* of them; before it there is nothing to do */
};

/* To be called from `soonest` on: the seconds that passed until `time`.  seen: the drains that follow are observed ones. */
void vmstat_pass(struct vmstat *v, struct kmm *mm, uint64_t time, bool seen);

#endif
