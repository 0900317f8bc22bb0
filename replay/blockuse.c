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
	b->kind = malloc(((b->blocks + 1ull) << m->pageblock_order));
	b->zone = malloc(b->blocks + 1ull);
	b->fresh = calloc(b->blocks + 1ull, sizeof(*b->fresh));
	if (!b->pages || !b->kind || !b->zone || !b->fresh)
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
	free(b->kind);
	free(b->zone);
	free(b->fresh);
	memset(b, 0, sizeof(*b));
}

static enum page_kind recorded_kind(const struct recorded *r, uint32_t pfn)
{
	switch (recorded_frame(r, pfn)) {
	case FRAME_HOLE:
		return PAGE_HOLE;
	case FRAME_UNKNOWN:
		return PAGE_UNKNOWN;
	case FRAME_BUDDY:
		return PAGE_FREE;
	case FRAME_PCP:
		return PAGE_PCP;
	default:
		return recorded_cell(r, pfn) == CELL_USER ? PAGE_MOVABLE : PAGE_PINNED;
	}
}

static enum page_kind simulated_kind(const struct simulated *s, uint32_t pfn, uint32_t *end)
{
	switch (simulated_run(s, pfn, end)) {
	case CELL_HOLE:
		return PAGE_HOLE;
	case CELL_FREE:
		return PAGE_FREE;
	case CELL_PCP:
		return PAGE_PCP;
	case CELL_USER:
		return PAGE_MOVABLE;
	default:
		return PAGE_PINNED;
	}
}

/*
 * What a frame of a block is, and a frame beyond it up to which all are so.  Those
 * beyond the last one are holes, as are those of another zone.
 */
static enum page_kind kind_at(const struct blockuse *b, uint32_t block, uint64_t pfn, uint64_t *end)
{
	const struct machine_zone *z = &b->m->zones[b->zone[block]];
	enum page_kind kind;
	uint32_t to;

	*end = pfn + 1;
	if (pfn < z->start_pfn || pfn >= z->start_pfn + z->spanned || pfn >= b->m->max_pfn)
		return PAGE_HOLE;
	if (b->recorded)
		return recorded_kind(b->recorded, (uint32_t)pfn);
	kind = simulated_kind(b->simulated, (uint32_t)pfn, &to);
	*end = to;
	return kind;
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

/* All frames of a block. */
static void count(struct blockuse *b, uint32_t block)
{
	uint64_t pfn = (uint64_t)block << b->m->pageblock_order, to;
	uint64_t end = pfn + (1ull << b->m->pageblock_order);

	memset(&b->pages[block], 0, sizeof(b->pages[block]));
	for (; pfn < end; pfn = to) {
		enum page_kind kind = kind_at(b, block, pfn, &to);

		to = to < end ? to : end;
		b->pages[block].n[kind] += (uint16_t)(to - pfn);
		memset(b->kind + pfn, (int)kind, to - pfn);
	}
}

/* Those in which something happened. */
static void count_again(struct blockuse *b, uint32_t block, const struct view_touched *t)
{
	uint64_t pfn = (uint64_t)block << b->m->pageblock_order, to;
	uint64_t end = pfn + (1ull << b->m->pageblock_order);

	for (pfn = view_touched_next(t, pfn, end); pfn < end && pfn < t->frames;) {
		enum page_kind kind = kind_at(b, block, pfn, &to);

		do {
			b->pages[block].n[b->kind[pfn]]--;
			b->pages[block].n[kind]++;
			b->kind[pfn] = (uint8_t)kind;
			pfn = view_touched_next(t, pfn + 1, end);
		} while (pfn < to && pfn < end && pfn < t->frames);
	}
}

void blockuse_update(struct blockuse *b)
{
	struct view_touched *t = b->recorded ? recorded_touched(b->recorded) :
					       simulated_touched(b->simulated);

	for (uint32_t i = 0; i < b->blocks; i++) {
		if (b->zone[i] == NO_ZONE)
			continue;
		/* The first time counts all, and leaves to others what they ask for. */
		b->fresh[i] = !b->counted || t->block[i];
		if (!b->fresh[i])
			continue;
		if (b->counted) {
			add(b, i, -1);
			count_again(b, i, t);
			view_touched_clear(t, i);
		} else {
			count(b, i);
		}
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
