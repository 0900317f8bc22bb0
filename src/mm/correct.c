// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "mm/pcp.h"

static struct pcp *owner_of(const struct kmm *mm, kmm_pfn head)
{
	const struct frame *f = &mm->frame[head];

	return pcp_of(mm, &mm->zone[f->zone], f->cpu);
}

/* Is every frame of this block free or in a per-CPU list? */
static bool takeable(const struct kmm *mm, kmm_pfn pfn, unsigned order)
{
	if (order > mm->max_order || pfn >= mm->frames || pfn & ((1u << order) - 1))
		return false;
	for (kmm_pfn p = pfn; p < pfn + (1u << order); p++) {
		const struct frame *f = &mm->frame[p];

		if (frame_in_use(f) || f->state == FRAME_IS_HOLE || f->zone != mm->frame[pfn].zone)
			return false;
	}
	return true;
}

/* Unlink the free or per-CPU block at head; what lies outside the wanted block stays free. */
static void carve(struct kmm *mm, kmm_pfn head, kmm_pfn pfn, unsigned order)
{
	struct zone *z = &mm->zone[mm->frame[head].zone];
	unsigned have = mm->frame[head].order, type = mm->frame[head].type;
	bool free_block = mm->frame[head].state == FRAME_IS_FREE;

	if (free_block)
		buddy_del(mm, z, head);
	else
		pcp_remove(mm, owner_of(mm, head), head);
	while (have > order) {
		kmm_pfn other = head;

		have--;
		if (pfn & (1u << have))
			head += 1u << have;
		else
			other += 1u << have;
		if (free_block)
			buddy_add(mm, z, other, have, type, false);
		else
			buddy_free(mm, z, other, have, type, false);
	}
}

static void take_out(struct kmm *mm, kmm_pfn pfn, unsigned order, unsigned type)
{
	kmm_pfn end = pfn + (1u << order);

	for (kmm_pfn p = pfn; p < end;) {
		kmm_pfn head = frame_block_of(mm, p);
		unsigned have = mm->frame[head].order;

		carve(mm, head, pfn, order);
		p += 1u << (have < order ? have : order);
	}
	frame_set_used(mm, pfn, order, type);
}

int kmm_take(struct kmm *mm, kmm_pfn pfn, unsigned order)
{
	unsigned type;

	if (!takeable(mm, pfn, order))
		return -EBUSY;
	type = mm->frame[frame_block_of(mm, pfn)].type;
	take_out(mm, pfn, order, type);
	return 0;
}

/* Put `got` where `want` is linked. */
static void replace(struct kmm *mm, kmm_pfn got, kmm_pfn want, unsigned order, unsigned used_type)
{
	struct frame *f = mm->frame;
	struct frame place = f[want];

	frame_set_unused(mm, got, order);
	f[got] = place;
	f[place.prev].next = got;
	f[place.next].prev = got;
	frame_set_used(mm, want, order, used_type);
}

int kmm_swap_allocation(struct kmm *mm, kmm_pfn got, kmm_pfn want, unsigned order)
{
	struct frame *f = mm->frame;
	unsigned used_type, list_type;
	struct zone *z;
	kmm_pfn head;

	if (got == want)
		return 0;
	if (!frame_is_used_block(mm, got, order) || !takeable(mm, want, order))
		return -EBUSY;
	used_type = f[got].type;
	z = &mm->zone[f[got].zone];
	head = frame_block_of(mm, want);
	list_type = f[head].type;
	if (head == want && f[want].order == order && f[want].zone == z->index) {
		const struct frame *buddy = &f[got ^ (1u << order)];
		bool would_merge = buddy->state == FRAME_IS_FREE && buddy->order == order &&
				   buddy->zone == z->index && order < mm->max_order;

		if (f[want].state == FRAME_IS_PCP || !would_merge) {
			replace(mm, got, want, order, used_type);
			return 0;
		}
	}
	take_out(mm, want, order, used_type);
	frame_set_unused(mm, got, order);
	buddy_free(mm, z, got, order, list_type, false);
	return 0;
}

int kmm_pass_over(struct kmm *mm, unsigned cpu, kmm_pfn got, kmm_pfn want, unsigned order,
		  bool behind)
{
	struct frame *f = mm->frame;
	unsigned type;
	struct pcp *p;

	if (cpu >= mm->cpus || got == want || !pcp_serves(mm, order) ||
	    mm->generation == KMM_LINUX_2_6)
		return -EINVAL;
	if (!frame_is_used_block(mm, got, order) || !takeable(mm, want, order))
		return -EBUSY;
	type = f[got].type;
	take_out(mm, want, order, type);
	p = pcp_of(mm, &mm->zone[f[got].zone], cpu);
	frame_set_unused(mm, got, order);
	pcp_insert(mm, p, got, order, pcp_list(order, type), type, behind);
	return 0;
}
