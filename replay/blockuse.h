/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blockuse: what each page block of a machine holds, kept up to date from sample to
 * sample, and by zone how many blocks are whole, could be made whole, or cannot.
 *
 * A page that can neither be moved nor is free *pins* its block: slab, other kernel
 * pages, reclaimable ones (a shrinker may free them, compaction cannot move them),
 * and what was in use since before the start and is not known to be movable.  What
 * is movable is judged by the flags of its allocation; that a user page is pinned
 * for I/O or mlocked no event tells.
 */
#ifndef REPLAY_BLOCKUSE_H
#define REPLAY_BLOCKUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "replay/recorded.h"
#include "replay/simulated.h"

/* X(NAME, "name", "what it means") */
#define BLOCK_KINDS(X)                                                                            \
	X(FREE, "free", "free from end to end, on the free or per-CPU lists")                     \
	X(MOVABLE, "movable", "nothing but free and movable pages: compaction can make it whole") \
	X(MIXED, "mixed", "some page pins it, and others are free or movable")                    \
	X(PINNED, "pinned", "every page pins it")                                                 \
	X(PARTIAL, "partial", "a hole or another zone takes part of it: never whole")             \
	X(UNKNOWN, "unknown", "it has pages of which nothing is known")

enum block_kind {
#define X(name, text, help) BLOCK_##name,
	BLOCK_KINDS(X)
#undef X
		BLOCK_KIND_COUNT,
};

enum page_kind {
	PAGE_FREE,
	PAGE_PCP,
	PAGE_MOVABLE,
	PAGE_PINNED,
	PAGE_UNKNOWN,
	PAGE_HOLE,
	PAGE_KINDS
};

/* Pages of one block by what they are. */
struct block_pages {
	union {
		uint16_t n[PAGE_KINDS];
		struct {
			uint16_t free, pcp, movable, pinned, unknown, hole; /* the same, by name */
		};
	};
};

/* A zone at an instant. */
struct zone_use {
	uint32_t blocks[BLOCK_KIND_COUNT];
	uint64_t pinning; /* pages that pin mixed blocks */
	uint64_t kept;	  /* free and movable pages of mixed blocks: kept from being whole */
};

struct blockuse {
	const struct machine *m;
	struct recorded *recorded; /* one of the two */
	struct simulated *simulated;
	uint32_t blocks;
	struct block_pages *pages; /* [blocks] */
	uint8_t *kind; /* [frames of the blocks] enum page_kind, when they were counted last */
	uint8_t *zone; /* [blocks]; 0xff: of none */
	bool *fresh;   /* [blocks] the last update counted it anew */
	bool counted;
	struct zone_use use[MACHINE_ZONES];
};

const char *block_kind_name(enum block_kind k);
/* 0 or -ENOMEM. */
int blockuse_init(struct blockuse *b, const struct machine *m, struct recorded *r,
		  struct simulated *s);
void blockuse_free(struct blockuse *b);
/* Bring `pages` and `use` up to date. */
void blockuse_update(struct blockuse *b);
/* Did the last update find anything new in the frames [first, end)? */
bool blockuse_fresh(const struct blockuse *b, uint64_t first, uint64_t end);
enum block_kind blockuse_kind(const struct blockuse *b, uint32_t block);
/*
 * Blocks of a zone that would hold no pinning page had all of them been grouped
 * into as few blocks as they fill; free and movable ones are what there is of it.
 */
uint32_t blockuse_grouped(const struct blockuse *b, const struct zone_use *u);

#endif
