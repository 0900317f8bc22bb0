/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * large: objects that are whole blocks of pages: kmalloc beyond its classes, and
 * SLOB's of a page or more.  Their order is remembered at the block's first frame.
 */
#ifndef MM_LARGE_H
#define MM_LARGE_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

kmm_addr large_alloc(struct kmm_slab *sl, unsigned cpu, unsigned order, kmm_gfp gfp, int node);
/* The order of a large object that begins here; -1 if none does. */
int large_order(const struct kmm_slab *sl, kmm_addr at);
/* false: none begins here. */
bool large_free(struct kmm_slab *sl, unsigned cpu, kmm_addr at);

#pragma GCC visibility pop
#endif
