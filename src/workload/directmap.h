/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * directmap: where the direct map starts, inferred from the trace itself when
 * no snapshot tells.  The base is a multiple of 1 GiB, so bits 12 to 29 of an
 * object's address equal those of its physical address: the object that follows
 * a page allocation on its CPU and lies in that page votes for a base.
 */
#ifndef WORKLOAD_DIRECTMAP_H
#define WORKLOAD_DIRECTMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/event.h"

#define DIRECTMAP_CANDIDATES 64
#define DIRECTMAP_CPUS 64
#define DIRECTMAP_ENOUGH 64 /* votes */
#define DIRECTMAP_UNANIMOUS 16

struct directmap {
	struct {
		uint64_t base;
		uint32_t votes;
	} candidate[DIRECTMAP_CANDIDATES];
	uint32_t candidates, votes;
	struct {
		uint64_t pfn; /* of the last page allocation, EVENT_NO_PFN none */
		unsigned order;
		unsigned age; /* events since */
	} last[DIRECTMAP_CPUS];
};

void directmap_init(struct directmap *d);
void directmap_event(struct directmap *d, const struct event *ev);
/*
 * Are there votes enough?  Each is an agreement of 18 bits at least, so where the first ones are all for one
 * base, more of them would not change it.
 */
static inline bool directmap_decided(const struct directmap *d)
{
	return d->votes >= DIRECTMAP_ENOUGH ||
	       (d->votes >= DIRECTMAP_UNANIMOUS && d->candidates == 1);
}

/* The base, or 0: fewer than 8 votes, or less than 3/4 of them agree. */
uint64_t directmap_base(const struct directmap *d, uint32_t *votes, uint32_t *of);

#endif
