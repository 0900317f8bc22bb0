/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slablife_inside: the inside of slablife.h, shared by its files: slablife.c (events),
 * slablife_lists.c (where slabs stand), slablife_start.c (the start, caches).
 */
#ifndef REPLAY_SLABLIFE_INSIDE_H
#define REPLAY_SLABLIFE_INSIDE_H

#include "base/map.h"
#include "replay/objaddr.h"
#include "replay/slablife.h"

struct life_list {
	uint32_t head, tail, count; /* LIFE_NONE, LIFE_NONE, 0: empty */
};

/* A cache's lists. */
struct life_lists {
	uint32_t cpu[KMM_CPUS]; /* the slab in hand, LIFE_NONE none */
	struct life_list partial[KMM_CPUS];
	struct life_list node[KMM_NODES];
};

struct slablife {
	const struct machine *m;
	const struct objects_source *src;
	bool started;
	struct life_cache *caches;
	struct life_lists *lists; /* [cache_count] */
	uint32_t cache_count, cache_room;
	uint32_t *cache_of_string; /* [strings] place in caches + 1 */
	struct life_slab *slabs;
	uint32_t slab_count, slab_room, slab_free; /* slab_free: a place to use again, by next */
	uint32_t *slab_of;			   /* [max_pfn] + 1 */
	struct objaddr addr;
	struct map site_at;
	uint64_t *sites;
	uint32_t site_count;
	uint64_t now;
	struct slablife_stats stats;
};

/* ---- slablife_start.c ---- */
/* The cache of a string, of an object's sizes, made if it is new; LIFE_NONE: out of memory. */
uint32_t life_cache_named(struct slablife *l, uint32_t string, uint32_t bytes_req, uint32_t bytes);
/* The cache that an allocation without a slab yet belongs to; LIFE_NONE: out of memory. */
uint32_t life_cache_asked(struct slablife *l, const struct request *q);
/* A new slab in a block; its cache is not known yet. LIFE_NONE: out of memory. */
uint32_t life_slab_new(struct slablife *l, uint32_t pfn, unsigned order);
/* Give it a cache and its objects, all in the given state. 0 or -ENOMEM. */
int life_slab_of_cache(struct slablife *l, uint32_t n, uint32_t cache, uint32_t objects,
		       uint32_t state);

/* ---- slablife_lists.c ---- */
void life_lists_init(struct life_lists *x);
/* Take a slab off whatever list it stands on: it is LIFE_FULL then. */
void life_leave(struct slablife *l, uint32_t n);
void life_to_cpu(struct slablife *l, uint32_t n, unsigned cpu);
/* To the head of the CPU's partial list; `end`: to its tail. */
void life_to_cpu_partial(struct slablife *l, uint32_t n, unsigned cpu, bool end);
void life_to_node(struct slablife *l, uint32_t n, bool head);
/* A CPU got an object of this slab: it has it in hand now, wherever it was. */
void life_in_hand(struct slablife *l, uint32_t n, unsigned cpu);
/* An object came back to a slab that had none free, or that has none in use now. */
void life_came_back(struct slablife *l, uint32_t n, unsigned cpu, bool was_full);
/* An object's count changed: the sum of free objects on the node's list follows. */
static inline void life_node_free(struct slablife *l, struct life_slab *s, int by)
{
	if (s->place == LIFE_NODE)
		l->caches[s->cache].node_free += (uint64_t)(int64_t)by;
}

#endif
