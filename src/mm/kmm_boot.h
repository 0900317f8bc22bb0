/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_boot: memory before there is a page allocator.  bootmem (to 4.19) is a
 * bitmap of a node's page frames with first fit and a memory of the last
 * allocation, so that small ones share a page.  memblock, its successor, is two
 * sorted arrays of regions, what there is and what is reserved, searched from
 * the top.  Both hand what is free to the machine's free lists at the end.
 * After mm/bootmem.c of Linux 2.6.24 and mm/memblock.c of 6.1.
 *
 * Addresses are physical, in bytes.
 */
#ifndef KMM_BOOT_H
#define KMM_BOOT_H

#include "kmm.h"

#define KMM_NO_PHYS UINT64_MAX

/* ---- bootmem ---- */

struct kmm_bootmem;

/* One node's frames [start, end), all of them reserved.  NULL: out of memory, or no frames. */
struct kmm_bootmem *kmm_bootmem_create(kmm_pfn start, kmm_pfn end);
void kmm_bootmem_destroy(struct kmm_bootmem *b);
/* reserve_bootmem(): every page that it touches.  0, or -EINVAL outside the node. */
int kmm_reserve_bootmem(struct kmm_bootmem *b, uint64_t addr, uint64_t size);
/* free_bootmem(): whole pages only, the parts at both ends are lost.  0, or -EINVAL. */
int kmm_free_bootmem(struct kmm_bootmem *b, uint64_t addr, uint64_t size);
/* __alloc_bootmem(): at or above goal if possible; limit 0: none.  align: a power of two. */
uint64_t kmm_alloc_bootmem_core(struct kmm_bootmem *b, uint64_t size, uint64_t align, uint64_t goal,
				uint64_t limit);
/* The kernel's wrappers: above 16 MiB or from 0 on, cache line (64) or page aligned. */
uint64_t kmm_alloc_bootmem(struct kmm_bootmem *b, uint64_t size);
uint64_t kmm_alloc_bootmem_low(struct kmm_bootmem *b, uint64_t size);
uint64_t kmm_alloc_bootmem_pages(struct kmm_bootmem *b, uint64_t size);
uint64_t kmm_alloc_bootmem_low_pages(struct kmm_bootmem *b, uint64_t size);
/* Hand over: how many pages the machine got; the bitmap's own pages are not modelled. -errno. */
int64_t kmm_free_all_bootmem(struct kmm_bootmem *b, struct kmm *mm, unsigned type);

struct kmm_bootmem_stats {
	uint64_t allocs, failed, merged; /* merged: began in the last page of the one before */
	uint64_t bytes;			 /* asked for */
	uint64_t lost;			 /* bytes of partial pages given to free_bootmem */
	uint64_t free_pages, map_bytes;	 /* now; size of the bitmap */
};
void kmm_bootmem_stats(const struct kmm_bootmem *b, struct kmm_bootmem_stats *s);

/* ---- memblock ---- */

enum kmm_memblock_flags {
	KMM_MEMBLOCK_HOTPLUG = 1,
	KMM_MEMBLOCK_MIRROR = 2,
	KMM_MEMBLOCK_NOMAP = 4, /* there, but not to be mapped or handed over */
};

struct kmm_memblock_region {
	uint64_t base, size;
	unsigned flags;
	int nid; /* -1: none */
};

struct kmm_memblock;

struct kmm_memblock *kmm_memblock_create(void); /* NULL: out of memory */
void kmm_memblock_destroy(struct kmm_memblock *m);
void kmm_memblock_set_bottom_up(struct kmm_memblock *m, bool on);
void kmm_memblock_set_current_limit(struct kmm_memblock *m, uint64_t limit);
/* All four: 0, -EINVAL (nothing, or the range wraps), -ENOMEM. */
int kmm_memblock_add(struct kmm_memblock *m, uint64_t base, uint64_t size, int nid, unsigned flags);
int kmm_memblock_remove(struct kmm_memblock *m, uint64_t base, uint64_t size);
int kmm_memblock_reserve(struct kmm_memblock *m, uint64_t base, uint64_t size);
int kmm_memblock_free(struct kmm_memblock *m, uint64_t base, uint64_t size);
/* Without taking it: size bytes in [start, end) of a node (-1: any); end 0: the limit. */
uint64_t kmm_memblock_find_in_range(const struct kmm_memblock *m, uint64_t size, uint64_t align,
				    uint64_t start, uint64_t end, int nid);
/* Of this node, else of any (unless exact), else below start. */
uint64_t kmm_memblock_alloc(struct kmm_memblock *m, uint64_t size, uint64_t align, uint64_t start,
			    uint64_t end, int nid, bool exact);
/* The i-th region, by address; NULL beyond the last. */
const struct kmm_memblock_region *kmm_memblock_memory(const struct kmm_memblock *m, unsigned i);
const struct kmm_memblock_region *kmm_memblock_reserved(const struct kmm_memblock *m, unsigned i);
uint64_t kmm_memblock_phys_mem_size(const struct kmm_memblock *m);
uint64_t kmm_memblock_reserved_size(const struct kmm_memblock *m);
/* memblock_free_all(): as maximal aligned blocks; how many pages, or -errno. */
int64_t kmm_memblock_free_all(struct kmm_memblock *m, struct kmm *mm, unsigned type);
/* 0, or -EUCLEAN with one line in why[n]. */
int kmm_memblock_validate(const struct kmm_memblock *m, char *why, size_t n);

#endif
