// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lists_begin(struct machine_state *s, unsigned zone, int cpu, unsigned order, unsigned type)
{
	struct machine_list *more = realloc(s->lists, (s->list_count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->lists = more;
	more[s->list_count++] = (struct machine_list){ .zone = (uint8_t)zone, .cpu = cpu, .order = (uint8_t)order,
						       .type = (uint8_t)type,
						       .first = (uint32_t)s->list_pfn_count };
	return 0;
}

int lists_add(struct machine_state *s, uint32_t pfn)
{
	if ((s->list_pfn_count & (s->list_pfn_count - 1)) == 0) {
		uint64_t room = s->list_pfn_count ? s->list_pfn_count * 2 : 1;
		uint32_t *more = room < UINT32_MAX ? realloc(s->list_pfns, room * sizeof(*more)) : NULL;

		if (!more)
			return -ENOMEM;
		s->list_pfns = more;
	}
	s->list_pfns[s->list_pfn_count++] = pfn;
	s->lists[s->list_count - 1].count++;
	return 0;
}

int lists_pcp(struct machine_state *s, const struct machine_pcp *p)
{
	struct machine_pcp *more = realloc(s->pcps, (s->pcp_count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->pcps = more;
	more[s->pcp_count++] = *p;
	return 0;
}

void lists_drop(struct machine_state *s, const char *why)
{
	free(s->lists);
	free(s->list_pfns);
	free(s->pcps);
	s->lists = NULL;
	s->list_pfns = NULL;
	s->pcps = NULL;
	s->list_count = s->pcp_count = 0;
	s->list_pfn_count = 0;
	s->have_lists = false;
	snprintf(s->lists_source, sizeof(s->lists_source), "%s", why);
}

uint64_t lists_distance(const struct machine *m, const struct machine_state *s)
{
	uint64_t have[MACHINE_ZONES][KMM_ORDERS] = { 0 }, pcp[MACHINE_ZONES] = { 0 }, d = 0;

	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		if (l->cpu < 0)
			have[l->zone][l->order] += l->count;
		else
			pcp[l->zone] += (uint64_t)l->count << l->order;
	}
	for (uint32_t z = 0; z < m->zone_count; z++) {
		uint64_t told = 0;

		for (unsigned o = 0; s->have_buddyinfo && o < KMM_ORDERS; o++)
			d += (have[z][o] > s->nr_free[z][o] ? have[z][o] - s->nr_free[z][o] :
							      s->nr_free[z][o] - have[z][o]) << o;
		for (uint32_t c = 0; s->pcp_totals && c < KMM_CPUS; c++)
			told += s->pcp_totals[(size_t)z * KMM_CPUS + c];
		if (s->pcp_totals)
			d += pcp[z] > told ? pcp[z] - told : told - pcp[z];
	}
	return d;
}
