// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * percpu_group: which unit of a chunk is whose.  CPUs that are near each other have
 * theirs side by side, in memory of their own node; the distances between these
 * groups are those of the first chunk, and every later chunk keeps them (Linux
 * 2.6.33 and later, pcpu_build_alloc_info()).
 */
#include <stdlib.h>

#include "mm/percpu.h"

#define NEAR 10 /* LOCAL_DISTANCE */
#define MOST_SPAN (UINT64_C(1) << 44)

/* A CPU joins the first group whose founder is near, both ways. */
static unsigned group_of(struct kmm_percpu *p, unsigned cpu, unsigned count[KMM_NODES])
{
	const struct kmm_config *c = &p->mm->config;
	unsigned node = c->cpu_node[cpu], g;

	for (g = 0; g < p->groups; g++)
		if (c->distance[node][p->group[g].node] <= NEAR &&
		    c->distance[p->group[g].node][node] <= NEAR)
			break;
	if (g == p->groups) {
		p->group[g].node = node;
		p->groups++;
	}
	count[g]++;
	return g;
}

/*
 * How many units share one allocation of the first chunk: as many as waste
 * little (no more than a third of the CPUs' number), fewer if that costs no
 * more allocations.
 */
static size_t share_of(const struct kmm_percpu *p, size_t need, const unsigned count[KMM_NODES])
{
	size_t atom = p->config.atom_size, size = (need + atom - 1) / atom * atom;
	size_t best = 1, least = SIZE_MAX;

	for (size_t units = size / need; units; units--) {
		size_t pieces = 0, wasted = 0;

		if (size % units || size / units % PAGE_BYTES)
			continue;
		for (unsigned g = 0; g < p->groups; g++) {
			size_t own = (count[g] + units - 1) / units;

			pieces += own;
			wasted += own * units - count[g];
		}
		if (wasted > p->cpus / 3)
			continue;
		if (pieces > least)
			break;
		least = pieces;
		best = units;
	}
	return best;
}

bool percpu_groups_init(struct kmm_percpu *p, size_t need)
{
	const struct kmm_percpu_config *c = &p->config;
	unsigned count[KMM_NODES] = { 0 }, given[KMM_NODES] = { 0 };
	size_t atom = c->atom_size, size = (need + atom - 1) / atom * atom, share;
	uint8_t own[KMM_CPUS];
	uint64_t next = 0;

	for (unsigned cpu = 0; cpu < p->cpus; cpu++)
		own[cpu] = (uint8_t)group_of(p, cpu, count);
	share = share_of(p, need, count);
	p->unit_size = size / share;
	for (unsigned g = 0; g < p->groups; g++) {
		struct percpu_group *group = &p->group[g];

		group->units = (unsigned)((count[g] + share - 1) / share * share);
		group->size = group->units * p->unit_size;
		group->offset = next;
		if (c->node_addr[group->node])
			group->offset = c->node_addr[group->node] - c->base_addr;
		if (group->offset < next || group->offset % atom || group->offset > MOST_SPAN)
			return false; /* they overlap, or are not in the order of their addresses */
		next = group->offset + group->size;
		p->units += group->units;
	}
	p->span = next;
	for (unsigned cpu = 0; cpu < p->cpus; cpu++)
		p->unit_offset[cpu] = p->group[own[cpu]].offset + given[own[cpu]]++ * p->unit_size;
	return true;
}
