/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmstat: the work that the kernel does once a second on each CPU, which lets
 * the limits of the CPU's page lists decay (6.7 on).  No event tells when; it
 * falls on full seconds of jiffies, three ticks earlier from CPU to CPU, so that
 * they do not come all at once [6.18: seen on a machine of 250 ticks a second,
 * where full seconds of its clock since boot were full seconds of jiffies within
 * two ticks].
 */
#ifndef REPLAY_VMSTAT_H
#define REPLAY_VMSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/kmm.h"

struct vmstat {
	uint64_t next[KMM_CPUS]; /* ns of the trace's clock; 0: not begun */
	uint64_t soonest;	 /* of them; before it there is nothing to do */
};

/* To be called from `soonest` on: the seconds that passed until `time`.  seen: the drains that follow are observed ones. */
void vmstat_pass(struct vmstat *v, struct kmm *mm, uint64_t time, bool seen);

#endif
