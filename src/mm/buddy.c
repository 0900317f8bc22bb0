// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/buddy.h"

/* On a list; its pages and, if it is the first there, the list are the caller's to count. */
static inline void link_block(struct frame *f, struct zone *z, kmm_pfn pfn, unsigned order,
			      unsigned type, bool tail)
{
	uint32_t head = buddy_list(z, order, type);

	f[pfn].kind = frame_kind(FRAME_IS_FREE, order, type, z->index);
	if (tail)
		list_add_tail(f, head, pfn);
	else
		list_add_head(f, head, pfn);
	f[head].blocks++;
}

/* Off its list; its pages are the caller's to count. */
static inline void unlink_block(struct frame *f, struct zone *z, kmm_pfn pfn, unsigned order,
				unsigned pages)
{
	unsigned type = f[pfn].type;

	list_del(f, pfn);
	f[pfn].state = FRAME_IS_TAIL;
	if (!--f[buddy_list(z, order, type)].blocks)
		z->avail[type] = (uint16_t)(z->avail[type] & ~pages);
}

void buddy_add(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned order, unsigned type,
	       bool tail)
{
	link_block(mm->frame, z, pfn, order, type, tail);
	z->avail[type] = (uint16_t)(z->avail[type] | 1u << order);
	z->free_pages += 1u << order;
}

void buddy_del(struct kmm *mm, struct zone *z, kmm_pfn pfn)
{
	unsigned order = mm->frame[pfn].order;

	unlink_block(mm->frame, z, pfn, order, 1u << order);
	z->free_pages -= 1u << order;
}

void buddy_move(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned type)
{
	unsigned order = mm->frame[pfn].order;

	buddy_del(mm, z, pfn);
	buddy_add(mm, z, pfn, order, type, mm->generation != KMM_LINUX_2_6);
}

#define ANY_TYPE (7u << KIND_TYPE)

static inline bool is_free_block(const struct frame *f, const struct zone *z, unsigned order)
{
	return (f->kind | ANY_TYPE) == (frame_kind(FRAME_IS_FREE, order, 0, z->index) | ANY_TYPE);
}

static inline bool mergeable(unsigned type)
{
	return type <= KMM_RECLAIMABLE;
}

/* From page block size upwards, blocks of special types keep to themselves. */
static bool may_join(const struct kmm *mm, unsigned type, kmm_pfn buddy)
{
	unsigned other = frame_tag(mm, buddy);

	return type == other || (mergeable(type) && mergeable(other)) ||
	       mm->generation == KMM_LINUX_2_6;
}

/* May a block go together with its buddy? */
static bool join_pageblocks(struct kmm *mm, kmm_pfn buddy, unsigned order, unsigned type)
{
	if (order < mm->pageblock_order)
		return true;
	if (!may_join(mm, type, buddy))
		return false;
	/* From 6.10 the tags follow the list. */
	if (mm->generation == KMM_LINUX_6_18)
		for (kmm_pfn p = buddy; p < buddy + (1u << order); p += mm->pageblock_pages)
			frame_set_tag(mm, p, type);
	return true;
}

/* Keep a block for the task that compacts; not one that would mix a page block's types. */
static bool capture(struct kmm *mm, const struct zone *z, kmm_pfn pfn, unsigned order,
		    unsigned type)
{
	if (mm->captured != KMM_NO_PFN || z->index != mm->capture_zone || type > KMM_HIGHATOMIC)
		return false;
	if (order < mm->pageblock_order && type == KMM_MOVABLE && mm->capture_type != KMM_MOVABLE)
		return false;
	frame_set_used(mm, pfn, order, type);
	mm->captured = pfn;
	return true;
}

/*
 * Join a block with its halves, as far as they are of its type and the only ones
 * on their lists: mostly they were split off it.  Below order `most`, where nothing
 * else matters.  Returns the order that it has then.
 */
static INLINE unsigned join_halves(struct frame *f, struct zone *z, kmm_pfn *block, unsigned order,
				   unsigned most, unsigned type)
{
	uint32_t kind = frame_kind(FRAME_IS_FREE, order, type, z->index);
	uint32_t list = buddy_list(z, order, type);
	struct frame *head = &f[list];
	uint64_t empty = frame_links(list);
	uint32_t at = *block, first = 1u << order, size = first;

	for (uint32_t end = 1u << most; size < end; size *= 2) {
		uint32_t buddy = at ^ size;
		struct frame *half = &f[buddy];

		if (half->kind != kind || head->blocks != 1)
			break;
		half->state = FRAME_IS_TAIL;
		head->word = empty;
		head->blocks = 0;
		at &= buddy;
		kind += 1u << KIND_ORDER;
		head += KMM_MIGRATETYPES;
		empty += frame_links(KMM_MIGRATETYPES);
	}
	*block = at;
	z->avail[type] = (uint16_t)(z->avail[type] & ~(size - first));
	return (unsigned)__builtin_ctz(size);
}

void buddy_free(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned order, unsigned type,
		bool to_tail)
{
	struct frame *f = mm->frame;
	unsigned top = mm->max_order, wanted = mm->capture_order, freed = 1u << order;
	unsigned special = wanted < mm->pageblock_order ? wanted : mm->pageblock_order;
	unsigned pages;

	order = join_halves(f, z, &pfn, order, special, type);
	for (pages = 1u << order; order < top; order++, pages *= 2) {
		kmm_pfn buddy = pfn ^ pages;

		if (unlikely(order == wanted) && capture(mm, z, pfn, order, type)) {
			z->free_pages -= pages - freed;
			return;
		}
		if (!is_free_block(&f[buddy], z, order))
			break;
		if (unlikely(order >= special) && !join_pageblocks(mm, buddy, order, type))
			break;
		unlink_block(f, z, buddy, order, pages);
		pfn &= ~pages;
	}
	/* Hold back a block whose larger block lacks only what was just freed's neighbour. */
	if (!to_tail && order + 2 <= top && mm->generation != KMM_LINUX_2_6) {
		kmm_pfn above = (pfn & ~(1u << order)) ^ (2u << order);

		to_tail = is_free_block(&f[above], z, order + 1);
	}
	link_block(f, z, pfn, order, type, to_tail);
	z->avail[type] = (uint16_t)(z->avail[type] | pages);
	z->free_pages += freed; /* the buddies' were free before */
}

void buddy_expand(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned low, unsigned high,
		  unsigned type)
{
	unsigned pages = 1u << high;

	/* As a number, the pages of all the upper halves are the orders that these have. */
	z->avail[type] = (uint16_t)(z->avail[type] | (pages - (1u << low)));
	z->free_pages += pages - (1u << low);
	while (high-- > low)
		link_block(mm->frame, z, pfn + (pages /= 2), high, type, false);
}

/* Likewise where all the lists below `high` are empty; the pages are the caller's to count. */
static INLINE void split(struct frame *f, struct zone *z, kmm_pfn pfn, unsigned low, unsigned high,
			 unsigned type)
{
	uint32_t kind = frame_kind(FRAME_IS_FREE, high, type, z->index);
	uint32_t list = buddy_list(z, high, type);
	struct frame *head = &f[list], *half = &f[pfn];
	uint64_t alone = frame_links(list), first = frame_links(pfn);
	size_t pages = 1u << high, least = 1u << low;

	z->avail[type] = (uint16_t)(z->avail[type] | (pages - least));
	while (pages > least) {
		pages /= 2;
		head -= KMM_MIGRATETYPES;
		alone -= frame_links(KMM_MIGRATETYPES);
		kind -= 1u << KIND_ORDER;
		half[pages].word = alone;
		half[pages].kind = kind;
		head->word = first + frame_links((uint32_t)pages);
		head->blocks = 1;
	}
}

static INLINE kmm_pfn take(struct kmm *mm, struct zone *z, unsigned order, unsigned type)
{
	unsigned orders = (unsigned)z->avail[type] >> order;
	unsigned found;
	kmm_pfn pfn;

	if (!orders)
		return KMM_NO_PFN;
	found = order + (unsigned)__builtin_ctz(orders);
	pfn = mm->frame[buddy_list(z, found, type)].next;
	unlink_block(mm->frame, z, pfn, found, 1u << found);
	z->free_pages -= 1u << order;
	split(mm->frame, z, pfn, order, found, type);
	return pfn;
}

kmm_pfn buddy_take(struct kmm *mm, struct zone *z, unsigned order, unsigned type)
{
	return take(mm, z, order, type);
}

kmm_pfn buddy_take_seen(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order, unsigned type)
{
	kmm_pfn pfn = take(mm, z, order, type);

	if (pfn == KMM_NO_PFN)
		return pfn;
	mm->stats.refills++;
	OBSERVE(mm, mm_page_alloc_zone_locked, cpu, pfn, order, type,
		(mm->pcp_orders >> order & 1) && type < KMM_PCPTYPES);
	return pfn;
}

/* Can its contents move?  What is on the LRU can, whatever it was asked for as. */
static bool is_movable(const struct frame *f)
{
	return frame_in_use(f) && (f->type == KMM_MOVABLE || f->cold);
}

/* The frames of pfn's page block that a move looks at; false if it may not move. */
static bool pageblock_range(const struct kmm *mm, const struct zone *z, kmm_pfn pfn, kmm_pfn *start,
			    kmm_pfn *end)
{
	*start = pfn & ~(mm->pageblock_pages - 1);
	*end = *start + mm->pageblock_pages;
	if (*start < z->start) {
		if (mm->generation == KMM_LINUX_6_18)
			return false;
		*start = pfn;
	}
	return *end <= z->end;
}

bool buddy_move_pageblock(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned type,
			  struct buddy_moved *moved)
{
	struct frame *f = mm->frame;
	kmm_pfn end;

	memset(moved, 0, sizeof(*moved));
	if (!pageblock_range(mm, z, pfn, &pfn, &end))
		return false;
	while (pfn < end) {
		if (f[pfn].state == FRAME_IS_FREE) {
			unsigned order = f[pfn].order;

			buddy_move(mm, z, pfn, type);
			moved->pages += 1u << order;
			pfn += 1u << order;
		} else {
			moved->movable += is_movable(&f[pfn]);
			pfn++;
		}
	}
	return true;
}

bool buddy_count_pageblock(const struct kmm *mm, const struct zone *z, kmm_pfn pfn,
			   struct buddy_moved *counted)
{
	const struct frame *f = mm->frame;
	kmm_pfn end;

	memset(counted, 0, sizeof(*counted));
	if (!pageblock_range(mm, z, pfn, &pfn, &end))
		return false;
	while (pfn < end) {
		if (f[pfn].state == FRAME_IS_FREE) {
			counted->pages += 1u << f[pfn].order;
			pfn += 1u << f[pfn].order;
		} else {
			counted->movable += is_movable(&f[pfn]);
			pfn++;
		}
	}
	return true;
}

int kmm_free_block_order(const struct kmm *mm, kmm_pfn pfn)
{
	return pfn < mm->frames && mm->frame[pfn].state == FRAME_IS_FREE ? mm->frame[pfn].order :
									   -1;
}
