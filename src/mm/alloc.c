// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/alloc.h"

#include "mm/compact.h"
#include "mm/fallback.h"
#include "mm/highatomic.h"
#include "mm/kmm_gfp.h"
#include "mm/pcp.h"
#include "mm/watermark.h"
#include "mm/zonecount.h"
#include "mm/zonelist.h"

#define RECLAIM_PAGES 32u /* direct reclaim's unit, SWAP_CLUSTER_MAX */
#define RECLAIM_TRIES 16u /* rounds of reclaim that one request may cost */

static bool dma32_populated(const struct kmm *mm, unsigned node)
{
	for (unsigned i = 0; i < mm->zones; i++)
		if (mm->zone[i].node == node && mm->zone[i].type == KMM_ZONE_DMA32 &&
		    mm->zone[i].managed)
			return true;
	return false;
}

void alloc_init(struct kmm *mm)
{
	const struct kmm_config *c = &mm->config;

	for (unsigned i = 0; i < mm->zones; i++) {
		struct zone *z = &mm->zone[i];
		unsigned flags = WMARK_LOW;

		if (mm->generation == KMM_LINUX_2_6)
			flags |= ALLOC_KSWAPD;
		/* Rather use DMA32 than mix page blocks in NORMAL. */
		if (c->policy.defrag_noretry_nofragment && z->type == KMM_ZONE_NORMAL &&
		    mm->has_dma32 && (c->nodes == 1 || dma32_populated(mm, z->node)))
			flags |= ALLOC_NOFRAGMENT;
		z->fast_flags = (uint16_t)flags;
	}
}

/* alloc_flags of the slow path. */
static unsigned slow_flags(const struct alloc_request *r)
{
	unsigned flags = WMARK_MIN | (alloc_fast_flags(r) & (ALLOC_CMA | ALLOC_KSWAPD));
	bool waits = kmm_gfp_may_sleep(r->gfp);
	bool high = r->gfp & KMM_GFP_HIGH;
	bool modest = r->gfp & KMM_GFP_NOMEMALLOC;

	if (high)
		flags |= ALLOC_MIN_RESERVE;
	switch (r->mm->generation) {
	case KMM_LINUX_2_6:
		if (!waits)
			flags |= ALLOC_NON_BLOCK;
		break;
	case KMM_LINUX_5_10:
		/* Not the lack of reclaim but the ATOMIC flag opens the reserves. */
		if (r->gfp & KMM_GFP_ATOMIC && !modest)
			flags |= ALLOC_NON_BLOCK | (r->order ? ALLOC_HIGHATOMIC : 0u);
		break;
	default:
		if (!waits && !modest)
			flags |= ALLOC_NON_BLOCK | (r->order && high ? ALLOC_HIGHATOMIC : 0u);
		break;
	}
	return flags;
}

static void wake_kswapd(struct kmm *mm, unsigned cpu, const struct zone *z, unsigned order,
			unsigned highest)
{
	if (!mm->config.policy.kswapd)
		return;
	mm->stats.kswapd_wakeups++;
	OBSERVE(mm, wakeup_kswapd, cpu, z->index, order);
	if (mm->shortage.wakeup_kswapd)
		mm->shortage.wakeup_kswapd(mm->shortage.arg, z->index, order, highest);
}

/* Past the per-CPU lists. */
static NOINLINE kmm_pfn take_direct(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order,
				    unsigned type, unsigned flags)
{
	enum take_mode mode = TAKE_NORMAL;
	kmm_pfn pfn = KMM_NO_PFN;

	mm->stats.zone_locks++;
	if (flags & ALLOC_HIGHATOMIC)
		pfn = buddy_take_seen(mm, z, cpu, order, KMM_HIGHATOMIC);
	if (pfn == KMM_NO_PFN)
		pfn = take_block(mm, z, cpu, order, type, flags, &mode);
	if (pfn == KMM_NO_PFN && flags & (ALLOC_OOM | ALLOC_NON_BLOCK) &&
	    mm->generation >= KMM_LINUX_6_1)
		pfn = buddy_take_seen(mm, z, cpu, order, KMM_HIGHATOMIC);
	if (pfn != KMM_NO_PFN)
		frame_set_used(mm, pfn, order, type);
	zonecount_settle(mm, z, cpu);
	return pfn;
}

static INLINE kmm_pfn take_from_zone(const struct alloc_request *r, struct zone *z, unsigned flags)
{
	struct kmm *mm = r->mm;
	kmm_pfn pfn = KMM_NO_PFN;

	if (likely(pcp_serves(mm, r->order)))
		pfn = pcp_alloc(mm, z, r->cpu, r->order, r->type, flags, r->gfp & KMM_GFP_COLD);
	if (unlikely(pfn == KMM_NO_PFN))
		pfn = take_direct(mm, z, r->cpu, r->order, r->type, flags);
	if (unlikely(z->boosted_wake) && flags & ALLOC_KSWAPD) {
		z->boosted_wake = false;
		wake_kswapd(mm, r->cpu, z, 0, r->highest);
	}
	if (unlikely(flags & ALLOC_HIGHATOMIC) && pfn != KMM_NO_PFN)
		highatomic_reserve(mm, z, pfn);
	return pfn;
}

/* The zone's mark, and from 6.7 on a note that its high mark is not reached. */
static INLINE bool zone_allows(const struct alloc_request *r, struct zone *z, unsigned flags)
{
	if (flags & ALLOC_NO_WATERMARKS)
		return true;
	if (r->mm->generation == KMM_LINUX_6_18 && (!z->below_high || unlikely(z->below_unsure))) {
		unsigned high = (flags & ~(unsigned)ALLOC_WMARK_MASK) | WMARK_HIGH;
		bool ok = watermark_allows(r->mm, z, r->order, r->highest, high, r->gfp);

		if (unlikely(!ok || z->count_threshold))
			watermark_saw_high(r->mm, z, !ok);
		if (ok)
			return true;
	}
	return watermark_allows(r->mm, z, r->order, r->highest, flags, r->gfp);
}

/* The first zone of the list that may and can; `tried` (or NULL) could not already. */
static NOINLINE kmm_pfn walk_on(const struct alloc_request *r, unsigned flags,
				const struct zone *tried)
{
	for (;; tried = NULL) {
		bool restart = false;

		for (unsigned i = 0; i < r->zl->n; i++) {
			struct zone *z = r->zl->zone[i];
			kmm_pfn pfn;

			if (!alloc_zone_fits(r, z) || z == tried)
				continue;
			if (flags & ALLOC_NOFRAGMENT && z->node != r->preferred->node) {
				/* Memory near by counts more than whole page blocks. */
				restart = true;
				break;
			}
			if (!zone_allows(r, z, flags))
				continue;
			pfn = take_from_zone(r, z, flags);
			if (pfn != KMM_NO_PFN)
				return pfn;
		}
		if (!restart && !(flags & ALLOC_NOFRAGMENT))
			return KMM_NO_PFN;
		flags &= ~(unsigned)ALLOC_NOFRAGMENT;
	}
}

static kmm_pfn walk_zones(const struct alloc_request *r, unsigned flags)
{
	return walk_on(r, flags, NULL);
}

static void wake_all_kswapds(const struct alloc_request *r)
{
	unsigned node = KMM_NODES;

	for (unsigned i = 0; i < r->zl->n; i++) {
		const struct zone *z = r->zl->zone[i];

		if (alloc_zone_fits(r, z) && z->node != node)
			wake_kswapd(r->mm, r->cpu, z, r->order, r->highest);
		node = z->node;
	}
}

static void drain_everything(const struct alloc_request *r)
{
	struct kmm *mm = r->mm;

	for (unsigned i = 0; i < mm->zones; i++)
		for (unsigned cpu = 0; cpu < mm->cpus; cpu++)
			pcp_drain_all(mm, &mm->zone[i], pcp_of(mm, &mm->zone[i], cpu), r->cpu);
}

/* One round of direct reclaim: how many pages the owner gave back. */
static uint64_t reclaim_once(const struct alloc_request *r)
{
	struct kmm *mm = r->mm;
	uint64_t pages = 1u << r->order, got;

	if (pages < RECLAIM_PAGES)
		pages = RECLAIM_PAGES;
	mm->stats.direct_reclaims++;
	if (mm->seen.reclaim_pages)
		got = mm->seen.reclaim_pages(mm->seen_arg, r->cpu, r->preferred->index, pages);
	else if (mm->shortage.reclaim_pages)
		got = mm->shortage.reclaim_pages(mm->shortage.arg, r->cpu, r->preferred->index,
						 pages);
	else
		return 0;
	if (got)
		OBSERVE(mm, reclaim, r->cpu, r->preferred->index, got);
	return got;
}

static kmm_pfn reclaim_and_retry(const struct alloc_request *r, unsigned flags)
{
	kmm_pfn pfn = KMM_NO_PFN;

	for (unsigned round = 0; round < RECLAIM_TRIES; round++) {
		if (!reclaim_once(r))
			break;
		pfn = walk_zones(r, flags);
		if (pfn != KMM_NO_PFN)
			break;
		/* Pages may sit in reserved page blocks or on the lists of other CPUs. */
		highatomic_release(r->mm, r->zl, r->type, false);
		drain_everything(r);
		pfn = walk_zones(r, flags);
		if (pfn != KMM_NO_PFN || r->gfp & KMM_GFP_NORETRY)
			break;
		if (r->order > COSTLY_ORDER && !(r->gfp & KMM_GFP_RETRY_MAYFAIL))
			break;
	}
	return pfn;
}

/* Pages enough but no block large enough: let pages move together, zone by zone. */
static kmm_pfn compact_and_retry(const struct alloc_request *r, unsigned flags)
{
	bool made = false;

	for (unsigned i = 0; i < r->zl->n && !made; i++) {
		struct zone *z = r->zl->zone[i];
		uint64_t mark = z->mark[WMARK_MIN] + z->boost + (2u << r->order);

		if (alloc_zone_fits(r, z) && watermark_ok(r->mm, z, 0, mark, r->highest, flags))
			made = compact_zone(r->mm, z, r->cpu, r->order);
	}
	return made ? walk_zones(r, flags) : KMM_NO_PFN;
}

/* Who may have others killed: a request that others could make, small, and with a way back. */
static bool may_kill(const struct alloc_request *r)
{
	kmm_gfp gives_up = KMM_GFP_NORETRY | KMM_GFP_RETRY_MAYFAIL | KMM_GFP_THISNODE;

	return r->mm->config.policy.oom && r->mm->shortage.out_of_memory &&
	       r->order <= COSTLY_ORDER && r->gfp & KMM_GFP_FS && !(r->gfp & gives_up) &&
	       r->highest >= KMM_ZONE_NORMAL;
}

/* One after the other, for as long as there is one. */
static kmm_pfn kill_and_retry(const struct alloc_request *r, unsigned flags)
{
	struct kmm *mm = r->mm;
	kmm_pfn pfn = KMM_NO_PFN;

	while (pfn == KMM_NO_PFN && mm->shortage.out_of_memory(mm->shortage.arg, r->cpu)) {
		mm->stats.oom_kills++;
		pfn = walk_zones(r, flags);
		if (pfn == KMM_NO_PFN && mm->config.policy.reclaim)
			pfn = reclaim_and_retry(r, flags);
	}
	return pfn;
}

/*
 * What the kernel does when no zone is above its low mark, without what a model
 * of free memory cannot know: tasks that may use all memory.  A NOFAIL request that
 * finds nothing fails here and is counted.
 */
static kmm_pfn slow_path(const struct alloc_request *r)
{
	unsigned flags = slow_flags(r);
	kmm_pfn pfn;

	r->mm->stats.slowpaths++;
	if (flags & ALLOC_KSWAPD)
		wake_all_kswapds(r);
	pfn = walk_zones(r, flags);
	if (pfn != KMM_NO_PFN)
		return pfn;
	if (r->gfp & KMM_GFP_MEMALLOC && !(r->gfp & KMM_GFP_NOMEMALLOC)) {
		flags |= ALLOC_NO_WATERMARKS;
		pfn = walk_zones(r, flags);
		if (pfn != KMM_NO_PFN)
			return pfn;
	}
	if (!kmm_gfp_may_sleep(r->gfp))
		return KMM_NO_PFN;
	if (r->order && r->mm->config.policy.compaction)
		pfn = compact_and_retry(r, flags);
	if (pfn == KMM_NO_PFN && r->mm->config.policy.reclaim)
		pfn = reclaim_and_retry(r, flags);
	if (pfn == KMM_NO_PFN && may_kill(r))
		pfn = kill_and_retry(r, flags);
	return pfn;
}

void kmm_expect_zone(struct kmm *mm, int zone)
{
	mm->expect_zone = (int8_t)(zone == KMM_LISTED || (zone >= 0 && zone < mm->zones) ? zone :
											   -1);
}

/* The zone that the marks alone would send the request to; NULL: none. */
static const struct zone *first_allowed(const struct alloc_request *r, unsigned flags)
{
	for (unsigned i = 0; i < r->zl->n; i++) {
		const struct zone *z = r->zl->zone[i];

		if (alloc_zone_fits(r, z) &&
		    watermark_allows(r->mm, z, r->order, r->highest, flags, r->gfp))
			return z;
	}
	return NULL;
}

/* From the expected zone, where the rules would not go there by themselves. */
static kmm_pfn take_expected(const struct alloc_request *r)
{
	struct zone *z = &r->mm->zone[r->mm->expect_zone];
	unsigned flags = alloc_fast_flags(r);
	const struct zone *first = first_allowed(r, flags);
	bool listed = false;
	kmm_pfn pfn;

	r->mm->expect_zone = -1;
	if (!first) {
		flags = slow_flags(r);
		first = first_allowed(r, flags);
	}
	for (unsigned i = 0; i < r->zl->n; i++)
		listed |= r->zl->zone[i] == z;
	if (first == z || !listed || !alloc_zone_fits(r, z))
		return KMM_NO_PFN;
	/* Those before it were asked, and were found below their high marks. */
	for (unsigned i = 0; i < r->zl->n; i++) {
		if (alloc_zone_fits(r, r->zl->zone[i]))
			(void)zone_allows(r, r->zl->zone[i], flags);
		if (r->zl->zone[i] == z)
			break;
	}
	pfn = take_from_zone(r, z, flags & ~(unsigned)ALLOC_NOFRAGMENT);
	r->mm->stats.zones_expected += pfn != KMM_NO_PFN;
	return pfn;
}

static NOINLINE kmm_pfn finish(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order,
			       kmm_gfp gfp, unsigned type)
{
	if (likely(pfn != KMM_NO_PFN))
		mm->stats.allocs++;
	else
		mm->stats.failed++;
	OBSERVE(mm, mm_page_alloc, cpu, pfn, order, gfp, type);
	return pfn;
}

/* All that the preferred zone, which was asked already if `tried`, does not have at hand. */
static NOINLINE kmm_pfn alloc_elsewhere(struct kmm *mm, unsigned cpu, unsigned node, kmm_gfp gfp,
					unsigned order, bool tried)
{
	struct alloc_request r;
	kmm_pfn pfn = KMM_NO_PFN;

	if (!alloc_prepare(&r, mm, cpu, node, gfp, order))
		return KMM_NO_PFN;
	if (mm->expect_zone >= 0)
		pfn = take_expected(&r);
	if (pfn == KMM_NO_PFN)
		pfn = walk_on(&r, alloc_fast_flags(&r), tried ? r.preferred : NULL);
	if (pfn == KMM_NO_PFN)
		pfn = slow_path(&r);
	return pfn;
}

/* From the zone that is asked first, where by far the most requests end. */
static NOINLINE kmm_pfn alloc_by_rule(struct kmm *mm, unsigned cpu, unsigned node, kmm_gfp gfp,
				      unsigned order)
{
	bool tried = false;
	struct alloc_request r;
	kmm_pfn pfn = KMM_NO_PFN;

	if (unlikely(order > mm->max_order))
		return KMM_NO_PFN;
	if (likely(alloc_prepare(&r, mm, cpu, node, gfp, order) && mm->expect_zone < 0)) {
		unsigned flags = alloc_fast_flags(&r);

		tried = true;
		if (likely(zone_allows(&r, r.preferred, flags)))
			pfn = take_from_zone(&r, r.preferred, flags);
	}
	if (unlikely(pfn == KMM_NO_PFN))
		pfn = alloc_elsewhere(mm, cpu, node, gfp, order, tried);
	return finish(mm, cpu, pfn, order, gfp, r.type);
}

/* A page past the per-CPU lists, where no rule but the own type's lists matters. */
static NOINLINE kmm_pfn alloc_past(struct kmm *mm, unsigned cpu, unsigned node, kmm_gfp gfp)
{
	const struct route *route = alloc_route(mm, node, gfp);
	kmm_pfn pfn;

	if (unlikely(!route->zone->avail[route->type]))
		return alloc_by_rule(mm, cpu, node, gfp, 0);
	mm->stats.zone_locks++;
	pfn = buddy_take_seen(mm, route->zone, cpu, 0, route->type);
	mm->frame[pfn].kind = route->used;
	zonecount_settle(mm, route->zone, cpu);
	return finish(mm, cpu, pfn, 0, gfp, route->type);
}

/* Is a page from the first zone all that changes?  Then no rule needs to be gone through. */
static INLINE bool is_plain(const struct kmm *mm, const struct route *route, kmm_gfp gfp,
			    unsigned order)
{
	const struct zone *z = route->zone;

	if (order || gfp & KMM_GFP_THISNODE || mm->expect_zone >= 0)
		return false;
	if (!z || z->highatomic || z->avail[KMM_CMA] || z->boosted_wake)
		return false;
	return (int64_t)z->free_pages + z->count_lag >
	       (int64_t)(z->mark[route->mark] + z->boost + z->reserve[route->highest]);
}

static INLINE kmm_pfn alloc_pages(struct kmm *mm, unsigned cpu, int nid, kmm_gfp gfp,
				  unsigned order)
{
	const struct route *route;
	kmm_pfn pfn;

	if (unlikely(cpu >= mm->cpus))
		return KMM_NO_PFN;
	if (nid < 0 || (unsigned)nid >= mm->config.nodes)
		nid = mm->config.cpu_node[cpu];
	route = alloc_route(mm, (unsigned)nid, gfp);
	if (unlikely(!is_plain(mm, route, gfp, order)))
		return alloc_by_rule(mm, cpu, (unsigned)nid, gfp, order);
	if (unlikely(!(mm->pcp_order_mask & 1)))
		return alloc_past(mm, cpu, (unsigned)nid, gfp);
	pfn = pcp_pop_page(mm, route, cpu, gfp & KMM_GFP_COLD);
	if (unlikely(pfn == KMM_NO_PFN))
		return alloc_by_rule(mm, cpu, (unsigned)nid, gfp, 0);
	if (unlikely(mm->seen.mm_page_alloc))
		return finish(mm, cpu, pfn, 0, gfp, route->type);
	mm->stats.allocs++;
	return pfn;
}

/*
 * A folio for user space that is not MOVABLE: the page cache of a device or of a file system that wants it so.  It
 * goes to the LRU.
 */
static INLINE bool is_cache(kmm_gfp gfp)
{
	kmm_gfp folio = KMM_GFP_HARDWALL | KMM_GFP_COMP;

	return (gfp & (folio | KMM_GFP_MOVABLE)) == folio;
}

static NOINLINE void put_on_lru(struct kmm *mm, kmm_pfn pfn, unsigned order)
{
	for (unsigned i = 0; i < 1u << order && pfn != KMM_NO_PFN; i++)
		mm->frame[pfn + i].cold = 1;
}

kmm_pfn kmm_alloc_pages_node(struct kmm *mm, unsigned cpu, int nid, kmm_gfp gfp, unsigned order)
{
	kmm_pfn pfn = alloc_pages(mm, cpu, nid, gfp, order);

	if (unlikely(is_cache(gfp)))
		put_on_lru(mm, pfn, order);
	return pfn;
}

kmm_pfn kmm_alloc_pages(struct kmm *mm, unsigned cpu, kmm_gfp gfp, unsigned order)
{
	return kmm_alloc_pages_node(mm, cpu, -1, gfp, order);
}

void kmm_saw_failure(struct kmm *mm, unsigned cpu, int nid, kmm_gfp gfp, unsigned order)
{
	struct alloc_request r;

	if (order > mm->max_order || cpu >= mm->cpus)
		return;
	if (nid < 0 || (unsigned)nid >= mm->config.nodes)
		nid = mm->config.cpu_node[cpu];
	if (!alloc_prepare(&r, mm, cpu, (unsigned)nid, gfp, order))
		return;
	for (unsigned i = 0; i < r.zl->n; i++)
		if (alloc_zone_fits(&r, r.zl->zone[i]))
			(void)zone_allows(&r, r.zl->zone[i], alloc_fast_flags(&r));
}

kmm_pfn kmm_alloc_pages_in_zone(struct kmm *mm, unsigned cpu, kmm_gfp gfp, unsigned order,
				unsigned zone)
{
	struct alloc_request r;
	struct zone *z;
	unsigned flags;
	kmm_pfn pfn;

	if (order > mm->max_order || cpu >= mm->cpus || zone >= mm->zones)
		return KMM_NO_PFN;
	z = &mm->zone[zone];
	if (!alloc_prepare(&r, mm, cpu, z->node, gfp, order))
		return KMM_NO_PFN;
	flags = alloc_fast_flags(&r);
	pfn = take_from_zone(&r, z, flags);
	if (pfn == KMM_NO_PFN && flags & ALLOC_NOFRAGMENT)
		pfn = take_from_zone(&r, z, flags & ~(unsigned)ALLOC_NOFRAGMENT);
	if (pfn == KMM_NO_PFN)
		pfn = take_from_zone(&r, z, slow_flags(&r));
	return pfn == KMM_NO_PFN ? pfn : finish(mm, cpu, pfn, order, gfp, r.type);
}

/* ---- bulk ---- */

/* Does the CPU's list have n pages for this request? */
static bool has_listed(const struct alloc_request *r, const struct zone *z, unsigned n)
{
	kmm_pfn at = KMM_NO_PFN;

	while (n && (at = kmm_pcp_list_next(r->mm, r->cpu, z->index, 0, r->type, at)) != KMM_NO_PFN)
		n--;
	return !n;
}

/* The first zone of those at hand that stays above its low mark after giving n pages. */
static struct zone *bulk_zone(const struct alloc_request *r, unsigned flags, unsigned n)
{
	struct zone *first = NULL, *expected = NULL, *listed = NULL;
	int expect = r->mm->expect_zone;

	r->mm->expect_zone = -1;
	for (unsigned i = 0; i < r->zl->n; i++) {
		struct zone *z = r->zl->zone[i];
		uint64_t mark = z->mark[WMARK_LOW] + z->boost + n;

		if (z->node != r->preferred->node)
			continue;
		if (!first && watermark_ok(r->mm, z, 0, mark, r->preferred->type, flags))
			first = z;
		if (!listed && expect == KMM_LISTED && has_listed(r, z, n))
			listed = z;
		if (z->index == expect)
			expected = z;
	}
	if (!expected && listed && !(first && has_listed(r, first, n)))
		expected = listed;
	r->mm->stats.zones_expected += expected && expected != first;
	return expected ? expected : first;
}

unsigned kmm_alloc_pages_bulk(struct kmm *mm, unsigned cpu, kmm_gfp gfp, unsigned n, kmm_pfn *out)
{
	unsigned done = 0, flags;
	struct alloc_request r;
	struct zone *z = NULL;

	if (!n || cpu >= mm->cpus)
		return 0;
	if (!alloc_prepare(&r, mm, cpu, mm->config.cpu_node[cpu], gfp, 0))
		return 0;
	flags = WMARK_LOW | (r.type == KMM_MOVABLE ? ALLOC_CMA : 0u);
	/* 5.10 has no such thing, and one page is not worth it. */
	if (n > 1 && mm->generation >= KMM_LINUX_6_1 && pcp_serves(mm, 0))
		z = bulk_zone(&r, flags, n);
	while (z && done < n) {
		kmm_pfn pfn = pcp_pop(mm, z, pcp_of(mm, z, cpu), 0, r.type, flags);

		if (pfn == KMM_NO_PFN)
			break;
		out[done++] = pfn;
		mm->stats.allocs++;
	}
	if (!done) {
		out[0] = kmm_alloc_pages(mm, cpu, gfp, 0);
		done = out[0] != KMM_NO_PFN;
	}
	return done;
}

kmm_pfn kmm_alloc_bulk_page_in_zone(struct kmm *mm, unsigned cpu, kmm_gfp gfp, unsigned zone)
{
	struct alloc_request r;
	kmm_pfn pfn;

	if (cpu >= mm->cpus || zone >= mm->zones || !pcp_serves(mm, 0))
		return KMM_NO_PFN;
	if (!alloc_prepare(&r, mm, cpu, mm->zone[zone].node, gfp, 0))
		return KMM_NO_PFN;
	pfn = pcp_pop(mm, &mm->zone[zone], pcp_of(mm, &mm->zone[zone], cpu), 0, r.type,
		      WMARK_LOW | (r.type == KMM_MOVABLE ? ALLOC_CMA : 0u));
	mm->stats.allocs += pfn != KMM_NO_PFN;
	return pfn;
}
