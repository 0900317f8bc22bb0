/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attribution: which cache a call site allocates from.  Most kernels name the
 * cache only when an object is freed; what the import learned from these names,
 * and from the sizes of kmalloc, stands in the workload by call site and sizes.
 */
#ifndef WORKLOAD_ATTRIBUTION_H
#define WORKLOAD_ATTRIBUTION_H

#include "base/map.h"
#include "workload/kmw.h"

#define ATTRIBUTION_NAME "derived/sites"

struct attribution_site {
	uint64_t site;
	uint32_t bytes_req; /* 0: kmalloc, whatever was asked for */
	uint32_t bytes_alloc;
	uint32_t cache;	       /* string number; 0 not known */
	uint64_t named, other; /* frees that bore this name, and another one */
};

struct attribution {
	struct attribution_site *sites;
	uint32_t count;
	struct map by_site; /* sites_key() and what follows it -> place in sites */
};

/* 0, also where the workload has none of it; -EBADMSG for a damaged table; -ENOMEM. */
int attribution_load(struct attribution *a, struct kmw_reader *k, struct err *e);
void attribution_free(struct attribution *a);
/* The cache of an object's allocation as a string number: as recorded, else as learned; 0 unknown. */
uint32_t attribution_cache(const struct attribution *a, const struct request_sig *sig);

/* Is it one of kmalloc's own caches, by its name? */
bool attribution_is_kmalloc(const char *name);

#endif
