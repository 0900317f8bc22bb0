/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demand: what one simulated machine was asked for, by kind, from the start on.
 * requested = served + failed.  Requests of the kernel itself (pages that kswapd
 * or a reclaiming task takes, attempts that failed and were made again) are
 * responses: counted apart, whether they were replayed or not.
 */
#ifndef REPLAY_DEMAND_H
#define REPLAY_DEMAND_H

#include <stdint.h>

enum demand_kind {
	DEMAND_PAGE,	/* pages that nobody else of these asked for */
	DEMAND_OBJECT,	/* slab objects and kmalloc */
	DEMAND_PERCPU,	/* alloc_percpu() */
	DEMAND_VMALLOC, /* areas with pages of their own */
	DEMAND_PGTABLE, /* page tables of processes */
	DEMAND_KMAP,	/* maps of pages, permanent and temporary */
	DEMAND_KINDS
};

struct demand {
	uint64_t requested, served, failed;
	uint64_t responses;
	/*
	 * Pages for them: taken in the recording, as far as its events say whom they were
	 * for, and taken by the model.  What they do not say stays a request of kind page.
	 */
	uint64_t pages_recorded, pages_taken;
};

static inline void demand_count(struct demand *d, int served)
{
	d->requested++;
	d->served += served != 0;
	d->failed += !served;
}

const char *demand_kind_name(enum demand_kind k);

#endif
