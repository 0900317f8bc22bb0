// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/pcptune.h"

#include "mm/pcp.h"
#include "mm/watermark.h"

static inline int32_t min_int(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static inline int32_t max_int(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static inline int32_t clamp_int(int32_t v, int32_t low, int32_t high)
{
	return max_int(low, min_int(v, high));
}

int pcptune_refill(const struct zone *z, struct pcp *p, unsigned order)
{
	int32_t want = p->batch, room;

	p->high = clamp_int(p->high, p->high_min, p->high_max);
	if (p->high < p->batch)
		return 1;
	if (!order)
		want <<= p->alloc_factor;
	room = p->high;
	if (p->high_min != p->high_max && !z->below_high)
		room = p->high = min_int(p->high + want, p->high_max);
	if (!order) {
		room = max_int(room - pcp_total(p) - p->batch, p->batch);
		if (want <= room && p->alloc_factor < PCP_FACTOR_MAX)
			p->alloc_factor++;
		want = min_int(want, room);
	}
	return want > 1 ? max_int(want >> order, 2) : max_int(want, 1);
}

/* The limit that applies now; moves p->high along the way. */
static int32_t current_high(const struct zone *z, struct pcp *p, bool all)
{
	int32_t high = p->high = clamp_int(p->high, p->high_min, p->high_max);

	if (!high)
		return 0;
	if (all) {
		p->high = max_int(high - (p->batch << PCP_FACTOR_MAX), p->high_min);
		return 0;
	}
	if (z->kswapd) {
		p->high = max_int(high - max_int(p->free_count, p->batch), p->high_min);
		return min_int(p->batch * 4, p->high);
	}
	if (p->high_min == p->high_max)
		return high;
	if (z->below_high) {
		p->high = max_int(high - max_int(p->free_count, p->batch), p->high_min);
		return max_int(pcp_total(p), p->high_min);
	}
	if (pcp_total(p) >= high && p->high < p->free_count + p->batch)
		p->high = clamp_int(p->free_count + p->batch, p->high_min, p->high_max);
	return high;
}

/* Frees of order 1 to 3 in a row, and enough of them to empty the lists? */
static bool empties(const struct kmm_policy *c, const struct pcp *p)
{
	int32_t late = c->pcp_whole_late ? p->high_min / 2 : 0;

	return p->freed_high_order && p->free_count >= p->batch + late &&
	       (!c->pcp_keep_batch || pcp_total(p) >= p->batch);
}

int pcptune_excess(const struct kmm *mm, const struct zone *z, struct pcp *p, unsigned order)
{
	bool high_order = order && order <= COSTLY_ORDER;
	bool all = high_order && empties(&mm->config.policy, p);
	int32_t high;
	int n;

	p->alloc_factor >>= 1;
	p->freed_high_order = high_order;
	if (p->free_count < p->batch << PCP_FACTOR_MAX)
		p->free_count += 1 << order;
	high = current_high(z, p, all);
	if (pcp_total(p) < high)
		return 0;
	if (all)
		n = min_int(p->count, p->batch << PCP_FACTOR_MAX);
	else if (high < p->batch)
		n = 1;
	else
		n = min_int(max_int(p->free_count, p->batch), high - p->batch);
	return n;
}

void pcptune_drained(const struct kmm *mm, struct zone *z)
{
	if (z->below_high &&
	    watermark_ok(mm, z, 0, z->mark[WMARK_HIGH] + z->boost, KMM_ZONE_MOVABLE, 0))
		z->below_high = false;
}

int pcptune_decay(struct pcp *p)
{
	if (p->high > p->high_min)
		p->high = max_int(max_int(pcp_total(p) - (p->batch << PCP_FACTOR_MAX),
					  p->high - (p->high >> 3)),
				  p->high_min);
	return max_int(pcp_total(p) - p->high, 0);
}
