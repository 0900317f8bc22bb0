/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sites: which slab cache a call site allocates from.  Most kernels name the
 * cache only when an object is freed (5.12 and later), so the name is learned
 * from the first frees and applied to all allocations of that site and size.
 * One site may serve several caches (mempools, wrappers): the object's size is
 * part of the key, and a pair that was seen with two names counts as mixed.
 */
#ifndef WORKLOAD_SITES_H
#define WORKLOAD_SITES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

struct site {
	uint64_t addr;	/* call site */
	uint32_t bytes; /* bytes_alloc of its objects */
	uint32_t cache; /* string number of the name, 0 while unknown */
	uint64_t named; /* frees that bore this name */
	uint64_t other; /* frees that bore another name */
};

struct sites {
	struct map index;
	struct site *s;
	uint32_t count, room;
};

int sites_init(struct sites *t);
void sites_free(struct sites *t);
/* The site's number; UINT32_MAX out of memory. */
uint32_t sites_get(struct sites *t, uint64_t addr, uint32_t bytes);
/* An object of this site was freed under this cache name. */
void sites_learn(struct sites *t, uint32_t site, uint32_t cache);

#endif
