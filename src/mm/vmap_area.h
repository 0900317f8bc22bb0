/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmap_area: ranges of the vmalloc window: taking one, queueing one that was
 * freed, the purge, and the pools of 6.9 and later.  Also the inside of struct
 * kmm_vmalloc, shared with vmalloc.c (requests), vmap_block.c (vm_map_ram) and
 * vmap_table.c (page tables).
 */
#ifndef MM_VMAP_AREA_H
#define MM_VMAP_AREA_H

#include "mm/kmm_vmalloc.h"
#include "mm/model.h"
#include "mm/vmap_tree.h"

#pragma GCC visibility push(hidden)

#define VMAP_PAGE UINT64_C(4096)
#define POOL_SIZES 256 /* MAX_VA_SIZE_PAGES: ranges of 1 to 256 pages */

struct vmap_pool {
	struct vmap *head[POOL_SIZES]; /* ranges of index + 1 pages, newest first */
	uint32_t n[POOL_SIZES];
};

struct vmap_table {
	uint64_t key; /* level and number of a page table, plus 1; 0: empty place */
	kmm_pfn pfn;
};

struct vmap_block;

/* What a CPU keeps. */
struct vmap_cpu {
	struct vmap_block *block, **end; /* of vm_map_ram, with room; oldest first */
	struct vmap *deferred;		 /* vfree() from interrupts, newest first */
};

struct kmm_vmalloc {
	struct kmm *mm;
	struct kmm_vmalloc_config config;
	struct vmap *free, *busy;      /* trees */
	struct vmap *lazy, **lazy_end; /* freed, not purged; oldest first */
	struct vmap_pool *pool;
	unsigned pools; /* 0: none */
	struct vmap_cpu *cpu;
	struct vmap_table *table;
	size_t tables, table_room;
	struct kmm_vmalloc_stats stats;
	struct kmm_vmalloc_observer seen;
	void *seen_arg;
};

/* NULL on failure; the range is in the busy tree then. size is a multiple of the page size. */
struct vmap *vmap_area_alloc(struct kmm_vmalloc *v, unsigned cpu, uint64_t size, uint64_t align,
			     uint64_t vstart, uint64_t vend);
/*
 * Ranges for a per-CPU chunk at these distances, ascending, from the highest aligned *base
 * where all of them are free; false on failure.
 */
bool vmap_area_alloc_congruent(struct kmm_vmalloc *v, const uint64_t *offsets,
			       const uint64_t *sizes, unsigned n, uint64_t align, uint64_t *base);
/* The range is unmapped; it becomes free now or with the next purge. */
void vmap_area_free(struct kmm_vmalloc *v, struct vmap *area);
/* decay: empty the pools too. */
void vmap_area_purge(struct kmm_vmalloc *v, bool decay);
/* The whole window free; false: out of memory. */
bool vmap_area_init(struct kmm_vmalloc *v);
void vmap_area_exit(struct kmm_vmalloc *v);

/* Blocks of vm_map_ram that nobody uses, though they have room; true if any address was used. */
bool vmap_block_purge(struct kmm_vmalloc *v);
/* The memory of one. */
void vmap_block_free(struct vmap_block *b);
/* NULL, or which rule is broken. */
const char *vmap_block_check(const struct kmm_vmalloc *v);

/* Page tables for [addr, addr + size) from this level up: 0 or -ENOMEM. */
int vmap_table_fill(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr, uint64_t size,
		    unsigned level);
/* The tables of all levels are there already, and their pages are not the machine's. */
int vmap_table_seed(struct kmm_vmalloc *v, uint64_t addr, uint64_t size);
void vmap_table_free(struct kmm_vmalloc *v);

#define VMAP_OBSERVE(v, event, ...)                                  \
	do {                                                         \
		if ((v)->seen.event)                                 \
			(v)->seen.event((v)->seen_arg, __VA_ARGS__); \
	} while (0)

#pragma GCC visibility pop
#endif
