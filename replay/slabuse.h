/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabuse: what is to be said of the recorded machine's slabs (slablife.h) as holders of
 * pages: how many objects live in each, whose most of them are, and all of them by cache.
 */
#ifndef REPLAY_SLABUSE_H
#define REPLAY_SLABUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/makers.h"
#include "replay/slablife.h"

#define SLABUSE_UNKNOWN UINT32_MAX

struct slabuse {
	const struct makers *w;
	const struct slablife *life;
	const struct intern *strings; /* the workload's */
	uint32_t *site;		      /* [UINT16_MAX] for a slab's objects */
};

struct slab {
	const char *cache; /* "" unknown */
	uint64_t site; /* of most of its objects that the trace shows, else whom it was taken for; 0 unknown */
	uint32_t objects; /* that live in it, or SLABUSE_UNKNOWN: not all of them are known */
	uint32_t room;	  /* objects that fit; 0 unknown */
	bool reclaimable; /* the cache says so */
};

/* Slabs of a cache by how many objects live in them. */
struct occupancy {
	const char *cache;
	uint32_t room;	/* objects of a slab */
	uint32_t slabs; /* whose number of objects is known */
	uint32_t *by;	/* [room + 1] slabs with so many objects */
	uint64_t objects;
};

/* 0 or -ENOMEM. */
int slabuse_init(struct slabuse *u, const struct makers *w, const struct slablife *life,
		 const struct intern *strings);
void slabuse_free(struct slabuse *u);
/* The first frame of the slab that holds a frame; the frame itself where that is not known. */
uint32_t slabuse_head(const struct slabuse *u, uint32_t frame);
struct slab slabuse_slab(const struct slabuse *u, uint32_t head);
/* All slabs of known contents, by cache; free each one's `by` and the list. 0 or -ENOMEM. */
int slabuse_count(const struct slabuse *u, struct occupancy **list, uint32_t *count);

#endif
