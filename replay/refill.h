/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refill: which pages the free lists of a reconstruction would give to a refill, one after the other,
 * without a change to them.  The first block of the smallest order that has one is taken, and its upper
 * halves come before all others of their orders (mm/page_alloc.c, __rmqueue_smallest(), expand()).
 */
#ifndef REPLAY_REFILL_H
#define REPLAY_REFILL_H

#include <stdint.h>

#include "replay/recorded.h"

struct refill {
	const struct recorded *r;
	unsigned zone, type;
	uint32_t at[KMM_ORDERS];   /* the last block that was taken from a list; KMM_NO_PFN: none */
	uint32_t half[KMM_ORDERS]; /* what is left of a split block; KMM_NO_PFN: nothing */
};

/* zone: a number of machine.zones; type: enum kmm_migratetype. */
void refill_begin(struct refill *x, const struct recorded *r, unsigned zone, unsigned type);
/* The next block of this order; KMM_NO_PFN: there is none of this type. */
uint32_t refill_next(struct refill *x, unsigned order);

#endif
