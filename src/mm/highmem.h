/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * highmem: the inside of struct kmm_highmem, shared by pkmap.c (permanent maps
 * and the page_address hash) and highmem.c (temporary maps, configuration).
 */
#ifndef MM_HIGHMEM_H
#define MM_HIGHMEM_H

#include "mm/kmm_highmem.h"

#pragma GCC visibility push(hidden)

#define HASH_BUCKETS 128 /* PA_HASH_ORDER 7 */
#define NO_SLOT UINT32_MAX

struct pkmap_slot {
	uint32_t count; /* 0, 1, n */
	kmm_pfn pfn;
	uint32_t next; /* in the hash chain */
};

/* What a CPU (before 5.11) or a task has mapped, bottom first. */
struct kmap_stack {
	kmm_pfn *pfn;
	uint64_t *addr;
	unsigned depth;
	unsigned cpu; /* of a task that holds entries */
};

struct kmm_highmem {
	struct kmm_highmem_config config;
	struct pkmap_slot *slot;
	uint32_t bucket[HASH_BUCKETS];
	unsigned last;	   /* slot handed out last */
	unsigned *waiting; /* tasks, first come first */
	unsigned waiters;
	struct kmap_stack *stack;  /* by task, or by CPU */
	kmm_pfn *typed;		   /* [cpu * KMM_KM_TYPES + type] */
	unsigned *preempt;	   /* by CPU */
	unsigned stacks, capacity; /* entries of a stack that can be in use */
	struct kmm_highmem_stats stats;
};

bool pkmap_init(struct kmm_highmem *h);
/* The slot that maps a page; NO_SLOT. */
uint32_t pkmap_find(const struct kmm_highmem *h, kmm_pfn pfn);
/* NULL, or which rule is broken. */
const char *pkmap_check(const struct kmm_highmem *h);
void pkmap_stats(const struct kmm_highmem *h, struct kmm_highmem_stats *s);

#pragma GCC visibility pop
#endif
