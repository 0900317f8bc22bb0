/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_vmalloc: addresses without memory of their own: ranges of the kernel's
 * vmalloc window, each with a guard page behind it, and the pages that are
 * mapped into them.  After mm/vmalloc.c: 2.6.24 unmaps at once, every later
 * generation lazily: a freed range is kept until so many pages are queued that
 * one TLB flush for all of them is worth it, and cannot be used again before.
 * 6.18 keeps ranges of up to 256 pages in pools of its vmap nodes.
 *
 * The lowest range that fits is taken; the kernel's search may pass over a
 * range that fits only just once its start is aligned to more than a page.
 * Not modelled: the slab memory of descriptors and of page arrays, KASAN's
 * shadow, decay of the pools by memory pressure.  What the kernel leaves to a
 * worker (the purge) happens at once, but for vfree() from interrupts.
 * One struct kmm_vmalloc belongs to its machine's thread.
 */
#ifndef KMM_VMALLOC_H
#define KMM_VMALLOC_H

#include "kmm.h"
#include "kmm_arch.h"

struct kmm_vmalloc_config {
	uint64_t start, end; /* VMALLOC_START; VMALLOC_END, rounded down to a page */
	enum kmm_generation generation;
	unsigned table_bits;   /* log2 of the entries of a page table */
	unsigned table_levels; /* levels of tables that are made on demand */
	unsigned huge_order;   /* of a huge mapping (9 on x86-64); 0: none */
	unsigned ioremap_max_order;
	uint64_t lazy_max;  /* pages; 0: bit_length(CPUs) * 32 MiB */
	unsigned ram_block; /* pages of a block of vm_map_ram(); 0: by window and CPUs */
	bool huge;	    /* kmm_vmalloc() may map huge pages (5.13+, 5.18+ opted in) */
};

/* lowmem: bytes of memory that the kernel maps directly; 32-bit windows begin above it. */
void kmm_vmalloc_config_init(struct kmm_vmalloc_config *c, enum kmm_arch arch,
			     enum kmm_generation g, uint64_t lowmem);

/* The trace points of 6.2 and later; any may be NULL, none may call back. */
struct kmm_vmalloc_observer {
	void (*alloc_vmap_area)(void *arg, uint64_t addr, uint64_t size, uint64_t align,
				uint64_t vstart, uint64_t vend, bool failed);
	void (*free_vmap_area_noflush)(void *arg, uint64_t va_start, uint64_t nr_lazy,
				       uint64_t nr_lazy_max);
	void (*purge_vmap_area_lazy)(void *arg, uint64_t start, uint64_t end, uint64_t npurged);
};

struct kmm_vmalloc;

/* NULL: out of memory, or the window makes no sense.  The machine must outlive it. */
struct kmm_vmalloc *kmm_vmalloc_create(struct kmm *mm, const struct kmm_vmalloc_config *c);
void kmm_vmalloc_destroy(struct kmm_vmalloc *v);
void kmm_vmalloc_observe(struct kmm_vmalloc *v, const struct kmm_vmalloc_observer *o, void *arg);

enum kmm_vm_kind {
	KMM_VM_ALLOC,	/* vmalloc: owns its pages */
	KMM_VM_MAP,	/* vmap: somebody else's */
	KMM_VM_IOREMAP, /* device memory */
	KMM_VM_PERCPU,	/* a per-CPU chunk, filled by its owner */
	KMM_VM_RAM,	/* a block of vm_map_ram(), or a large map of it */
};

/*
 * Take exactly this range, for a starting state, with the tables that map it:
 * neither takes a page from the machine.  0; -EINVAL: not whole pages of the
 * window; -EBUSY: some of it is in use; -ENOMEM.
 */
int kmm_vmalloc_seed(struct kmm_vmalloc *v, uint64_t addr, uint64_t size, enum kmm_vm_kind kind);

/* __vmalloc_node_range(): what the simple calls below fill in. */
struct kmm_vm_request {
	uint64_t size;	/* bytes */
	uint64_t align; /* a power of two; 0: a page */
	kmm_gfp gfp;
	int node;	 /* -1: the CPU's */
	uint64_t caller; /* any number, for kmm_vmalloc_walk() */
	bool no_guard;
	bool huge;	       /* a huge mapping is fine */
	uint64_t vstart, vend; /* 0, 0: the whole window */
};

/* All return an address, or 0.  The memory is in pages; cpu is the CPU that asks. */
uint64_t kmm_vmalloc_range(struct kmm_vmalloc *v, unsigned cpu, const struct kmm_vm_request *r);
uint64_t kmm_vmalloc(struct kmm_vmalloc *v, unsigned cpu, uint64_t size);
uint64_t kmm_vzalloc(struct kmm_vmalloc *v, unsigned cpu, uint64_t size);
uint64_t kmm_vmalloc_32(struct kmm_vmalloc *v, unsigned cpu, uint64_t size); /* below 4 GiB */
uint64_t kmm_vmap(struct kmm_vmalloc *v, unsigned cpu, const kmm_pfn *pages, unsigned n);
/* size bytes of device memory from this physical address on; not necessarily page-aligned. */
uint64_t kmm_ioremap(struct kmm_vmalloc *v, unsigned cpu, uint64_t phys, uint64_t size);
/*
 * Areas for a per-CPU chunk, at these distances from an address that is as high as can be
 * and aligned to a power of two; without guard pages.  The address.
 */
uint64_t kmm_get_percpu_areas(struct kmm_vmalloc *v, const uint64_t *offsets, const uint64_t *sizes,
			      unsigned n, uint64_t align);
/* get_vm_area(): addresses alone.  A guard page is added. */
uint64_t kmm_get_vm_area(struct kmm_vmalloc *v, unsigned cpu, uint64_t size, enum kmm_vm_kind kind);

/*
 * vm_map_ram() (2.6.28): up to 64 pages (32 on 32 bits) out of a block of the CPU, in
 * powers of two, each place of it used once; more pages have an area of their own.
 * No guard page, and nothing in vmallocinfo but the blocks.
 */
uint64_t kmm_vm_map_ram(struct kmm_vmalloc *v, unsigned cpu, const kmm_pfn *pages, unsigned n);
void kmm_vm_unmap_ram(struct kmm_vmalloc *v, uint64_t addr, unsigned n);

/*
 * kvmalloc(): kmalloc first, without trying hard where more than a page is wanted, then
 * vmalloc.  sl is the allocator of the same machine.
 */
struct kmm_slab;
uint64_t kmm_kvmalloc(struct kmm_vmalloc *v, struct kmm_slab *sl, unsigned cpu, uint64_t size,
		      kmm_gfp gfp);
void kmm_kvfree(struct kmm_vmalloc *v, struct kmm_slab *sl, unsigned cpu, uint64_t addr);

/* 0 is fine; what is no area of the right kind is counted as bad and left alone. */
void kmm_vfree(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr);
/*
 * vfree() from an interrupt (3.11; before, a bug): the CPU's worker does it later, the
 * newest first.
 */
void kmm_vfree_atomic(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr);
bool kmm_vfree_pending(const struct kmm_vmalloc *v, unsigned cpu);
void kmm_vfree_work(struct kmm_vmalloc *v, unsigned cpu);
void kmm_vunmap(struct kmm_vmalloc *v, uint64_t addr);
void kmm_iounmap(struct kmm_vmalloc *v, uint64_t addr);
void kmm_free_vm_area(struct kmm_vmalloc *v, uint64_t addr);
/* vm_unmap_aliases(): purge all that is queued, now. */
void kmm_vm_unmap_aliases(struct kmm_vmalloc *v);

/* The frame mapped there; KMM_NO_PFN. */
kmm_pfn kmm_vmalloc_to_page(const struct kmm_vmalloc *v, uint64_t addr);

/* One line of /proc/vmallocinfo. */
struct kmm_vm_info {
	uint64_t addr, size; /* with the guard page, as the kernel prints it */
	uint64_t caller, pages, phys;
	enum kmm_vm_kind kind;
	unsigned page_order; /* of its mappings */
	const kmm_pfn *page; /* in the order of their addresses; NULL: none */
};

/* All areas in use, by address, until the visitor says false. */
void kmm_vmalloc_walk(const struct kmm_vmalloc *v,
		      bool (*visit)(void *arg, const struct kmm_vm_info *info), void *arg);

/*
 * The file /proc/vmallocinfo, line by line without its end, as Linux 6.1 prints it: areas in
 * use by address, then those that wait for a purge.  symbol: the text of a caller (NULL,
 * or it returns NULL: its number).  Pages by node are printed by 64-bit machines alone.
 */
void kmm_vmallocinfo(const struct kmm_vmalloc *v, const char *(*symbol)(void *arg, uint64_t caller),
		     void (*line)(void *arg, const char *text), void *arg);

struct kmm_vmalloc_stats {
	uint64_t allocs, frees, failed, bad_frees;
	uint64_t purges, purged_areas;
	uint64_t tlb_flushes; /* of ranges, on all CPUs */
	uint64_t table_pages; /* page tables made; they stay */
	uint64_t huge_mappings, huge_fallbacks;
	uint64_t pool_hits;	       /* ranges from a vmap node's pool */
	uint64_t ram_maps, ram_blocks; /* vm_map_ram(); blocks made for it */
	uint64_t deferred;	       /* vfree() from interrupts */
	/* as it stands */
	uint64_t areas, mapped_pages; /* in use; pages that it owns */
	uint64_t lazy_areas, lazy_pages, lazy_max;
	uint64_t pooled_pages;
	uint64_t used;		  /* bytes of addresses in use, VmallocUsed with the guards */
	uint64_t largest, chunks; /* largest free range, VmallocChunk of old; free ranges */
};
void kmm_vmalloc_stats(const struct kmm_vmalloc *v, struct kmm_vmalloc_stats *s);
/* 0, or -EUCLEAN with one line in why[n]. */
int kmm_vmalloc_validate(const struct kmm_vmalloc *v, char *why, size_t n);

#endif
