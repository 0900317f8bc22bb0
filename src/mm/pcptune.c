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

/* ---- a zone of which it is not sure on which side of its high mark it is ---- */

/* What high would be on the other side goes along with it. */
static void follow_else(const struct zone *z, struct pcp *p)
{
	if (likely(!z->below_unsure) || p->else_since == z->unsure_times)
		return;
	p->high_else = p->high;
	p->else_since = z->unsure_times;
}

/*
 * The recording knows whether the list was drained: where it is between the limits that apply below the mark and
 * above it, that tells on which side the zone was.
 */
static void heed_recording(struct kmm *mm, struct zone *z, const struct pcp *p)
{
	bool drains = mm->expect_drain > 0;

	if (pcp_total(p) < p->high_min || pcp_total(p) >= (z->below_high ? p->high_else : p->high))
		return;
	for (unsigned cpu = 0; cpu < mm->cpus && z->below_high != drains; cpu++) {
		struct pcp *other = pcp_of(mm, z, cpu);

		if (other->else_since == z->unsure_times)
			other->high = other->high_else;
	}
	mm->stats.marks_expected += z->below_high != drains;
	z->below_high = drains;
	z->below_unsure = false;
}

/* ---- the limit ---- */

/* It moves, and with it what it would be if the once-a-second work had run one time less. */
static inline void set_high(struct pcp *p, int32_t high)
{
	p->high_late = clamp_int(p->high_late + high - p->high, high, p->high_max);
	p->high_least = min_int(p->high_least + high - p->high, high);
	p->high = high;
}

/* The least that the limit can be if the once-a-second work took long to come. */
static int32_t least(const struct pcp *p)
{
	int32_t high = p->lowers_late ? p->high - (p->high >> 3) : p->high;

	return max_int(min_int(p->high_least, high), min_int(p->high_min, p->high));
}

/*
 * The list is as long as its limit, or the recording has the free drain it before.  If the recording has it not drained, the
 * once-a-second work has not run yet, or else it is longer than the limit by that work; what the recording drains is as long
 * as the limit, as far as it may be lower because that work came late.
 */
static int32_t heed_limit(struct kmm *mm, struct pcp *p)
{
	int32_t total = pcp_total(p);

	if (mm->expect_drain > 0) {
		if (total < least(p))
			return p->high;
		if (total < p->high) {
			mm->stats.limits_expected++;
			p->high = total;
			p->lowers_late = false;
		}
		p->high_late = p->high_least = p->high;
	} else if (!mm->expect_drain && total >= p->high && total < p->high_late) {
		mm->stats.limits_expected++;
		p->high = p->high_late;
		p->lowers_late = true;
	}
	return p->high;
}

int pcptune_refill(const struct zone *z, struct pcp *p, unsigned order)
{
	int32_t want = p->batch, room;

	set_high(p, clamp_int(p->high, p->high_min, p->high_max));
	if (p->high < p->batch)
		return 1;
	if (!order)
		want <<= p->alloc_factor;
	follow_else(z, p);
	room = p->high;
	if (p->high_min != p->high_max && !z->below_high) {
		set_high(p, min_int(p->high + want, p->high_max));
		p->high_least -= (want + 7) >> 3;
		room = p->high;
	} else if (unlikely(z->below_unsure)) {
		p->high_else = min_int(p->high_else + want, p->high_max);
	}
	if (!order) {
		room = max_int(room - pcp_total(p) - p->batch, p->batch);
		if (want <= room && p->alloc_factor < PCP_FACTOR_MAX)
			p->alloc_factor++;
		want = min_int(want, room);
	}
	return want > 1 ? max_int(want >> order, 2) : max_int(want, 1);
}

static int32_t lowered(const struct pcp *p, int32_t high)
{
	return max_int(high - max_int(p->free_count, p->batch), p->high_min);
}

/* The limit that applies now; moves p->high along the way. */
static int32_t current_high(struct kmm *mm, struct zone *z, struct pcp *p, bool all)
{
	int32_t high = clamp_int(p->high, p->high_min, p->high_max);

	set_high(p, high);
	if (!high)
		return 0;
	if (all) {
		set_high(p, max_int(high - (p->batch << PCP_FACTOR_MAX), p->high_min));
		return 0;
	}
	if (z->kswapd) {
		set_high(p, lowered(p, high));
		return min_int(p->batch * 4, p->high);
	}
	if (p->high_min == p->high_max)
		return high;
	follow_else(z, p);
	if (unlikely(z->below_unsure && mm->expect_drain >= 0)) {
		heed_recording(mm, z, p);
		high = p->high;
	}
	if (z->below_high) {
		set_high(p, lowered(p, high));
		return max_int(pcp_total(p), p->high_min);
	}
	if (unlikely(z->below_unsure))
		p->high_else = lowered(p, p->high_else);
	if (unlikely(mm->expect_drain >= 0))
		high = heed_limit(mm, p);
	if (pcp_total(p) >= high && p->high < p->free_count + p->batch)
		set_high(p, clamp_int(p->free_count + p->batch, p->high_min, p->high_max));
	return high;
}

/*
 * An allocation halves the count of frees in a row.  Where an interrupt freed pages between it and its event, it is not sure
 * which came first; that the recording has the free empty the lists, or not, tells as far as one allocation can have mattered.
 */
static bool heed_count(struct kmm *mm, const struct zone *z, struct pcp *p, int32_t enough)
{
	bool all = p->free_count >= enough;
	int32_t limit = z->kswapd ? p->batch * 4 : p->high_min;

	if (likely(mm->expect_drain < 0 || all == (mm->expect_drain > 0)) || pcp_total(p) >= limit)
		return all; /* as it is, or a drain like any other */
	if (all ? p->free_count / 2 >= enough : p->free_count * 2 < enough)
		return all;
	p->free_count = all ? enough - 1 : enough;
	mm->stats.limits_expected++;
	return !all;
}

/* Frees of order 1 to 3 in a row, and enough of them to empty the lists? */
static bool empties(struct kmm *mm, const struct zone *z, struct pcp *p)
{
	const struct kmm_policy *c = &mm->config.policy;
	int32_t late = c->pcp_whole_late ? p->high_min / 2 : 0;

	return p->freed_high_order && (!c->pcp_keep_batch || pcp_total(p) >= p->batch) &&
	       heed_count(mm, z, p, p->batch + late);
}

int pcptune_excess(struct kmm *mm, struct zone *z, struct pcp *p, unsigned order)
{
	bool high_order = order && order <= COSTLY_ORDER;
	bool all = high_order && empties(mm, z, p);
	int32_t high;
	int n;

	p->alloc_factor >>= 1;
	p->freed_high_order = high_order;
	if (p->free_count < p->batch << PCP_FACTOR_MAX)
		p->free_count += 1 << order;
	high = current_high(mm, z, p, all);
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

static int32_t decayed(const struct pcp *p, int32_t high)
{
	if (high <= p->high_min)
		return high;
	return max_int(max_int(pcp_total(p) - (p->batch << PCP_FACTOR_MAX), high - (high >> 3)),
		       p->high_min);
}

int pcptune_decay(struct pcp *p)
{
	p->high_late = max_int(p->high, decayed(p, p->high_late));
	p->high_least = decayed(p, least(p));
	p->high = decayed(p, p->high);
	/* Where it came late by more than a quarter of a second, it leaves out the next turn. */
	p->lowers_late = false;
	return max_int(pcp_total(p) - p->high, 0);
}
