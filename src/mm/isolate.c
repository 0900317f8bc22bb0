// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * isolate: free blocks leave the lists whole, as compaction's free scanner and
 * page isolation take them, and lists are turned as its fast searches turn them.
 */
#include "mm/buddy.h"
#include "mm/zonecount.h"

/*
 * What is taken from at least half of a page block is going to be movable.  From 6.10 on the other
 * free blocks go to the tails of their lists with it, those of a MOVABLE page block too.
 */
static void make_movable(struct kmm *mm, struct zone *z, kmm_pfn pfn)
{
	struct buddy_moved moved;

	if (frame_tag(mm, pfn) > KMM_RECLAIMABLE)
		return;
	if (mm->generation == KMM_LINUX_6_18 &&
	    !buddy_move_pageblock(mm, z, pfn, KMM_MOVABLE, &moved))
		return;
	frame_set_tag(mm, pfn, KMM_MOVABLE);
}

int kmm_isolate_block(struct kmm *mm, unsigned cpu, kmm_pfn pfn)
{
	struct zone *z;
	unsigned order, type;

	if (cpu >= mm->cpus || pfn >= mm->frames || mm->frame[pfn].state != FRAME_IS_FREE)
		return -1;
	z = &mm->zone[mm->frame[pfn].zone];
	order = mm->frame[pfn].order;
	buddy_del(mm, z, pfn);
	zonecount_settle(mm, z, cpu);
	type = mm->frame[pfn].type;
	if (order + 1 >= mm->pageblock_order)
		for (kmm_pfn p = pfn; p < pfn + (1u << order); p += mm->pageblock_pages)
			make_movable(mm, z, p);
	frame_set_used(mm, pfn, order, type);
	return (int)order;
}

kmm_pfn kmm_free_list_prev(const struct kmm *mm, unsigned zone, unsigned order, unsigned type,
			   kmm_pfn at)
{
	uint32_t head = buddy_list(&mm->zone[zone], order, type);
	uint32_t prev = mm->frame[at == KMM_NO_PFN ? head : at].prev;

	return prev == head ? KMM_NO_PFN : prev;
}

void kmm_free_list_turn(struct kmm *mm, unsigned zone, unsigned order, unsigned type, kmm_pfn first)
{
	struct frame *f = mm->frame;
	uint32_t head = buddy_list(&mm->zone[zone], order, type);

	if (f[head].next == first)
		return;
	/* The list is a ring: only its head changes its place. */
	list_del(f, head);
	list_insert(f, f[first].prev, first, head);
}

void kmm_capture(struct kmm *mm, int zone, unsigned order, unsigned type)
{
	mm->capture_type = (uint8_t)type;
	mm->capture_zone = (int16_t)zone;
	mm->capture_order = zone < 0 ? UINT8_MAX : (uint8_t)order;
}

kmm_pfn kmm_captured(struct kmm *mm)
{
	kmm_pfn pfn = mm->captured;

	mm->captured = KMM_NO_PFN;
	return pfn;
}
