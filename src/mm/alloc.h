/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc: from a request to a block: which zones, above which marks, with which
 * reserves; first the fast path, then reclaim and the like as the gfp flags
 * allow.  Here are the pieces that the bulk allocator shares.
 */
#ifndef MM_ALLOC_H
#define MM_ALLOC_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

/* A request with what follows from it. */
struct alloc_request {
	struct kmm *mm;
	const struct zonelist *zl;
	const struct zone *preferred;
	kmm_gfp gfp;
	unsigned cpu, node, order, type, highest;
};

/* False if no zone can ever serve it. */
bool alloc_prepare(struct alloc_request *r, struct kmm *mm, unsigned cpu, unsigned node,
		   kmm_gfp gfp, unsigned order);
/* alloc_flags of the fast path, and of the slow path. */
unsigned alloc_fast_flags(const struct alloc_request *r);
unsigned alloc_slow_flags(const struct alloc_request *r);
/* May this zone of the list serve the request (THISNODE)? */
bool alloc_zone_fits(const struct alloc_request *r, const struct zone *z);

#pragma GCC visibility pop
#endif
