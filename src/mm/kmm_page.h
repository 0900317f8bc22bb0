/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_page: page descriptors, and the requests for pages that the books teach:
 * by address, zeroed, exact, contiguous.  A machine keeps a compact frame for
 * each page; what a struct page holds besides (flags, counts, private, mapping,
 * LRU link, virtual) is a side array here, taken when it is first written.
 *
 * Counts belong to pages that came through this interface.  Other pages in use
 * answer 1.  After Linux 2.6.24 (names, WANT_PAGE_VIRTUAL) and 6.1.
 * One struct kmm_pages belongs to its machine's thread.
 */
#ifndef KMM_PAGE_H
#define KMM_PAGE_H

#include "kmm.h"

struct kmm_highmem;
struct kmm_vmalloc;

/* X(NAME, kernel's name): page->flags, the names of 2.6.24 that later kernels share. */
#define KMM_PAGE_FLAGS(X)             \
	X(LOCKED, locked)             \
	X(ERROR, error)               \
	X(REFERENCED, referenced)     \
	X(UPTODATE, uptodate)         \
	X(DIRTY, dirty)               \
	X(LRU, lru)                   \
	X(ACTIVE, active)             \
	X(SLAB, slab)                 \
	X(OWNER_PRIV_1, owner_priv_1) \
	X(ARCH_1, arch_1)             \
	X(RESERVED, reserved)         \
	X(PRIVATE, private)           \
	X(WRITEBACK, writeback)       \
	X(COMPOUND, compound)         \
	X(SWAPCACHE, swapcache)       \
	X(MAPPEDTODISK, mappedtodisk) \
	X(RECLAIM, reclaim)           \
	X(BUDDY, buddy)

enum kmm_page_flag {
#define X(name, text) KMM_PG_##name,
	KMM_PAGE_FLAGS(X)
#undef X
		KMM_PG_FLAGS,
};

enum kmm_page_mapping { KMM_MAPPING_NONE, KMM_MAPPING_FILE, KMM_MAPPING_ANON };

struct kmm_pages_config {
	uint64_t direct_map;	  /* address of frame 0 */
	kmm_pfn highmem;	  /* first frame without an address; KMM_NO_PFN: all have one */
	struct kmm_highmem *maps; /* where such a page may get one; NULL: nowhere */
	unsigned descriptor;	  /* bytes of a struct page: 40 in the books, 64 on x86-64 */
	uint64_t mem_map;	  /* address of frame 0's: 0xffffea0000000000 on x86-64 */
	/* A machine that is backed: the bytes of frame 0 and on, for every frame; else NULL. */
	void *memory;
	/* A task dies and frees pages, so that a NOFAIL request can go on; false: nobody is left. */
	bool (*oom_kill)(void *arg, unsigned cpu);
	void *arg;
};

struct kmm_pages;

struct kmm_pages *kmm_pages_create(struct kmm *mm, const struct kmm_pages_config *c);
void kmm_pages_destroy(struct kmm_pages *p);
/* Bytes of the kernel's own descriptors for that much memory (40 B, 8 KiB pages, 4 GiB: 20 MiB). */
uint64_t kmm_page_descriptor_bytes(uint64_t memory, unsigned page_size, unsigned descriptor);
/* The machine's, by its configuration; bytes of side arrays here. */
uint64_t kmm_pages_descriptors(const struct kmm_pages *p);
size_t kmm_pages_memory(const struct kmm_pages *p);

/* ---- a descriptor ---- */

/* "locked"; NULL beyond the last.  The flag of a name; -1: none. */
const char *kmm_page_flag_name(unsigned flag);
int kmm_page_flag_find(const char *name);
/* All setters: 0; -EINVAL: no such page, flag or value; -ENOMEM. */
int kmm_page_set_flag(struct kmm_pages *p, kmm_pfn pfn, enum kmm_page_flag flag, bool on);
bool kmm_page_flag(const struct kmm_pages *p, kmm_pfn pfn, enum kmm_page_flag flag);
/* page_count(): 0 for a free page, 1 for one with one user, 0 for the inside of a block. */
unsigned kmm_page_count(const struct kmm_pages *p, kmm_pfn pfn);
int kmm_get_page(struct kmm_pages *p, kmm_pfn pfn);
/* put_page(): 1 if the last user went and the block was freed; 0; -EINVAL. */
int kmm_put_page(struct kmm_pages *p, unsigned cpu, kmm_pfn pfn);
/* Page table entries that map it; page_mapped() if not 0. */
unsigned kmm_page_mapcount(const struct kmm_pages *p, kmm_pfn pfn);
int kmm_page_add_rmap(struct kmm_pages *p, kmm_pfn pfn);
int kmm_page_remove_rmap(struct kmm_pages *p, kmm_pfn pfn);
int kmm_set_page_private(struct kmm_pages *p, kmm_pfn pfn, uint64_t value);
uint64_t kmm_page_private(const struct kmm_pages *p, kmm_pfn pfn);
int kmm_page_set_mapping(struct kmm_pages *p, kmm_pfn pfn, enum kmm_page_mapping kind);
enum kmm_page_mapping kmm_page_mapping(const struct kmm_pages *p, kmm_pfn pfn);
/* Head of a zone's active or inactive list, with the flags lru and active. -EBUSY: on one. */
int kmm_lru_add(struct kmm_pages *p, kmm_pfn pfn, bool active);
int kmm_lru_del(struct kmm_pages *p, kmm_pfn pfn);
uint64_t kmm_lru_pages(const struct kmm_pages *p, unsigned zone, bool active);
/* Oldest first; KMM_NO_PFN starts and ends. */
kmm_pfn kmm_lru_next(const struct kmm_pages *p, unsigned zone, bool active, kmm_pfn at);
/* page->virtual: 0 for a page of high memory that is not mapped. */
uint64_t kmm_page_virtual(const struct kmm_pages *p, kmm_pfn pfn);
/* virt_to_page(): KMM_NO_PFN if no directly mapped page has this address. */
kmm_pfn kmm_virt_to_page(const struct kmm_pages *p, uint64_t addr);
/* Address of a page's descriptor; 0: no such page.  And back; KMM_NO_PFN. */
uint64_t kmm_pfn_to_page(const struct kmm_pages *p, kmm_pfn pfn);
kmm_pfn kmm_page_to_pfn(const struct kmm_pages *p, uint64_t page);
int kmm_page_node(const struct kmm_pages *p, kmm_pfn pfn); /* -1: none */

/* ---- requests ---- */

/*
 * As kmm_alloc_pages(), with counts; a NOFAIL request that may sleep uses all
 * reserves and then has tasks killed until it succeeds.  A request that may
 * sleep is counted where nothing may (kmm_context_enter()), and made.
 */
kmm_pfn kmm_page_alloc(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp, unsigned order);
kmm_pfn kmm_page_alloc_node(struct kmm_pages *p, unsigned cpu, int nid, kmm_gfp gfp,
			    unsigned order);
/* __free_pages(): drops one use; frees the block if it was the last. */
void kmm_page_free(struct kmm_pages *p, unsigned cpu, kmm_pfn pfn, unsigned order);
/* By address, or 0.  HIGHMEM is refused: such a page has no address. */
uint64_t kmm_get_free_pages(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp, unsigned order);
uint64_t kmm_get_free_page(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp);
uint64_t kmm_get_zeroed_page(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp);
uint64_t kmm_get_dma_pages(struct kmm_pages *p, unsigned cpu, kmm_gfp gfp, unsigned order);
void kmm_free_pages_addr(struct kmm_pages *p, unsigned cpu, uint64_t addr, unsigned order);
void kmm_free_page_addr(struct kmm_pages *p, unsigned cpu, uint64_t addr);
/* A block of order o becomes 2^o pages, each with its own count.  -EINVAL: compound, or no block. */
int kmm_split_page(struct kmm_pages *p, kmm_pfn pfn, unsigned order);
/* size bytes in whole pages: what a block has beyond them goes back. */
uint64_t kmm_alloc_pages_exact(struct kmm_pages *p, unsigned cpu, uint64_t size, kmm_gfp gfp);
void kmm_free_pages_exact(struct kmm_pages *p, unsigned cpu, uint64_t addr, uint64_t size);
/*
 * These very frames: free ones are taken, movable ones are moved away (the
 * machine's migrate_page), else nothing is changed.  0; -EBUSY; -EINVAL.
 */
int kmm_alloc_contig_range(struct kmm_pages *p, unsigned cpu, kmm_pfn start, kmm_pfn end);
/* n frames side by side, aligned to a power of two, wherever that works; KMM_NO_PFN. */
kmm_pfn kmm_alloc_contig_pages(struct kmm_pages *p, unsigned cpu, unsigned n, unsigned align);
void kmm_free_contig_range(struct kmm_pages *p, unsigned cpu, kmm_pfn start, unsigned n);

/* The CPU holds a spinlock, or serves an interrupt: nothing may sleep there. */
void kmm_context_enter(struct kmm_pages *p, unsigned cpu);
int kmm_context_leave(struct kmm_pages *p, unsigned cpu); /* -EINVAL: not entered */

struct kmm_pages_stats {
	uint64_t atomic_sleeps; /* "sleeping function called from invalid context" */
	uint64_t atomic_nofail; /* NOFAIL where nothing may sleep: it may fail */
	uint64_t highmem_refused, bad_combinations; /* DMA with HIGHMEM or DMA32 */
	uint64_t zeroed;			    /* pages */
	uint64_t nofail_reserves, oom_kills, nofail_stuck;
	uint64_t splits, exact_returned; /* pages given back at once */
	uint64_t contig, contig_moved, contig_failed;
	uint64_t bad_puts;
};
const struct kmm_pages_stats *kmm_pages_stats(const struct kmm_pages *p);
/* 0, or -EUCLEAN with one line in why[n]. */
int kmm_pages_validate(const struct kmm_pages *p, char *why, size_t n);

/* ---- kernel stacks ---- */

enum kmm_stack_kind {
	KMM_STACK_PAGES,   /* one block: order 0 (4 KiB stacks), 1 (i386), 2 (x86-64) */
	KMM_STACK_VMAPPED, /* 4.9+: single pages with a guard page, two kept by each CPU */
};

struct kmm_stacks;

/* v is for vmapped ones.  NULL: out of memory, or an order above 3. */
struct kmm_stacks *kmm_stacks_create(struct kmm_pages *p, struct kmm_vmalloc *v,
				     enum kmm_stack_kind kind, unsigned order);
/* Gives back what the CPUs keep; stacks in use are the caller's. */
void kmm_stacks_destroy(struct kmm_stacks *s);
/* The address of its lowest byte, or 0. */
uint64_t kmm_stack_alloc(struct kmm_stacks *s, unsigned cpu);
void kmm_stack_free(struct kmm_stacks *s, unsigned cpu, uint64_t addr);
struct kmm_stacks_stats {
	uint64_t allocs, cached; /* cached: from the CPU's own */
	uint64_t in_use, kept;	 /* now */
	uint64_t pages;		 /* behind all of them, guard pages not counted */
};
void kmm_stacks_stats(const struct kmm_stacks *s, struct kmm_stacks_stats *out);

#endif
