/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mapping: how many TLB entries would map a piece of memory at once, as it was
 * mapped and as it could have been: large vmalloc areas by 2 MiB pages, vmalloc
 * areas from the direct map, the direct map by 4 KiB, user memory by 2 MiB as far
 * as whole blocks of free memory allow, and after a perfect compaction.
 */
#ifndef REPLAY_MAPPING_H
#define REPLAY_MAPPING_H

#include "machine/machine.h"
#include "replay/areas.h"
#include "replay/recorded.h"

struct mapping_row {
	const char *subject; /* "direct map", "vmalloc", "user memory", ... */
	const char *how;     /* "as mapped", "huge vmalloc", ... */
	uint64_t ranges;     /* areas; 0: does not apply */
	uint64_t bytes[TLB_SIZES];
	uint64_t entries;
	uint64_t extra; /* bytes of memory that it would take more than now */
};

#define MAPPING_ROWS 24

struct mapping {
	struct mapping_row row[MAPPING_ROWS];
	unsigned count;
};

/* The kernel's areas: from the snapshot. */
void mapping_areas(struct mapping *x, const struct area areas[AREAS]);
/* User memory, at the moment that the recorded machine is at; pageblock_order: of a large page. */
void mapping_user(struct mapping *x, const struct recorded *r, const struct machine *m);

#endif
