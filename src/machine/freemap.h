/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freemap: free blocks from the free-page map alone.  A set of free pages falls
 * into buddy blocks in one way only, so order and place are as exact as
 * kpageflags is; the migrate type of a block is that of its pageblock, changed
 * where pagetypeinfo counts otherwise.  The list and the place in it are those
 * that later events gave away (machine_state.first); without any, the order
 * within a list is by ascending address.
 */
#ifndef MACHINE_FREEMAP_H
#define MACHINE_FREEMAP_H

#include "machine/machine.h"

struct free_block {
	uint32_t pfn;
	uint32_t turn; /* its place in its list: lower is nearer to the head */
	uint8_t zone, order, type;
	bool type_known; /* events told the list */
};

struct freemap {
	struct free_block *blocks;
	uint64_t count, room;
	uint64_t pages_apart;	/* pages in blocks that buddyinfo does not have, or the reverse */
	uint64_t types_guessed; /* blocks whose type the counts left open */
};

/* type[]: of each pageblock, as machine_pageblocks() gives it; certain[] likewise. */
int freemap_build(struct freemap *f, const struct machine *m, const struct machine_state *s,
		  const uint8_t *type, const uint8_t *certain, struct err *e);
void freemap_free(struct freemap *f);
/* Say in m's notes how well the map of a state without list dumps fits the counters. */
int freemap_note(struct machine *m, const struct machine_state *s, const char *dir, struct err *e);

#endif
