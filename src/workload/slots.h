/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots: the ids of what is live.  An allocation takes a slot, its release
 * gives it back and the number is used again, so the table follows the live
 * set.
 */
#ifndef WORKLOAD_SLOTS_H
#define WORKLOAD_SLOTS_H

#include <stdint.h>

#include "workload/request.h"

enum slot_kind { SLOT_FREE, SLOT_PAGE, SLOT_OBJECT, SLOT_PERCPU, SLOT_AREA };

struct slot {
	union {
		uint64_t addr; /* objects, per-CPU memory, areas */
		struct {
			uint32_t pfn;  /* pages: first frame */
			uint32_t left; /* pages: frames not yet freed; free slots: next free one */
		};
	};
	uint32_t site;	/* objects: number of the call site in struct sites; pages: migrate type */
	uint16_t epoch; /* number of lost-event gaps before it was taken */
	uint8_t kind;	/* enum slot_kind */
	uint8_t order;	/* pages */
};

struct slots {
	struct slot *s;
	uint32_t count, room; /* numbers given out so far, and memory for them */
	uint32_t free;	      /* head of the free chain, NO_SLOT */
	uint32_t used;
};

void slots_init(struct slots *t);
void slots_free(struct slots *t);
/* A new slot, or NO_SLOT when out of memory; all fields but kind are for the caller to fill. */
uint32_t slots_take(struct slots *t, enum slot_kind kind);
void slots_give(struct slots *t, uint32_t n);

#endif
