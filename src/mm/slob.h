/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slob: the allocator of small machines (mm/slob.c, 2.6.16 to 6.3; as from 2.6.24
 * on): pages with free space stand on three lists by the size of what they serve
 * (below 256 bytes, below 1024, other), shared by all caches; within a page first
 * fit in units of two bytes, from page to page next fit.  Objects of a page or
 * more come straight from the page allocator.
 *
 * kmalloc keeps the size of an object in front of it, an alignment's worth.  In
 * SLOB a free names the size, which is the cache's: here each page's record says
 * where objects begin, so that a wrong one is noticed.
 */
#ifndef MM_SLOB_H
#define MM_SLOB_H

#include "mm/cache.h"

#pragma GCC visibility push(hidden)

#define SLOB_UNIT 2u
#define SLOB_UNITS (PAGE_BYTES / SLOB_UNIT) /* of a page */
#define SLOB_BREAK1 256u
#define SLOB_BREAK2 1024u

struct slob_free {
	uint16_t start, units;
};

struct slob_page {
	struct slob_page *next, *prev; /* on the list, while it has room */
	kmm_pfn pfn;
	uint16_t units; /* free */
	uint8_t list;	/* which, or SLOB_OFF_LIST */
	uint8_t node;
	uint16_t blocks, room; /* free blocks, by address; places for such */
	struct slob_free *block;
	uint64_t begins[SLOB_UNITS / 64]; /* bit: an object begins at this unit */
};

#define SLOB_OFF_LIST 3

/* Whether an object begins in the units [from, to). */
static inline bool slob_begins_in(const struct slob_page *p, unsigned from, unsigned to)
{
	while (from < to) {
		unsigned n = 64 - from % 64 < to - from ? 64 - from % 64 : to - from;
		uint64_t mask = n == 64 ? UINT64_MAX : ((1ull << n) - 1) << from % 64;

		if (p->begins[from / 64] & mask)
			return true;
		from += n;
	}
	return false;
}

int slob_init(struct kmm_cache *s, const struct kmm_cache_args *a);
void slob_fini_all(struct kmm_slab *sl);
kmm_addr slob_cache_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node);
bool slob_cache_free(struct kmm_cache *s, unsigned cpu, kmm_addr at);

/* An object of less than a page; its address is align_offset before a multiple of align. */
kmm_addr slob_alloc(struct kmm_slab *sl, unsigned cpu, unsigned size, kmm_gfp gfp, unsigned align,
		    unsigned align_offset, int node);
/* false: no such object. */
bool slob_free(struct kmm_slab *sl, unsigned cpu, kmm_addr at, unsigned size);
/* The page that an address lies in, if it is SLOB's. */
struct slob_page *slob_page_of(const struct kmm_slab *sl, kmm_addr at);
bool slob_begins(const struct kmm_slab *sl, kmm_addr at);

#pragma GCC visibility pop
#endif
