/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slubfree: what returns to SLUB: objects to the CPU's slab or to their own, slabs
 * to a CPU's partial list, from there to their node's and to the page allocator
 * (mm/slub.c of 2.6.22 to 6.18; step by step as in 6.1).
 */
#ifndef MM_SLUBFREE_H
#define MM_SLUBFREE_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

static inline void slub_add_partial(struct slub_node *n, struct slab *slab, bool to_tail)
{
	slab->place = PLACE_PARTIAL;
	slab_list_add(&n->partial, slab, to_tail);
	n->nr_partial++;
}

static inline void slub_remove_partial(struct slub_node *n, struct slab *slab)
{
	slab->place = PLACE_NONE;
	slab_list_del(&n->partial, slab);
	n->nr_partial--;
}

/* drain: a list that is full goes to the nodes first. */
void slub_put_cpu_partial(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu, struct slab *slab,
			  bool drain);
struct slab *slub_pop_cpu_partial(struct slub_cpu *c);
/* Take the CPU's slab away from it. */
void slub_deactivate(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu);
/* All that a CPU holds, its sheaves too. */
void slub_flush_cpu(struct kmm_cache *s, unsigned caller, unsigned cpu);
/* 0 if no slab is left, else 1. */
int slub_shrink(struct kmm_cache *s, unsigned cpu);
/* Free empty slabs; whether any other remains. */
bool slub_shutdown(struct kmm_cache *s, unsigned cpu);
/* To a slab that is not this CPU's own. */
void slub_free_slow(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index);

/* An object in use of this slab to the CPU's free list, if it is the CPU's slab. */
static inline bool slub_give(struct kmm_cache *s, struct slub_cpu *c, struct slab *slab,
			     unsigned index)
{
	if (unlikely(c->slab != slab))
		return false;
	s->sl->stats.fast_frees++;
	slab_link(s, slab, index, c->free);
	c->free = (uint16_t)index;
	return true;
}

/* The object is in use, and of this slab. */
static inline void slub_free(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	if (unlikely(!slub_give(s, &s->cpu[cpu], slab, index)))
		slub_free_slow(s, cpu, slab, index);
}

#pragma GCC visibility pop
#endif
