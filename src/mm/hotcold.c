// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/hotcold.h"

#include "mm/fallback.h"
#include "mm/pcp.h"

static void insert(struct kmm *mm, struct pcp *p, unsigned side, kmm_pfn after, kmm_pfn pfn,
		   unsigned type)
{
	struct frame *f = mm->frame;

	f[pfn].kind = frame_kind(FRAME_IS_PCP, 0, type, p->zone) | (uint32_t)p->cpu << KIND_CPU;
	f[pfn].cold = side;
	list_insert(f, after, f[after].next, pfn);
	p->count++;
	p->side[side].count++;
}

/* A batch to the head of the list, in the order in which it comes from the buddy lists. */
static void refill(struct kmm *mm, struct zone *z, struct pcp *p, unsigned side, unsigned type,
		   unsigned flags)
{
	enum take_mode mode = TAKE_NORMAL;
	kmm_pfn after = p->head + side;

	mm->stats.zone_locks++;
	for (int n = p->side[side].batch; n > 0; n--) {
		kmm_pfn pfn = take_block(mm, z, p->cpu, 0, type, flags, &mode);

		if (pfn == KMM_NO_PFN)
			break;
		insert(mm, p, side, after, pfn, type);
		after = pfn;
	}
}

kmm_pfn hotcold_alloc(struct kmm *mm, struct zone *z, struct pcp *p, unsigned type, unsigned flags,
		      bool cold)
{
	uint32_t head = p->head + cold;
	struct frame *f = mm->frame;
	kmm_pfn pfn;

	if (list_empty(f, head)) {
		refill(mm, z, p, cold, type, flags);
		if (list_empty(f, head))
			return KMM_NO_PFN;
	}
	for (pfn = f[head].next; pfn != head; pfn = f[pfn].next)
		if (f[pfn].type == type)
			break;
	if (pfn == head) {
		/* None of this type; should the zone have none either, any page will do. */
		refill(mm, z, p, cold, type, flags);
		pfn = f[head].next;
	}
	pcp_remove(mm, p, pfn);
	frame_set_used(mm, pfn, 0, type);
	return pfn;
}

static void drain(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller, unsigned side,
		  int n)
{
	mm->stats.zone_locks++;
	for (; n > 0 && !list_empty(mm->frame, p->head + side); n--) {
		kmm_pfn pfn = mm->frame[p->head + side].prev;

		pcp_remove(mm, p, pfn);
		pcp_give_back(mm, z, caller, pfn, 0, 0);
	}
}

void hotcold_free(struct kmm *mm, struct zone *z, struct pcp *p, kmm_pfn pfn, unsigned type,
		  bool cold)
{
	insert(mm, p, cold, p->head + cold, pfn, type);
	if (p->side[cold].count >= p->side[cold].high)
		drain(mm, z, p, p->cpu, cold, p->side[cold].batch);
}

void hotcold_drain_all(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller)
{
	for (unsigned side = 0; side < 2; side++)
		if (p->side[side].count)
			drain(mm, z, p, caller, side, p->side[side].count);
}
