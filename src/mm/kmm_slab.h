/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_slab: the object allocators of a machine (kmm.h): SLUB (2.6.22 to 6.18),
 * SLAB (2.6 to 6.7), SLOB (2.6.16 to 6.3), kmalloc and mempool above them.  One
 * struct kmm_slab is one such allocator with all its caches; it takes its pages
 * from one machine and belongs to the thread that the machine belongs to.
 *
 * Functions bear the kernel's names behind kmm_ and keep their meaning, with the
 * CPU as an explicit argument.  An object is named by its address in the direct
 * map, base + frame * 4096 + offset; there is nothing behind it unless the
 * machine is backed by memory (struct kmm_slab_policy).  What the kernel keeps
 * inside the objects (free pointers, SLOB's headers) is kept beside them, so a
 * wrong free is always noticed, counted and refused.
 *
 * Not modelled: interrupts in the middle of an operation, memory cgroups (a
 * charge fails never), KASAN and KFENCE, slab_nomerge by boot option except
 * through the policy, hardened free pointers (they change no address).
 */
#ifndef KMM_SLAB_H
#define KMM_SLAB_H

#include "kmm.h"

typedef uint64_t kmm_addr;
#define KMM_NULL ((kmm_addr)0)
#define KMM_ZERO_SIZE_PTR ((kmm_addr)16) /* what kmalloc(0) returns; 2.6.22 and later */

#define KMM_VERSION(a, b, c) ((unsigned)(a) << 16 | (unsigned)(b) << 8 | (unsigned)(c))

enum kmm_slab_kind { KMM_SLUB, KMM_SLAB, KMM_SLOB };

enum kmm_slab_flags {
	KMM_SLAB_HWCACHE_ALIGN = 1 << 0,
	KMM_SLAB_CACHE_DMA = 1 << 1,
	KMM_SLAB_CACHE_DMA32 = 1 << 2,
	KMM_SLAB_RECLAIM_ACCOUNT = 1 << 3,
	KMM_SLAB_PANIC = 1 << 4, /* without this cache the kernel cannot go on: observer.panic */
	KMM_SLAB_TYPESAFE_BY_RCU = 1 << 5,
	KMM_SLAB_ACCOUNT = 1 << 6,
	KMM_SLAB_NOLEAKTRACE = 1 << 7,
	KMM_SLAB_NO_MERGE = 1 << 8,
	KMM_SLAB_KMALLOC = 1 << 9, /* not for kmm_kmem_cache_create() */
	KMM_SLAB_CONSISTENCY_CHECKS = 1 << 10,
	KMM_SLAB_RED_ZONE = 1 << 11,
	KMM_SLAB_POISON = 1 << 12,
	KMM_SLAB_STORE_USER = 1 << 13,
	/* Any of these makes every operation of a cache a slow one. */
	KMM_SLAB_DEBUG = KMM_SLAB_CONSISTENCY_CHECKS | KMM_SLAB_RED_ZONE | KMM_SLAB_POISON |
			 KMM_SLAB_STORE_USER,
};

/* A cache whose slabs have an order of their own: /sys/kernel/slab/CACHE/order, writable to 5.8. */
struct kmm_slab_order {
	char cache[32];
	unsigned order; /* or as much more as one object needs */
};

#define KMM_SLAB_ORDERS 16

struct kmm_slab_policy {
	enum kmm_slab_kind kind;
	unsigned version;	/* KMM_VERSION(6, 1, 0): the rules of which kernel */
	unsigned word;		/* bytes of a pointer: 8, or 4 */
	unsigned cache_line;	/* 64 */
	unsigned min_align;	/* least alignment of any object (ARCH_SLAB_MINALIGN); 0: word */
	unsigned kmalloc_min;	/* smallest size class: 8 on x86, 128 on arm64 before 6.5 */
	unsigned possible_cpus; /* 0: as many as the machine has */
	uint64_t base;	      /* where the direct map begins; 0: at memory, or by the word's size */
	bool merge;	      /* caches that look alike are one */
	bool freelist_random; /* CONFIG_SLAB_FREELIST_RANDOM */
	uint64_t seed;	      /* of all that is random */
	unsigned debug;	      /* KMM_SLAB_DEBUG bits that each cache gets */
	bool kmalloc_cgroup;  /* kmalloc-cg-*: 5.14 and later */
	bool kmalloc_reclaim; /* kmalloc-rcl-*: 4.20 and later */
	bool kmalloc_dma;     /* dma-kmalloc-*: CONFIG_ZONE_DMA */
	bool kmalloc_random;  /* 16 copies of the normal classes: 6.6 and later */
	bool rcu_delay;	      /* pages of TYPESAFE_BY_RCU caches wait for kmm_slab_grace_period() */
	struct kmm_slab_order order_of[KMM_SLAB_ORDERS]; /* SLUB, SLAB; by the cache's first name */
	unsigned orders;				 /* so many of them */
	unsigned kmem_cache_size; /* bytes of a struct kmem_cache: caches come out of the cache "kmem_cache"; 0: of nowhere */
	/* SLUB */
	bool cpu_partial;	   /* CONFIG_SLUB_CPU_PARTIAL; 3.2 and later */
	unsigned slub_min_order;   /* slub_min_order= */
	unsigned slub_max_order;   /* slub_max_order=, 3 */
	unsigned slub_min_objects; /* slub_min_objects=; 0: by the number of CPUs */
	bool sheaves;		   /* honour sheaf_capacity: 6.18 */
	/* SLAB */
	bool slab_stats;       /* CONFIG_DEBUG_SLAB: statistics in slabinfo, arrays of 32 at most */
	bool slab_break_order; /* more than 32 MiB of memory: slabs of order 1 are fine */
	unsigned slab_colour_step; /* the kernel's colour offset times this; 0: as it is */
	bool slab_no_colour; /* no kernel has this: every slab's first object at the same offset */
	/* A machine that is backed: the bytes of frame 0 and on, for every frame; else NULL. */
	void *memory;
};

/* What a kernel of this version does, on 64-bit with 64-byte lines and a usual configuration. */
void kmm_slab_policy_init(struct kmm_slab_policy *p, enum kmm_slab_kind kind, unsigned version);

struct kmm_slab;
struct kmm_cache;
struct kmm_mempool;

struct kmm_slab_observer {
	void (*kmem_cache_alloc)(void *arg, unsigned cpu, const struct kmm_cache *s, kmm_addr at,
				 kmm_gfp gfp, int node);
	void (*kmem_cache_free)(void *arg, unsigned cpu, const struct kmm_cache *s, kmm_addr at);
	/* bytes_alloc: what the object can hold.  at is KMM_NULL for a failure. */
	void (*kmalloc)(void *arg, unsigned cpu, kmm_addr at, size_t bytes_req, size_t bytes_alloc,
			kmm_gfp gfp, int node);
	void (*kfree)(void *arg, unsigned cpu, kmm_addr at);
	/* A debugging cache, or a free or flags that cannot be, report: a few lines of text. */
	void (*report)(void *arg, const struct kmm_cache *s, kmm_addr at, const char *text);
	/* What kmm_kmem_cache_create() could not make had KMM_SLAB_PANIC: the last words. */
	void (*panic)(void *arg, const char *text);
};

/* ---- the allocator ---- */

/* NULL on failure, with one line in why[n].  The kmalloc caches exist from then on. */
struct kmm_slab *kmm_slab_create(struct kmm *mm, const struct kmm_slab_policy *p, char *why,
				 size_t n);
/* Its caches go too; the pages of objects that still live stay in use. */
void kmm_slab_destroy(struct kmm_slab *sl);
void kmm_slab_observe(struct kmm_slab *sl, const struct kmm_slab_observer *o, void *arg);
const struct kmm_slab_policy *kmm_slab_policy_of(const struct kmm_slab *sl);

struct kmm_slab_stats {
	uint64_t allocs, frees, failed; /* objects, kmalloc's large ones among them */
	uint64_t fast_allocs, fast_frees;
	uint64_t slabs_made, slabs_gone;
	uint64_t adopted; /* objects in use of slabs that kmm_kmem_cache_adopt() took over */
	uint64_t fallback_orders; /* slabs of the smaller order */
	uint64_t deactivations, cpu_partial_drains;
	uint64_t array_refills, array_flushes, alien_frees, reaped; /* SLAB */
	uint64_t bad_frees; /* of what was not allocated, or not there: ignored */
	uint64_t bad_gfp;   /* slabs and pages asked for with __GFP_HIGHMEM or __GFP_DMA32 */
	uint64_t reports;   /* by debugging caches */
};
const struct kmm_slab_stats *kmm_slab_stats(const struct kmm_slab *sl);
/* Check every invariant; 0, or -EUCLEAN with one line in why[n]. */
int kmm_slab_validate(const struct kmm_slab *sl, char *why, size_t n);
size_t kmm_slab_memory(const struct kmm_slab *sl); /* bytes that it takes, beside the machine's */

/* A CPU goes offline: what it keeps in hand returns to the slabs. */
void kmm_slab_flush_cpu(struct kmm_slab *sl, unsigned cpu);
/* The timer of SLAB (cache_reap), due about every 2 s on each CPU; nothing elsewhere. */
void kmm_slab_reap(struct kmm_slab *sl, unsigned cpu);
/* With policy.rcu_delay: frees the pages that waited. */
void kmm_slab_grace_period(struct kmm_slab *sl, unsigned cpu);

/* The frame of an object; its address from a frame; its bytes in a backed machine, else NULL. */
kmm_pfn kmm_slab_frame(const struct kmm_slab *sl, kmm_addr at);
kmm_addr kmm_slab_address(const struct kmm_slab *sl, kmm_pfn pfn);
void *kmm_slab_bytes(const struct kmm_slab *sl, kmm_addr at);
/* The cache that an address belongs to; NULL for large kmallocs, SLOB and what is no slab. */
struct kmm_cache *kmm_slab_cache_of(const struct kmm_slab *sl, kmm_addr at);

/* Whether the frame is of a slab or of a large kmalloc. */
bool kmm_slab_holds(const struct kmm_slab *sl, kmm_pfn pfn);
/* Whether an object that was given out begins at this address.  Not for SLOB. */
bool kmm_slab_in_use(const struct kmm_slab *sl, kmm_addr at);

/* Would the CPU's next object of the cache that this address belongs to come from the same slab?  SLUB alone. */
bool kmm_slab_comes_next(const struct kmm_slab *sl, unsigned cpu, kmm_addr at);
/* Is this object's slab full and on no list, so that its free would put it on one?  SLUB alone. */
bool kmm_slab_full(const struct kmm_slab *sl, kmm_addr at);
/*
 * A replay sees that the page of the slab at this frame was given back.  Where it is empty and
 * on a CPU's partial list, that list was moved to the nodes', and now is.  Where it waits for
 * the end of a grace period, that has come, for those before it too.  Whether it waited.
 */
bool kmm_slab_given_back(struct kmm_slab *sl, unsigned cpu, kmm_pfn pfn);

/* Each object that is given out, by frames; large kmallocs and SLOB's are not told. each(): of the cache. */
void kmm_slab_walk(const struct kmm_slab *sl,
		   void (*each)(void *arg, const struct kmm_cache *s, kmm_addr at), void *arg);

/* ---- caches ---- */

struct kmm_cache_args {
	const char *name;
	unsigned object_size, align; /* bytes; align 0: by the flags */
	unsigned flags;		     /* enum kmm_slab_flags */
	/* Called for each object of a new slab; bytes is NULL unless backed. */
	void (*ctor)(void *arg, kmm_addr at, void *bytes);
	void *ctor_arg;
	unsigned usersize;   /* of the region that usercopy may touch: such caches do not merge */
	bool freeptr_inside; /* a free-pointer offset is given: it takes no room (6.12) */
	unsigned sheaf_capacity; /* 6.18 */
};

/*
 * The cache, maybe one that exists already under another name; NULL with one line in why[n],
 * of which a KMM_SLAB_PANIC cache also tells the observer.  With policy.kmem_cache_size the
 * cache itself is an object, taken on CPU 0.
 */
struct kmm_cache *kmm_kmem_cache_create(struct kmm_slab *sl, const struct kmm_cache_args *a,
					char *why, size_t n);
/*
 * 0 once the last user of a shared cache let go; -EBUSY if objects live (the
 * kernel complains and leaks it), or if it is one of kmalloc's or the one that caches
 * come from: it stays usable.
 */
int kmm_kmem_cache_destroy(struct kmm_cache *s, unsigned cpu);
/* Free slabs go back; 0 if none with objects is left, else 1. */
int kmm_kmem_cache_shrink(struct kmm_cache *s, unsigned cpu);
/* The object, or KMM_NULL.  node -1: anywhere, the CPU's own first. */
kmm_addr kmm_kmem_cache_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp);
kmm_addr kmm_kmem_cache_alloc_node(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node);
void kmm_kmem_cache_free(struct kmm_cache *s, unsigned cpu, kmm_addr at);
/* All n or none: n or 0. */
unsigned kmm_kmem_cache_alloc_bulk(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, unsigned n,
				   kmm_addr *out);
void kmm_kmem_cache_free_bulk(struct kmm_cache *s, unsigned cpu, unsigned n, const kmm_addr *at);
/* kfree_rcu() of an object after its grace period; into the RCU sheaf where there is one. */
void kmm_kmem_cache_free_rcu(struct kmm_cache *s, unsigned cpu, kmm_addr at);

/* A cache's geometry and what it holds, as /sys/kernel/slab and slabinfo have it. */
struct kmm_cache_figures {
	unsigned object_size, size, align, inuse, order, objs_per_slab;
	unsigned min_order, min_objs_per_slab;				      /* of the fallback */
	unsigned min_partial, cpu_partial, cpu_partial_slabs, sheaf_capacity; /* SLUB */
	unsigned colours, colour_off, limit, batchcount, shared;	      /* SLAB */
	unsigned leftover;	 /* bytes of a slab that nothing uses */
	unsigned management;	 /* bytes of the descriptor of a slab, on it or not */
	bool off_slab;		 /* SLAB: the descriptor is elsewhere */
	unsigned aliases;	 /* further names of it */
	uint64_t slabs, objects; /* that exist */
	uint64_t active_objects; /* given out, or held by a CPU's array or sheaf */
	uint64_t in_use;	 /* given out */
	uint64_t active_slabs;	 /* with an active object */
	uint64_t partial_slabs;	 /* on the nodes' lists */
	uint64_t cpu_slabs, cpu_partials;
	uint64_t made, gone; /* slabs whose pages were asked for, given back */
};
/* The figures of contents take a walk over all slabs. */
void kmm_kmem_cache_figures(const struct kmm_cache *s, struct kmm_cache_figures *f);
/*
 * Check the bytes around and, where free, in all objects of a debugging cache of a
 * backed machine, as a write to /sys/kernel/slab/CACHE/validate does; how many
 * reports that made.  SLOB has no such caches.
 */
uint64_t kmm_kmem_cache_check(struct kmm_cache *s);
/*
 * A read that is checked, as KASAN and KMSAN check the kernel's: the bytes, and 0; -EINVAL and
 * a report if the object is free, if the read goes beyond it, or if four of the bytes or all
 * of them still are a poisoned cache's poison (which a field may hold by chance); -EFAULT.
 */
int kmm_slab_read(struct kmm_slab *sl, unsigned cpu, kmm_addr at, void *to, size_t n);
/* Whether bytes of a poisoned cache's object still are as they were given out: never written. */
bool kmm_slab_untouched(const struct kmm_slab *sl, kmm_addr at, size_t n);
const char *kmm_kmem_cache_name(const struct kmm_cache *s);
unsigned kmm_kmem_cache_flags(const struct kmm_cache *s); /* enum kmm_slab_flags */
/* What SLAB counts with policy.slab_stats, all 0 without: the columns of slabinfo. */
struct kmm_cache_counts {
	uint64_t listallocs;		     /* objects taken from slabs into an array */
	uint64_t maxobjs;		     /* most that were out of their slabs at once */
	uint64_t grown, reaped;		     /* slabs made; given back by the reaper */
	uint64_t error;			     /* nothing counts here */
	uint64_t maxfreeable;		     /* most free slabs seen when an array was flushed */
	uint64_t nodeallocs;		     /* objects of a node past the arrays */
	uint64_t remotefrees, alienoverflow; /* objects to other nodes; full alien arrays */
	uint64_t allochit, allocmiss, freehit, freemiss; /* of the CPUs' arrays */
};
void kmm_kmem_cache_counts(const struct kmm_cache *s, struct kmm_cache_counts *c);
/* One line of /proc/slabinfo (version 2.1), without the end of line; as snprintf. */
int kmm_kmem_cache_slabinfo(const struct kmm_cache *s, char *line, size_t n);
/* The whole file, line by line: two of heading, then the caches, the newest first. */
void kmm_slabinfo(const struct kmm_slab *sl, void (*line)(void *arg, const char *text), void *arg);
/* Walk the caches, oldest first; NULL starts and ends. */
struct kmm_cache *kmm_kmem_cache_next(const struct kmm_slab *sl, const struct kmm_cache *at);

/* ---- a start in the middle: slabs that exist already (SLUB without sheaves) ---- */

enum kmm_slab_place {
	KMM_SLAB_FULL,	      /* on no list */
	KMM_SLAB_PARTIAL,     /* to the tail of its node's list: call in list order, head first */
	KMM_SLAB_CPU_PARTIAL, /* to the end of the CPU's partial list, likewise */
	KMM_SLAB_CPU,	      /* the CPU allocates from it */
};

enum kmm_slab_object {
	KMM_OBJECT_USED,
	KMM_OBJECT_FREE,     /* on the slab's own free list */
	KMM_OBJECT_CPU_FREE, /* on the free list of the CPU whose slab it is */
};

struct kmm_slab_start {
	kmm_pfn pfn; /* a block in use of the machine, of this order */
	unsigned order, objects;
	enum kmm_slab_place place;
	unsigned cpu;	       /* of the last two places */
	const uint8_t *object; /* [objects] enum kmm_slab_object; free ones serve in this order */
};

/*
 * The block is a slab of this cache from now on.  No event tells of it.  0;
 * -EINVAL for what cannot be: not SLUB or a cache with debugging, another
 * geometry than the cache's, a full slab with a free object or a partial one
 * without, a CPU that has its slab already; -EBUSY if the block is not in use or
 * a slab already; -ENOMEM.
 */
int kmm_kmem_cache_adopt(struct kmm_cache *s, const struct kmm_slab_start *a);

/* ---- kmalloc ---- */

/*
 * An object needs an address: where __GFP_HIGHMEM or __GFP_DMA32 reach the pages of a new slab
 * or a large object, that is counted and reported; to 4.7 it fails (the kernel: BUG), later
 * the flags are left out.
 */
kmm_addr kmm_kmalloc(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp);
kmm_addr kmm_kmalloc_node(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp, int node);
/* As asked from a call site: what kmalloc_random chooses by. */
kmm_addr kmm_kmalloc_site(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp, int node,
			  uint64_t site);
kmm_addr kmm_krealloc(struct kmm_slab *sl, unsigned cpu, kmm_addr at, size_t size, kmm_gfp gfp);
/* KMM_NULL and KMM_ZERO_SIZE_PTR are fine. */
void kmm_kfree(struct kmm_slab *sl, unsigned cpu, kmm_addr at);
/* What an object can hold; 0 for KMM_NULL, KMM_ZERO_SIZE_PTR and what is none. */
size_t kmm_ksize(const struct kmm_slab *sl, kmm_addr at);
/* The cache that serves a size; NULL: straight from pages, or size 0. */
struct kmm_cache *kmm_kmalloc_slab(const struct kmm_slab *sl, size_t size, kmm_gfp gfp,
				   uint64_t site);
size_t kmm_kmalloc_size_roundup(const struct kmm_slab *sl, size_t size);

/* ---- mempool ---- */

/* Where a pool's elements come from; each may fail with 0. */
struct kmm_mempool_ops {
	kmm_addr (*alloc)(void *data, unsigned cpu, kmm_gfp gfp);
	void (*free)(void *data, unsigned cpu, kmm_addr element);
};

/* NULL if min_nr elements could not be had. */
struct kmm_mempool *kmm_mempool_create(unsigned min_nr, const struct kmm_mempool_ops *ops,
				       void *data, unsigned cpu);
struct kmm_mempool *kmm_mempool_create_slab_pool(unsigned min_nr, struct kmm_cache *s,
						 unsigned cpu);
struct kmm_mempool *kmm_mempool_create_kmalloc_pool(struct kmm_slab *sl, unsigned min_nr,
						    size_t size, unsigned cpu);
struct kmm_mempool *kmm_mempool_create_page_pool(struct kmm_slab *sl, unsigned min_nr,
						 unsigned order, unsigned cpu);
/*
 * The allocator first, without waiting; then the reserve; then, where the caller
 * may sleep, the allocator again with all its means.  KMM_NULL: it may not sleep,
 * or it would sleep now until somebody frees (counted in sleeps).
 */
kmm_addr kmm_mempool_alloc(struct kmm_mempool *pool, unsigned cpu, kmm_gfp gfp);
/* To the reserve while that is short of min_nr, else to the allocator. */
void kmm_mempool_free(struct kmm_mempool *pool, unsigned cpu, kmm_addr element);
/* 0, also if the larger reserve could not be filled yet; -ENOMEM; -EINVAL for none at all. */
int kmm_mempool_resize(struct kmm_mempool *pool, unsigned new_min_nr, unsigned cpu);
/* 0, or -EBUSY if elements were out: they are lost to the pool (the kernel: BUG to 3.x). */
int kmm_mempool_destroy(struct kmm_mempool *pool, unsigned cpu);

struct kmm_mempool_stats {
	unsigned min_nr, curr_nr; /* size of the reserve; elements in it */
	uint64_t out;		  /* elements with users */
	uint64_t from_allocator, from_reserve, failed, sleeps;
	uint64_t to_allocator, to_reserve;
};
void kmm_mempool_stats(const struct kmm_mempool *pool, struct kmm_mempool_stats *st);

#endif
