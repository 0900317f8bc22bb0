/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabpage: a slab as pages: asked from the page allocator with the flags that
 * SLUB or SLAB would use (2.6.24, 6.1), cut into objects, given back.  Its record
 * comes from the cache's own store.
 */
#ifndef MM_SLABPAGE_H
#define MM_SLABPAGE_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

/*
 * A new slab with all objects on its free list, in address order; its first
 * object stands at `offset`.  node -1: anywhere.  NULL: no pages, or no memory
 * for the record.
 */
struct slab *slabpage_new(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node,
			  unsigned offset);
/* Make a block that is in use a slab of the cache, all of its objects free in address order; NULL out of memory. */
struct slab *slabpage_of_block(struct kmm_cache *s, kmm_pfn pfn, unsigned order, unsigned offset);
/* An empty slab that is on no list goes: after a grace period if its cache wants one. */
void slabpage_discard(struct kmm_cache *s, unsigned cpu, struct slab *slab);
/* Give back the pages of the slabs that wait, up to this one; NULL: of all. */
void slabpage_free_waiting(struct kmm_slab *sl, unsigned cpu, const struct slab *last);
/* Records for slabs of s->objects objects come from here on. */
void slabpage_init_records(struct kmm_cache *s);
void slabpage_free_records(struct kmm_cache *s);

#pragma GCC visibility pop
#endif
