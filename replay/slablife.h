/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slablife: the slabs of the recorded machine (SLUB), each from the page that was
 * taken for it to the free of that page.  An object's address gives its slab and its
 * place in it; the cache is that of the slab's first object.  So it is known at each
 * instant which objects live in a slab, who asked for them, and since when.
 *
 * Where a slab stands is no event.  It follows from SLUB's rules (3.2 and later) and
 * from what was seen: a CPU that gets an object of a slab has that slab in hand; a slab
 * that was full and gets an object back goes to the partial list of the CPU that freed;
 * a list that is full goes to the node.  What contradicts that is put right and counted.
 *
 * Counts are of two kinds.  *in use*: objects that somebody has.  *active*: what
 * /proc/slabinfo says, which counts every object of a slab as active unless the slab
 * is on a node's partial list; it is more by what CPUs hold in free objects.
 *
 * Slabs of the start that neither dumps nor slabshown.h know are counts only (slabinfo); one
 * of them that shows itself later is taken to be full.
 */
#ifndef REPLAY_SLABLIFE_H
#define REPLAY_SLABLIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "replay/objects.h"
#include "workload/request.h"

#define LIFE_NONE UINT32_MAX

struct life_object {
	uint64_t time; /* of its allocation; 0: before the start */
	uint32_t site; /* place in slablife_site(); LIFE_FREE, LIFE_BEFORE */
};

#define LIFE_FREE UINT32_MAX
#define LIFE_BEFORE (UINT32_MAX - 1)

enum life_place {
	LIFE_FULL,	  /* on no list */
	LIFE_CPU,	  /* its CPU allocates from it */
	LIFE_CPU_PARTIAL, /* on its CPU's partial list */
	LIFE_NODE,	  /* on its node's partial list */
	LIFE_WAITING,	  /* given up, its page waits for a grace period */
	LIFE_PLACES,
};

const char *life_place_name(enum life_place p);

struct life_slab {
	uint32_t pfn;
	uint32_t cache; /* place in slablife_cache(); LIFE_NONE: no object seen yet */
	uint16_t objects, in_use;
	uint8_t order, node, place;
	bool whole;    /* all of its objects are known */
	int16_t cpu;   /* of LIFE_CPU and LIFE_CPU_PARTIAL; else the last that had it, -1 none */
	uint64_t born; /* when its page was taken; 0: before the start */
	uint64_t partial_since; /* when it began to have both users and free objects; 0: it does not */
	struct life_object *object; /* [objects], NULL while the cache is not known */
	uint32_t next, prev;	    /* on its list */
};

struct life_cache {
	char name[48];
	uint32_t size, object_size, order, objects_per_slab;
	uint32_t min_partial, cpu_partial, cpu_partial_slabs;
	bool rcu;
	uint64_t unseen_slabs, unseen_objects,
		unseen_in_use; /* of slabinfo at the start, not seen since */
	uint64_t unseen_free;  /* of them, free objects that slabinfo does not count as active */
	uint64_t exhausted;    /* a bit a node whose partial list was empty since */
	uint64_t slabs, objects, in_use; /* of those that were seen */
	uint64_t waiting_slabs,
		waiting_objects;    /* of them given up already: slabinfo leaves them out */
	uint64_t node_free;	    /* free objects on the nodes' partial lists */
	uint64_t taken, given_back; /* slabs, from the start on */
};

/* What kind of address an object had. */
struct slablife_stats {
	uint64_t allocs, frees; /* object events from the start on */
	uint64_t in_slabs;	/* of them allocations in a slab that is known */
	uint64_t large;		/* large kmallocs: pages */
	uint64_t outside;	/* not in the direct map: vmalloc, per-CPU areas */
	uint64_t no_slab;   /* in the direct map, but in no page taken for a slab: KFENCE's pool */
	uint64_t implied;   /* allocations and frees without an event */
	uint64_t misplaced; /* not at an object's start, or beyond its slab's last */
	uint64_t twice;	    /* allocated while in use, freed while free: put right */
	uint64_t set_right; /* slabs that were not where the rules had them */
	uint64_t deactivated; /* slabs that a CPU let go of with objects left */
};

struct slablife;

struct slablife *slablife_new(const struct machine *m, const struct objects_source *src,
			      struct err *e);
void slablife_free(struct slablife *l);
/* The start; records before it only told where objects were. */
int slablife_seed(struct slablife *l, const struct machine_state *s, struct err *e);
/* Every record, in order. 0 or -ENOMEM. */
int slablife_record(struct slablife *l, const struct request *q);

uint32_t slablife_caches(const struct slablife *l);
const struct life_cache *slablife_cache(const struct slablife *l, uint32_t n);
/* A cache as slabinfo would print it, and how many objects somebody has. */
void slablife_figures(const struct slablife *l, uint32_t cache, struct objects_cache *c);
/* All that have slabs; free(*out). The number, or -ENOMEM. */
int slablife_all(const struct slablife *l, struct objects_cache **out);
/* Slabs by number, those that are gone left out (pfn KMM_NO_PFN). */
uint32_t slablife_slabs(const struct slablife *l);
const struct life_slab *slablife_slab(const struct slablife *l, uint32_t n);
/* The slab that holds a frame; NULL: none. */
const struct life_slab *slablife_of_frame(const struct slablife *l, uint32_t pfn);
/* Address of a call site by the number in life_object. */
uint64_t slablife_site(const struct slablife *l, uint32_t n);
/* Time of the last record, clock units. */
uint64_t slablife_now(const struct slablife *l);
const struct slablife_stats *slablife_stats(const struct slablife *l);
/* Check the bookkeeping; 0 or -EUCLEAN with e set. */
int slablife_validate(const struct slablife *l, struct err *e);

#endif
