/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: what a machine looks like at one instant, whether it is the recorded
 * one or a simulated one.  Samples, comparisons and print-outs are made from
 * views, so that they cannot treat the two differently.
 */
#ifndef REPLAY_VIEW_H
#define REPLAY_VIEW_H

#include <stdbool.h>
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

/* Frames in which something happened since it was asked for last, and the page blocks that they are in. */
struct view_touched {
	uint64_t *frame; /* a bit a frame */
	bool *block;
	unsigned order; /* of a page block */
	uint64_t frames;
};

/* 0 or -ENOMEM. */
int view_touched_init(struct view_touched *t, uint64_t frames, unsigned order);
void view_touched_free(struct view_touched *t);
/* The first such frame from this one on; `end` if there is none before it. */
uint64_t view_touched_next(const struct view_touched *t, uint64_t pfn, uint64_t end);
/* All of a page block has been asked for. */
void view_touched_clear(struct view_touched *t, uint32_t block);

/* Something happened in the frames [pfn, end). */
static inline void view_touch(struct view_touched *t, uint64_t pfn, uint64_t end)
{
	if (end > t->frames)
		end = t->frames;
	while (pfn < end) {
		uint64_t last = pfn | (t->order < 6 ? (1u << t->order) - 1 : 63);
		uint64_t n = (last < end ? last + 1 : end) - pfn;

		t->frame[pfn / 64] |= ~0ull >> (64 - n) << pfn % 64;
		t->block[pfn >> t->order] = true;
		pfn += n;
	}
}

#endif
