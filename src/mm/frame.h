/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame: the array of page frames, one per pfn, and the doubly linked lists
 * through it.  Every frame's state is exact: head of a free block, head of a
 * block in a per-CPU list, inside one of these, in use, or in no zone.  That is
 * what lets a wrong free be refused without any lookup table.
 */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

static inline uint32_t frame_kind(unsigned state, unsigned order, unsigned type, unsigned zone)
{
	return state << KIND_STATE | order << KIND_ORDER | type << KIND_TYPE | zone << KIND_ZONE;
}

/* Both links at once. */
static inline uint64_t frame_links(uint32_t to)
{
	return to * UINT64_C(0x100000001);
}

static inline void list_init(struct frame *f, uint32_t head)
{
	f[head].next = f[head].prev = head;
	f[head].blocks = 0;
}

static inline bool list_empty(const struct frame *f, uint32_t head)
{
	return f[head].next == head;
}

static inline void list_insert(struct frame *f, uint32_t prev, uint32_t next, uint32_t at)
{
	f[at].prev = prev;
	f[at].next = next;
	f[prev].next = at;
	f[next].prev = at;
}

static inline void list_add_head(struct frame *f, uint32_t head, uint32_t at)
{
	list_insert(f, head, f[head].next, at);
}

static inline void list_add_tail(struct frame *f, uint32_t head, uint32_t at)
{
	list_insert(f, f[head].prev, head, at);
}

/* The first, off its list. */
static inline void list_del_head(struct frame *f, uint32_t head, uint32_t first)
{
	uint32_t next = f[first].next;

	f[head].next = next;
	f[next].prev = head;
}

static inline void list_del(struct frame *f, uint32_t at)
{
	uint32_t next = f[at].next, prev = f[at].prev;

	f[prev].next = next;
	f[next].prev = prev;
}

/* The frames of a block, which is of one zone, become this. */
static inline void frame_set(struct kmm *mm, kmm_pfn pfn, unsigned order, enum frame_is state,
			     unsigned type)
{
	struct frame *f = &mm->frame[pfn];
	uint32_t kind = frame_kind(state, 0, type, f->zone);

	for (unsigned left = 1u << order; left; left--, f++)
		f->kind = kind;
}

/* They are in use from now on. */
static inline void frame_set_used(struct kmm *mm, kmm_pfn pfn, unsigned order, unsigned type)
{
	frame_set(mm, pfn, order, FRAME_IS_USED, type);
}

/* They are in use no more; the head's state follows. */
static inline void frame_set_unused(struct kmm *mm, kmm_pfn pfn, unsigned order)
{
	frame_set(mm, pfn, order, FRAME_IS_TAIL, 0);
}

/*
 * The zone of a frame that is being freed.  Mostly it is that of the one before, which
 * the processor can foresee: then what is asked of the zone need not wait for the frame.
 */
static inline struct zone *frame_zone(struct kmm *mm, const struct frame *f)
{
	struct zone *z = mm->freed;

	if (unlikely(z->index != f->zone))
		z = mm->freed = &mm->zone[f->zone];
	return z;
}

/* An aligned block of one zone, all of it in use: what may be freed. */
static inline bool frame_is_used_block(const struct kmm *mm, kmm_pfn pfn, unsigned order)
{
	const struct frame *f, *end;

	if (likely(!order))
		return pfn < mm->frames && frame_in_use(&mm->frame[pfn]);
	if (unlikely(order > mm->max_order || pfn >= mm->frames || pfn & ((1u << order) - 1)))
		return false;
	f = &mm->frame[pfn];
	end = f + (1u << order);
	if (unlikely(f->zone != end[-1].zone))
		return false;
	do {
		if (unlikely(!frame_in_use(f)))
			return false;
	} while (++f < end);
	return true;
}

static inline unsigned frame_tag(const struct kmm *mm, kmm_pfn pfn)
{
	return mm->tag[pfn >> mm->pageblock_order];
}

/* Tag the page block that holds pfn. */
void frame_set_tag(struct kmm *mm, kmm_pfn pfn, unsigned type);
/* Whether pagetypeinfo counts this page block in this zone. */
bool frame_counts_in(const struct kmm *mm, uint32_t pageblock, const struct zone *z);
/* The free or per-CPU block that holds pfn; KMM_NO_PFN if none does. */
kmm_pfn frame_block_of(const struct kmm *mm, kmm_pfn pfn);

#pragma GCC visibility pop
#endif
