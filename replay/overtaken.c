// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/overtaken.h"

#include "replay/recorded_inside.h"
#include "replay/refill.h"

/*
 * The block that stood first where the refills of q[0] got another; KMM_NO_PFN: they got what stood first.  They hold
 * the lock from the first to the last, whatever others log meanwhile.
 */
static uint32_t passed_over(const struct recorded *r, const struct request *q, uint32_t n)
{
	struct refill x = { .r = NULL };

	for (uint32_t k = 1, own = q->sig.own_obs; k < n && own; k++) {
		uint32_t first;

		if (q[k].cpu != q->cpu)
			continue;
		own--;
		if (q[k].sig.op != OBS_ZONE_LOCKED || q[k].sig.type >= VIEW_TYPES ||
		    recorded_zone(r, q[k].pfn) == MACHINE_ZONES)
			break;
		if (!x.r)
			refill_begin(&x, r, recorded_zone(r, q[k].pfn), q[k].sig.type);
		first = refill_next(&x, q[k].sig.order);
		if (first != q[k].pfn)
			return first;
	}
	return KMM_NO_PFN;
}

/* Would this page, freed, take the block from its list by being joined to it? */
static bool joins(const struct recorded *r, const struct request *q, uint32_t block)
{
	uint32_t pfn = q->pfn;

	for (unsigned order = q->sig.order; order < r->set.max_order; order++) {
		uint32_t buddy = pfn ^ (1u << order);
		const struct frame *f = &r->set.f[buddy];

		if (buddy >= r->set.frames || f->state != FRAME_BUDDY || f->order != order)
			return false;
		if (buddy == block)
			return true;
		pfn &= ~(1u << order);
	}
	return false;
}

/* Does the record at k have the time of the next of its batch, so that it cannot have taken place later? */
static bool is_bounded(const struct request *q, uint32_t k, uint32_t n)
{
	for (uint32_t i = k + 1; i < n && q[i].time == q[k].time; i++)
		if (q[i].cpu == q[k].cpu)
			return q[i].sig.op == REQ_PAGE_FREE && q[i].sig.flags & REQ_BATCHED;
	return false;
}

/* Is this one more page of the list, with the zone locked all the time, that q[0] is drained from? */
static bool same_list(const struct recorded *r, const struct request *q, const struct request *x)
{
	const struct frame *f = &r->set.f[q->pfn], *next;

	if (x->sig.op != OBS_PCPU_DRAIN || !x->sig.aux2 || x->pfn >= r->set.frames)
		return false;
	next = &r->set.f[x->pfn];
	return next->state == FRAME_PCP && next->cpu == f->cpu && next->zone == f->zone;
}

/* Does the drain that begins with q[0], or goes on with it, have another page of that list behind the record at k? */
static bool drains_on(const struct recorded *r, const struct request *q, uint32_t k, uint32_t n)
{
	for (k++; k < n; k++)
		if (q[k].cpu == q->cpu)
			return same_list(r, q, &q[k]);
	return false;
}

/* The zone is locked from a drain's first page to its last: a free past the lists in between came before. */
static uint32_t before_drain(const struct recorded *r, const struct request *q, uint32_t n)
{
	bool seen[KMM_CPUS] = { false };

	if (q->pfn >= r->set.frames || r->set.f[q->pfn].state != FRAME_PCP)
		return 0;
	for (uint32_t k = 1; k < n && q[k].sig.op != OBS_MARK; k++) {
		if (q[k].cpu == q->cpu && !same_list(r, q, &q[k]))
			return 0;
		if (q[k].cpu == q->cpu || q[k].cpu >= KMM_CPUS || seen[q[k].cpu])
			continue;
		seen[q[k].cpu] = true;
		if (q[k].sig.op == REQ_PAGE_FREE && q[k].sig.flags & REQ_DIRECT &&
		    q[k].pfn < r->set.frames &&
		    recorded_zone(r, q[k].pfn) == recorded_zone(r, q->pfn) && is_bounded(q, k, n) &&
		    drains_on(r, q, k, n))
			return k;
	}
	return 0;
}

/* Those that the refills of an allocation show to have come before it. */
static uint32_t before_refill(const struct recorded *r, const struct request *q, uint32_t n)
{
	uint32_t block;
	bool seen[KMM_CPUS] = { false }; /* of the CPU something comes before */

	if (q->sig.op != REQ_PAGE_ALLOC || !q->sig.own_obs || q->sig.flags & REQ_FAILED)
		return 0;
	block = passed_over(r, q, n);
	if (block == KMM_NO_PFN)
		return 0;
	block = freeset_block_of(&r->set, block);
	for (uint32_t k = 1; k < n && q[k].sig.op != OBS_MARK; k++) {
		if (q[k].cpu == q->cpu || q[k].cpu >= KMM_CPUS || seen[q[k].cpu])
			continue;
		seen[q[k].cpu] = true;
		if (q[k].sig.op == REQ_PAGE_FREE && q[k].sig.flags & REQ_DIRECT &&
		    q[k].pfn < r->set.frames && joins(r, &q[k], block))
			return k;
	}
	return 0;
}

uint32_t overtaken_by(const struct recorded *r, const struct request *q, uint32_t n)
{
	n = n < OVERTAKEN_MOST ? n : OVERTAKEN_MOST;
	return q->sig.op == OBS_PCPU_DRAIN ? before_drain(r, q, n) : before_refill(r, q, n);
}
