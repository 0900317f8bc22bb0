/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc: from a request to a block: which zones, above which marks, with which
 * reserves; first the fast path, then reclaim and the like as the gfp flags
 * allow.  Here stands what every request begins with: what follows from its flags
 * alone was worked out when the machine was made.
 */
#ifndef MM_ALLOC_H
#define MM_ALLOC_H

#include "mm/zonelist.h"

#pragma GCC visibility push(hidden)

/* A request with what follows from it. */
struct alloc_request {
	struct kmm *mm;
	const struct zonelist *zl;
	struct zone *preferred; /* the first of the list that fits */
	kmm_gfp gfp;
	unsigned cpu, node, order, type, highest;
};

/* The tables that requests look into; after zonelist_build(). */
void alloc_init(struct kmm *mm);

static inline const struct route *alloc_route(const struct kmm *mm, unsigned node, kmm_gfp gfp)
{
	return &mm->route[node][gfp % ROUTES];
}

/* False if no zone can ever serve it. */
static inline bool alloc_prepare(struct alloc_request *r, struct kmm *mm, unsigned cpu,
				 unsigned node, kmm_gfp gfp, unsigned order)
{
	const struct route *route = alloc_route(mm, node, gfp);

	r->mm = mm;
	r->cpu = cpu;
	r->node = node;
	r->gfp = gfp;
	r->order = order;
	r->type = route->type;
	r->highest = route->highest;
	r->zl = &mm->zonelist[node][r->highest];
	r->preferred = route->zone;
	if (unlikely(!r->preferred))
		return false;
	if (likely(!(gfp & KMM_GFP_THISNODE)) || r->preferred->node == node)
		return true;
	/* In zone order the node's own first zone may stand behind others. */
	for (unsigned i = 1; i < r->zl->n; i++) {
		r->preferred = r->zl->zone[i];
		if (r->preferred->node == node)
			return true;
	}
	return false;
}

/* alloc_flags of the fast path. */
static inline unsigned alloc_fast_flags(const struct alloc_request *r)
{
	unsigned flags = r->preferred->fast_flags;

	if (r->type == KMM_MOVABLE)
		flags |= ALLOC_CMA;
	if (r->gfp & KMM_GFP_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	return flags;
}

/* May this zone of the list serve the request (THISNODE)? */
static inline bool alloc_zone_fits(const struct alloc_request *r, const struct zone *z)
{
	return !(r->gfp & KMM_GFP_THISNODE) || z->node == r->node;
}

#pragma GCC visibility pop
#endif
