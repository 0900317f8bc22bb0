/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: what a machine looks like at one instant, whether it is the recorded
 * one or a simulated one.  Samples, comparisons and print-outs are made from
 * views, so that they cannot treat the two differently.
 */
#ifndef REPLAY_VIEW_H
#define REPLAY_VIEW_H

#include <stdint.h>

#include "machine/machine.h"

#define VIEW_TYPES (KMM_MIGRATETYPES + 1) /* the last one: type unknown */
#define VIEW_UNKNOWN KMM_MIGRATETYPES

/* As /proc/pagetypeinfo names them, and "Unknown". */
extern const char *const view_type_names[VIEW_TYPES];

struct view {
	uint32_t zones;
	uint32_t nr_free[MACHINE_ZONES][VIEW_TYPES][KMM_ORDERS]; /* blocks */
	uint32_t pageblocks[MACHINE_ZONES][VIEW_TYPES];
	uint64_t pcp_pages[MACHINE_ZONES];
	uint64_t unknown; /* page frames of which nothing is known */
};

/* Free pages of a zone in the buddy lists. */
uint64_t view_free_pages(const struct view *v, unsigned zone);
/* Blocks of one order of a zone, all types. */
uint64_t view_blocks(const struct view *v, unsigned zone, unsigned order);

/* What a page in use is, as far as its kpageflags word tells: enum request_owner. */
unsigned view_owner_of_flags(uint64_t flags);

/* What one frame is, for the map of memory, and a frame beyond it up to which all are so: enum store_cell. */
typedef uint8_t (*view_run_fn)(const void *who, uint32_t pfn, uint32_t *end);

/*
 * What happened in a page block is kept by part, from its first frames to its last, so
 * that what one page changed is little to look at anew: bit p of a mask is part p.  A
 * block of fewer frames than that has a part a frame.
 */
#define VIEW_PART_BITS 5
#define VIEW_PARTS (1u << VIEW_PART_BITS)

/* Frames of a part of a block of 2^order: as a shift. */
static inline unsigned view_part_shift(unsigned order)
{
	return order > VIEW_PART_BITS ? order - VIEW_PART_BITS : 0;
}

/* Something happened in the frames [pfn, end), of blocks of 2^order frames. */
static inline void view_touch(uint32_t *touched, unsigned order, uint64_t pfn, uint64_t end)
{
	unsigned shift = view_part_shift(order), bits = order - shift;

	for (uint64_t p = pfn >> shift; p << shift < end; p++)
		touched[p >> bits] |= 1u << (p & ((1u << bits) - 1));
}

#endif
