/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tlb: data TLBs of named processors, two levels with LRU, one for each CPU. One
 * mapping size at a time.  Geometries as their makers publish them (entries/ways);
 * where one has several structures for one size, the largest stands for them.
 */
#ifndef REPLAY_TLB_H
#define REPLAY_TLB_H

#include <stdbool.h>
#include <stdint.h>

enum tlb_size { TLB_4K, TLB_2M, TLB_1G, TLB_SIZES };

struct tlb_geometry {
	uint16_t entries, ways; /* ways 0: fully associative; entries 0: none of this size */
};

struct tlb_model {
	const char *name, *processor;
	struct tlb_geometry l1[TLB_SIZES], l2[TLB_SIZES];
};

/* The n-th model; NULL after the last. */
const struct tlb_model *tlb_model(unsigned n);
/* By name; NULL. */
const struct tlb_model *tlb_find(const char *name);
unsigned tlb_shift(enum tlb_size size); /* 12, 21, 30 */
/* Bytes that the larger of the two levels maps. */
uint64_t tlb_reach(const struct tlb_model *m, enum tlb_size size);

/* A model's TLBs with mappings of one size. */
struct tlb {
	const struct tlb_model *model;
	enum tlb_size size;
	unsigned cpus;
	struct tlb_cpu {
		uint64_t *l1, *l2; /* page numbers + 1, most recent first in each set */
	} * cpu;
	uint64_t accesses, l1_misses, walks;
};

/* 0; -ENOENT: the processor has no such mappings; -ENOMEM. */
int tlb_init(struct tlb *t, const struct tlb_model *m, enum tlb_size size, unsigned cpus);
void tlb_free(struct tlb *t);
void tlb_access(struct tlb *t, unsigned cpu, uint64_t address);

#endif
