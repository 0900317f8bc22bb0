/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * whereabouts: where in a running kernel's memory the things stand that an exact
 * start is read from: the array of struct page, the nodes with their zones, the
 * per-CPU areas, the flags of the pageblocks and the list of slab caches.  The
 * array is needed, and without it there is no exact start; the rest may be
 * missing (a kernel without data symbols in kallsyms).
 */
#ifndef RECORD_WHEREABOUTS_H
#define RECORD_WHEREABOUTS_H

#include "machine/layout.h"
#include "record/kmemory.h"

struct whereabouts {
	uint64_t pages;		  /* of the struct page of frame 0 */
	uint64_t node[KMM_NODES]; /* of its pglist_data; 0: none */
	uint64_t node_len;	  /* what is read of one: up to the end of its zones */
	uint64_t cpu[KMM_CPUS];	  /* __per_cpu_offset; 0: unknown */
	uint64_t percpu_start;	  /* what per-CPU addresses count from */
	uint64_t percpu_len;	  /* what is read of each CPU's area */
	uint64_t caches;	  /* slab_caches, the head of the list; 0: unknown */
	struct whereabouts_blocks {
		uint64_t addr;	       /* of the flags of its first pageblock */
		uint64_t first, count; /* pageblocks */
	} * blocks;
	uint32_t block_pieces;
};

/* m: its zones, nodes, CPUs and version are known. -ENOENT with what is missing in e. */
int whereabouts_find(struct whereabouts *w, const struct kmemory *k, const struct machine *m,
		     const struct layout *l, struct err *e);
void whereabouts_free(struct whereabouts *w);

#endif
