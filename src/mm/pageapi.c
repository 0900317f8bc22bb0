// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "mm/kmm_gfp.h"
#include "mm/page.h"

/* ---- contexts ---- */

void kmm_context_enter(struct kmm_pages *p, unsigned cpu)
{
	if (cpu < p->mm->cpus)
		p->atomic[cpu]++;
}

int kmm_context_leave(struct kmm_pages *p, unsigned cpu)
{
	if (cpu >= p->mm->cpus || !p->atomic[cpu])
		return -EINVAL;
	p->atomic[cpu]--;
	return 0;
}

const struct kmm_pages_stats *kmm_pages_stats(const struct kmm_pages *p)
{
	return &p->stats;
}

/* ---- pages ---- */

/* All reserves first, then a task is killed, again and again. */
static kmm_pfn never_fail(struct kmm_pages *p, unsigned cpu, int nid, kmm_gfp gfp, unsigned order)
{
	kmm_pfn pfn = kmm_alloc_pages_node(p->mm, cpu, nid, gfp | KMM_GFP_MEMALLOC, order);

	if (pfn != KMM_NO_PFN) {
		p->stats.nofail_reserves++;
		return pfn;
	}
	while (p->config.oom_kill && p->config.oom_kill(p->config.arg, cpu)) {
		p->stats.oom_kills++;
		pfn = kmm_alloc_pages_node(p->mm, cpu, nid, gfp, order);
		if (pfn != KMM_NO_PFN)
			return pfn;
	}
	/* The kernel would try for ever. */
	p->stats.nofail_stuck++;
	return KMM_NO_PFN;
}

/* Zone flags that contradict each other: a bug in the caller (GFP_ZONE_BAD). */
static bool combines(struct kmm_pages *p, kmm_gfp gfp)
{
	unsigned zones = !!(gfp & KMM_GFP_DMA) + !!(gfp & KMM_GFP_DMA32) +
			 !!(gfp & KMM_GFP_HIGHMEM);

	if (zones < 2)
		return true;
	p->stats.bad_combinations++;
	return false;
}

kmm_pfn kmm_page_alloc_node(struct kmm_pages *p, unsigned cpu, int nid, kmm_gfp gfp, unsigned order)
{
	bool sleeps = kmm_gfp_may_sleep(gfp);
	kmm_pfn pfn;

	if (cpu >= p->mm->cpus || order > p->mm->max_order || !combines(p, gfp))
		return KMM_NO_PFN;
	p->stats.atomic_sleeps += sleeps && p->atomic[cpu];
	p->stats.atomic_nofail += !sleeps && gfp & KMM_GFP_NOFAIL;
	pfn = kmm_alloc_pages_node(p->mm, cpu, nid, gfp, order);
	if (pfn == KMM_NO_PFN && sleeps && gfp & KMM_GFP_NOFAIL)
		pfn = never_fail(p, cpu, nid, gfp, order);
	if (pfn == KMM_NO_PFN)
		return pfn;
	page_forget(p, pfn, 1u << order);
	if (page_set_counts(p, pfn, order, order && gfp & KMM_GFP_COMP)) {
		kmm_free_pages(p->mm, cpu, pfn, order);
		return KMM_NO_PFN;
	}
	if (gfp & KMM_GFP_ZERO) {
		p->stats.zeroed += UINT64_C(1) << order;
		if (p->config.memory)
			memset((char *)p->config.memory + (size_t)pfn * PAGE_BYTES, 0,
			       (size_t)PAGE_BYTES << order);
	}
	return pfn;
}

kmm_pfn kmm_page_alloc(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp, unsigned order)
{
	return kmm_page_alloc_node(p, cpu, -1, gfp, order);
}

void kmm_page_free(struct kmm_pages *p, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	unsigned n = kmm_page_count(p, pfn);

	if (!n || order > p->mm->max_order || pfn >= p->mm->frames - (1u << order) + 1) {
		p->stats.bad_puts++;
		return;
	}
	if (n > 1) {
		p->count[pfn]--;
		return;
	}
	page_forget(p, pfn, 1u << order);
	kmm_free_pages(p->mm, cpu, pfn, order);
}

/* ---- by address ---- */

uint64_t kmm_get_free_pages(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp, unsigned order)
{
	kmm_pfn pfn;

	if (gfp & KMM_GFP_HIGHMEM) {
		p->stats.highmem_refused++;
		return 0;
	}
	pfn = kmm_page_alloc(p, cpu, gfp, order);
	return pfn == KMM_NO_PFN ? 0 : kmm_page_virtual(p, pfn);
}

uint64_t kmm_get_free_page(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp)
{
	return kmm_get_free_pages(p, cpu, gfp, 0);
}

uint64_t kmm_get_zeroed_page(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp)
{
	return kmm_get_free_pages(p, cpu, gfp | KMM_GFP_ZERO, 0);
}

uint64_t kmm_get_dma_pages(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp, unsigned order)
{
	return kmm_get_free_pages(p, cpu, gfp | KMM_GFP_DMA, order);
}

void kmm_free_pages_addr(struct kmm_pages *p, unsigned cpu, uint64_t addr, unsigned order)
{
	if (addr)
		kmm_page_free(p, cpu, kmm_virt_to_page(p, addr), order);
}

void kmm_free_page_addr(struct kmm_pages *p, unsigned cpu, uint64_t addr)
{
	kmm_free_pages_addr(p, cpu, addr, 0);
}

/* ---- parts of blocks ---- */

int kmm_split_page(struct kmm_pages *p, kmm_pfn pfn, unsigned order)
{
	if (order > p->mm->max_order || kmm_page_count(p, pfn) != 1 || !p->count ||
	    !p->count[pfn] || p->order[pfn] != order || kmm_page_flag(p, pfn, KMM_PG_COMPOUND))
		return -EINVAL;
	for (kmm_pfn i = pfn; i < pfn + (1u << order); i++) {
		p->count[i] = 2;
		p->order[i] = 0;
	}
	p->stats.splits++;
	return 0;
}

static unsigned order_of(uint64_t pages)
{
	unsigned order = 0;

	while (UINT64_C(1) << order < pages)
		order++;
	return order;
}

uint64_t kmm_alloc_pages_exact(struct kmm_pages *p, unsigned cpu, uint64_t size, kmm_gfp gfp)
{
	uint64_t pages = size / PAGE_BYTES + !!(size % PAGE_BYTES), addr;
	kmm_pfn pfn;
	unsigned order;

	if (!pages || pages > UINT64_C(1) << p->mm->max_order)
		return 0;
	order = order_of(pages);
	/* Split at once, so it must not be a compound page. */
	addr = kmm_get_free_pages(p, cpu, gfp & ~(kmm_gfp)KMM_GFP_COMP, order);
	if (!addr)
		return 0;
	pfn = kmm_virt_to_page(p, addr);
	if (kmm_split_page(p, pfn, order))
		return 0;
	for (kmm_pfn i = pfn + (kmm_pfn)pages; i < pfn + (1u << order); i++) {
		page_forget(p, i, 1);
		/* From 6.1 on past the per-CPU lists, to the tail. */
		if (p->mm->generation >= KMM_LINUX_6_1)
			kmm_free_pages_direct(p->mm, cpu, i, 0, true);
		else
			kmm_free_pages(p->mm, cpu, i, 0);
		p->stats.exact_returned++;
	}
	return addr;
}

void kmm_free_pages_exact(struct kmm_pages *p, unsigned cpu, uint64_t addr, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += PAGE_BYTES)
		kmm_free_page_addr(p, cpu, addr + at);
}
