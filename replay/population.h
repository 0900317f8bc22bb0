/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * population: objects that no event brought into being, or took away.
 *
 * Of those that lived when the replay starts the snapshot says how many each slab
 * held; which ones, the trace gives away: an object whose first event is a free
 * lived, one whose first event is an allocation did not.  What a CPU had on the free
 * list of the slab in its hand no dump shows: it is what the CPU allocates from that
 * slab before it turns to another one, its *tenure*.
 *
 * A free of what was free shows an allocation in bulk, which has no event (6.1): it is
 * put where an object of the same slab was allocated last.  So does a new page, where the
 * slab in the CPU's hand, itself new in the trace, has room by the events: a CPU takes a
 * page when it has nothing left (on one node; else the slab may have been let go of for a
 * page of the node that was asked for).  An allocation of what
 * lived shows a free without an event (in bulk, or kfree_rcu): a CPU takes all that a
 * slab has free at once, so the free came before the tenure began, and is put there.
 * And when a slab's page goes, whatever of the start lived in it was freed before: a CPU gives
 * its partial list up as a whole, so slabs that were full came to it before the first of the
 * pages that it then gives back one after the other.
 *
 * Two things are logged in another order than they took place in.  An allocation that an
 * interrupt came into, behind the frees of the interrupt, which change where objects come
 * from.  And of one time of the clock, the frees of several CPUs into a full slab: it goes
 * to the list of the CPU that was first, and that CPU is the one to allocate from it next,
 * or to give it up.
 */
#ifndef REPLAY_POPULATION_H
#define REPLAY_POPULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/map.h"
#include "machine/machine.h"
#include "mm/kmm_slab.h"
#include "replay/objaddr.h"
#include "workload/attribution.h"
#include "workload/request.h"

/* An allocation that no event shows. */
struct population_implied {
	uint64_t after; /* ordinal of the event that it follows */
	uint64_t addr;
};

/* A free that no event shows. */
struct population_freed {
	uint64_t before; /* ordinal of the allocation, or of the page's free, that it comes before */
	uint32_t slot;	 /* of the object; NO_SLOT: of one that lived at the start, at */
	/*
	 * Of a slab whose page goes with or behind this one: its place among them and 1, first
	 * comes first, if it was full until then; POPULATION_GONE: in any case.
	 */
	uint32_t turn;
	uint64_t addr;
};

/* What took place before an event that was logged earlier. */
struct population_late {
	uint64_t before, seq; /* ordinals */
};

#define POPULATION_GONE UINT32_MAX
#define POPULATION_FILTER 65536

/* Entries of one of these tables in the order of their events. */
struct population_table {
	void *entry;
	uint32_t count;
	struct map at; /* ordinal -> first of its entries */
	/* Bit n: some entry's ordinal is n modulo the number of bits; most events have none. */
	uint64_t filter[POPULATION_FILTER / 64];
};

struct population_slab_start {
	uint8_t place; /* enum kmm_slab_place */
	uint16_t cpu;
	uint16_t silent; /* objects that are free by the trace, against the count */
};

/* What a call site without a name was seen to allocate from. */
struct population_site {
	uint64_t site;
	uint32_t bytes_req, bytes_alloc;
	uint32_t cache; /* place in machine.slabs, slab_count + string number; UINT32_MAX not known */
	uint32_t life; /* + 1: the last slab that it allocated from whose cache was not known; 0 none */
	uint64_t agree, other; /* allocations from a slab of this cache; of another one */
	/* Page frames of slabs that its objects were seen in, and of these such of new slabs. */
	uint32_t pages, fresh;
};

struct population_life; /* a slab from its page's allocation to its free */

struct population {
	const struct machine *m;
	const struct machine_state *s;
	const struct attribution *names;
	const struct intern *strings;
	bool started;
	uint32_t *first; /* [slabpage_count + 1] first object of each slab in state[] */
	uint8_t *state;	 /* by object, once settled: enum kmm_slab_object */
	struct population_slab_start *slab; /* [slabpage_count] once settled */
	struct population_table implied, freed, late;
	struct population_site *sites; /* by what is in the same slab */
	uint32_t site_count;
	struct map site_at; /* sites_key() and what follows it -> place in sites */
	/* Of the first reading alone. */
	uint8_t *seen;	   /* by object: its first event */
	uint64_t *when;	   /* by object: of that event, see population.c */
	uint32_t *life_of; /* [max_pfn] place in life + 1; 0: none, or gone since */
	struct population_life *life;
	uint32_t life_count, life_room;
	struct population_hand *hand; /* [caches * cpus] */
	struct population_cpu {
		int32_t pid;
		uint64_t gives_back; /* ordinal of the first free of a slab's page, of several in a row; 0: none */
		uint32_t given_back; /* so many of them */
		uint32_t run;	     /* grows with each change of its task, and each allocation */
	} * cpu;		     /* [cpus + 1] */
	uint32_t caches, *cache_of_string; /* + 1; 0: not asked yet */
	struct objaddr addr;		   /* odd: allocated before the start */
	struct map
		page_site; /* frame that a site without a name was seen in -> place in sites * 2 + fresh */
	bool counted;	 /* the numbers of slabs of afterwards hold: pages no longer change */
	uint32_t ending; /* slot of an object whose silent free was just read; NO_SLOT */
	uint64_t ending_seq;
};

/*
 * Nothing is gathered where the snapshot does not know its slabs. names: what the
 * import learned, NULL none; strings: the workload's. 0 or -ENOMEM.
 */
int population_init(struct population *p, const struct machine *m, const struct machine_state *s,
		    const struct attribution *names, const struct intern *strings);
void population_free(struct population *p);
bool population_known(const struct population *p);
/* From here on the trace tells about the start. */
void population_start(struct population *p);
/* Every record, in order. 0 or -ENOMEM. */
int population_record(struct population *p, const struct request *q);
/* Here the dumps of after/ hold: slabs that live now and are among them have their caches. */
void population_after(struct population *p);
/* All records are there. 0 or -ENOMEM. */
int population_settle(struct population *p);
/* The allocations without an event that follow this one; *n is their number. */
const struct population_implied *population_implied(const struct population *p, uint64_t seq,
						    uint32_t *n);
/* The frees without an event that come before this allocation, or this free of a page. */
const struct population_freed *population_freed(const struct population *p, uint64_t seq,
						uint32_t *n);
/* What may have taken place before this free: an allocation if its slab comes next then, a free in any case. */
const struct population_late *population_late(const struct population *p, uint64_t seq,
					      uint32_t *n);
/*
 * The cache that a call site's objects of these sizes come from, where no free of one
 * bore a name: by the slabs that they lie in, those of the start and those where other
 * objects have a name.  Its name; NULL: not known.
 */
const char *population_cache(const struct population *p, const struct request_sig *sig);
/*
 * What was where in a slab at the start, into object[] (enum kmm_slab_object, room for
 * 32767): as many are free as the snapshot says.  *place and *cpu: where the slab stood,
 * made definite where the snapshot left it open.  Returns how many objects the trace has
 * free that cannot have been: they were freed without an event.  Not before settling.
 */
unsigned population_slab(const struct population *p, uint32_t slab, uint8_t *object,
			 enum kmm_slab_place *place, unsigned *cpu);

#endif
