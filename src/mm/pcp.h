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

/* A block from the CPU's lists, refilled as needed; in use.  KMM_NO_PFN if the zone has none. */
kmm_pfn pcp_alloc(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order, unsigned type,
		  unsigned flags, bool cold);
/* The same without the side effects that the bulk allocator does not have. */
kmm_pfn pcp_alloc_bulk(struct kmm *mm, struct zone *z, unsigned cpu, unsigned type, unsigned flags);
/* Put a block in use on the list for `type`, its page block's; drain if there are too many. */
void pcp_free(struct kmm *mm, struct zone *z, unsigned cpu, kmm_pfn pfn, unsigned order,
	      unsigned type, bool cold);
/* Give about n pages back to the buddy lists, beginning with list `start`, on caller's account. */
void pcp_drain(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller, int n,
	       unsigned start);
/* Give all back. */
void pcp_drain_all(struct kmm *mm, struct zone *z, struct pcp *p, unsigned caller);
/* One block, just off its list, to the buddy lists. */
void pcp_give_back(struct kmm *mm, struct zone *z, unsigned caller, kmm_pfn pfn, unsigned order,
		   unsigned type);
/* Link a block as the head or tail of a list; for seeding and correction too. */
void pcp_insert(struct kmm *mm, struct pcp *p, kmm_pfn pfn, unsigned order, unsigned list,
		unsigned type, bool tail);
/* Unlink a block, wherever in its list it is. */
void pcp_remove(struct kmm *mm, struct pcp *p, kmm_pfn pfn);

#pragma GCC visibility pop
#endif
