/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmalloc: the size classes and their families.  A class has the kernel's index:
 * n for 2^n bytes, 1 for 96 and 2 for 192 (include/linux/slab.h).  Families by the
 * flags of a request: DMA first, then RECLAIMABLE, then ACCOUNT.
 */
#ifndef MM_KMALLOC_H
#define MM_KMALLOC_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

/* Make the caches. */
bool kmalloc_init(struct kmm_slab *sl, char *why, size_t n);

#pragma GCC visibility pop
#endif
