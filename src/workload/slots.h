/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots: the ids of what is live.  An allocation takes a slot, its release
 * gives it back and the number is used again, the last one given first, so the
 * table follows the live set.  The numbers that were given back stand in a stack
 * of their own: to take one touches no slot that has left the processor's cache.
 */
#ifndef WORKLOAD_SLOTS_H
#define WORKLOAD_SLOTS_H

#include <stdint.h>

#include "workload/request.h"

struct slot {
	union {
		uint64_t addr; /* objects, per-CPU memory, areas */
		struct {
			uint32_t pfn;  /* pages: first frame */
			uint32_t left; /* pages: frames not yet freed */
		};
	};
	uint32_t site;	/* objects: number of the call site in struct sites; pages: migrate type */
	uint16_t epoch; /* number of lost-event gaps before it was taken */
	uint8_t order;	/* pages */
};

struct slots {
	struct slot *s;
	uint32_t count, room; /* numbers given out so far, and memory for them */
	uint32_t *given;      /* [room]: numbers that were given back */
	uint32_t given_count;
};

void slots_init(struct slots *t);
void slots_free(struct slots *t);
/* As slots_take(), where no number was given back. */
uint32_t slots_take_new(struct slots *t);

/* A new slot, or NO_SLOT when out of memory; all fields are for the caller to fill. */
static inline uint32_t slots_take(struct slots *t)
{
	return t->given_count ? t->given[--t->given_count] : slots_take_new(t);
}

static inline void slots_give(struct slots *t, uint32_t n)
{
	if (t->given_count < t->count) /* else one was given twice */
		t->given[t->given_count++] = n;
}

/* How many are taken. */
static inline uint32_t slots_used(const struct slots *t)
{
	return t->count - t->given_count;
}

#endif
