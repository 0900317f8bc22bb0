// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "replay/recorded_inside.h"
#include "store/store.h"

const struct recorded_stats *recorded_stats(struct recorded *r)
{
	r->stats.unknown_frames = r->unknown;
	return &r->stats;
}

void recorded_view(const struct recorded *r, struct view *v)
{
	*v = r->set.v;
	v->unknown = r->unknown;
}

enum frame_state recorded_frame(const struct recorded *r, uint32_t pfn)
{
	return pfn < r->set.frames ? (enum frame_state)r->set.f[pfn].state : FRAME_HOLE;
}

unsigned recorded_owner(const struct recorded *r, uint32_t pfn, unsigned *type)
{
	*type = r->set.f[pfn].type;
	return r->set.f[pfn].owner;
}

unsigned recorded_pageblock(const struct recorded *r, uint32_t pfn)
{
	return pfn < r->set.frames ? r->set.block_type[pfn >> r->m->pageblock_order] : VIEW_UNKNOWN;
}

unsigned recorded_zone(const struct recorded *r, uint32_t pfn)
{
	return pfn < r->set.frames ? r->set.f[pfn].zone : MACHINE_ZONES;
}

uint32_t recorded_block(const struct recorded *r, uint32_t pfn, unsigned *zone, unsigned *order)
{
	uint32_t head = pfn < r->set.frames ? freeset_block_of(&r->set, pfn) : KMM_NO_PFN;

	if (head != KMM_NO_PFN) {
		*zone = r->set.f[head].zone;
		*order = r->set.f[head].order;
	}
	return head;
}

struct view_touched *recorded_touched(struct recorded *r)
{
	return &r->touched;
}

bool recorded_compacted(const struct recorded *r)
{
	return r->compacted;
}

uint64_t recorded_pcp(const struct recorded *r, unsigned zone, unsigned cpu)
{
	return r->pcp[(size_t)zone * r->m->cpus + cpu];
}

uint8_t recorded_run(const void *who, uint32_t pfn, uint32_t *end)
{
	const struct recorded *r = who;
	const struct frame *f;

	*end = pfn + 1;
	if (pfn >= r->set.frames)
		return CELL_HOLE;
	f = &r->set.f[pfn];
	switch (f->state) {
	case FRAME_HOLE:
		return CELL_HOLE;
	case FRAME_BUDDY:
		if (f->order != NOT_HEAD)
			*end = pfn + (1u << f->order);
		return CELL_FREE;
	case FRAME_PCP:
		return CELL_PCP;
	case FRAME_UNKNOWN:
		return CELL_UNKNOWN;
	default:
		break;
	}
	if (f->owner == OWNER_SLAB)
		return CELL_SLAB;
	if (f->type == KMM_MOVABLE)
		return CELL_USER;
	if (f->type == KMM_RECLAIMABLE)
		return CELL_RECLAIMABLE;
	return f->owner == OWNER_UNKNOWN ? CELL_UNKNOWN : CELL_KERNEL;
}

uint8_t recorded_cell(const struct recorded *r, uint32_t pfn)
{
	uint32_t end;

	return recorded_run(r, pfn, &end);
}

int recorded_validate(const struct recorded *r, struct err *e)
{
	struct view v;

	memset(&v, 0, sizeof(v));
	for (uint32_t p = 0; p < r->set.frames; p++) {
		const struct frame *f = &r->set.f[p];

		if (f->state == FRAME_PCP)
			v.pcp_pages[f->zone]++;
		if (f->state != FRAME_BUDDY || f->order == NOT_HEAD)
			continue;
		if (p & ((1u << f->order) - 1))
			return err_set(e, EUCLEAN, "free block %#x of order %u is not aligned", p,
				       f->order);
		for (uint32_t i = 1; i < 1u << f->order; i++)
			if (r->set.f[p + i].state != FRAME_BUDDY ||
			    r->set.f[p + i].order != NOT_HEAD)
				return err_set(
					e, EUCLEAN,
					"frame %#x inside free block %#x of order %u is not free",
					p + i, p, f->order);
		if (f->order < r->set.max_order &&
		    freeset_may_join(&r->set, p, p ^ 1u << f->order, f->order))
			return err_set(e, EUCLEAN,
				       "free block %#x of order %u has not joined its buddy", p,
				       f->order);
		v.nr_free[f->zone][f->type][f->order]++;
	}
	if (memcmp(v.nr_free, r->set.v.nr_free, sizeof(v.nr_free)) ||
	    memcmp(v.pcp_pages, r->set.v.pcp_pages, sizeof(v.pcp_pages)))
		return err_set(e, EUCLEAN, "the counts of free blocks do not match the blocks");
	return 0;
}

uint32_t recorded_free_next(const struct recorded *r, unsigned zone, unsigned order, unsigned type,
			    uint32_t at)
{
	return freeset_next(&r->set, zone, order, type, at);
}

uint32_t recorded_pcp_next(const struct recorded *r, unsigned zone, unsigned cpu, uint32_t at)
{
	return pcplists_next(&r->lists, zone, cpu, at);
}

unsigned recorded_pcp_block(const struct recorded *r, uint32_t pfn, unsigned *type)
{
	*type = r->set.f[pfn].type;
	return r->set.f[pfn].order;
}

bool recorded_settled(const struct recorded *r)
{
	return !r->waiting.used;
}

const struct freescan *recorded_scan(const struct recorded *r)
{
	return &r->scan;
}

const struct freescan_kept *recorded_kept(const struct recorded *r)
{
	return r->kept;
}
