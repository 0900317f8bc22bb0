/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab: the classic allocator of Bonwick's kind (mm/slab.c, 2.6 to 6.7; step by
 * step as in 2.6.24).  Each CPU has an array of free objects; behind it stand the
 * node's shared array and its slabs, in lists of full, partial and free ones.
 * Objects of other nodes wait in alien arrays until enough are together.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

#define ALIEN_LIMIT 12 /* entries of an alien array */

int slab_init(struct kmm_cache *s, const struct kmm_cache_args *a);
void slab_fini(struct kmm_cache *s);
kmm_addr slab_alloc_slow(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node);
void slab_free_slow(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index);

/* Entries of an array, from its bottom, back to their slabs. */
void slab_free_block(struct kmm_cache *s, unsigned cpu, const struct array_entry *e, unsigned n);
/* Out of the bottom of an array. */
void slab_array_shift(struct array *a, unsigned n);
/* From the top of one array to that of another: as many as wanted, there and fitting. */
unsigned slab_array_transfer(struct array *to, struct array *from, unsigned most);
void slab_drain_alien(struct kmm_cache *s, unsigned cpu, struct array *alien, unsigned node);

/* Off the list that a slab is on; an empty one that is on none goes, its descriptor too. */
void slab_unplace(struct slab_node *n, struct slab *slab);
void slab_destroy(struct kmm_cache *s, unsigned cpu, struct slab *slab);

/* ---- slabreap.c ---- */

/* One round of the reaper on a CPU, for one cache. */
void slab_reap(struct kmm_cache *s, unsigned cpu);
/* A CPU's array, or all arrays, back to the slabs. */
void slab_flush_cpu(struct kmm_cache *s, unsigned caller, unsigned cpu);
/* Free slabs go; 0 if no other remains, else 1. */
int slab_shrink(struct kmm_cache *s, unsigned cpu);

/* The newest object of an array that has one. */
static inline kmm_addr slab_pop(struct kmm_cache *s, struct array *a)
{
	const struct array_entry *e = &a->entry[--a->avail];

	s->sl->stats.fast_allocs++;
	a->touched = true;
	e->slab->link[e->index] = LINK_USED;
	return slab_object(e->slab, s, e->index);
}

static inline kmm_addr slab_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	struct array *a = s->arrays[cpu];

	if (unlikely(!a->avail || node >= 0 || s->debug))
		return slab_alloc_slow(s, cpu, gfp, node);
	s->counts.allochit++;
	return slab_pop(s, a);
}

/* An object in use of this slab to the CPU's array, if it has room and is on its node. */
static inline bool slab_give(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	struct array *a = s->arrays[cpu];

	if (unlikely(a->avail == a->limit || slab->node != s->sl->mm->config.cpu_node[cpu]))
		return false;
	s->sl->stats.fast_frees++;
	slab->link[index] = LINK_HELD;
	a->entry[a->avail++] = (struct array_entry){ slab, index };
	return true;
}

/* The object is in use, and of this slab. */
static inline void slab_free(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	if (unlikely(!slab_give(s, cpu, slab, index)))
		slab_free_slow(s, cpu, slab, index);
	else
		s->counts.freehit++;
}

#pragma GCC visibility pop
#endif
