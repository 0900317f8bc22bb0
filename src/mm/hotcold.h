/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hotcold: the per-CPU lists of 2.6.24: order 0 only, a hot list for pages that
 * are likely in the CPU's cache and a cold one (__GFP_COLD), each of mixed
 * migrate types with the type noted per page.
 */
#ifndef MM_HOTCOLD_H
#define MM_HOTCOLD_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

kmm_pfn hotcold_alloc(struct kmm *mm, struct zone *z, struct pcp *p, unsigned type, unsigned flags,
		      bool cold);
void hotcold_free(struct kmm *mm, struct zone *z, struct pcp *p, kmm_pfn pfn, unsigned type,
		  bool cold);
void hotcold_drain_all(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller);

#pragma GCC visibility pop
#endif
