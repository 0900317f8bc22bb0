/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * population: objects that no event brought into being.  Of those that lived when
 * the replay starts the snapshot says how many each slab held; which ones, the
 * trace gives away: an object whose first event is a free lived, one whose first
 * event is an allocation did not.  A free of what was free shows a bulk
 * allocation, which has no event (6.1): it is put where an object of the same
 * slab was allocated last.
 */
#ifndef REPLAY_POPULATION_H
#define REPLAY_POPULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "machine/machine.h"
#include "mm/kmm_slab.h"
#include "workload/request.h"

struct population_implied {
	uint64_t after; /* ordinal of the event that it follows */
	uint64_t addr;
	uint32_t cache; /* string number */
};

struct population {
	const struct machine *m;
	const struct machine_state *s;
	bool started;
	uint32_t *slab_of; /* [max_pfn] place in s->slabpages + 1; 0: none, or gone since */
	uint32_t *first;   /* [slabpage_count + 1] first object of each slab in seen[] */
	uint8_t *seen;	   /* by object: its first event */
	int16_t *cpu;	   /* [slabpage_count] of the first allocation from the slab; -1 none */
	uint64_t *addr;	   /* [slots] of objects allocated before the start */
	uint32_t slots;
	uint64_t *last; /* [max_pfn] ordinal + 1 of the last allocation from the frame; 0 none */
	struct population_implied *implied; /* by after, once settled */
	uint32_t implied_count;
	struct map implied_at; /* after -> its first place in implied */
};

/* Nothing is gathered where the snapshot does not know its slabs. 0 or -ENOMEM. */
int population_init(struct population *p, const struct machine *m, const struct machine_state *s);
void population_free(struct population *p);
bool population_known(const struct population *p);
/* From here on the trace tells about the start. */
void population_start(struct population *p);
/* Every record, in order. 0 or -ENOMEM. */
int population_record(struct population *p, const struct request *q);
/* All records are there. 0 or -ENOMEM. */
int population_settle(struct population *p);
/* The allocations without an event that follow this one; *n is their number. */
const struct population_implied *population_implied(const struct population *p, uint64_t seq,
						    uint32_t *n);
/* The cache of an object by the slab of the start that it is in; index into machine.slabs, -1: not known. */
int population_cache(const struct population *p, uint64_t addr);
/*
 * What was where in a slab at the start, into object[] (enum kmm_slab_object,
 * room for 32767): as many are free as the snapshot says.  *place and *cpu: where
 * the slab stood, made definite where the snapshot left it open.  Returns how many
 * objects the trace has free that cannot have been: they were freed without an event.
 */
unsigned population_slab(const struct population *p, uint32_t slab, uint8_t *object,
			 enum kmm_slab_place *place, unsigned *cpu);

#endif
