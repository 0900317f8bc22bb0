/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watermark: may this zone give a block of this order away?  The zone's counter is
 * tested, which lags behind its lists where that is followed (zonecount.h).
 */
#ifndef MM_WATERMARK_H
#define MM_WATERMARK_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

/* `mark` includes the boost; `highest` is the request's highest zone type. */
bool watermark_ok(const struct kmm *mm, const struct zone *z, unsigned order, uint64_t mark,
		  unsigned highest, unsigned flags);
/* Likewise by the mark in `flags`, with the second chance that boosted zones have. */
bool watermark_allows_slow(const struct kmm *mm, const struct zone *z, unsigned order,
			   unsigned highest, unsigned flags, kmm_gfp gfp);

/*
 * 6.7+: an allocation found the zone below its high mark, or not; a drain after a free looked whether it still
 * is.  How sure that is hangs on how far from the mark the lists are, for CPUs keep back from the counter.
 */
void watermark_saw_high(const struct kmm *mm, struct zone *z, bool below);
void watermark_looked_again(const struct kmm *mm, struct zone *z);

/* As the allocator asks. */
static inline bool watermark_allows(const struct kmm *mm, const struct zone *z, unsigned order,
				    unsigned highest, unsigned flags, kmm_gfp gfp)
{
	/* Nothing set aside and plenty free: by far the most frequent case. */
	if (likely(!order && !z->highatomic && !z->avail[KMM_CMA] &&
		   (int64_t)z->free_pages + z->count_lag >
			   (int64_t)(z->mark[flags & ALLOC_WMARK_MASK] + z->boost +
				     z->reserve[highest])))
		return true;
	return watermark_allows_slow(mm, z, order, highest, flags, gfp);
}

#pragma GCC visibility pop
#endif
