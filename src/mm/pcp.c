// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/pcp.h"

#include "mm/fallback.h"
#include "mm/pcptune.h"
#include "mm/watermark.h"
#include "mm/zonecount.h"

static inline int32_t min_int(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static inline int32_t max_int(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

void pcp_remove(struct kmm *mm, struct pcp *p, kmm_pfn pfn)
{
	struct frame *f = &mm->frame[pfn];

	list_del(mm->frame, pfn);
	f->state = FRAME_IS_TAIL;
	p->count -= 1 << f->order;
	if (mm->generation == KMM_LINUX_2_6)
		p->side[f->cold].count--;
}

/* ---- refill ---- */

/* How many blocks a refill asks for. */
static int refill_blocks(const struct kmm *mm, const struct zone *z, struct pcp *p, unsigned order)
{
	if (mm->generation == KMM_LINUX_6_18)
		return pcptune_refill(z, p, order);
	if (mm->generation == KMM_LINUX_5_10 || p->batch <= 1)
		return p->batch;
	return max_int(p->batch >> order, 2);
}

bool pcp_refill(struct kmm *mm, struct zone *z, struct pcp *p, unsigned order, unsigned type,
		unsigned flags)
{
	unsigned list = pcp_list(order, type);
	enum take_mode mode = TAKE_NORMAL;
	int n = refill_blocks(mm, z, p, order);
	bool any = false;

	mm->stats.zone_locks++;
	while (n-- > 0) {
		kmm_pfn pfn = take_block(mm, z, p->cpu, order, type, flags, &mode);

		if (pfn == KMM_NO_PFN)
			break;
		pcp_insert(mm, p, pfn, order, list, type, true);
		zonecount_settle(mm, z, p->cpu);
		any = true;
	}
	return any;
}

/* ---- drain ---- */

void pcp_give_back(struct kmm *mm, struct zone *z, unsigned caller, kmm_pfn pfn, unsigned order,
		   unsigned type)
{
	/* The type that was noted when the page was freed, until 6.10, counts: not today's tag. */
	if (unlikely(z->isolated) || mm->generation == KMM_LINUX_6_18 ||
	    mm->generation == KMM_LINUX_2_6)
		type = frame_tag(mm, pfn);
	buddy_free(mm, z, pfn, order, type, false);
	zonecount_settle(mm, z, caller);
	mm->stats.drains++;
	OBSERVE(mm, mm_page_pcpu_drain, caller, pfn, order, type);
}

static inline int drain_last(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller,
			     unsigned list)
{
	kmm_pfn pfn = mm->frame[p->head + list].prev;
	unsigned order = mm->frame[pfn].order;

	pcp_remove(mm, p, pfn);
	pcp_give_back(mm, z, caller, pfn, order, mm->frame[pfn].type);
	return 1 << order;
}

/*
 * 5.10: round robin over the three lists from the second one, taking one more
 * page from a list for each list looked at since the last; once only one list
 * has pages left, it gives all the rest.
 */
static void drain_5_10(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller, int n)
{
	unsigned list = 0;
	int share = 0;

	while (n > 0) {
		int left;

		do {
			share++;
			if (++list == KMM_PCPTYPES)
				list = 0;
		} while (list_empty(mm->frame, p->head + list));
		left = share == KMM_PCPTYPES ? n : share;
		do {
			drain_last(mm, z, p, caller, list);
			n--;
			left--;
		} while (n > 0 && left > 0 && !list_empty(mm->frame, p->head + list));
		share = left;
	}
}

void pcp_drain(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller, int n,
	       unsigned start)
{
	unsigned list = start;

	n = min_int(n, p->count);
	if (n <= 0)
		return;
	mm->stats.zone_locks++;
	if (mm->generation == KMM_LINUX_5_10) {
		drain_5_10(mm, z, p, caller, n);
		return;
	}
	while (n > 0) {
		while (n > 0 && !list_empty(mm->frame, p->head + list))
			n -= drain_last(mm, z, p, caller, list);
		if (++list == PCP_LISTS)
			list = 0;
	}
}

void pcp_drain_all(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller)
{
	if (mm->generation == KMM_LINUX_2_6) {
		hotcold_drain_all(mm, z, p, caller);
		return;
	}
	while (p->count > 0) {
		int chunk = p->count;

		if (mm->generation != KMM_LINUX_5_10)
			chunk = min_int(chunk, max_int(p->batch, 1) << PCP_FACTOR_MAX);
		pcp_drain(mm, z, p, caller, chunk, 0);
	}
}

/* ---- free ---- */

/* 6.1: how many pages to drain after a free; grows while frees follow each other. */
static int excess_6_1(const struct zone *z, struct pcp *p, unsigned order)
{
	bool whole = p->free_factor && order && order <= COSTLY_ORDER;
	int32_t limit = p->high, n;

	if (whole)
		limit = 0;
	else if (z->kswapd)
		limit = min_int(p->batch * 4, limit);
	if (pcp_total(p) < limit)
		return 0;
	if (whole)
		return p->count;
	if (limit < p->batch)
		return 1;
	n = p->batch << p->free_factor;
	if (n < limit - p->batch && p->free_factor < PCP_FACTOR_MAX)
		p->free_factor++;
	return min_int(max_int(n, p->batch), limit - p->batch);
}

void pcp_shrink(struct kmm *mm, struct zone *z, struct pcp *p, unsigned order, unsigned list)
{
	bool drained;
	int n;

	if (mm->generation == KMM_LINUX_6_18)
		n = pcptune_excess(mm, z, p, order);
	else if (mm->generation == KMM_LINUX_5_10)
		n = pcp_total(p) >= p->high ? p->batch : 0;
	else
		n = excess_6_1(z, p, order);
	/* The lock is let go after each batch, so that others need not wait for long. */
	if (mm->config.policy.pcp_drain_batches)
		for (; n > p->batch && p->count; n -= p->batch)
			pcp_drain(mm, z, p, p->cpu, p->batch, list);
	drained = n > 0;
	pcp_drain(mm, z, p, p->cpu, n, list);
	if (drained && mm->generation == KMM_LINUX_6_18)
		watermark_looked_again(mm, z);
}

int kmm_pcp_owner(const struct kmm *mm, kmm_pfn pfn)
{
	for (unsigned k = 0; pfn < mm->frames && k <= mm->max_order; k++) {
		const struct frame *f = &mm->frame[pfn & ~((1u << k) - 1)];

		if (f->state == FRAME_IS_PCP && f->order >= k)
			return f->cpu;
	}
	return -1;
}
