/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forensics: what keeps the page blocks of the recorded machine from being whole
 * at one instant.  Each mixed block's *holders* are the allocations whose pages pin
 * it (blockuse.h); holders that are alike (owner, cache, call site) are one *pin*,
 * and pins are ranked by the pages that they keep from being whole: the free and
 * movable pages of each block, shared out by the pages that pin it.
 *
 * A slab is held by the objects that live in it: its call site is the one with most
 * of them where the trace shows any, else the one that the slab was taken for.
 */
#ifndef REPLAY_FORENSICS_H
#define REPLAY_FORENSICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "replay/blockuse.h"
#include "replay/slabuse.h"

#define FORENSICS_BEFORE UINT64_MAX /* since: already there at the start */

struct holder {
	uint32_t block;	     /* number of the page block */
	uint32_t pfn, pages; /* of its frames in that block */
	uint32_t pin;	     /* whose it is */
	uint64_t since;	     /* the clock's unit, or FORENSICS_BEFORE */
	int32_t pid;	     /* -1 unknown */
	uint32_t objects;    /* of a slab: those that live in it; SLABUSE_UNKNOWN */
	uint32_t room;	     /* of a slab: objects that fit; 0 unknown */
};

struct pin {
	uint8_t owner;	   /* enum request_owner */
	bool reclaimable;  /* allocated so, or a slab of such a cache */
	const char *cache; /* name, or "" */
	uint64_t site;	   /* 0: not known */
	uint32_t blocks;   /* mixed blocks that it holds pages of */
	uint32_t alone;	   /* and those that nothing else pins */
	uint64_t pages;	   /* its pages there */
	double kept;	   /* pages kept from being whole, its share */
	uint32_t holders;
	uint32_t one_object;	 /* its slabs that a single object holds */
	bool before;		 /* some were there at the start */
	uint64_t oldest, newest; /* since, of the others; FORENSICS_BEFORE: there are none */
	uint32_t number;
};

struct forensics {
	bool known;
	uint64_t time;
	struct blockuse use;
	uint8_t *type;		/* [blocks] migrate type */
	struct holder *holders; /* by block, those with most pages first */
	uint32_t holder_count;
	uint32_t *first;  /* [blocks + 1] first holder of a block */
	struct pin *pins; /* most kept first */
	uint32_t pin_count;
	struct occupancy *caches; /* by name */
	uint32_t cache_count;
};

/*
 * All of it, of a recorded machine, what was seen of its makers, and its slabs.  `strings`
 * are the workload's; names in the result live as long as they and the machine do.
 */
int forensics_find(struct forensics *f, struct recorded *r, struct makers *w,
		   const struct slablife *life, const struct intern *strings, uint64_t now,
		   struct err *e);
void forensics_free(struct forensics *f);

#endif
