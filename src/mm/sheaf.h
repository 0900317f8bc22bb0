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
kmm_addr sheaf_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node);
void sheaf_free(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index);
void sheaf_free_rcu(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index);
/* Objects back to their slabs; `caller` is the CPU that does it. */
void sheaf_flush_cpu(struct kmm_cache *s, unsigned caller, unsigned cpu);
void sheaf_flush_barns(struct kmm_cache *s, unsigned caller);

#pragma GCC visibility pop
#endif
