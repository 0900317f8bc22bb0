/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcp: the per-CPU page lists, which spare most requests the zone lock.  Lists
 * are kept per order and migrate type (5.13 and later: orders 0 to 3 and the
 * huge-page order; before: order 0), pages enter and leave at the head, refills
 * are appended at the tail, and what is drained leaves at the tail.  How many
 * pages move at a time is what differs most between kernels: the rules of 5.10
 * and 6.1 stand here, those of 6.7 and later in pcptune, the hot and cold lists
 * of 2.6.24 in hotcold.
 *
 * Not modelled: the trylock that fails when an interrupt arrives in the middle
 * of an operation; such a request goes past the lists (kmm_free_pages_direct()).
 */
#ifndef MM_PCP_H
#define MM_PCP_H

#include "mm/buddy.h"
#include "mm/hotcold.h"
#include "mm/pcptune.h"

#pragma GCC visibility push(hidden)

static inline struct pcp *pcp_of(const struct kmm *mm, const struct zone *z, unsigned cpu)
{
	return &mm->pcp[z->pcp0 + cpu];
}

/* Do requests of this order go through the lists? */
static inline bool pcp_serves(const struct kmm *mm, unsigned order)
{
	return mm->pcp_order_mask >> order & 1;
}

/* What their limits count. */
static inline int32_t pcp_total(const struct pcp *p)
{
	return p->count + p->hidden;
}

/* Which list; types beyond the first three share the movable one. */
static inline unsigned pcp_list(unsigned order, unsigned type)
{
	if (order <= COSTLY_ORDER)
		return order * KMM_PCPTYPES + (type < KMM_PCPTYPES ? type : KMM_MOVABLE);
	return PCP_THP_LIST + (type == KMM_MOVABLE || type >= KMM_PCPTYPES);
}

/* Blocks from the buddy lists to an empty list; false if the zone has none. */
bool pcp_refill(struct kmm *mm, struct zone *z, struct pcp *p, unsigned order, unsigned type,
		unsigned flags);
/* Drain what is too much after a block of this order was put on a list. */
void pcp_shrink(struct kmm *mm, struct zone *z, struct pcp *p, unsigned order, unsigned list);
/* Give about n pages back to the buddy lists, beginning with list `start`, on caller's account. */
void pcp_drain(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller, int n,
	       unsigned start);
/* Give all back. */
void pcp_drain_all(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller);
/* One block, just off its list, to the buddy lists. */
void pcp_give_back(struct kmm *mm, struct zone *z, unsigned caller, kmm_pfn pfn, unsigned order,
		   unsigned type);
/* Unlink a block, wherever in its list it is. */
void pcp_remove(struct kmm *mm, struct pcp *p, kmm_pfn pfn);

/* Link a block as the head or tail of a list; for seeding and correction too. */
static inline void pcp_insert(struct kmm *mm, struct pcp *p, kmm_pfn pfn, unsigned order,
			      unsigned list, unsigned type, bool tail)
{
	mm->frame[pfn].kind = frame_kind(FRAME_IS_PCP, order, type, p->zone) | (uint32_t)p->cpu
										       << KIND_CPU;
	if (tail)
		list_add_tail(mm->frame, p->head + list, pfn);
	else
		list_add_head(mm->frame, p->head + list, pfn);
	p->count += 1 << order;
}

/* What the bulk allocator takes: pcp_alloc() without its effects on the lists' limits. */
static inline kmm_pfn pcp_pop(struct kmm *mm, struct zone *z, struct pcp *p, unsigned order,
			      unsigned type, unsigned flags)
{
	uint32_t head = p->head + pcp_list(order, type);
	struct frame *f = mm->frame;
	kmm_pfn pfn;

	if (unlikely(list_empty(f, head)) && !pcp_refill(mm, z, p, order, type, flags))
		return KMM_NO_PFN;
	pfn = f[head].next;
	list_del_head(f, head, pfn);
	p->count -= 1 << order;
	frame_set_used(mm, pfn, order, type);
	return pfn;
}

/* A page by its route, if there is one at hand and no rule stands in the way; else KMM_NO_PFN. */
static INLINE kmm_pfn pcp_pop_page(struct kmm *mm, const struct route *route, unsigned cpu,
				   bool cold)
{
	struct pcp *p = pcp_of(mm, route->zone, cpu);
	bool mixed = mm->generation == KMM_LINUX_2_6; /* each list has pages of all types */
	uint32_t head = p->head + (mixed ? cold : route->type);
	struct frame *f = mm->frame;
	kmm_pfn pfn = f[head].next;

	if (unlikely(pfn == head || (mixed && f[pfn].type != route->type)))
		return KMM_NO_PFN;
	list_del_head(f, head, pfn);
	f[pfn].kind = route->used;
	p->count--;
	if (unlikely(mixed)) {
		p->side[cold].count--;
	} else {
		p->free_factor >>= 1;
		p->free_count >>= 1;
	}
	return pfn;
}

/* A block from the CPU's lists, refilled as needed; in use.  KMM_NO_PFN if the zone has none. */
static inline kmm_pfn pcp_alloc(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order,
				unsigned type, unsigned flags, bool cold)
{
	struct pcp *p = pcp_of(mm, z, cpu);

	if (unlikely(mm->generation == KMM_LINUX_2_6))
		return hotcold_alloc(mm, z, p, type, flags, cold);
	p->free_factor >>= 1;
	p->free_count >>= 1;
	return pcp_pop(mm, z, p, order, type, flags);
}

/* Where pcp_shrink() drains plainly nothing: what else it does, and true; else false. */
static INLINE bool pcp_has_room(const struct kmm *mm, const struct zone *z, struct pcp *p)
{
	if (unlikely(pcp_total(p) >= p->high || z->kswapd || mm->expect_drain > 0))
		return false;
	return mm->generation != KMM_LINUX_6_18 || pcptune_has_room(z, p);
}

/* Put a block in use on the list for `type`, its page block's; drain if there are too many. */
static inline void pcp_free(struct kmm *mm, struct zone *z, unsigned cpu, kmm_pfn pfn,
			    unsigned order, unsigned type, bool cold)
{
	struct pcp *p = pcp_of(mm, z, cpu);
	unsigned list = pcp_list(order, type);

	if (unlikely(mm->generation == KMM_LINUX_2_6)) {
		hotcold_free(mm, z, p, pfn, type, cold);
		return;
	}
	if (order)
		frame_set_unused(mm, pfn, order);
	pcp_insert(mm, p, pfn, order, list, type, false);
	if (unlikely(order || !pcp_has_room(mm, z, p)))
		pcp_shrink(mm, z, p, order, list);
}

#pragma GCC visibility pop
#endif
