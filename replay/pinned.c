// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/pinned.h"

#include <string.h>

#include "store/store.h"

static bool pins(const struct simulated *s, uint32_t pfn)
{
	uint32_t end;

	switch (simulated_run(s, pfn, &end)) {
	case CELL_HOLE:
	case CELL_FREE:
	case CELL_PCP:
	case CELL_USER:
		return false;
	default:
		return true;
	}
}

static void hold_block(const struct blockuse *b, uint32_t block,
		       struct pinned p[REQUEST_OWNER_COUNT])
{
	const struct block_pages *n = &b->pages[block];
	uint64_t pages[REQUEST_OWNER_COUNT] = { 0 };
	uint32_t first = block << b->m->pageblock_order,
		 end = first + (1u << b->m->pageblock_order);
	unsigned last = REQUEST_OWNER_COUNT, owners = 0;

	for (uint32_t pfn = first; pfn < end; pfn++) {
		unsigned owner = pins(b->simulated, pfn) ? simulated_owner(b->simulated, pfn) :
							   REQUEST_OWNER_COUNT;

		if (owner < REQUEST_OWNER_COUNT) {
			pages[owner]++;
			p[owner].runs += owner != last;
		}
		last = owner;
	}
	for (unsigned i = 0; i < REQUEST_OWNER_COUNT; i++)
		owners += pages[i] != 0;
	for (unsigned i = 0; i < REQUEST_OWNER_COUNT; i++) {
		if (!pages[i])
			continue;
		p[i].blocks++;
		p[i].alone += owners == 1;
		p[i].pages += pages[i];
		p[i].kept += (double)pages[i] * (n->free + n->pcp + n->movable) / n->pinned;
	}
}

void pinned_find(struct blockuse *b, struct pinned p[REQUEST_OWNER_COUNT])
{
	memset(p, 0, REQUEST_OWNER_COUNT * sizeof(*p));
	blockuse_update(b);
	for (uint32_t i = 0; i < b->blocks; i++)
		if (b->zone[i] < b->m->zone_count && blockuse_kind(b, i) == BLOCK_MIXED)
			hold_block(b, i, p);
}
