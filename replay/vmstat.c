// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/vmstat.h"

#define SECOND 1000000000ull
#define SKEW (3 * SECOND / 250) /* three ticks */

/* The first of a CPU's seconds after `time`. */
static uint64_t second_after(uint64_t time, unsigned cpu)
{
	uint64_t early = SKEW * cpu % SECOND;

	return (time + early) / SECOND * SECOND + SECOND - early;
}

void vmstat_pass(struct vmstat *v, struct kmm *mm, uint64_t time, bool seen)
{
	const struct kmm_config *c = kmm_configuration(mm);
	unsigned cpus = c->policy.generation >= KMM_LINUX_6_18 ? c->cpus : 0;

	v->soonest = UINT64_MAX;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		for (; v->next[cpu] && v->next[cpu] <= time; v->next[cpu] += SECOND)
			if (seen)
				kmm_pcp_lower(mm, cpu);
			else
				kmm_pcp_decay(mm, cpu);
		if (!v->next[cpu])
			v->next[cpu] = second_after(time, cpu);
		if (v->next[cpu] < v->soonest)
			v->soonest = v->next[cpu];
	}
}
