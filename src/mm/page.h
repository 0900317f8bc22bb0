/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page: the inside of struct kmm_pages, shared by page.c, pageapi.c and contig.c. */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "mm/kmm_page.h"
#include "mm/model.h"

#pragma GCC visibility push(hidden)

#define PAGE_BYTES 4096u
#define NO_LINK UINT32_MAX

/* Side arrays by frame; each NULL until something is written to it. */
struct kmm_pages {
	struct kmm *mm;
	struct kmm_pages_config config;
	uint32_t *flags;
	uint32_t *count; /* 0: not from here; else use count + 1 */
	uint32_t *mapcount;
	uint64_t *private_value;
	uint8_t *mapping;
	uint8_t *order;		 /* of the block that a page heads */
	uint32_t *newer, *older; /* LRU links */
	uint32_t newest[KMM_ZONES][2], oldest[KMM_ZONES][2];
	uint64_t lru[KMM_ZONES][2];
	unsigned *atomic; /* by CPU: depth of contexts where nothing may sleep */
	struct kmm_pages_stats stats;
};

bool page_exists(const struct kmm_pages *p, kmm_pfn pfn);
/* The array, taken now if need be; false: out of memory. */
bool page_need(const struct kmm_pages *p, void **array, size_t size);
/* A new block: the first page has count 1, the others 0.  0 or -ENOMEM. */
int page_set_counts(struct kmm_pages *p, kmm_pfn pfn, unsigned order, bool compound);
/* All that is known of a page is of another one now, in its place on the lists. */
void page_migrate(struct kmm_pages *p, kmm_pfn from, kmm_pfn to);
/* Clear all that is known of n pages. */
void page_forget(struct kmm_pages *p, kmm_pfn pfn, unsigned n);

#pragma GCC visibility pop
#endif
