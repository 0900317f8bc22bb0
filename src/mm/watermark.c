// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/watermark.h"

#include "mm/buddy.h"

static uint64_t pages_of_type(const struct kmm *mm, const struct zone *z, unsigned type)
{
	return z->avail[type] ? buddy_pages(mm, z, type) : 0;
}

/* Free pages that this request cannot have. */
static uint64_t unusable(const struct kmm *mm, const struct zone *z, unsigned order, unsigned flags)
{
	uint64_t pages = (1u << order) - 1;
	unsigned reserves = mm->generation == KMM_LINUX_5_10 ? ALLOC_OOM | ALLOC_NON_BLOCK :
							       ALLOC_RESERVES;

	if (mm->generation == KMM_LINUX_2_6)
		return pages; /* its RESERVE blocks count as free */
	if (!(flags & reserves))
		pages += mm->generation == KMM_LINUX_6_18 ? pages_of_type(mm, z, KMM_HIGHATOMIC) :
							    z->highatomic;
	if (!(flags & ALLOC_CMA))
		pages += pages_of_type(mm, z, KMM_CMA);
	return pages;
}

static int64_t lower_mark(const struct kmm *mm, int64_t min, unsigned flags)
{
	if (mm->generation <= KMM_LINUX_5_10) {
		if (flags & ALLOC_MIN_RESERVE)
			min -= min / 2;
		if (flags & ALLOC_OOM)
			min -= min / 2;
		else if (flags & ALLOC_NON_BLOCK)
			min -= min / 4;
		return min;
	}
	if (flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (flags & ALLOC_OOM)
		min -= min / 2;
	return min;
}

/* 2.6: each order must leave half the mark of the order below it. */
static bool halving_ok(const struct kmm *mm, const struct zone *z, unsigned order,
		       int64_t free_pages, int64_t min)
{
	for (unsigned o = 0; o < order; o++) {
		for (unsigned type = 0; type < KMM_MIGRATETYPES; type++)
			free_pages -= (int64_t)buddy_blocks(mm, z, o, type) << o;
		min >>= 1;
		if (free_pages <= min)
			return false;
	}
	return true;
}

static bool has_block(const struct kmm *mm, const struct zone *z, unsigned order, unsigned flags)
{
	unsigned harder = mm->generation == KMM_LINUX_5_10 ? ALLOC_OOM | ALLOC_NON_BLOCK :
							     ALLOC_OOM | ALLOC_HIGHATOMIC;
	unsigned orders = z->avail[KMM_UNMOVABLE] | z->avail[KMM_MOVABLE] |
			  z->avail[KMM_RECLAIMABLE];

	if (flags & ALLOC_CMA)
		orders |= z->avail[KMM_CMA];
	if (flags & harder)
		orders |= z->avail[KMM_HIGHATOMIC];
	return orders >> order;
}

bool watermark_ok(const struct kmm *mm, const struct zone *z, unsigned order, uint64_t mark,
		  unsigned highest, unsigned flags)
{
	int64_t free_pages = (int64_t)z->free_pages + z->count_lag -
			     (int64_t)unusable(mm, z, order, flags);
	int64_t min = lower_mark(mm, (int64_t)mark, flags);

	if (free_pages <= min + (int64_t)z->reserve[highest])
		return false;
	if (mm->generation == KMM_LINUX_2_6)
		return halving_ok(mm, z, order, free_pages, min);
	return !order || has_block(mm, z, order, flags);
}

/*
 * Can what CPUs keep back decide on which side of the mark the counter is?  Or the boost, which comes in the middle
 * of a refill and goes when kswapd is done?
 */
static bool is_near(const struct kmm *mm, const struct zone *z)
{
	int64_t most = (int64_t)mm->cpus * z->count_threshold;
	int64_t above = (int64_t)z->free_pages -
			(int64_t)(z->mark[WMARK_HIGH] + z->reserve[KMM_ZONE_MOVABLE]);

	return above > -most && above <= most + (most ? (int64_t)z->boost : 0);
}

static void set_unsure(struct zone *z, bool unsure)
{
	z->unsure_times += unsure && !z->below_unsure;
	z->below_unsure = unsure;
}

void watermark_saw_high(const struct kmm *mm, struct zone *z, bool below)
{
	bool near = is_near(mm, z);

	if (!below || (z->below_high && near))
		set_unsure(z, z->below_unsure || near);
	else
		set_unsure(z, near);
	z->below_high |= below;
}

void watermark_looked_again(const struct kmm *mm, struct zone *z)
{
	bool near;

	if (likely(!z->below_high && !z->below_unsure))
		return;
	near = is_near(mm, z);
	if (watermark_ok(mm, z, 0, z->mark[WMARK_HIGH] + z->boost, KMM_ZONE_MOVABLE, 0)) {
		z->below_high = false;
		set_unsure(z, near);
	} else {
		set_unsure(z, z->below_unsure || near);
	}
}

bool watermark_allows_slow(const struct kmm *mm, const struct zone *z, unsigned order,
			   unsigned highest, unsigned flags, kmm_gfp gfp)
{
	uint64_t plain = z->mark[flags & ALLOC_WMARK_MASK];
	uint64_t mark = plain + z->boost;
	kmm_gfp urgent = mm->generation == KMM_LINUX_6_18 ? KMM_GFP_HIGH : KMM_GFP_ATOMIC;

	if (watermark_ok(mm, z, order, mark, highest, flags))
		return true;
	if (order || !z->boost || !(gfp & urgent) || (flags & ALLOC_WMARK_MASK) != WMARK_MIN)
		return false;
	return watermark_ok(mm, z, order, plain, highest, flags);
}
