/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_highmem: how a 32-bit kernel reaches pages that it does not map
 * directly.  Permanent maps (kmap) come from a window of 512 or 1024 slots with
 * a counter each: 0 free, 1 unused but still in some TLB, n in use n - 1 times.
 * Temporary maps are per CPU: slots by purpose (kmap_atomic to 2.6.36), then a
 * stack a CPU, and since 5.11 a stack a task (kmap_local, under kmap_atomic
 * too).  Pages of low memory pass through: they have an address already.
 * After mm/highmem.c of Linux 2.6.24 and 6.1.
 *
 * Addresses are numbers; in a backed machine kmm_highmem_bytes() looks behind
 * them.  A task is any number below the configured count.
 * Waiting is the caller's: kmm_kmap() says that the task sleeps, kmm_kunmap()
 * whom it woke; a task asks again when it is woken, or whenever it likes.
 * (The kernel wakes all who wait; the first finds the slot, the others sleep
 * again.)
 */
#ifndef KMM_HIGHMEM_H
#define KMM_HIGHMEM_H

#include "kmm.h"
#include "kmm_arch.h"

enum kmm_kmap_style {
	KMM_KMAP_TYPES, /* to 2.6.36: kmap_atomic with a type */
	KMM_KMAP_CPU,	/* 2.6.37 to 5.10: a stack a CPU, 16 deep */
	KMM_KMAP_TASK,	/* 5.11 and later: a stack a task */
};

/* Purposes of kmap_atomic on i386, 2.6.24. */
enum kmm_km_type {
	KMM_KM_BOUNCE_READ,
	KMM_KM_SKB_SUNRPC_DATA,
	KMM_KM_SKB_DATA_SOFTIRQ,
	KMM_KM_USER0,
	KMM_KM_USER1,
	KMM_KM_BIO_SRC_IRQ,
	KMM_KM_BIO_DST_IRQ,
	KMM_KM_PTE0,
	KMM_KM_PTE1,
	KMM_KM_IRQ0,
	KMM_KM_IRQ1,
	KMM_KM_SOFTIRQ0,
	KMM_KM_SOFTIRQ1,
	KMM_KM_TYPES,
};

struct kmm_highmem_config {
	uint64_t direct_map; /* address of frame 0: 0xc0000000 */
	kmm_pfn highmem;     /* first frame without an address */
	uint64_t pkmap_base;
	unsigned pkmap_slots; /* LAST_PKMAP: 1024, 512 with PAE; a power of two */
	uint64_t fix_kmap;    /* address of temporary slot 0; the next ones lie below it */
	enum kmm_kmap_style style;
	unsigned stack_entries; /* KM_TYPE_NR or KM_MAX_IDX: 16, 33 with debugging */
	bool debug_guards;	/* every second entry of a task's stack stays empty */
	bool local_uses_pkmap;	/* arm: a kmap_local finds a page's permanent map */
	unsigned cpus, tasks;
	/* A machine that is backed: the bytes of frame 0 and on, for every frame; else NULL. */
	void *memory;
};

/* highmem: first frame of ZONE_HIGHMEM (896 MiB: 229376). */
void kmm_highmem_config_init(struct kmm_highmem_config *c, enum kmm_arch arch,
			     enum kmm_generation g, kmm_pfn highmem);

struct kmm_highmem;

/* NULL: out of memory, or the configuration makes no sense. */
struct kmm_highmem *kmm_highmem_create(const struct kmm_highmem_config *c);
void kmm_highmem_destroy(struct kmm_highmem *h);

/* page_address(): 0 for a page of high memory that is not mapped. */
uint64_t kmm_page_address(const struct kmm_highmem *h, kmm_pfn pfn);

/*
 * kmap().  0 and the address; -EAGAIN: no slot, the task sleeps until a
 * kmm_kunmap() wakes it; -EPERM: it would sleep but may not, counted; -EINVAL.
 */
int kmm_kmap(struct kmm_highmem *h, unsigned task, bool may_sleep, kmm_pfn pfn, uint64_t *addr);
/* 0; 1 if *woken may try again; -EINVAL if the page is not mapped. */
int kmm_kunmap(struct kmm_highmem *h, kmm_pfn pfn, unsigned *woken);
/* kmap_flush_unused(): give the slots at 1 back, with one flush. */
void kmm_kmap_flush_unused(struct kmm_highmem *h);
/* A slot's counter. */
unsigned kmm_pkmap_count(const struct kmm_highmem *h, unsigned slot);

/*
 * kmap_atomic(): preemption is off until the unmap.  0; -EBUSY: the slot of the
 * type, or the whole stack, is in use.  type is for KMM_KMAP_TYPES only.
 */
int kmm_kmap_atomic(struct kmm_highmem *h, unsigned task, unsigned cpu, kmm_pfn pfn,
		    enum kmm_km_type type, uint64_t *addr);
/* 0; -EINVAL: not the last one mapped, or not mapped at all. */
int kmm_kunmap_atomic(struct kmm_highmem *h, unsigned task, unsigned cpu, uint64_t addr,
		      enum kmm_km_type type);
/* kmap_local_page(); the task stays on its CPU while it holds one.  As kmm_kmap_atomic(). */
int kmm_kmap_local(struct kmm_highmem *h, unsigned task, unsigned cpu, kmm_pfn pfn, uint64_t *addr);
int kmm_kunmap_local(struct kmm_highmem *h, unsigned task, unsigned cpu, uint64_t addr);
/* The scheduler's part: prev's entries are cleared, next's written.  -EINVAL: wrong CPU. */
int kmm_kmap_switch(struct kmm_highmem *h, unsigned cpu, unsigned prev, unsigned next);

/*
 * The byte behind an address, as the task sees it on this CPU, in a backed
 * machine; NULL: a page fault, or no memory.  Good to the end of its page.
 */
void *kmm_highmem_bytes(const struct kmm_highmem *h, unsigned task, unsigned cpu, uint64_t addr);

struct kmm_highmem_stats {
	uint64_t kmaps, low_pages; /* of all kinds; that passed through */
	uint64_t reused;	   /* kmaps that found their page mapped */
	uint64_t searched;	   /* slots looked at */
	uint64_t flushes;	   /* of the pkmap window, on all CPUs */
	uint64_t slots_flushed;
	uint64_t sleeps, wakeups, atomic_sleeps;
	uint64_t temporary;	  /* temporary maps made */
	uint64_t local_flushes;	  /* of single addresses, on one CPU */
	uint64_t switched;	  /* entries cleared and written again at switches */
	uint64_t misuse;	  /* what returned -EINVAL or -EBUSY */
	unsigned deepest, pinned; /* stack depth reached; tasks that cannot migrate now */
	unsigned mapped;	  /* slots above 1 now */
	unsigned longest_chain;	  /* of the page_address hash, now */
};
void kmm_highmem_stats(const struct kmm_highmem *h, struct kmm_highmem_stats *s);
unsigned kmm_highmem_preempt_count(const struct kmm_highmem *h, unsigned cpu);
/* 0, or -EUCLEAN with one line in why[n]. */
int kmm_highmem_validate(const struct kmm_highmem *h, char *why, size_t n);

#endif
