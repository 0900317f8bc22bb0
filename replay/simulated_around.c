// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/model.h"
#include "replay/simulated_inside.h"
#include "trace/event.h"

/* The free lists as compaction's free scanner meets them. */

static uint32_t list_prev(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return kmm_free_list_prev(((struct simulated *)who)->mm, zone, order, KMM_MOVABLE, at);
}

static uint32_t list_next(void *who, unsigned zone, unsigned order, uint32_t at)
{
	return kmm_free_list_next(((struct simulated *)who)->mm, zone, order, KMM_MOVABLE, at);
}

static void list_turn(void *who, unsigned zone, unsigned order, uint32_t first)
{
	kmm_free_list_turn(((struct simulated *)who)->mm, zone, order, KMM_MOVABLE, first);
}

static int free_block(void *who, uint32_t pfn)
{
	return kmm_free_block_order(((struct simulated *)who)->mm, pfn);
}

static unsigned compound_page(void *who, uint32_t pfn)
{
	const struct held h = simulated_held_at(who, pfn);

	return h.pfn == pfn && h.compound ? h.order : 0;
}

static void isolate_block(void *who, uint32_t pfn)
{
	struct simulated *s = who;
	int order = kmm_isolate_block(s->mm, s->cpu, pfn);

	if (order >= 0)
		simulated_own(s, pfn, (unsigned)order, OF_COMPACTION);
}

const struct freescan_lists simulated_lists = { list_prev,  list_next,	   list_turn,
						free_block, compound_page, isolate_block };

/*
 * How much a CPU keeps back from a zone's counter: while kswapd is awake as many pages as lie between the low and
 * the min mark by its share, at least 1 and at most 125 [calculate_pressure_threshold(), 6.12; percpu_drift_mark, on
 * which that depends, is set when the CPUs come up, before there are marks].
 */
void simulated_count(struct simulated *s, unsigned node, bool awake)
{
	const struct kmm_config *c = kmm_configuration(s->mm);

	if (!s->o.native || c->policy.generation < KMM_LINUX_6_18)
		return;
	for (unsigned z = 0; z < c->zones; z++) {
		uint64_t pages = s->m->zones[z].stat_threshold;

		if (c->zone[z].node != node || !pages)
			continue;
		if (awake) {
			pages = (s->m->zones[z].low - s->m->zones[z].min) / c->cpus;
			pages = pages < 1 ? 1 : pages > 125 ? 125 : pages;
		}
		kmm_count_threshold(s->mm, z, (unsigned)pages);
	}
}

void simulated_reclaim(struct simulated *s, const struct request *q)
{
	unsigned node = q->sig.node < 0 ? 0 : (unsigned)q->sig.node;

	if (q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_WAKE) {
		kmm_kswapd(s->mm, node, q->sig.type);
		simulated_count(s, node, true);
	} else if (q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_SLEEP) {
		kmm_kswapd(s->mm, node, -1);
		simulated_count(s, node, false);
	}
}

/* ---- drains whose time no request gives away ---- */

#define LOWERING_SLACK 64 /* pages by which a list's length may be known wrongly */
#define DRAIN_CHUNK 5	  /* 6.1: batch << 5 pages at a time, the list locked meanwhile */

/*
 * The owner's next allocation got a page without a refill, which it would have
 * needed after the drain: it came before, and is logged after it.
 */
static void pop_before_drain(struct simulated *s, const struct request *q, uint32_t n, int owner,
			     int zone)
{
	for (uint32_t i = 1; i < n && i < 256; i++) {
		if (q[i].cpu != owner || q[i].sig.op > REQ_PAGE_BULK)
			continue;
		if (q[i].sig.op == REQ_PAGE_ALLOC && !q[i].sig.own_obs && q[i].sig.order <= 3 &&
		    !(q[i].sig.flags & REQ_FAILED) && q[i].pfn != KMM_NO_PFN &&
		    machine_zone_of(s->m, q[i].pfn) == zone &&
		    (s->early == UINT64_MAX || s->early < q[i].seq)) {
			simulated_page(s, &q[i], n - i);
			s->early = q[i].seq;
			s->early_pfn = s->last;
		}
		return;
	}
}

/* What a chunk of this CPU's list has at most. */
static uint64_t chunk_pages(const struct simulated *s, int owner, int zone)
{
	const struct kmm_config *c = kmm_configuration(s->mm);
	uint64_t had = kmm_pcp_pages(s->mm, (unsigned)zone, (unsigned)owner);
	uint64_t chunk = (uint64_t)c->zone[zone].pcp_batch << DRAIN_CHUNK;

	return c->policy.generation >= KMM_LINUX_6_1 && chunk < had ? chunk : had;
}

/*
 * Did the kernel's drain, which begins here, go on for as long as one that gives all back does, give or take a
 * batch?  Else it was what was too much after a free.  With the objects simulated the model's list is not as long
 * as the kernel's, and half of it is taken for all.
 */
static bool is_chunk(const struct simulated *s, const struct request *q, uint32_t n, int zone)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (q[i].cpu != q->cpu)
			continue;
		if (q[i].sig.op != OBS_PCPU_DRAIN || (i && !q[i].sig.aux2))
			break;
		pages += 1ull << q[i].sig.order;
	}
	if (s->objects)
		return 2 * pages >= chunk_pages(s, q->cpu, zone);
	return pages + kmm_configuration(s->mm)->zone[zone].pcp_batch >=
	       chunk_pages(s, q->cpu, zone);
}

static void drain_chunk(struct simulated *s, const struct request *q, uint32_t n, int owner,
			int zone)
{
	uint64_t chunk;

	if (owner != q->cpu)
		pop_before_drain(s, q, n, owner, zone);
	chunk = chunk_pages(s, owner, zone);
	kmm_drain_some(s->mm, q->cpu, (unsigned)owner, (unsigned)zone, (unsigned)chunk);
	s->drained_cpu = owner;
	s->drained_zone = zone;
	s->drain_left = (int64_t)chunk;
}

/* Does the work go on for more than a batch?  q[0] is a drain of it. */
static bool goes_on(const struct request *q, uint32_t n)
{
	uint32_t pages = 0;

	for (uint32_t i = 0; i < n && pages <= LOWERING_SLACK; i++) {
		if (q[i].cpu != q->cpu)
			continue;
		if (q[i].sig.op != OBS_PCPU_DRAIN || q[i].sig.aux != DRAIN_SOME)
			break;
		pages += 1u << q[i].sig.order;
	}
	return pages > LOWERING_SLACK;
}

/*
 * One of the drain that brings a list down to its limit.  Where it goes on below that, the work has run twice: whoever
 * sees to it that all CPUs have it queued does so too while it runs [vmstat_shepherd(), 6.18].
 */
static void lower(struct simulated *s, const struct request *q, uint32_t n, unsigned zone)
{
	if (s->lowering[q->cpu].pages && s->lowering[q->cpu].zone != zone)
		simulated_lowered(s, q->cpu);
	if (s->o.native && kmm_pcp_excess(s->mm, q->cpu, zone) == 0 && goes_on(q, n))
		kmm_pcp_lower(s->mm, q->cpu);
	kmm_drain_some(s->mm, q->cpu, q->cpu, zone, 1u << q->sig.order);
	s->lowering[q->cpu].zone = (uint8_t)zone;
	s->lowering[q->cpu].pages += 1u << q->sig.order;
}

void simulated_lowered(struct simulated *s, unsigned cpu)
{
	kmm_pcp_lowered(s->mm, cpu, s->lowering[cpu].zone, s->lowering[cpu].pages);
	s->lowering[cpu].pages = 0;
}

/*
 * Such a drain happens when the kernel's did; what it gives back is the model's
 * affair.  One of all CPUs comes to each one's list in its turn, which is when a
 * page of that list shows.
 */
void simulated_drain(struct simulated *s, const struct request *q, uint32_t n)
{
	int zone = q->pfn == KMM_NO_PFN ? -1 : machine_zone_of(s->m, q->pfn), owner = q->cpu;

	if (zone < 0)
		return;
	if (!q->sig.aux2)
		s->drain_left = 0;
	switch (q->sig.aux) {
	case DRAIN_ALL:
	case DRAIN_ZONE:
		owner = kmm_pcp_owner(s->mm, q->pfn);
		if (s->drain_left <= 0 && (owner >= 0 || !q->sig.aux2))
			drain_chunk(s, q, n, owner < 0 ? q->cpu : owner, zone);
		else if (owner >= 0 && (owner != s->drained_cpu || zone != s->drained_zone))
			drain_chunk(s, q, n, owner, zone);
		break;
	case DRAIN_CPU:
		if (s->drain_left <= 0)
			drain_chunk(s, q, n, owner, zone);
		break;
	case DRAIN_EITHER:
		/* A what-if's lists are of other lengths. */
		if (!s->unseen[q->cpu] && (!s->o.native || is_chunk(s, q, n, zone)))
			drain_chunk(s, q, n, owner, zone);
		break;
	case DRAIN_SOME:
		/* From 6.7 on lists of the own node too, as long as they came to be there. */
		if (!s->o.native && machine_generation(s->m) >= KMM_LINUX_6_18)
			break;
		lower(s, q, n, (unsigned)zone);
		break;
	default:
		break;
	}
	s->drain_left -= 1ll << q->sig.order;
	if (s->unseen[q->cpu])
		s->unseen[q->cpu]--;
}

int simulated_free_drains(const struct request *q, uint32_t n)
{
	bool others = false;

	for (uint32_t i = 1; i < n; i++) {
		bool drains = q[i].sig.op == OBS_PCPU_DRAIN && !q[i].sig.aux2 &&
			      q[i].sig.aux == DRAIN_FREE;

		if (q[i].pid == q->pid)
			return drains && others ? -1 : drains;
		others |= q[i].cpu == q->cpu;
	}
	return -1;
}

void simulated_expect_drain(struct simulated *s, const struct request *q, uint32_t n)
{
	if (s->seeded && s->o.native && !(q->sig.flags & REQ_DIRECT) &&
	    machine_generation(s->m) >= KMM_LINUX_6_18)
		kmm_expect_drain(s->mm, simulated_free_drains(q, n));
}

/* A task that compacts keeps the first block that its frees make whole. */
void simulated_keep_for(struct simulated *s, const struct request *q)
{
	const struct freescan_run *r = s->o.native ? freescan_direct(&s->scan, q->pid) : NULL;

	for (unsigned i = 0; i < FREESCAN_RUNS && r; i++)
		if (s->kept[i].pfn != KMM_NO_PFN && s->kept[i].pid == q->pid)
			return;
	if (r && r->order > 0)
		kmm_capture(s->mm, (int)r->zone, (unsigned)r->order,
			    (unsigned)r->order >= s->m->pageblock_order ? KMM_MOVABLE :
									  KMM_UNMOVABLE);
}

void simulated_keep(struct simulated *s, const struct request *q)
{
	const struct freescan_run *r = s->o.native ? freescan_direct(&s->scan, q->pid) : NULL;
	kmm_pfn pfn;

	if (!r)
		return;
	pfn = kmm_captured(s->mm);
	kmm_capture(s->mm, -1, 0, 0);
	for (unsigned i = 0; i < FREESCAN_RUNS && pfn != KMM_NO_PFN; i++)
		if (s->kept[i].pfn == KMM_NO_PFN) {
			s->kept[i] = (struct freescan_kept){ q->pid, (uint8_t)r->order, pfn };
			return;
		}
}
