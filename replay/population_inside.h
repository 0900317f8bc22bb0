/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * population_inside: what population.c (tables), population_read.c (the first reading)
 * and population_settle.c (what it tells about the start) share.
 */
#ifndef REPLAY_POPULATION_INSIDE_H
#define REPLAY_POPULATION_INSIDE_H

#include "replay/population.h"

#define NOT_OF_START UINT32_MAX
#define NO_LIFE UINT32_MAX
#define LIFE_OBJECTS 512 /* of a slab that are followed: 8 bytes each in a page */

enum population_seen {
	SEEN_NOTHING,
	SEEN_CPU, /* allocated by the CPU that had the slab in hand at the start, in that tenure */
	SEEN_ALLOC, /* allocated otherwise; when: where that tenure began */
	SEEN_FREE,  /* freed; when: ordinal + 1 of the slab's last allocation before, 0 none */
};

struct population_life {
	uint32_t pfn;
	uint32_t start; /* place in slabpages; NOT_OF_START */
	uint32_t cache; /* place in machine.slabs, slab_count + string number; UINT32_MAX not known */
	uint8_t order;
	int16_t cpu;   /* of the first allocation; -1 none */
	uint64_t last; /* ordinal + 1 of its last allocation; 0 none */
	/* Ordinals of its page's free and of the first one that came with it; which of them; 0: it stayed. */
	uint64_t gone, gone_with;
	uint32_t gone_turn;
	uint64_t tenure; /* ordinal of the allocation that its present tenure began with */
	/* The first free since its last allocation, and another CPU's first of the same time; seq 0: none. */
	struct {
		uint64_t seq, time;
		uint16_t cpu;
	} freed, tie;
	/* Of a slab that is new in the trace: objects in use, and those that are so without an event. */
	uint64_t used[LIFE_OBJECTS / 64], silent[LIFE_OBJECTS / 64];
};

/* What a CPU allocates from, of one cache. */
struct population_hand {
	uint32_t life;	/* + 1; 0: it has not allocated yet */
	bool away;	/* it has turned to another slab since the start */
	uint32_t run;	/* of its CPU, when `freed` was */
	uint64_t freed; /* ordinal of the first free into it of that run; 0: none */
};

int population_imply(struct population *p, uint64_t after, uint64_t addr);
int population_free_before(struct population *p, uint64_t before, uint32_t slot, uint32_t turn,
			   uint64_t addr);
int population_late_one(struct population *p, uint64_t before, uint64_t seq);
/* NULL: not there; then *key is where it belongs. */
struct population_site *population_site(const struct population *p, const struct request_sig *sig,
					uint64_t *key);
/* A cache by its string number: as in struct population_life. */
uint32_t population_cache_of(const struct population *p, uint32_t string);
int population_settle_slabs(struct population *p);
/* Sites that no slab tells of: by their sizes and the numbers of slabs. 0 or -ENOMEM. */
int population_settle_sites(struct population *p);

#endif
