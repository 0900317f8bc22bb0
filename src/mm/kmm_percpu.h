/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_percpu: memory of which each CPU has its own copy.  A chunk is one unit
 * a CPU at fixed distances, the units of a NUMA node side by side; a per-CPU
 * pointer names the same place in all of them.  The first chunk holds the static
 * area, a reserve for modules and the first dynamic allocations; later ones are
 * made on demand, and their pages are taken from the machine when first used.
 * After mm/percpu.c of Linux 6.1:
 * 4-byte cells, chunks sorted into slots by their largest hole, first fit with
 * the kernel's hints (they decide which holes are passed over), two to four
 * empty populated pages in stock for requests that cannot sleep, and the work
 * that keeps them, takes empty pages back and destroys empty chunks.
 *
 * Addresses are numbers: nothing is stored behind them.  The pages in which
 * the kernel keeps a chunk's own maps are not taken from the machine.
 * One struct kmm_percpu belongs to its machine's thread.
 */
#ifndef KMM_PERCPU_H
#define KMM_PERCPU_H

#include "kmm.h"

struct kmm_vmalloc;

#define KMM_NO_PTR UINT64_MAX	  /* for 0 is a per-CPU pointer */
#define KMM_PERCPU_MAX_SIZE 32768 /* PCPU_MIN_UNIT_SIZE: the largest request */

struct kmm_percpu_config {
	size_t static_size;   /* bytes, not 0; Linux 6.1 of Debian 12 on x86-64: 217088 */
	size_t reserved_size; /* for modules: PERCPU_MODULE_RESERVE, 8 KiB; 0: none */
	size_t dyn_size;      /* wanted: PERCPU_DYNAMIC_RESERVE, 28 KiB on 64-bit machines */
	size_t atom_size;   /* the first chunk is allocated in these: 2 MiB on x86-64; 0: a page */
	uint64_t base_addr; /* pcpu_base_addr: where the first unit of the first chunk is */
	/* By node: where its units of the first chunk are; 0: behind those before. */
	uint64_t node_addr[KMM_NODES];
	uint64_t vmalloc_end;	     /* later chunks lie below, top down; unless: */
	struct kmm_vmalloc *vmalloc; /* they are areas of this one */
	bool memcg; /* memory control groups: bytes_alloc counts a pointer a cell */
};

/* Debian 12 on x86-64 without address randomisation. */
void kmm_percpu_config_init(struct kmm_percpu_config *c);

/* The kernel's own trace points; any may be NULL, none may call back. */
struct kmm_percpu_observer {
	void (*percpu_alloc_percpu)(void *arg, bool reserved, bool is_atomic, size_t size,
				    size_t align, uint64_t base_addr, int off, uint64_t ptr,
				    size_t bytes_alloc, kmm_gfp gfp);
	void (*percpu_free_percpu)(void *arg, uint64_t base_addr, int off, uint64_t ptr);
	void (*percpu_alloc_percpu_fail)(void *arg, bool reserved, bool is_atomic, size_t size,
					 size_t align);
	void (*percpu_create_chunk)(void *arg, uint64_t base_addr);
	void (*percpu_destroy_chunk)(void *arg, uint64_t base_addr);
};

struct kmm_percpu;

/* NULL: out of memory, or the sizes are out of range.  The machine must outlive it. */
struct kmm_percpu *kmm_percpu_create(struct kmm *mm, const struct kmm_percpu_config *c);
/* Gives all pages back to the machine. */
void kmm_percpu_destroy(struct kmm_percpu *p);
void kmm_percpu_observe(struct kmm_percpu *p, const struct kmm_percpu_observer *o, void *arg);

/* DEFINE_PER_CPU: the next place in the static area; KMM_NO_PTR if it is full. */
uint64_t kmm_define_per_cpu(struct kmm_percpu *p, size_t size, size_t align);

/*
 * A per-CPU pointer, or KMM_NO_PTR.  Size is rounded up to 4 bytes, align is a
 * power of two up to a page.  gfp without all of GFP_KERNEL makes the request
 * atomic: it uses populated pages only.  cpu is the CPU that asks.
 */
uint64_t kmm_alloc_percpu_gfp(struct kmm_percpu *p, unsigned cpu, size_t size, size_t align,
			      kmm_gfp gfp);
uint64_t kmm_alloc_percpu(struct kmm_percpu *p, unsigned cpu, size_t size, size_t align);
/* From the modules' reserve, if there is one. */
uint64_t kmm_alloc_reserved_percpu(struct kmm_percpu *p, unsigned cpu, size_t size, size_t align);
/* KMM_NO_PTR is no error; what was not allocated is counted as a bad free. */
void kmm_free_percpu(struct kmm_percpu *p, uint64_t ptr);
/* Take exactly this place of a chunk, for a starting state.  0, -EINVAL, -EBUSY. */
int kmm_percpu_seed(struct kmm_percpu *p, uint64_t ptr, size_t size);

/* Address of a CPU's copy. */
uint64_t kmm_per_cpu_ptr(const struct kmm_percpu *p, uint64_t ptr, unsigned cpu);
/* The frame behind a CPU's copy; KMM_NO_PFN: not populated, or part of the first chunk. */
kmm_pfn kmm_per_cpu_ptr_to_page(const struct kmm_percpu *p, uint64_t ptr, unsigned cpu);
/* get_cpu_var(): the CPU's own copy, with preemption off until the put. */
uint64_t kmm_get_cpu_var(struct kmm_percpu *p, uint64_t ptr, unsigned cpu);
/* 0; -EINVAL if preemption was not off. */
int kmm_put_cpu_var(struct kmm_percpu *p, unsigned cpu);
unsigned kmm_preempt_count(const struct kmm_percpu *p, unsigned cpu);

/* Is the background work wanted?  Does it; cpu is where the worker runs. */
bool kmm_percpu_balance_pending(const struct kmm_percpu *p);
void kmm_percpu_balance(struct kmm_percpu *p, unsigned cpu);

struct kmm_percpu_stats {
	uint64_t allocs, frees, failed, atomic_failed;
	uint64_t bad_frees;
	uint64_t atomic_sleeps; /* requests that may sleep while preemption was off */
	uint64_t chunks_created, chunks_destroyed;
	uint64_t pages_populated, pages_depopulated; /* per CPU pages, summed over the CPUs */
	uint64_t tlb_flushes; /* of a chunk's range, after pages were taken back */
	/* as it stands */
	size_t unit_size, dyn_size; /* as computed */
	unsigned groups, units;	    /* of CPUs that are near each other; units of a chunk */
	uint64_t chunks;	    /* with the first ones */
	uint64_t used_bytes;	    /* a CPU: allocated in dynamic and reserved chunks */
	uint64_t free_bytes;	    /* a CPU: free in them, populated or not */
	uint64_t largest_free;	    /* bytes, exact */
	uint64_t holes;		    /* free runs */
	int empty_pages;	    /* in stock: populated and wholly free */
	/* of the populated free bytes, the share that no request of a page could use */
	double fragmentation;
};
void kmm_percpu_stats(const struct kmm_percpu *p, struct kmm_percpu_stats *s);
/* 0, or -EUCLEAN with one line in why[n]. */
int kmm_percpu_validate(const struct kmm_percpu *p, char *why, size_t n);

/*
 * percpu_counter: a sum kept in pieces.  Each CPU counts for itself and carries
 * its piece over when it reaches the batch, max(32, 2 * CPUs).
 */
struct kmm_percpu_counter {
	struct kmm_percpu *percpu;
	uint64_t ptr;	/* the per-CPU pieces */
	int32_t *piece; /* their contents, by CPU */
	int64_t count;	/* carried over */
	int32_t batch;
	uint64_t carries; /* times that the shared count was written */
};

/* 0 or -ENOMEM. */
int kmm_percpu_counter_init(struct kmm_percpu_counter *c, struct kmm_percpu *p, unsigned cpu,
			    int64_t amount, kmm_gfp gfp);
void kmm_percpu_counter_destroy(struct kmm_percpu_counter *c);
void kmm_percpu_counter_add(struct kmm_percpu_counter *c, unsigned cpu, int64_t amount);
/* All pieces set to 0, the count to this. */
void kmm_percpu_counter_set(struct kmm_percpu_counter *c, int64_t amount);
/* The shared count alone: off by less than batch * CPUs. */
int64_t kmm_percpu_counter_read(const struct kmm_percpu_counter *c);
int64_t kmm_percpu_counter_sum(const struct kmm_percpu_counter *c);
/* -1, 0, 1 as the sum is below, at, above rhs; sums the pieces only if it must. */
int kmm_percpu_counter_compare(const struct kmm_percpu_counter *c, int64_t rhs);

#endif
