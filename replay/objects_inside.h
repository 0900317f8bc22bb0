/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects_inside: what objects.c (the whole), objects_cache.c (which cache), objects_serve.c (the
 * requests), objects_order.c (what took place before it was logged) and objects_start.c share.
 */
#ifndef REPLAY_OBJECTS_INSIDE_H
#define REPLAY_OBJECTS_INSIDE_H

#include "replay/objects.h"

#define LOOK_AHEAD 512	 /* records from a slab's page to its first object */
#define DONE 16		 /* frees made ahead of their turn at one time, at most */
#define UNKNOWN_SIZES 64 /* caches for what is not attributed */

/* What stands behind an id. */
struct objects_held {
	kmm_addr at;
	struct kmm_cache *cache; /* NULL: kmalloc */
};

struct objects_known {
	struct kmm_cache *cache;
	bool asked, kmalloc;
};

struct objects {
	struct kmm *mm;
	struct kmm_slab *sl;
	const struct machine *m;
	const struct objects_source *src;
	bool native; /* the captured kernel's own allocator and machine, with nothing changed */
	const kmm_pfn *
		place; /* another machine: where the pages of the start are; NULL: where they were */
	bool seeded;
	bool in_step;		   /* and the slabs of the start as the machine had them */
	bool hidden;		   /* of the start's slabs some are known as numbers only */
	struct objects_held *held; /* [slots] */
	uint32_t slots;
	/* On each CPU, an allocation that may have taken place before frees of an interrupt; seq 0: none. */
	struct waiting {
		uint64_t seq;
		kmm_addr at;
	} waiting[KMM_CPUS];
	uint64_t done[DONE]; /* ordinals of frees that were made ahead of their turn */
	unsigned done_count;
	struct objects_known *by_name; /* [strings] */
	struct {
		uint32_t bytes;
		struct kmm_cache *cache;
	} unknown[UNKNOWN_SIZES];
	unsigned unknown_count;
	/* The object allocated ahead of its turn on each CPU. */
	struct {
		uint64_t seq;
		struct objects_held h;
	} early[KMM_CPUS];
	struct kmm_cache *start_cache; /* of the slab of the start that was asked for last */
	uint32_t start_cache_of;       /* place in machine.slabs */
	uint8_t *rcu; /* a bit a frame: of a slab of the recording that waits for a grace period before it goes */
	uint8_t *had; /* a bit a frame: of a slab at the start, its page's free is ours to do */
	/* Where objects that no request brought are: those of the start under another allocator. */
	struct map moved; /* recorded address -> place in moved_to */
	struct objects_held *moved_to;
	uint32_t moved_count, moved_free; /* moved_free: place to use again, MAP_NONE none */
	kmm_pfn page;			  /* the first that the model gave since it was cleared */
	/* SLAB's timer, by CPU, on the trace's clock in ns; 0: not begun. soonest: of them. */
	uint64_t reap[KMM_CPUS], reap_soonest;
	struct objects_stats stats;
};

/* The cache of this name that the model has; NULL: none. */
struct kmm_cache *objects_find_cache(const struct objects *o, const char *name);
/* A new one, with the attributes that sysfs shows; one that is new in the trace, by its objects' size. */
struct kmm_cache *objects_make_cache(struct objects *o, const char *name, uint32_t bytes);
struct objects_known *objects_known_cache(struct objects *o, uint32_t string, uint32_t bytes);
/* One cache a size, for what nobody can say the cache of; NULL: too many sizes. */
struct kmm_cache *objects_unknown_cache(struct objects *o, uint32_t bytes);
/* By the slabs that objects of the call site were in, or the sizes; NULL: not known. */
struct kmm_cache *objects_cache_by_place(struct objects *o, const struct request *q);
bool objects_is_rcu(const struct kmm_cache *c);

/* An object that is found by the address that it has in the recording. 0 or -ENOMEM. */
int objects_keep(struct objects *o, uint64_t at, struct objects_held h);
/* An allocation, now. */
struct objects_held objects_serve(struct objects *o, const struct request *q);
/* The timer of SLAB: to be called from reap_soonest on. */
void objects_reap(struct objects *o, uint64_t time);
/* A free, now. */
void objects_give(struct objects *o, const struct request *q);

static inline bool objects_bit(const uint8_t *set, uint32_t pfn)
{
	return set[pfn >> 3] >> (pfn & 7) & 1;
}

static inline void objects_set_bit(uint8_t *set, uint32_t pfn, bool to)
{
	set[pfn >> 3] = (uint8_t)((set[pfn >> 3] & ~(1u << (pfn & 7))) | (unsigned)to << (pfn & 7));
}

#endif
