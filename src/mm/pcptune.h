/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcptune: how many pages move between per-CPU and buddy lists from 6.7 on.
 * The limit `high` moves between high_min and high_max with demand: refills and
 * runs of frees raise it, reclaim and time lower it; refills double while
 * nothing is freed.
 */
#ifndef MM_PCPTUNE_H
#define MM_PCPTUNE_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

/* Blocks to refill with. */
int pcptune_refill(const struct zone *z, struct pcp *p, unsigned order);
/* Pages to drain after a block of this order was freed to the lists. */
int pcptune_excess(struct kmm *mm, struct zone *z, struct pcp *p, unsigned order);
/* pcp_has_room() of these kernels, where kswapd sleeps. */
static inline bool pcptune_has_room(const struct zone *z, struct pcp *p)
{
	if (unlikely(z->below_high || z->below_unsure || p->high < p->high_min ||
		     p->high > p->high_max))
		return false;
	p->alloc_factor >>= 1;
	p->freed_high_order = false;
	if (p->free_count < p->batch << PCP_FACTOR_MAX)
		p->free_count++;
	return true;
}
/* One vmstat interval passed: lower high; returns the pages to drain. */
int pcptune_decay(struct pcp *p);

#pragma GCC visibility pop
#endif
