// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/listset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int listset_init(struct listset *s, uint64_t frames)
{
	memset(s, 0, sizeof(*s));
	s->frames = frames;
	s->seen = calloc(1, frames / 8 + 1);
	return s->seen ? 0 : -ENOMEM;
}

void listset_free(struct listset *s)
{
	free(s->lists);
	free(s->pfns);
	free(s->pcps);
	free(s->seen);
	memset(s, 0, sizeof(*s));
}

bool listset_has(const struct listset *s, uint64_t pfn)
{
	return pfn < s->frames && s->seen[pfn / 8] >> pfn % 8 & 1;
}

int listset_open(struct listset *s, uint8_t zone, int32_t cpu, uint8_t order, uint8_t type)
{
	if (s->count == s->room) {
		uint32_t room = s->room ? s->room * 2 : 64;
		struct machine_list *more = realloc(s->lists, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->lists = more;
		s->room = room;
	}
	s->lists[s->count++] = (struct machine_list){
		.zone = zone,
		.cpu = cpu,
		.order = order,
		.type = type,
		.first = (uint32_t)s->pfn_count,
	};
	return 0;
}

int listset_add(struct listset *s, uint64_t pfn, unsigned order)
{
	uint64_t pages = 1ull << order;

	if (pfn >= s->frames || pages > s->frames - pfn || pfn & (pages - 1))
		return -EEXIST;
	for (uint64_t p = pfn; p < pfn + pages; p++)
		if (listset_has(s, p))
			return -EEXIST;
	if (s->pfn_count == s->pfn_room) {
		uint64_t room = s->pfn_room ? s->pfn_room * 2 : 4096;
		uint32_t *more = realloc(s->pfns, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->pfns = more;
		s->pfn_room = room;
	}
	for (uint64_t p = pfn; p < pfn + pages; p++)
		s->seen[p / 8] = (uint8_t)(s->seen[p / 8] | 1u << p % 8);
	s->pfns[s->pfn_count++] = (uint32_t)pfn;
	s->lists[s->count - 1].count++;
	return 0;
}

void listset_close(struct listset *s)
{
	if (s->count && !s->lists[s->count - 1].count)
		s->count--;
}

int listset_add_pcp(struct listset *s, const struct machine_pcp *p)
{
	if (s->pcp_count == s->pcp_room) {
		uint32_t room = s->pcp_room ? s->pcp_room * 2 : 16;
		struct machine_pcp *more = realloc(s->pcps, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->pcps = more;
		s->pcp_room = room;
	}
	s->pcps[s->pcp_count++] = *p;
	return 0;
}

void listset_drop_pcps(struct listset *s)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->count; i++)
		if (s->lists[i].cpu < 0)
			s->lists[kept++] = s->lists[i];
	s->count = kept;
	s->pcp_count = 0;
}

void listset_give(struct listset *s, struct machine_state *to)
{
	to->lists = s->lists;
	to->list_count = s->count;
	to->list_pfns = s->pfns;
	to->list_pfn_count = s->pfn_count;
	to->pcps = s->pcps;
	to->pcp_count = s->pcp_count;
	s->lists = NULL;
	s->pfns = NULL;
	s->pcps = NULL;
	listset_free(s);
}
