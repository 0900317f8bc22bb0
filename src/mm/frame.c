// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/frame.h"

/*
 * pagetypeinfo steps through a zone from its first frame by whole page blocks;
 * a zone that starts within a block therefore samples every block at that offset.
 */
bool frame_counts_in(const struct kmm *mm, uint32_t pageblock, const struct zone *z)
{
	kmm_pfn sample = pageblock << mm->pageblock_order;

	sample += z->start & (mm->pageblock_pages - 1);
	return sample >= z->start && sample < z->end;
}

void frame_set_tag(struct kmm *mm, kmm_pfn pfn, unsigned type)
{
	uint32_t pageblock = pfn >> mm->pageblock_order;
	unsigned old = mm->tag[pageblock];

	if (old == type)
		return;
	mm->tag[pageblock] = (uint8_t)type;
	if (type > KMM_RECLAIMABLE)
		mm->unmergeable = true;
	for (unsigned i = 0; i < mm->zones; i++) {
		struct zone *z = &mm->zone[i];

		if (!frame_counts_in(mm, pageblock, z))
			continue;
		z->pageblocks[old]--;
		z->pageblocks[type]++;
		z->isolated += type == KMM_ISOLATE;
		z->isolated -= old == KMM_ISOLATE;
	}
}

kmm_pfn frame_block_of(const struct kmm *mm, kmm_pfn pfn)
{
	for (unsigned order = 0; order <= mm->max_order; order++) {
		kmm_pfn head = pfn & ~((1u << order) - 1);
		const struct frame *f = &mm->frame[head];

		if ((f->state == FRAME_IS_FREE || f->state == FRAME_IS_PCP) && f->order >= order)
			return head;
		if (head == pfn && f->state != FRAME_IS_TAIL)
			return KMM_NO_PFN;
	}
	return KMM_NO_PFN;
}

struct kmm_frame_view kmm_frame_look(const struct kmm *mm, kmm_pfn pfn)
{
	struct kmm_frame_view v = { KMM_FRAME_USED, pfn + 1, 0, false };
	const struct frame *f;
	kmm_pfn head;

	if (pfn >= mm->frames || mm->frame[pfn].state == FRAME_IS_HOLE) {
		v.state = KMM_FRAME_HOLE;
		return v;
	}
	f = &mm->frame[pfn];
	if (frame_in_use(f)) {
		v.word = f->state == FRAME_IS_NAMED ? f->word : 0;
		v.slab = f->state == FRAME_IS_SLAB;
		return v;
	}
	head = frame_block_of(mm, pfn);
	if (head == KMM_NO_PFN)
		return v;
	v.end = head + (1u << mm->frame[head].order);
	v.state = mm->frame[head].state == FRAME_IS_PCP ? KMM_FRAME_PCP : KMM_FRAME_FREE;
	return v;
}

enum kmm_frame_state kmm_frame_state(const struct kmm *mm, kmm_pfn pfn)
{
	return kmm_frame_look(mm, pfn).state;
}

unsigned kmm_pageblock_type(const struct kmm *mm, kmm_pfn pfn)
{
	return pfn < mm->frames ? frame_tag(mm, pfn) : KMM_MOVABLE;
}

int kmm_zone_of(const struct kmm *mm, kmm_pfn pfn)
{
	if (pfn >= mm->frames || mm->frame[pfn].state == FRAME_IS_HOLE)
		return -1;
	return mm->frame[pfn].zone;
}

uint64_t kmm_frame_word(const struct kmm *mm, kmm_pfn pfn)
{
	const struct frame *f = pfn < mm->frames ? &mm->frame[pfn] : NULL;

	return f && f->state == FRAME_IS_NAMED ? f->word : 0;
}

void kmm_set_frame_words(struct kmm *mm, kmm_pfn pfn, unsigned order, uint64_t word)
{
	for (kmm_pfn end = pfn + (1u << order); pfn < end && pfn < mm->frames; pfn++) {
		struct frame *f = &mm->frame[pfn];

		if (!frame_in_use(f) || f->state == FRAME_IS_SLAB)
			continue;
		f->word = word;
		f->state = word ? FRAME_IS_NAMED : FRAME_IS_USED;
	}
}
