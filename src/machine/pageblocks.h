/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pageblocks: which type each pageblock has.  Where the recorder read the
 * kernel's own bits (blocktypes.c), they are taken.  Other snapshots hold only how
 * many blocks of each type a zone has (pagetypeinfo), so the types are inferred
 * from what lies in the blocks, then fitted to the counts.
 */
#ifndef MACHINE_PAGEBLOCKS_H
#define MACHINE_PAGEBLOCKS_H

#include <stdint.h>

#include "machine/machine.h"

#define PAGEBLOCK_NONE KMM_MIGRATETYPES /* a block without memory */

/* How sure the type of a block is. */
enum pageblock_certainty {
	PAGEBLOCK_GUESSED, /* by what lies in it, fitted to the counts */
	PAGEBLOCK_LIKELY, /* free pages on a list of that type; old fallbacks may have left them there */
	PAGEBLOCK_KNOWN, /* read in the kernel, or later events gave it away (machine_state.tags) */
};

/*
 * Fill type[b] (enum kmm_migratetype or PAGEBLOCK_NONE) and certain[b] (enum
 * pageblock_certainty) for the blocks up to max_pfn, rounded up.
 */
int machine_pageblocks(const struct machine *m, const struct machine_state *s, uint8_t *type,
		       uint8_t *certain, struct err *e);

/*
 * The blocks that pagetypeinfo counts for a zone: those of every pageblock-sized
 * step from the zone's first frame on, which need not be aligned.  How many, and the i-th.
 */
uint64_t pageblocks_counted(const struct machine *m, uint32_t zone);
uint64_t pageblock_counted(const struct machine *m, uint32_t zone, uint64_t i);

#endif
