// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/fallback.h"

#include "mm/zone.h"

/* Where each type looks, in order of preference. */
static const uint8_t others[KMM_PCPTYPES][2] = {
	[KMM_UNMOVABLE] = { KMM_RECLAIMABLE, KMM_MOVABLE },
	[KMM_MOVABLE] = { KMM_RECLAIMABLE, KMM_UNMOVABLE },
	[KMM_RECLAIMABLE] = { KMM_UNMOVABLE, KMM_MOVABLE },
};

struct request {
	struct kmm *mm;
	struct zone *z;
	unsigned cpu, order, type, flags;
};

/* The preferred other type with a block of exactly this order; -1 if none. */
static int find_type(const struct zone *z, unsigned order, unsigned type)
{
	for (unsigned i = 0; i < 2; i++)
		if (z->avail[others[type][i]] >> order & 1)
			return others[type][i];
	return -1;
}

/* May the whole page block change hands for a block of this order? */
static bool may_claim(const struct kmm *mm, unsigned order, unsigned type)
{
	return order >= mm->pageblock_order / 2u || type != KMM_MOVABLE || !mm->grouping;
}

static void tag_range(struct kmm *mm, kmm_pfn pfn, unsigned order, unsigned type)
{
	for (kmm_pfn p = pfn; p < pfn + (1u << order); p += mm->pageblock_pages)
		frame_set_tag(mm, p, type);
}

static void boost(const struct request *r)
{
	if (zone_boost(r->mm, r->z) && r->flags & ALLOC_KSWAPD)
		r->z->boosted_wake = true;
}

/* Is the page block, as it will be, mostly of use to the requester? */
static bool mostly_alike(const struct request *r, const struct buddy_moved *m, unsigned old)
{
	unsigned alike = 0;

	if (r->type == KMM_MOVABLE)
		alike = m->movable;
	else if (old == KMM_MOVABLE)
		alike = r->mm->pageblock_pages - m->pages - m->movable;
	return m->pages + alike >= r->mm->pageblock_pages / 2 || !r->mm->grouping;
}

/* The rule's answer, unless a recording knows better. */
static bool change_owner(const struct request *r, const struct buddy_moved *m, unsigned old)
{
	if (r->mm->expect_ownership >= 0)
		return r->mm->expect_ownership;
	return mostly_alike(r, m, old);
}

static void report(const struct request *r, kmm_pfn pfn, unsigned found, unsigned from)
{
	bool owner = frame_tag(r->mm, pfn) == r->type;

	r->mm->expect_ownership = -1;
	r->mm->stats.fallbacks++;
	r->mm->stats.ownership_changes += owner;
	OBSERVE(r->mm, mm_page_alloc_extfrag, r->cpu, pfn, r->order, found, r->type, from, owner);
}

static kmm_pfn list_first(const struct request *r, unsigned order, unsigned type)
{
	return r->mm->frame[buddy_list(r->z, order, type)].next;
}

static unsigned lowest_order(const struct request *r)
{
	unsigned pageblock = r->mm->pageblock_order;

	return r->flags & ALLOC_NOFRAGMENT && r->order < pageblock ? pageblock : r->order;
}

/* ---- 4.19 to 6.1 ---- */

/* Bring the block, or all that is free around it, to the requester's lists. */
static void steal_6_1(const struct request *r, kmm_pfn pfn, unsigned found, bool claim)
{
	struct kmm *mm = r->mm;
	unsigned old = frame_tag(mm, pfn);
	struct buddy_moved moved;

	if (old != KMM_HIGHATOMIC) {
		if (found >= mm->pageblock_order) {
			tag_range(mm, pfn, found, r->type);
		} else {
			boost(r);
			if (claim && buddy_move_pageblock(mm, r->z, pfn, r->type, &moved)) {
				if (change_owner(r, &moved, old))
					frame_set_tag(mm, pfn, r->type);
				return;
			}
		}
	}
	buddy_move(mm, r->z, pfn, r->type);
}

static bool fallback_6_1(const struct request *r)
{
	struct kmm *mm = r->mm;
	unsigned lowest = lowest_order(r), found;
	bool claim;
	kmm_pfn pfn;
	int from = -1;

	for (found = mm->max_order + 1u; found-- > lowest;) {
		from = find_type(r->z, found, r->type);
		if (from >= 0)
			break;
	}
	if (from < 0)
		return false;
	claim = may_claim(mm, found, r->type);
	if (!claim && found > r->order) {
		/* A movable page mixes in anywhere: break the smallest block. */
		for (found = r->order; found <= mm->max_order; found++) {
			from = find_type(r->z, found, r->type);
			if (from >= 0)
				break;
		}
	}
	pfn = list_first(r, found, (unsigned)from);
	steal_6_1(r, pfn, found, claim);
	report(r, pfn, found, (unsigned)from);
	return true;
}

/* CMA pages serve movable requests: first while they are most of what is free, else last. */
static bool cma_first(const struct kmm *mm, const struct zone *z)
{
	return buddy_pages(mm, z, KMM_CMA) > z->free_pages / 2;
}

static kmm_pfn take_6_1(const struct request *r)
{
	kmm_pfn pfn = KMM_NO_PFN;
	bool cma = r->flags & ALLOC_CMA && r->z->avail[KMM_CMA];

	if (unlikely(cma) && cma_first(r->mm, r->z))
		pfn = buddy_take_seen(r->mm, r->z, r->cpu, r->order, KMM_CMA);
	while (pfn == KMM_NO_PFN) {
		pfn = buddy_take_seen(r->mm, r->z, r->cpu, r->order, r->type);
		if (pfn == KMM_NO_PFN && unlikely(cma))
			pfn = buddy_take_seen(r->mm, r->z, r->cpu, r->order, KMM_CMA);
		if (pfn == KMM_NO_PFN && !fallback_6_1(r))
			break;
	}
	return pfn;
}

/* ---- 6.10 and later ---- */

/* The page block becomes the requester's, or nothing changes but the boost. */
static kmm_pfn claim_block(const struct request *r, kmm_pfn pfn, unsigned found, unsigned from)
{
	struct kmm *mm = r->mm;
	struct buddy_moved counted;

	if (found >= mm->pageblock_order) {
		buddy_del(mm, r->z, pfn);
		tag_range(mm, pfn, found, r->type);
		buddy_expand(mm, r->z, pfn, r->order, found, r->type);
		return pfn;
	}
	boost(r);
	if (!buddy_count_pageblock(mm, r->z, pfn, &counted) || !change_owner(r, &counted, from))
		return KMM_NO_PFN;
	buddy_move_pageblock(mm, r->z, pfn, r->type, &counted);
	frame_set_tag(mm, pfn, r->type);
	return buddy_take_seen(mm, r->z, r->cpu, r->order, r->type);
}

static kmm_pfn claim_6_18(const struct request *r)
{
	unsigned lowest = lowest_order(r);

	for (unsigned found = r->mm->max_order + 1u; found-- > lowest;) {
		kmm_pfn block, pfn;
		int from;

		if (!may_claim(r->mm, found, r->type))
			break;
		from = find_type(r->z, found, r->type);
		if (from < 0)
			continue;
		block = list_first(r, found, (unsigned)from);
		pfn = claim_block(r, block, found, (unsigned)from);
		if (pfn == KMM_NO_PFN)
			continue;
		report(r, block, found, (unsigned)from);
		return pfn;
	}
	return KMM_NO_PFN;
}

static kmm_pfn steal_6_18(const struct request *r)
{
	for (unsigned found = r->order; found <= r->mm->max_order; found++) {
		int from = find_type(r->z, found, r->type);
		kmm_pfn pfn;

		if (from < 0)
			continue;
		pfn = list_first(r, found, (unsigned)from);
		buddy_del(r->mm, r->z, pfn);
		buddy_expand(r->mm, r->z, pfn, r->order, found, (unsigned)from);
		report(r, pfn, found, (unsigned)from);
		return pfn;
	}
	return KMM_NO_PFN;
}

static kmm_pfn take_6_18(const struct request *r, enum take_mode *mode)
{
	bool cma = r->flags & ALLOC_CMA && r->z->avail[KMM_CMA];
	kmm_pfn pfn;

	if (unlikely(cma) && cma_first(r->mm, r->z)) {
		pfn = buddy_take_seen(r->mm, r->z, r->cpu, r->order, KMM_CMA);
		if (pfn != KMM_NO_PFN)
			return pfn;
	}
	if (*mode == TAKE_NORMAL) {
		pfn = buddy_take_seen(r->mm, r->z, r->cpu, r->order, r->type);
		if (pfn == KMM_NO_PFN && unlikely(cma))
			pfn = buddy_take_seen(r->mm, r->z, r->cpu, r->order, KMM_CMA);
		if (pfn != KMM_NO_PFN)
			return pfn;
	}
	if (*mode != TAKE_STEAL) {
		pfn = claim_6_18(r);
		if (pfn != KMM_NO_PFN) {
			*mode = TAKE_NORMAL;
			return pfn;
		}
	}
	if (r->flags & ALLOC_NOFRAGMENT)
		return KMM_NO_PFN;
	pfn = steal_6_18(r);
	if (pfn != KMM_NO_PFN)
		*mode = TAKE_STEAL;
	return pfn;
}

/* ---- 2.6.24 ---- */

static kmm_pfn split_2_6(const struct request *r, kmm_pfn pfn, unsigned found, unsigned from)
{
	struct kmm *mm = r->mm;
	struct buddy_moved moved;
	unsigned rest = from;

	if (found >= mm->pageblock_order / 2u || r->type == KMM_RECLAIMABLE) {
		if (buddy_move_pageblock(mm, r->z, pfn, r->type, &moved) &&
		    moved.pages >= mm->pageblock_pages / 2)
			frame_set_tag(mm, pfn, r->type);
		rest = r->type;
	}
	buddy_del(mm, r->z, pfn);
	if (found == mm->pageblock_order)
		frame_set_tag(mm, pfn, r->type);
	buddy_expand(mm, r->z, pfn, r->order, found, rest);
	report(r, pfn, found, from);
	return pfn;
}

/* The RESERVE page blocks of 2.6.24 stand on the lists that HIGHATOMIC got in 4.4. */
static kmm_pfn take_2_6(const struct request *r)
{
	kmm_pfn pfn = buddy_take_seen(r->mm, r->z, r->cpu, r->order, r->type);

	if (pfn != KMM_NO_PFN)
		return pfn;
	for (unsigned found = r->mm->max_order + 1u; found-- > r->order;) {
		int from = find_type(r->z, found, r->type);

		if (from >= 0)
			return split_2_6(r, list_first(r, found, (unsigned)from), found,
					 (unsigned)from);
	}
	return buddy_take_seen(r->mm, r->z, r->cpu, r->order, KMM_HIGHATOMIC);
}

kmm_pfn take_block(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order, unsigned type,
		   unsigned flags, enum take_mode *mode)
{
	struct request r = { mm, z, cpu, order, type, flags };

	/* Mostly the own lists have one, and nothing else comes before them. */
	if (likely(*mode == TAKE_NORMAL && !z->avail[KMM_CMA])) {
		kmm_pfn pfn = buddy_take_seen(mm, z, cpu, order, type);

		if (likely(pfn != KMM_NO_PFN))
			return pfn;
	}
	switch (mm->generation) {
	case KMM_LINUX_2_6:
		return take_2_6(&r);
	case KMM_LINUX_6_18:
		return take_6_18(&r, mode);
	default:
		return take_6_1(&r);
	}
}
