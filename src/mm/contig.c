// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "mm/page.h"

#define MOVE_GFP                                                                     \
	(KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS | \
	 KMM_GFP_HIGHMEM | KMM_GFP_MOVABLE)

static bool in_use(const struct kmm_pages *p, kmm_pfn pfn)
{
	return kmm_frame_state(p->mm, pfn) == KMM_FRAME_USED;
}

/* One zone, and whatever is in use there can move. */
static bool could_serve(const struct kmm_pages *p, kmm_pfn start, kmm_pfn end)
{
	int zone = kmm_zone_of(p->mm, start);

	for (kmm_pfn pfn = start; pfn < end; pfn++) {
		if (zone < 0 || kmm_zone_of(p->mm, pfn) != zone || !page_exists(p, pfn))
			return false;
		if (in_use(p, pfn) &&
		    (!p->mm->seen.migrate_page || p->mm->frame[pfn].type != KMM_MOVABLE))
			return false;
	}
	return true;
}

/* The page's owner gets another frame, and the page is ours. */
static bool move_away(struct kmm_pages *p, unsigned cpu, kmm_pfn pfn)
{
	kmm_pfn to = kmm_alloc_pages(p->mm, cpu, MOVE_GFP, 0);

	if (to == KMM_NO_PFN)
		return false;
	if (!p->mm->seen.migrate_page(p->mm->seen_arg, cpu, pfn, to)) {
		kmm_free_pages(p->mm, cpu, to, 0);
		return false;
	}
	p->stats.contig_moved++;
	return true;
}

/*
 * First the free frames, so that none of them becomes a target; then those in
 * use are moved, ours[] saying which frames we hold.
 */
static bool take_range(struct kmm_pages *p, unsigned cpu, kmm_pfn start, kmm_pfn end, bool *ours)
{
	for (kmm_pfn pfn = start; pfn < end; pfn++) {
		if (in_use(p, pfn))
			continue;
		if (kmm_take(p->mm, pfn, 0))
			return false;
		ours[pfn - start] = true;
	}
	for (kmm_pfn pfn = start; pfn < end; pfn++) {
		if (ours[pfn - start])
			continue;
		if (!move_away(p, cpu, pfn))
			return false;
		ours[pfn - start] = true;
	}
	return true;
}

int kmm_alloc_contig_range(struct kmm_pages *p, unsigned cpu, kmm_pfn start, kmm_pfn end)
{
	bool *ours, done = false;

	if (cpu >= p->mm->cpus || start >= end || end > p->mm->frames)
		return -EINVAL;
	if (!could_serve(p, start, end)) {
		p->stats.contig_failed++;
		return -EBUSY;
	}
	ours = calloc(end - start, sizeof(*ours));
	if (!ours)
		return -ENOMEM;
	for (unsigned owner = 0; owner < p->mm->cpus; owner++)
		kmm_drain_pages(p->mm, cpu, owner, KMM_ZONES);
	done = take_range(p, cpu, start, end, ours);
	for (kmm_pfn pfn = start; pfn < end; pfn++) {
		if (!ours[pfn - start])
			continue;
		page_forget(p, pfn, 1);
		if (done && !page_set_counts(p, pfn, 0, false))
			kmm_seed_used(p->mm, pfn, 0, KMM_UNMOVABLE);
		else
			kmm_free_pages_direct(p->mm, cpu, pfn, 0, false);
	}
	free(ours);
	p->stats.contig += done;
	p->stats.contig_failed += !done;
	return done ? 0 : -EBUSY;
}

kmm_pfn kmm_alloc_contig_pages(struct kmm_pages *p, unsigned cpu, unsigned n, unsigned align)
{
	if (!n || !align || align & (align - 1))
		return KMM_NO_PFN;
	for (unsigned i = 0; i < p->mm->zones; i++) {
		const struct zone *z = &p->mm->zone[i];
		uint64_t at = ((uint64_t)z->start + align - 1) & ~(uint64_t)(align - 1);

		for (; at + n <= z->end; at += align)
			if (could_serve(p, (kmm_pfn)at, (kmm_pfn)at + n) &&
			    !kmm_alloc_contig_range(p, cpu, (kmm_pfn)at, (kmm_pfn)at + n))
				return (kmm_pfn)at;
	}
	return KMM_NO_PFN;
}

void kmm_free_contig_range(struct kmm_pages *p, unsigned cpu, kmm_pfn start, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		kmm_page_free(p, cpu, start + i, 0);
}
