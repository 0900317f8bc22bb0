/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * highatomic: page blocks set aside for high-order requests that cannot wait
 * (4.4 and later).  A block is reserved by the first such request that it
 * served, and given back one at a time when reclaim alone does not help.
 */
#ifndef MM_HIGHATOMIC_H
#define MM_HIGHATOMIC_H

#include "mm/buddy.h"

#pragma GCC visibility push(hidden)

/* Reserve the page block that just served a request, up to the zone's cap. */
void highatomic_reserve(struct kmm *mm, struct zone *z, kmm_pfn pfn);
/*
 * Give one page block of the first zone that has one to spare to this type;
 * `force` takes the last one too.  False if none was given.
 */
bool highatomic_release(struct kmm *mm, const struct zonelist *zl, unsigned type, bool force);

#pragma GCC visibility pop
#endif
