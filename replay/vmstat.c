// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/vmstat.h"

#define SECOND 1000000000ull
#define PASSES_MOST 256 /* after so many, each an eighth off, no limit is above its lowest */
#define SKEW (3 * SECOND / 250) /* three ticks */

/* The first of a CPU's seconds after `time`. */
static uint64_t second_after(uint64_t time, unsigned cpu)
{
	uint64_t early = SKEW * cpu % SECOND;

	return (time + early) / SECOND * SECOND + SECOND - early;
}

static void passes(struct kmm *mm, unsigned cpu, uint64_t n, bool seen)
{
	n = n < PASSES_MOST ? n : PASSES_MOST;
	while (n--)
		if (seen)
			kmm_pcp_lower(mm, cpu);
		else
			kmm_pcp_decay(mm, cpu);
}

void vmstat_pass(struct vmstat *v, struct kmm *mm, uint64_t time, bool seen)
{
	const struct kmm_config *c = kmm_configuration(mm);
	unsigned cpus = c->policy.generation >= KMM_LINUX_6_18 ? c->cpus : 0;

	v->soonest = UINT64_MAX;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		if (v->next[cpu] && v->next[cpu] <= time)
			passes(mm, cpu, (time - v->next[cpu]) / SECOND + 1, seen);
		if (v->next[cpu] <= time)
			v->next[cpu] = second_after(time, cpu);
		if (v->next[cpu] < v->soonest)
			v->soonest = v->next[cpu];
	}
}
