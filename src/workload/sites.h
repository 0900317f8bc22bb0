/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sites: which slab cache a call site allocates from.  Most kernels name the
 * cache only when an object is freed (5.12 and later), so the name is learned
 * from the first frees and applied to all allocations of that site and sizes.
 * One site may serve several caches (mempools, wrappers), and these may differ in
 * the size asked for alone: kmem_cache_alloc() reports its cache's object_size, so
 * both sizes are part of the key.  What is asked of kmalloc() differs from call to
 * call within one cache, and is left out.  A key seen with two names counts as mixed.
 */
#ifndef WORKLOAD_SITES_H
#define WORKLOAD_SITES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

struct site {
	uint64_t addr;	    /* call site */
	uint32_t bytes_req; /* of its objects; 0: kmalloc */
	uint32_t bytes;	    /* bytes_alloc of its objects */
	uint32_t cache;	    /* string number of the name, 0 while unknown */
	uint64_t named;	    /* frees that bore this name */
	uint64_t other;	    /* frees that bore another name */
};

#define SITES_MEMO 512 /* a power of two */

struct sites {
	struct map index;
	struct site *s;
	uint32_t count, room;
	uint32_t memo[SITES_MEMO]; /* 1 + the number last asked for of those that share the place */
};

int sites_init(struct sites *t);
void sites_free(struct sites *t);
/* As sites_get(), for one that is not in the memo. */
uint32_t sites_look_up(struct sites *t, uint64_t addr, uint32_t bytes_req, uint32_t bytes);
/* A key for these three; it may be another's too. */
uint64_t sites_key(uint64_t addr, uint32_t bytes_req, uint32_t bytes);

static inline bool sites_is(const struct sites *t, uint32_t n, uint64_t addr, uint32_t bytes_req,
			    uint32_t bytes)
{
	return t->s[n].addr == addr && t->s[n].bytes_req == bytes_req && t->s[n].bytes == bytes;
}

static inline uint32_t *sites_memo(struct sites *t, uint64_t addr, uint32_t bytes)
{
	return &t->memo[(addr ^ addr >> 9 ^ bytes >> 3) & (SITES_MEMO - 1)];
}

/* The site's number; UINT32_MAX out of memory. */
static inline uint32_t sites_get(struct sites *t, uint64_t addr, uint32_t bytes_req, uint32_t bytes)
{
	uint32_t memo = *sites_memo(t, addr, bytes);

	if (__builtin_expect(memo && sites_is(t, memo - 1, addr, bytes_req, bytes), 1))
		return memo - 1;
	return sites_look_up(t, addr, bytes_req, bytes);
}

/* An object of this site was freed under this cache name. */
static inline void sites_learn(struct sites *t, uint32_t site, uint32_t cache)
{
	struct site *s;

	if (site >= t->count || !cache)
		return;
	s = &t->s[site];
	if (!s->cache)
		s->cache = cache;
	if (s->cache == cache)
		s->named++;
	else
		s->other++;
}

#endif
