/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fallback: where a request goes when its own migrate type has no free block.
 * Three algorithms: 2.6.24 takes the largest block at once; 4.19 to 6.1 move a
 * block or its whole page block to the requester's lists and search those again;
 * 6.10 and later claim a page block if that is worth it and else steal one block.
 * take_block() is the search in the own lists with the fallback behind it.
 */
#ifndef MM_FALLBACK_H
#define MM_FALLBACK_H

#include "mm/buddy.h"

#pragma GCC visibility push(hidden)

/* 6.10+: which pass served the last page of this refill. Others ignore it. */
enum take_mode { TAKE_NORMAL, TAKE_CLAIM, TAKE_STEAL };

/*
 * A block of this order for a request of this type, off the lists, or
 * KMM_NO_PFN.  Start a refill with *mode = TAKE_NORMAL.
 */
kmm_pfn take_block(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order, unsigned type,
		   unsigned flags, enum take_mode *mode);

#pragma GCC visibility pop
#endif
