/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freeset: the free pages of the reconstruction.  A set of free pages has exactly
 * one decomposition into buddy blocks; freeset keeps it, and beside it the order
 * of the blocks on their lists, by the rules by which the kernel adds to a list's
 * head or tail (4.19 to 6.9).  The set is what the events say, whatever the order;
 * the order matters only to what looks for a block by its place on a list.
 *
 * Page frames are shared with recorded.h, which knows what the others are.
 */
#ifndef REPLAY_FREESET_H
#define REPLAY_FREESET_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "replay/view.h"

/* What is known of one page frame. */
enum frame_state {
	FRAME_UNKNOWN,	/* nothing yet */
	FRAME_NOT_FREE, /* not in the buddy lists at the start; in use or on a per-CPU list */
	FRAME_BUDDY,
	FRAME_PCP,
	FRAME_USED,
	FRAME_HOLE,
};

#define NOT_HEAD 0xff

struct frame {
	uint32_t next, prev; /* FRAME_BUDDY head: neighbours on its list */
	uint8_t state;	     /* enum frame_state */
	uint8_t zone;
	uint8_t order; /* FRAME_BUDDY: order of the block that starts here, or NOT_HEAD;
			  FRAME_USED: of the compound page that starts here, or NOT_HEAD */
	uint8_t type;  /* FRAME_BUDDY head: its list; else the type that it was allocated with */
	uint8_t owner; /* FRAME_USED: enum request_owner */
	bool isolated; /* taken by compaction, not freed since */
	uint16_t cpu;  /* FRAME_PCP: whose list */
};
_Static_assert(sizeof(struct frame) == 16, "a frame costs 16 bytes");

struct freeset {
	const struct machine *m;
	struct frame *f; /* [frames], then the heads of the lists */
	uint32_t frames;
	uint8_t *block_type; /* [pageblocks], VIEW_UNKNOWN unknown */
	uint32_t blocks;
	unsigned max_order; /* top order, inclusive */
	struct view v;
};

/* Every frame a hole.  0, or -1 without memory. */
int freeset_init(struct freeset *s, const struct machine *m);
void freeset_free(struct freeset *s);

/* The head of the free block that holds pfn, or KMM_NO_PFN. */
uint32_t freeset_block_of(const struct freeset *s, uint32_t pfn);
/* Add a block as it is, without joining. */
void freeset_set(struct freeset *s, uint32_t pfn, unsigned order, unsigned type, bool tail);
/* Add a block; it joins its buddies. */
void freeset_put(struct freeset *s, uint32_t pfn, unsigned order, unsigned type, bool tail);
/* Take a block whole; its frames are left as FRAME_NOT_FREE, for the caller to say more. */
void freeset_remove(struct freeset *s, uint32_t head);
/* Take [pfn, pfn + 2^order) out of the free block `head`; the rest stays free on the same list. */
void freeset_split_out(struct freeset *s, uint32_t head, uint32_t pfn, unsigned order);
/* Take every free page of the range, in whatever blocks. */
void freeset_take(struct freeset *s, uint32_t pfn, unsigned order);
/* Move a block to the tail of another list of its order. */
void freeset_move(struct freeset *s, uint32_t head, unsigned type);
/* So move every free block that starts in [start, end), by ascending address. */
void freeset_move_range(struct freeset *s, uint32_t start, uint32_t end, unsigned type);
/* May a free block of this order that starts at b be joined to one at a? */
bool freeset_may_join(const struct freeset *s, uint32_t a, uint32_t b, unsigned order);
/* Does this block, not in the set, make one of order `whole` complete? */
bool freeset_completes(const struct freeset *s, uint32_t pfn, unsigned order, unsigned whole);
/* Tag the page block that holds pfn. */
void freeset_retag(struct freeset *s, uint32_t pfn, unsigned type);

/* The block behind or before `at` on a list; KMM_NO_PFN starts and ends. */
uint32_t freeset_next(const struct freeset *s, unsigned zone, unsigned order, unsigned type,
		      uint32_t at);
uint32_t freeset_prev(const struct freeset *s, unsigned zone, unsigned order, unsigned type,
		      uint32_t at);
/* Turn a list, so that a block of it becomes the first and those before it come last. */
void freeset_turn(struct freeset *s, unsigned zone, unsigned order, unsigned type, uint32_t first);

#endif
