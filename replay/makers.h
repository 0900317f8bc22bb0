/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * makers: who made what lives now: for each page allocation and object that a
 * workload shows, its maker (what asked for it: owner, cache, call site, flags),
 * process and time; and by maker the sums that its objects' waste is told from.
 * Follows requests alone; what lived before the workload began has no maker here.
 */
#ifndef REPLAY_MAKERS_H
#define REPLAY_MAKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "machine/machine.h"
#include "workload/attribution.h"
#include "workload/request.h"

/* Allocations that are alike in all that the request says. */
struct maker {
	uint64_t site; /* call site; of a slab's page: of the object that it was taken for; 0 unknown */
	uint32_t cache;	      /* string number; 0 unknown */
	uint32_t bytes_alloc; /* objects */
	bool object;	      /* of a slab; else a page allocation */
	kmm_gfp gfp;
	uint8_t owner; /* enum request_owner; objects: OWNER_SLAB */
	uint8_t order, type;
	/* Objects only. */
	uint64_t allocs, frees, live, peak;
	uint64_t bytes_req, bytes_given; /* of all allocations */
	uint64_t live_req, live_bytes;	 /* of what lives now */
	double held_req, held_bytes;	 /* bytes times the clock's units that they lived */
	uint64_t changed;		 /* when live_* last did */
};

/* What a slot holds. */
struct made {
	uint64_t since; /* the clock's unit */
	uint64_t at;	/* pages: first frame; objects: address */
	uint32_t maker; /* number + 1; 0: nothing */
	uint32_t bytes_req;
	int32_t pid;
};

struct makers {
	const struct machine *m;
	const struct attribution *attribution;
	struct maker *makers;
	uint32_t count, room;
	struct map numbers;
	struct made *made; /* [slots] */
	uint32_t slots;
	uint32_t *slot_of; /* [max_pfn] slot + 1 of the allocation that holds the frame; 0: none known */
	bool no_memory;
};

/* 0 or -ENOMEM. */
int makers_init(struct makers *w, const struct machine *m, const struct attribution *a);
void makers_free(struct makers *w);
/* Every record, in order. */
void makers_record(struct makers *w, const struct request *q);
/* Who made what the frame holds, and its slot's entry; NULL if no request shows it. */
const struct made *makers_page(const struct makers *w, uint32_t pfn);
const struct maker *makers_of(const struct makers *w, const struct made *x);
/* Settle held_* up to this time. */
void makers_settle(struct makers *w, uint64_t now);

#endif
