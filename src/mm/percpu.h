/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * percpu: the inside of struct kmm_percpu, shared by percpu.c (requests),
 * percpu_chunk.c (chunks, their slots and pages) and percpu_balance.c.
 */
#ifndef MM_PERCPU_H
#define MM_PERCPU_H

#include "mm/kmm_percpu.h"
#include "mm/model.h"
#include "mm/percpu_area.h"

#pragma GCC visibility push(hidden)

#define PAGE_BYTES 4096u
#define PERCPU_SLOTS 40
#define EMPTY_PAGES_LOW 2  /* PCPU_EMPTY_POP_PAGES_LOW */
#define EMPTY_PAGES_HIGH 4 /* PCPU_EMPTY_POP_PAGES_HIGH */
#define PERCPU_GFP (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)

struct chunk {
	struct chunk *next, *prev; /* in its slot */
	uint64_t base;		   /* address of the chunk's cell 0 in the first unit */
	struct percpu_area area;
	kmm_pfn *page; /* [cpu * area.pages + page]; NULL in a first chunk */
	bool isolated; /* sidelined, or about to lose its empty pages */
};

/* Units side by side, of CPUs that are near each other. */
struct percpu_group {
	uint64_t offset; /* of its first unit from the chunk's first one */
	uint64_t size;
	unsigned units; /* some may be nobody's */
	unsigned node;
};

struct kmm_percpu {
	struct kmm *mm;
	unsigned cpus;
	struct kmm_percpu_config config;
	size_t unit_size, dyn_size;
	int unit_pages;
	struct chunk slot[PERCPU_SLOTS]; /* list heads */
	unsigned sidelined, free_slot, to_depopulate;
	struct chunk *first, *reserved; /* reserved: on no list */
	size_t static_used;
	int empty_pages; /* of all chunks in reach */
	bool balance, atomic_failed;
	unsigned *preempt;     /* by CPU */
	uint64_t *unit_offset; /* by CPU: of its unit from the first one */
	struct percpu_group group[KMM_NODES];
	unsigned groups, units;
	uint64_t span; /* from the first unit to the end of the last */
	struct kmm_percpu_stats stats;
	struct kmm_percpu_observer seen;
	void *seen_arg;
};

/* The slot of a request, or of a chunk whose largest hole has this size. */
unsigned percpu_slot_of_size(const struct kmm_percpu *p, size_t size);
unsigned percpu_slot_of(const struct kmm_percpu *p, const struct chunk *c);
/* To the head or the tail of a slot. */
void percpu_move(struct kmm_percpu *p, struct chunk *c, unsigned slot, bool to_head);
/* Into the slot where it belongs now; was: the one before, or -1. */
void percpu_relocate(struct kmm_percpu *p, struct chunk *c, int was);
void percpu_isolate(struct kmm_percpu *p, struct chunk *c);
void percpu_reintegrate(struct kmm_percpu *p, struct chunk *c);
/* After the area's empty pages went from `before` to what they are. */
void percpu_count_empty(struct kmm_percpu *p, const struct chunk *c, int before);

/* unit_size, the groups, each CPU's unit; false: the addresses make no sense. */
bool percpu_groups_init(struct kmm_percpu *p, size_t need);

/* One that is in every CPU's first unit: [at, at + size) of it. */
struct chunk *percpu_first_chunk(struct kmm_percpu *p, size_t at, size_t size);
struct chunk *percpu_create_chunk(struct kmm_percpu *p);
void percpu_destroy_chunk(struct kmm_percpu *p, struct chunk *c);
/* Back all populated pages with nothing any more. */
void percpu_release_pages(struct kmm_percpu *p, struct chunk *c, int from, int to);
/* Memory for the pages [from, to) of all CPUs; 0 or -ENOMEM. */
int percpu_populate(struct kmm_percpu *p, struct chunk *c, unsigned cpu, int from, int to,
		    kmm_gfp gfp);
void percpu_depopulate(struct kmm_percpu *p, struct chunk *c, int from, int to);

static inline uint64_t percpu_unit_offset(const struct kmm_percpu *p, unsigned cpu)
{
	return p->unit_offset[cpu];
}

#define PERCPU_OBSERVE(p, event, ...)                                \
	do {                                                         \
		if ((p)->seen.event)                                 \
			(p)->seen.event((p)->seen_arg, __VA_ARGS__); \
	} while (0)

#pragma GCC visibility pop
#endif
