/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * savings: what other slab caches would have held for the same objects.  The
 * workload is read once to find who allocates what (struct savings_group) and then
 * again for each pair of trials: the objects of a cache as they are, and under an
 * alternative, each through a SLUB model of its own that begins empty.  What
 * counts are the bytes of the slabs' pages, at their peak and at the end.
 *
 * Memory: 8 bytes for each slot while reading, 8 for each slot and model in a
 * trial (two trials at a time: 32), and the models' own.
 */
#ifndef REPLAY_SAVINGS_H
#define REPLAY_SAVINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "mm/kmm_slab.h"
#include "workload/attribution.h"

/* The objects of one cache, by string number of its name and size of its objects. */
struct savings_cache {
	uint32_t name, size; /* name 0: nobody told */
	bool kmalloc;
	uint32_t first;		     /* group; UINT32_MAX ends */
	uint64_t allocs, live, peak; /* objects */
};

/* ... and of one call site. */
struct savings_group {
	uint32_t cache, next; /* of the cache; UINT32_MAX ends */
	uint32_t chain;	      /* of the same site; UINT32_MAX ends */
	uint32_t most_req;    /* bytes */
	uint64_t site, allocs, live, peak;
	uint64_t req; /* bytes asked for by all */
};

enum savings_kind {
	SAVINGS_DEDICATED, /* a cache of their own for one site's objects */
	SAVINGS_SIZE,	   /* kmalloc: one more size class; else: objects cut to fit once more */
	SAVINGS_ORDER,	   /* slabs of another order */
	SAVINGS_MERGE,	   /* one cache for the objects of two */
	SAVINGS_KINDS
};
const char *savings_kind_name(enum savings_kind k);

struct savings_trial {
	enum savings_kind kind;
	uint32_t cache, other;	  /* other: the cache that is merged with it */
	uint32_t group;		  /* SAVINGS_DEDICATED */
	uint32_t size;		  /* bytes of the objects of the new cache; of a merged one */
	uint32_t order, was;	  /* of the new cache's slabs; of the old one's */
	uint64_t moved;		  /* allocations that go to the new cache */
	uint64_t peak[2], end[2]; /* bytes in slabs: as it is, and with the alternative */
};

struct savings {
	const struct kmw_reader *k;
	const struct attribution *attribution;
	struct kmm_slab_policy policy; /* SLUB */
	unsigned cpus;
	struct savings_cache *caches;
	struct savings_group *groups;
	struct savings_trial *trials;
	uint32_t cache_count, cache_room, group_count, group_room, trial_count, trial_room;
	struct map by_cache, by_site;
	uint32_t slots;
	uint64_t records, objects, skipped; /* skipped: objects larger than two pages */
};

/* Finds the caches and call sites. 0 or a negative errno; savings_free() in any case. */
int savings_read(struct savings *s, const struct kmw_reader *k, const struct attribution *a,
		 const struct kmm_slab_policy *policy, struct err *e);
/* Chooses what is worth trying: at most so many of each kind, those that could save most first. */
int savings_propose(struct savings *s, uint32_t most, struct err *e);
/* Replays all trials. */
int savings_try(struct savings *s, struct err *e);
void savings_free(struct savings *s);
const char *savings_cache_name(const struct savings *s, uint32_t cache, char out[48]);

#endif
