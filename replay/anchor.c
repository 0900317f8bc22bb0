// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/anchor.h"

#include <stdlib.h>

#define LIST_MAX 8192 /* blocks of one list that are looked at */

struct anchor *anchor_new(void)
{
	struct anchor *a = calloc(1, sizeof(*a));

	for (unsigned cpu = 0; a && cpu < KMM_CPUS; cpu++)
		a->refill[cpu].slot = NO_SLOT;
	return a;
}

void anchor_free(struct anchor *a)
{
	free(a);
}

void anchor_alloc(struct anchor *a, const struct request *q)
{
	struct anchor_refill *r = &a->refill[q->cpu];

	r->slot = q->sig.flags & REQ_DIRECT ? NO_SLOT : q->slot;
	r->left = q->sig.own_obs;
	r->count = 0;
	r->order = q->sig.order;
}

/* Back to the buddy lists, where it is not taken soon. */
static void put_back(struct anchor *a, struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	if (kmm_take(mm, pfn, order))
		return;
	kmm_free_pages_direct(mm, cpu, pfn, order, true);
	a->moved++;
}

/* Does the list hold just what was refilled, less the first, which was handed out? */
static bool agrees(const struct kmm *mm, const struct anchor_refill *r, unsigned cpu, unsigned zone)
{
	kmm_pfn at = kmm_pcp_list_next(mm, cpu, zone, r->order, r->type, KMM_NO_PFN);

	for (uint32_t i = 1; i < r->count; i++) {
		if (at != r->pfn[i])
			return false;
		at = kmm_pcp_list_next(mm, cpu, zone, r->order, r->type, at);
	}
	return at == KMM_NO_PFN;
}

static void put_right(struct anchor *a, struct kmm *mm, const struct anchor_refill *r, unsigned cpu)
{
	int zone = kmm_zone_of(mm, r->pfn[0]);

	if (zone < 0 || agrees(mm, r, cpu, (unsigned)zone))
		return;
	for (uint32_t i = 0; i < LIST_MAX; i++) {
		kmm_pfn at = kmm_pcp_list_next(mm, cpu, (unsigned)zone, r->order, r->type,
					       KMM_NO_PFN);

		if (at == KMM_NO_PFN)
			break;
		put_back(a, mm, cpu, at, r->order);
	}
	for (uint32_t i = 1; i < r->count; i++)
		if (!kmm_take(mm, r->pfn[i], r->order)) {
			kmm_seed_pcp(mm, cpu, r->pfn[i], r->order, r->type);
			a->moved++;
		}
}

/* The page block is of this type, and what is free of it stands on the lists of that. */
static void set_type(struct anchor *a, struct kmm *mm, unsigned cpu, kmm_pfn block, unsigned type)
{
	const struct kmm_config *c = kmm_configuration(mm);

	if (kmm_pageblock_type(mm, block) == type)
		return;
	a->moved++;
	kmm_seed_pageblock(mm, block, type);
	for (kmm_pfn p = block; p < block + (1u << c->policy.pageblock_order); p++) {
		int order = kmm_free_block_order(mm, p);

		if (order >= 0 && !kmm_take(mm, p, (unsigned)order))
			kmm_free_pages_direct(mm, cpu, p, (unsigned)order, true);
	}
}

void anchor_claimed(struct anchor *a, struct kmm *mm, const struct request *q)
{
	const struct kmm_config *c = kmm_configuration(mm);
	unsigned found = q->sig.aux, order = c->policy.pageblock_order;
	kmm_pfn block = q->pfn & ~((1u << order) - 1);

	if (q->pfn == KMM_NO_PFN || q->sig.type >= KMM_PCPTYPES)
		return;
	if (found < order) {
		if (q->sig.aux2 & 0x80)
			set_type(a, mm, q->cpu, block, q->sig.type);
		return;
	}
	for (kmm_pfn p = block; p < block + (1u << found); p += 1u << order)
		set_type(a, mm, q->cpu, p, q->sig.type);
}

void anchor_taken(struct anchor *a, struct kmm *mm, const struct request *q, bool took)
{
	struct anchor_refill *r = &a->refill[q->cpu];

	if (q->slot == NO_SLOT || r->slot != q->slot)
		return;
	if (took && q->sig.order == r->order && q->pfn != KMM_NO_PFN && r->count < ANCHOR_REFILL) {
		r->type = q->sig.type;
		r->pfn[r->count++] = q->pfn;
	}
	if (r->left && --r->left)
		return;
	r->slot = NO_SLOT;
	if (r->count > 1)
		put_right(a, mm, r, q->cpu);
}

void anchor_drained(struct anchor *a, struct kmm *mm, const struct request *q)
{
	if (q->pfn == KMM_NO_PFN || kmm_pcp_owner(mm, q->pfn) < 0 ||
	    kmm_take(mm, q->pfn, q->sig.order))
		return;
	kmm_free_pages_direct(mm, q->cpu, q->pfn, q->sig.order, false);
	a->moved++;
}
