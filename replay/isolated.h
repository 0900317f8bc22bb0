/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolated: free blocks that a compaction has taken, in the order in which pages are moved into them.
 *
 * Up to 6.8 blocks are split into pages at once, and used from their end.  From 6.9 on they stay whole on
 * lists by order; a folio gets the head of the smallest that will do, whose upper halves come to the heads
 * of smaller lists, and what is left over is given back block by block, small ones first.  From 6.3 on all
 * folios of a batch get their targets before the first is moved.
 */
#ifndef REPLAY_ISOLATED_H
#define REPLAY_ISOLATED_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"

struct isolated {
	struct isolated_block {
		uint32_t pfn;
		uint8_t order;
	} * block; /* [blocks] a list's head comes last */
	uint32_t blocks, room;
	uint32_t pages; /* in them */
	uint32_t behind; /* of pages: so many that were used last still stand behind block[blocks - 1] */
	struct isolated_block *
		used; /* [used_count] from used_at on: pages that a batch got, not moved into yet */
	uint32_t used_count, used_at, used_room;
	bool whole; /* blocks are not split */
};

void isolated_init(struct isolated *t, const struct machine *m);
void isolated_free(struct isolated *t);
void isolated_clear(struct isolated *t);
/* 0, or -ENOMEM. */
int isolated_copy(struct isolated *t, const struct isolated *from);
/* A block was isolated.  0, or -ENOMEM. */
int isolated_add(struct isolated *t, uint32_t pfn, unsigned order);
/* More is being looked for: what there is has gone to pages that are moved later.  0, or -ENOMEM. */
int isolated_exhaust(struct isolated *t);
/* Where a folio of this order goes; KMM_NO_PFN: there is nothing. */
uint32_t isolated_next(struct isolated *t, unsigned order);
/* A batch ended: what was not moved into is there again.  0, or -ENOMEM. */
int isolated_settle(struct isolated *t);
/*
 * This page is given back: then it and what was used after it was not, for their pages' owners had freed those
 * meanwhile, and they needed no target.
 */
void isolated_take_back(struct isolated *t, uint32_t pfn);
/* The block that is given back next, if it has this order; KMM_NO_PFN. */
uint32_t isolated_give_back(struct isolated *t, unsigned order);

#endif
