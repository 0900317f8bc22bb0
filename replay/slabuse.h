/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabuse: how many objects live in each slab of the recorded machine, and whose.
 * An object is known by its allocation, or, in a slab of the start, by the count of
 * the snapshot less the frees since.  Not seen: objects allocated or freed in bulk
 * without an event, and how many of a CPU's own slab at the start lay on its free list
 * (they count as live).
 */
#ifndef REPLAY_SLABUSE_H
#define REPLAY_SLABUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/makers.h"
#include "replay/recorded.h"

#define SLABUSE_UNKNOWN UINT32_MAX

/* A live object, by the slab that it is in. */
struct inhabitant {
	uint32_t slab; /* first frame */
	uint32_t maker;
};

struct slabuse {
	const struct makers *w;
	const struct intern *strings; /* the workload's */
	struct inhabitant *in;	      /* by slab and maker */
	uint32_t in_count;
};

struct slab {
	const char *cache; /* "" unknown */
	uint64_t site; /* of most of its objects that the trace shows, else whom it was taken for; 0 unknown */
	uint32_t objects; /* that live in it, or SLABUSE_UNKNOWN */
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
int slabuse_init(struct slabuse *u, const struct makers *w, const struct intern *strings);
void slabuse_free(struct slabuse *u);
/* The first frame of the slab that holds a frame; the frame itself where that is not known. */
uint32_t slabuse_head(const struct slabuse *u, uint32_t frame);
struct slab slabuse_slab(const struct slabuse *u, uint32_t head);
/* All slabs of known contents, by cache; free each one's `by` and the list. 0 or -ENOMEM. */
int slabuse_count(const struct slabuse *u, struct recorded *r, struct occupancy **list,
		  uint32_t *count);

#endif
