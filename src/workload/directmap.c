// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/directmap.h"

#include <string.h>

#define GIB_MASK ((1ull << 30) - 1)
#define PATIENCE 4 /* events of a CPU within which the object must follow its page */

void directmap_init(struct directmap *d)
{
	memset(d, 0, sizeof(*d));
	for (unsigned i = 0; i < DIRECTMAP_CPUS; i++)
		d->last[i].pfn = EVENT_NO_PFN;
}

static void vote(struct directmap *d, uint64_t base)
{
	d->votes++;
	for (uint32_t i = 0; i < d->candidates; i++)
		if (d->candidate[i].base == base) {
			d->candidate[i].votes++;
			return;
		}
	if (d->candidates < DIRECTMAP_CANDIDATES) {
		d->candidate[d->candidates].base = base;
		d->candidate[d->candidates++].votes = 1;
	}
}

void directmap_event(struct directmap *d, const struct event *ev)
{
	unsigned cpu = ev->cpu % DIRECTMAP_CPUS;
	uint64_t first, last, bits;

	switch (ev->kind) {
	case EVENT_MM_PAGE_ALLOC:
		/* Only what may be a slab page: user pages are followed by unrelated objects. */
		d->last[cpu].pfn = ev->page.gfp & KMM_GFP_MOVABLE || ev->page.order >= KMM_ORDERS ?
					   EVENT_NO_PFN :
					   ev->page.pfn;
		d->last[cpu].order = ev->page.order < 0 ? 0 : (unsigned)ev->page.order;
		d->last[cpu].age = 0;
		return;
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
		break;
	default:
		return;
	}
	if (d->last[cpu].pfn == EVENT_NO_PFN || d->last[cpu].age++ >= PATIENCE)
		return;
	first = d->last[cpu].pfn << 12;
	last = first + (4096ull << d->last[cpu].order) - 1;
	bits = ev->object.ptr & GIB_MASK;
	if (bits < (first & GIB_MASK) || bits > (last & GIB_MASK))
		return;
	vote(d, (ev->object.ptr & ~GIB_MASK) - (first & ~GIB_MASK));
	d->last[cpu].pfn = EVENT_NO_PFN;
}

uint64_t directmap_base(const struct directmap *d, uint32_t *votes, uint32_t *of)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < d->candidates; i++)
		if (d->candidate[i].votes > d->candidate[best].votes)
			best = i;
	*of = d->votes;
	*votes = d->candidates ? d->candidate[best].votes : 0;
	if (*votes < 8 || (uint64_t)*votes * 4 < (uint64_t)d->votes * 3)
		return 0;
	return d->candidate[best].base;
}
