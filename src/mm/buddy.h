/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * buddy: the free lists of a zone, one per order and migrate type, and what
 * keeps them: split on the way out, merge on the way in.  The order within a
 * list follows the kernel exactly: blocks leave at the head; they return to the
 * head, or (not in 2.6.24) to the tail where the next larger block is likely to
 * become whole.
 *
 * The frames of a block must be marked unused before it is given to these
 * functions, and come back so marked; the caller sets what they become.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "mm/frame.h"

#pragma GCC visibility push(hidden)

static inline uint32_t buddy_list(const struct zone *z, unsigned order, unsigned type)
{
	return z->heads + order * KMM_MIGRATETYPES + type;
}

/* How many blocks that list has. */
static inline uint32_t buddy_blocks(const struct kmm *mm, const struct zone *z, unsigned order,
				    unsigned type)
{
	return mm->frame[buddy_list(z, order, type)].blocks;
}

/* All free pages of this type. */
static inline uint64_t buddy_pages(const struct kmm *mm, const struct zone *z, unsigned type)
{
	uint64_t pages = 0;

	for (unsigned order = 0; order < KMM_ORDERS; order++)
		pages += (uint64_t)buddy_blocks(mm, z, order, type) << order;
	return pages;
}

/* Put a block on a list as it is, without merging. */
void buddy_add(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned order, unsigned type,
	       bool tail);
/* Take a free block off its list as it is. */
void buddy_del(struct kmm *mm, struct zone *z, kmm_pfn pfn);
/* Move a free block to the tail of another list of its order (2.6.24: the head). */
void buddy_move(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned type);
/* Free a block: merge, then to the list of this type. */
void buddy_free(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned order, unsigned type,
		bool to_tail);
/* Halve a block that is off the lists from `high` to `low`; upper halves go to list heads. */
void buddy_expand(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned low, unsigned high,
		  unsigned type);
/* The head of the smallest suitable list of this type, split to size; KMM_NO_PFN if none. */
kmm_pfn buddy_take(struct kmm *mm, struct zone *z, unsigned order, unsigned type);
/* Likewise, and say so to the observer. */
kmm_pfn buddy_take_seen(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order,
			unsigned type);

struct buddy_moved {
	unsigned pages;	  /* free pages moved */
	unsigned movable; /* pages in use that were allocated movable */
};

/*
 * Move every free block of the page block that holds pfn, by ascending address,
 * to the lists of this type.  False, and nothing moved, where the page block
 * reaches over the end of the zone (from 6.10: over either boundary).
 */
bool buddy_move_pageblock(struct kmm *mm, struct zone *z, kmm_pfn pfn, unsigned type,
			  struct buddy_moved *moved);
/* Count the same without moving anything. */
bool buddy_count_pageblock(const struct kmm *mm, const struct zone *z, kmm_pfn pfn,
			   struct buddy_moved *counted);

#pragma GCC visibility pop
#endif
