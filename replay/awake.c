// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/awake.h"

#include "machine/model.h"
#include "trace/event.h"

#define MOST_BATCHES 5	/* as a power of two: CONFIG_PCP_BATCH_SCALE_MAX */
#define AWAKE_BATCHES 4 /* that a list may hold while kswapd balances its zone */
#define SLACK_BATCHES \
	4 /* by which a list's length may be known wrongly: operations of one time on other CPUs */

#define HALVINGS 3 /* of MOST_BATCHES come to 0 */

/* The zone of q, if its page has a list there; -1. */
static int zone_with_list(const struct machine *m, const struct request *q)
{
	if (q->pfn == KMM_NO_PFN || q->cpu >= KMM_CPUS || !recorded_has_pcp_list(m, q->sig.order))
		return -1;
	return machine_zone_of(m, q->pfn);
}

void awake_factors_follow(struct awake_factors *f, const struct machine *m, const struct request *q)
{
	int zone = zone_with_list(m, q);

	if (zone < 0)
		return;
	if (q->sig.op == OBS_PCPU_DRAIN)
		f->allocs[zone][q->cpu] = 0;
	else if (q->sig.op == REQ_PAGE_ALLOC && !(q->sig.flags & (REQ_FAILED | REQ_DIRECT)) &&
		 f->allocs[zone][q->cpu] < HALVINGS)
		f->allocs[zone][q->cpu]++;
}

bool awake_factors_any(const struct awake_factors *f, const struct machine *m,
		       const struct request *q)
{
	int zone = zone_with_list(m, q);

	return machine_generation(m) != KMM_LINUX_6_1 || zone < 0 ||
	       f->allocs[zone][q->cpu] < HALVINGS;
}

/* Pages on the lists of q's CPU in this zone once records [from, q), which r has not followed yet, took place. */
static int64_t listed_by(const struct recorded *r, const struct machine *m, unsigned zone,
			 const struct request *from, const struct request *q)
{
	int64_t listed = (int64_t)recorded_pcp(r, zone, q->cpu);

	for (; from < q; from++) {
		int64_t pages = 1ll << (from->sig.order & 15);

		if (from->cpu != q->cpu || from->pfn == KMM_NO_PFN ||
		    !recorded_has_pcp_list(m, from->sig.order) ||
		    machine_zone_of(m, from->pfn) != (int)zone)
			continue;
		if (from->sig.op == OBS_ZONE_LOCKED ||
		    (from->sig.op == REQ_PAGE_FREE && !(from->sig.flags & REQ_DIRECT)))
			listed += pages;
		else if (from->sig.op == OBS_PCPU_DRAIN || from->sig.op == REQ_PAGE_ALLOC)
			listed -= pages;
	}
	return listed;
}

/* How much the drain that begins at q gives back; INT64_MAX: its end is not among the n records. */
static int64_t drained_from(const struct request *q, uint32_t n)
{
	int64_t drained = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (q[i].cpu != q->cpu)
			continue;
		if (q[i].sig.op != OBS_PCPU_DRAIN)
			return drained;
		drained += 1ll << (q[i].sig.order & 15);
	}
	return INT64_MAX;
}

bool awake_drain(const struct recorded *r, const struct machine *m, const struct request *from,
		 const struct request *q, uint32_t n, unsigned freed_order)
{
	const struct machine_zone *z;
	int64_t listed, most;
	int zone;

	if (q->sig.op != OBS_PCPU_DRAIN || q->sig.aux2 || q->pfn == KMM_NO_PFN ||
	    (q->sig.aux != DRAIN_FREE && q->sig.aux != DRAIN_EITHER))
		return false;
	zone = machine_zone_of(m, q->pfn);
	if (zone < 0 || q->cpu >= m->cpus)
		return false;
	z = &m->zones[zone];
	listed = listed_by(r, m, (unsigned)zone, from, q);
	/* A free of order 1 to 3 may drain at any length, but all, from 6.7 on so many batches at most. */
	most = listed;
	if (machine_generation(m) >= KMM_LINUX_6_18 && most > (int64_t)z->pcp_batch << MOST_BATCHES)
		most = (int64_t)z->pcp_batch << MOST_BATCHES;
	if (freed_order && drained_from(q, n) >= most - (int64_t)z->pcp_batch)
		return false;
	return listed < (int64_t)machine_pcp_least(m, (uint32_t)zone) -
				SLACK_BATCHES * (int64_t)z->pcp_batch;
}

/* Does this free leave so many pages on its list, or more? */
static bool leaves(int64_t pages, const struct recorded *r, const struct machine *m, unsigned zone,
		   const struct request *from, const struct request *q, uint32_t n)
{
	uint32_t next = 1;

	if (!recorded_has_pcp_list(m, q->sig.order) || q->sig.flags & REQ_DIRECT ||
	    listed_by(r, m, zone, from, q) + (1ll << q->sig.order) < pages)
		return false;
	while (next < n && q[next].cpu != q->cpu)
		next++;
	return next < n && q[next].sig.op != OBS_PCPU_DRAIN;
}

static void show(struct awake_run *a, const struct request *q)
{
	a->asleep = false;
	a->sign = (struct hindsight_end){
		.time = q->time, .seq = q->seq, .cpu = q->cpu, .node = a->sign.node
	};
}

static void begin(struct awake_run *a, const struct request *q, uint64_t place)
{
	a->on = q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_WAKE;
	a->woken = a->on && place != UINT64_MAX ? place + 1 : 0;
	a->before = 0;
	a->pid = q->pid;
	a->type = q->sig.type;
	a->sign.node = (uint8_t)q->sig.node;
}

/* It is at work from here on: was it awake when it was logged to be? */
static bool works_now(struct awake_run *a, struct turns_move *late)
{
	bool moves = a->woken && a->before;

	if (moves)
		*late = (struct turns_move){ a->woken - 1, a->before - 1 };
	a->woken = 0;
	return moves;
}

/* What a free by another task tells of a run. */
static void follow_free(struct awake_run *a, const struct recorded *r, const struct machine *m,
			const struct request *from, const struct request *q, uint32_t n,
			uint64_t place)
{
	unsigned zone = (unsigned)machine_zone_of(m, q->pfn);
	int64_t batch = m->zones[zone].pcp_batch;

	if (m->zones[zone].type > a->type)
		return;
	if (a->woken && place != UINT64_MAX &&
	    leaves(AWAKE_BATCHES * batch, r, m, zone, from, q, n))
		a->before = place + 1;
	a->asleep |= leaves((AWAKE_BATCHES + SLACK_BATCHES) * batch + 1, r, m, zone, from, q, n);
}

bool awake_follow(struct awake_run *a, const struct recorded *r, const struct machine *m,
		  const struct request *from, const struct request *q, uint32_t n, bool works,
		  uint64_t place, struct turns_move *late)
{
	int zone = q->pfn == KMM_NO_PFN ? -1 : machine_zone_of(m, q->pfn);
	bool moves = false;

	if (machine_generation(m) < KMM_LINUX_6_1)
		return false;
	for (unsigned node = 0; node < KMM_NODES; node++)
		if (a[node].on && a[node].pid == q->pid)
			moves |= works_now(&a[node], late);
	if (q->sig.op == OBS_RECLAIM && q->sig.node >= 0 && q->sig.node < KMM_NODES &&
	    (q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_WAKE ||
	     q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_SLEEP))
		begin(&a[q->sig.node], q, place);
	for (unsigned node = 0; node < KMM_NODES; node++)
		if (a[node].on && a[node].pid == q->pid)
			show(&a[node], q);
	if (zone < 0 || q->cpu >= m->cpus)
		return moves;
	a += m->zones[zone].node;
	if (a->on && works) {
		moves |= works_now(a, late);
		show(a, q);
	} else if (a->on && a->pid != q->pid && q->sig.op == REQ_PAGE_FREE) {
		follow_free(a, r, m, from, q, n, place);
	}
	return moves;
}

void awake_end(struct awake_run *a, struct hindsight_end *x)
{
	if (a->on && a->asleep)
		*x = a->sign;
	a->on = false;
}

bool awake_settled(const struct hindsight_end *x, const struct request *q)
{
	return q->sig.op == OBS_RECLAIM && q->sig.node == x->node &&
	       (q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_WAKE ||
		q->sig.aux == EVENT_MM_VMSCAN_KSWAPD_SLEEP);
}
