// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/vmstat.h"

#include <stdlib.h>

#define SECOND 1000000000ull
#define PASSES_MOST 256 /* after so many, each an eighth off, no limit is above its lowest */
#define SKEW (3 * SECOND / 250) /* three ticks */

void vmstat_see(struct vmstat_seen *v, const struct request *q)
{
	if (q->sig.op == OBS_PCPU_DRAIN && q->sig.aux == DRAIN_SOME && !q->sig.aux2 &&
	    v->count < VMSTAT_SEEN)
		v->ns[v->count++] = (uint32_t)((q->time + SKEW * q->cpu) % SECOND);
}

static int by_ns(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* Seconds are a circle: they are counted from behind the widest gap. */
uint32_t vmstat_phase(struct vmstat_seen *v)
{
	uint32_t widest = 0, first = 0;

	if (!v->count)
		return 0;
	qsort(v->ns, v->count, sizeof(*v->ns), by_ns);
	for (uint32_t i = 0; i < v->count; i++) {
		uint32_t before = i ? v->ns[i - 1] : v->ns[v->count - 1] - (uint32_t)SECOND;

		if (v->ns[i] - before > widest) {
			widest = v->ns[i] - before;
			first = i;
		}
	}
	return v->ns[(first + v->count / 2) % v->count];
}

/* The first of a CPU's seconds after `time`. */
static uint64_t second_after(uint64_t time, unsigned cpu, uint32_t phase)
{
	uint64_t early = (SKEW * cpu + SECOND - phase) % SECOND;

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
			v->next[cpu] = second_after(time, cpu, v->phase);
		if (v->next[cpu] < v->soonest)
			v->soonest = v->next[cpu];
	}
}
