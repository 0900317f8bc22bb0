/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freescan: compaction's free scanner, followed by its events (kernel 5.1 on; read in 6.1).
 *
 * A compaction isolates movable pages of a range, and takes free blocks as their
 * targets.  Its events say which range, how many pages, and which ranges the
 * linear free scanner went through.  Silent is its fast search: it looks at the
 * MOVABLE free lists from the tail, takes one whole block in the upper part of
 * the zone and turns the list, so that the next search looks at others.  All of
 * that follows from the order of the lists; so this walks the lists of whoever
 * owns them (freescan_lists) the way the kernel does, and keeps the pages taken in
 * the order in which they become targets.
 *
 * Where an event contradicts the walk, the event is right.  From 6.4 on the fast search has an event too,
 * with the number of pages that it got.
 */
#ifndef REPLAY_FREESCAN_H
#define REPLAY_FREESCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "replay/isolated.h"
#include "workload/request.h"

/* The MOVABLE free lists of a zone, and the free blocks. */
struct freescan_lists {
	/* The block before or behind `at` on a list; KMM_NO_PFN starts and ends. */
	uint32_t (*prev)(void *who, unsigned zone, unsigned order, uint32_t at);
	uint32_t (*next)(void *who, unsigned zone, unsigned order, uint32_t at);
	/* Turn a list, so that a block of it becomes the first. */
	void (*turn)(void *who, unsigned zone, unsigned order, uint32_t first);
	/* Order of the free block that starts at pfn; -1: none does. */
	int (*block)(void *who, uint32_t pfn);
	/* Order of the compound page in use that starts at pfn, as far as known; 0. */
	unsigned (*compound)(void *who, uint32_t pfn);
	/* Take the free block that starts at pfn out of the lists. */
	void (*isolate)(void *who, uint32_t pfn);
};

/* One compaction of a zone, from its begin to its end. */
struct freescan_run {
	int32_t pid;
	bool on, sync, direct;
	bool other;	/* for a request that is not for MOVABLE memory */
	int order;	/* wanted; -1 the whole zone */
	int search;	/* order at which the next fast search begins */
	uint8_t fails;	/* fast searches since the last success */
	uint8_t stride; /* of the linear scanner */
	unsigned zone;
	uint32_t migrate_pfn, free_pfn;
	bool seeking; /* it is not at its end, and nothing to move was isolated yet */
	bool moving;  /* between the isolation of pages and the word that they were moved */
	bool around;  /* what the linear scanner does is to look around a block found */
	bool due;     /* the next page to be moved needs a target, and none is left */
	bool barren;  /* what was scanned for it gave none */
	bool met; /* unless another scan follows at once, the linear scanner came to where the other is */
	bool looking;	/* for targets, by the events; only if fast searches are told */
	uint32_t found; /* pages of the block that a fast search is told to have got, not taken yet */
	uint32_t from, to; /* pages of this range are moved */
	uint32_t wanted, moved;
	struct isolated isolated;
};

#define COSTLY_ORDER 3 /* PAGE_ALLOC_COSTLY_ORDER */
#define FREESCAN_RUNS 16

/* A block that a direct compaction captured and has not handed out yet. */
struct freescan_kept {
	int32_t pid;
	uint8_t order;
	uint32_t pfn; /* KMM_NO_PFN: none */
};

struct freescan {
	const struct machine *m;
	const struct freescan_lists *lists;
	void *who;
	bool blind; /* the order of the lists is not known: no fast search is followed */
	struct freescan_run run[FREESCAN_RUNS];
	unsigned live;			   /* of them are on */
	uint32_t init_free[MACHINE_ZONES]; /* where the zone's free scanner was last reset to, 0 never */
	uint8_t *marked;		   /* [page blocks] known to be marked to be skipped */
	uint64_t searches, found, taken; /* fast searches; that found a block; pages isolated */
};

/* 0 or -ENOMEM; freescan_free() in either case. */
int freescan_init(struct freescan *f, const struct machine *m, const struct freescan_lists *lists,
		  void *who);
void freescan_free(struct freescan *f);
/* Where another one stands that followed the same events.  0, or -1 without memory. */
int freescan_copy(struct freescan *f, const struct freescan *from);
/* Follow a record of OBS_COMPACTION. */
void freescan_event(struct freescan *f, const struct request *q);

enum freescan_freed {
	FREESCAN_OTHER,	 /* nothing to do with a compaction */
	FREESCAN_SOURCE, /* a page that was moved; *target is where to */
	FREESCAN_RETURNED /* a target that was not needed; *target is the one that is returned next */
};
/* What a page that is freed was to the compaction of the task that frees it. */
enum freescan_freed freescan_page(struct freescan *f, const struct request *q, uint32_t *target);
/* The direct compaction of this task that is under way, for which a freed block is kept; NULL. */
const struct freescan_run *freescan_direct(const struct freescan *f, int32_t pid);

#endif
