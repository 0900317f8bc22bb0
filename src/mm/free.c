// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/pcp.h"
#include "mm/pcptune.h"
#include "mm/zonecount.h"

/* To the buddy lists at once, by the page block's tag of today. */
static NOINLINE void free_to_buddy(struct kmm *mm, struct zone *z, unsigned cpu, kmm_pfn pfn,
				   unsigned order, bool to_tail)
{
	mm->stats.zone_locks++;
	frame_set_unused(mm, pfn, order);
	/* From 6.10 larger blocks return page block by page block, each with its own type. */
	if (mm->generation == KMM_LINUX_6_18 && order > mm->pageblock_order) {
		kmm_pfn end = pfn + (1u << order);

		for (; pfn < end; pfn += mm->pageblock_pages)
			buddy_free(mm, z, pfn, mm->pageblock_order, frame_tag(mm, pfn), to_tail);
	} else {
		buddy_free(mm, z, pfn, order, frame_tag(mm, pfn), to_tail);
	}
	zonecount_settle(mm, z, cpu);
}

static INLINE void free_block(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order, bool cold,
			      bool seen)
{
	struct zone *z;
	unsigned tag;

	if (unlikely(cpu >= mm->cpus || !frame_is_used_block(mm, pfn, order))) {
		mm->stats.bad_frees++;
		return;
	}
	mm->stats.frees++;
	if (seen)
		OBSERVE(mm, mm_page_free, cpu, pfn, order);
	z = frame_zone(mm, &mm->frame[pfn]);
	tag = frame_tag(mm, pfn);
	if (pcp_serves(mm, order) && likely(tag != KMM_ISOLATE))
		pcp_free(mm, z, cpu, pfn, order, tag, cold);
	else
		free_to_buddy(mm, z, cpu, pfn, order, false);
}

static NOINLINE void free_seen(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order, bool cold)
{
	free_block(mm, cpu, pfn, order, cold, true);
}

/* The usual free needs no call, and so no register saved. */
void kmm_free_pages(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	if (likely(!order && !mm->seen.mm_page_free))
		free_block(mm, cpu, pfn, 0, false, false);
	else
		free_seen(mm, cpu, pfn, order, false);
}

/* A batch takes the same steps page by page; only what an interrupt could see differs. */
void kmm_free_page_batched(struct kmm *mm, unsigned cpu, kmm_pfn pfn)
{
	free_seen(mm, cpu, pfn, 0, false);
}

void kmm_free_page_cold(struct kmm *mm, unsigned cpu, kmm_pfn pfn)
{
	free_seen(mm, cpu, pfn, 0, true);
}

void kmm_free_pages_direct(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order, bool to_tail)
{
	if (cpu >= mm->cpus || !frame_is_used_block(mm, pfn, order)) {
		mm->stats.bad_frees++;
		return;
	}
	mm->stats.frees++;
	OBSERVE(mm, mm_page_free, cpu, pfn, order);
	free_to_buddy(mm, frame_zone(mm, &mm->frame[pfn]), cpu, pfn, order, to_tail);
}

void kmm_lock_pcp(struct kmm *mm, bool locked)
{
	mm->pcp_order_mask = locked ? 0 : mm->pcp_orders;
}

/* ---- drains that no free asked for ---- */

void kmm_drain_pages(struct kmm *mm, unsigned caller_cpu, unsigned owner_cpu, unsigned zone)
{
	if (caller_cpu >= mm->cpus || owner_cpu >= mm->cpus)
		return;
	for (unsigned i = 0; i < mm->zones; i++)
		if (zone == i || zone == KMM_ZONES)
			pcp_drain_all(mm, &mm->zone[i], pcp_of(mm, &mm->zone[i], owner_cpu),
				      caller_cpu);
}

void kmm_drain_some(struct kmm *mm, unsigned caller_cpu, unsigned owner_cpu, unsigned zone,
		    unsigned pages)
{
	struct pcp *p;

	if (caller_cpu >= mm->cpus || owner_cpu >= mm->cpus || zone >= mm->zones)
		return;
	p = pcp_of(mm, &mm->zone[zone], owner_cpu);
	if (mm->generation == KMM_LINUX_2_6) {
		pcp_drain_all(mm, &mm->zone[zone], p, caller_cpu);
		return;
	}
	pages = pages < (unsigned)p->count ? pages : (unsigned)p->count;
	pcp_drain(mm, &mm->zone[zone], p, caller_cpu, (int)pages, 0);
}

static void decay(struct kmm *mm, unsigned cpu, bool drain)
{
	if (mm->generation != KMM_LINUX_6_18 || cpu >= mm->cpus)
		return;
	for (unsigned i = 0; i < mm->zones; i++) {
		struct pcp *p = pcp_of(mm, &mm->zone[i], cpu);
		int excess = pcptune_decay(p);

		if (drain)
			pcp_drain(mm, &mm->zone[i], p, cpu, excess, 0);
	}
}

void kmm_pcp_decay(struct kmm *mm, unsigned cpu)
{
	decay(mm, cpu, true);
}

void kmm_pcp_lower(struct kmm *mm, unsigned cpu)
{
	decay(mm, cpu, false);
}

int kmm_pcp_excess(const struct kmm *mm, unsigned cpu, unsigned zone)
{
	const struct pcp *p;

	if (mm->generation != KMM_LINUX_6_18 || cpu >= mm->cpus || zone >= mm->zones)
		return 0;
	p = pcp_of(mm, &mm->zone[zone], cpu);
	return pcp_total(p) - p->high;
}

void kmm_pcp_lowered(struct kmm *mm, unsigned cpu, unsigned zone, unsigned pages)
{
	int over = kmm_pcp_excess(mm, cpu, zone);
	struct pcp *p;

	if (!over)
		return;
	p = pcp_of(mm, &mm->zone[zone], cpu);
	if (p->hidden && p->batch > 0 && pages % (unsigned)p->batch && over <= p->batch &&
	    -over <= p->batch)
		p->hidden = p->hidden > over ? p->hidden - over : 0;
}

/* ---- the zones' counters ---- */

void kmm_count_threshold(struct kmm *mm, unsigned zone, unsigned pages)
{
	struct zone *z;

	if (zone >= mm->zones)
		return;
	z = &mm->zone[zone];
	if (!z->count_threshold)
		z->counted = z->free_pages;
	z->count_threshold = (int32_t)pages;
}

void kmm_count_fold(struct kmm *mm, unsigned cpu)
{
	for (unsigned i = 0; i < mm->zones && cpu < mm->cpus; i++)
		zonecount_fold(&mm->zone[i], pcp_of(mm, &mm->zone[i], cpu));
}

void kmm_expect_drain(struct kmm *mm, int drains)
{
	mm->expect_drain = (int8_t)(drains < 0 ? -1 : drains != 0);
}

/* ---- kswapd ---- */

void kmm_boost_clear(struct kmm *mm, unsigned zone, uint64_t pages)
{
	struct zone *z;

	if (zone >= mm->zones)
		return;
	z = &mm->zone[zone];
	z->boost -= pages < z->boost ? pages : z->boost;
}

void kmm_kswapd(struct kmm *mm, unsigned node, int highest)
{
	for (unsigned i = 0; i < mm->zones; i++) {
		struct zone *z = &mm->zone[i];

		if (z->node != node)
			continue;
		if (z->kswapd)
			kmm_boost_clear(mm, i, z->kswapd_boost);
		z->kswapd = z->type <= highest;
		z->kswapd_boost = z->kswapd ? z->boost : 0;
	}
}
