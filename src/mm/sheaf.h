/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sheaf: the magazines of SLUB in 6.18: arrays of free objects that a CPU fills
 * and empties (main, spare, and one for objects freed by RCU), with a barn of full
 * and empty ones at each node.  Only caches that asked for a capacity have them.
 * A grace period is taken to be over when an object is freed by RCU; the sheaf of
 * such objects goes to the barn, as a full one, once it is full.
 */
#ifndef MM_SHEAF_H
#define MM_SHEAF_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

#define BARN_MOST 10 /* MAX_FULL_SHEAVES, MAX_EMPTY_SHEAVES */

int sheaf_init(struct kmm_cache *s, unsigned capacity);
void sheaf_fini(struct kmm_cache *s);
kmm_addr sheaf_alloc_slow(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node);
void sheaf_free_slow(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index);
void sheaf_free_rcu(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index);
/* Objects back to their slabs; `caller` is the CPU that does it. */
void sheaf_flush_cpu(struct kmm_cache *s, unsigned caller, unsigned cpu);
void sheaf_flush_barns(struct kmm_cache *s, unsigned caller);

/* The newest object of a sheaf that has one. */
static inline kmm_addr sheaf_pop(struct kmm_cache *s, struct sheaf *sheaf)
{
	const struct array_entry *e = &sheaf->entry[--sheaf->count];

	s->sl->stats.fast_allocs++;
	e->slab->link[e->index] = LINK_USED;
	return slab_object(e->slab, s, e->index);
}

/* Into a sheaf that has room; for its slab the object stays one in use. */
static inline void sheaf_push(struct sheaf *sheaf, struct slab *slab, unsigned index)
{
	slab->link[index] = LINK_HELD;
	sheaf->entry[sheaf->count++] = (struct array_entry){ slab, index };
}

static inline kmm_addr sheaf_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	struct sheaf *main = s->cpu[cpu].main;

	if (unlikely(!main->count || node >= 0))
		return sheaf_alloc_slow(s, cpu, gfp, node);
	return sheaf_pop(s, main);
}

/* An object in use of this slab to the main sheaf, if it has room and is on its node. */
static inline bool sheaf_give(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	struct sheaf *main = s->cpu[cpu].main;

	if (unlikely(main->count == s->sheaf_capacity ||
		     slab->node != s->sl->mm->config.cpu_node[cpu]))
		return false;
	s->sl->stats.fast_frees++;
	sheaf_push(main, slab, index);
	return true;
}

/* The object is in use, and of this slab. */
static inline void sheaf_free(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	if (unlikely(!sheaf_give(s, cpu, slab, index)))
		sheaf_free_slow(s, cpu, slab, index);
}

#pragma GCC visibility pop
#endif
