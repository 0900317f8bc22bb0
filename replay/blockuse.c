// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/blockuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

#define NO_ZONE 0xff

const char *block_kind_name(enum block_kind k)
{
	static const char *const names[BLOCK_KIND_COUNT] = {
#define X(name, text, help) [BLOCK_##name] = text,
		BLOCK_KINDS(X)
#undef X
	};

	return names[k];
}

int blockuse_init(struct blockuse *b, const struct machine *m, struct recorded *r,
		  struct simulated *s)
{
	memset(b, 0, sizeof(*b));
	b->m = m;
	b->recorded = r;
	b->simulated = s;
	b->blocks = (uint32_t)((m->max_pfn + (1ull << m->pageblock_order) - 1) >>
			       m->pageblock_order);
	b->pages = calloc(b->blocks + 1ull, sizeof(*b->pages));
	b->part = calloc(b->blocks * (uint64_t)VIEW_PARTS + 1, sizeof(*b->part));
	b->zone = malloc(b->blocks + 1ull);
	b->fresh = calloc(b->blocks + 1ull, sizeof(*b->fresh));
	if (!b->pages || !b->part || !b->zone || !b->fresh)
		return -ENOMEM;
	memset(b->zone, NO_ZONE, b->blocks + 1ull);
	for (uint32_t z = 0; z < m->zone_count; z++) {
		uint64_t first = m->zones[z].start_pfn;
		uint64_t end = first + m->zones[z].spanned;

		for (uint64_t i = first >> m->pageblock_order;
		     i < b->blocks && i << m->pageblock_order < end; i++)
			if (b->zone[i] == NO_ZONE)
				b->zone[i] = (uint8_t)z;
	}
	return 0;
}

void blockuse_free(struct blockuse *b)
{
	free(b->pages);
	free(b->part);
	free(b->zone);
	free(b->fresh);
	memset(b, 0, sizeof(*b));
}

static void count_recorded(const struct recorded *r, uint32_t pfn, struct block_pages *n)
{
	switch (recorded_frame(r, pfn)) {
	case FRAME_HOLE:
		n->hole++;
		break;
	case FRAME_UNKNOWN:
		n->unknown++;
		break;
	case FRAME_BUDDY:
		n->free++;
		break;
	case FRAME_PCP:
		n->pcp++;
		break;
	default:
		if (recorded_cell(r, pfn) == CELL_USER)
			n->movable++;
		else
			n->pinned++;
	}
}

/* Of all frames from this one to where its free block ends, or before `end`: how many. */
static uint32_t count_simulated(const struct simulated *s, uint32_t pfn, uint64_t end,
				struct block_pages *n)
{
	uint32_t to, k;
	uint8_t cell = simulated_run(s, pfn, &to);

	k = (uint32_t)(to < end ? to : end) - pfn;
	switch (cell) {
	case CELL_HOLE:
		n->hole += (uint16_t)k;
		break;
	case CELL_FREE:
		n->free += (uint16_t)k;
		break;
	case CELL_PCP:
		n->pcp += (uint16_t)k;
		break;
	case CELL_USER:
		n->movable += (uint16_t)k;
		break;
	default:
		n->pinned += (uint16_t)k;
	}
	return k;
}

/* Frames beyond the last one are holes, as are those of another zone. */
static void count_part(const struct blockuse *b, uint32_t block, unsigned part,
		       struct block_pages *n)
{
	const struct machine_zone *z = &b->m->zones[b->zone[block]];
	unsigned shift = view_part_shift(b->m->pageblock_order);
	uint64_t first = ((uint64_t)block << b->m->pageblock_order) + ((uint64_t)part << shift);
	uint64_t end = first + (1ull << shift);
	uint64_t to = z->start_pfn + z->spanned < b->m->max_pfn ? z->start_pfn + z->spanned :
								  b->m->max_pfn;

	memset(n, 0, sizeof(*n));
	for (uint64_t p = first; p < end;) {
		if (p < z->start_pfn || p >= to) {
			n->hole++;
			p++;
		} else if (b->recorded) {
			count_recorded(b->recorded, (uint32_t)p++, n);
		} else {
			p += count_simulated(b->simulated, (uint32_t)p, end < to ? end : to, n);
		}
	}
}

static enum block_kind kind_of(const struct block_pages *n)
{
	if (n->hole)
		return BLOCK_PARTIAL;
	if (n->unknown)
		return BLOCK_UNKNOWN;
	if (!n->pinned)
		return n->movable ? BLOCK_MOVABLE : BLOCK_FREE;
	return n->free || n->pcp || n->movable ? BLOCK_MIXED : BLOCK_PINNED;
}

bool blockuse_fresh(const struct blockuse *b, uint64_t first, uint64_t end)
{
	for (uint64_t i = first >> b->m->pageblock_order;
	     i < b->blocks && i << b->m->pageblock_order < end; i++)
		if (b->fresh[i])
			return true;
	return false;
}

enum block_kind blockuse_kind(const struct blockuse *b, uint32_t block)
{
	return kind_of(&b->pages[block]);
}

static void put_into(struct block_pages *sum, const struct block_pages *n, int by)
{
	sum->free += (uint16_t)(by * n->free);
	sum->pcp += (uint16_t)(by * n->pcp);
	sum->movable += (uint16_t)(by * n->movable);
	sum->pinned += (uint16_t)(by * n->pinned);
	sum->unknown += (uint16_t)(by * n->unknown);
	sum->hole += (uint16_t)(by * n->hole);
}

static void count_block(struct blockuse *b, uint32_t block, uint32_t parts)
{
	struct block_pages *part = &b->part[(size_t)block * VIEW_PARTS];

	for (; parts; parts &= parts - 1) {
		unsigned i = (unsigned)__builtin_ctz(parts);

		put_into(&b->pages[block], &part[i], -1);
		count_part(b, block, i, &part[i]);
		put_into(&b->pages[block], &part[i], 1);
	}
}

static void add(struct blockuse *b, uint32_t block, int by)
{
	const struct block_pages *n = &b->pages[block];
	struct zone_use *u = &b->use[b->zone[block]];
	enum block_kind k = kind_of(n);

	u->blocks[k] += (uint32_t)by;
	if (k != BLOCK_MIXED)
		return;
	u->pinning += (uint64_t)(int64_t)(by * n->pinned);
	u->kept += (uint64_t)(int64_t)(by * (n->free + n->pcp + n->movable));
}

void blockuse_update(struct blockuse *b)
{
	unsigned n = 1u << (b->m->pageblock_order - view_part_shift(b->m->pageblock_order));
	uint32_t all = UINT32_MAX >> (VIEW_PARTS - n);

	for (uint32_t i = 0; i < b->blocks; i++) {
		uint32_t parts = all;

		if (b->zone[i] == NO_ZONE)
			continue;
		/* The first time counts all, and leaves to others what they ask for. */
		if (b->counted)
			parts = b->recorded ? recorded_touched(b->recorded, i) :
					      simulated_touched(b->simulated, i);
		b->fresh[i] = parts;
		if (!parts)
			continue;
		if (b->counted)
			add(b, i, -1);
		count_block(b, i, parts);
		add(b, i, 1);
	}
	b->counted = true;
}

uint32_t blockuse_grouped(const struct blockuse *b, const struct zone_use *u)
{
	uint32_t all = u->blocks[BLOCK_FREE] + u->blocks[BLOCK_MOVABLE] + u->blocks[BLOCK_MIXED];
	uint64_t size = 1ull << b->m->pageblock_order;

	return all - (uint32_t)((u->pinning + size - 1) / size);
}
