/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slub: allocation from SLUB caches (mm/slub.c of 2.6.22 to 6.18; step by step as
 * in 6.1).  Each CPU has one slab whose free objects it took all at once, a list
 * of partial slabs, and behind it the node's partial list.  Slabs without a free
 * object are on no list.
 *
 * Debugging caches have neither CPU slab nor CPU partial list: each object comes
 * from the node's list, as from 6.2 on.
 */
#ifndef MM_SLUB_H
#define MM_SLUB_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

/* Geometry and structures of a new cache.  0, -ENOMEM or -E2BIG. */
int slub_init(struct kmm_cache *s, const struct kmm_cache_args *a);
void slub_fini(struct kmm_cache *s);
kmm_addr slub_alloc_slow(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node);

static inline bool slub_has_cpu_partial(const struct kmm_cache *s)
{
	return s->cpu_partial != 0;
}

/* The object at the head of the CPU's free list, which is not empty. */
static inline kmm_addr slub_pop(struct kmm_cache *s, struct slub_cpu *c)
{
	struct slab *slab = c->slab;
	unsigned index = c->free;

	c->free = slab->link[index];
	slab->link[index] = LINK_USED;
	return slab_object(slab, s, index);
}

/* Likewise, and counted. */
static inline kmm_addr slub_take(struct kmm_cache *s, struct slub_cpu *c)
{
	s->sl->stats.fast_allocs++;
	return slub_pop(s, c);
}

static inline kmm_addr slub_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	struct slub_cpu *c = &s->cpu[cpu];

	if (unlikely(c->free == LINK_END || (node >= 0 && c->slab->node != node)))
		return slub_alloc_slow(s, cpu, gfp, node);
	return slub_take(s, c);
}

#pragma GCC visibility pop
#endif
