/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pinned: what keeps the page blocks of a simulated machine from being whole, by owner
 * alone: who holds the pages that pin its mixed blocks (blockuse.h), and the free and
 * movable pages that they keep, shared out by the pages that pin each block.  Of a
 * recorded machine forensics.h tells cache and call site too.
 */
#ifndef REPLAY_PINNED_H
#define REPLAY_PINNED_H

#include <stdint.h>

#include "replay/blockuse.h"
#include "workload/request.h"

struct pinned {
	uint32_t blocks; /* mixed blocks that it holds pages of */
	uint32_t alone;	 /* and those that nothing else pins */
	uint64_t pages;	 /* its pages there */
	uint64_t runs;	 /* of neighbouring ones; how many allocations they are is not known */
	double kept;	 /* pages kept from being whole, its share */
};

/* Of the simulated machine of b, as it stands; b is brought up to date. */
void pinned_find(struct blockuse *b, struct pinned p[REQUEST_OWNER_COUNT]);

#endif
