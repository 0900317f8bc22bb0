/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects: the object side of one simulated machine.  Object requests go through
 * a slab allocator that takes its pages from the machine's page model, so the
 * pages that the real slabs took leave the request stream.
 *
 * The start: under the captured kernel's own allocator the slabs of the snapshot
 * are taken over as they stood (population.h).  Under another one their pages go
 * back to the page model first, and every object that lived is allocated anew, in
 * the order of addresses; frees of such objects are found by the address they had.
 */
#ifndef REPLAY_OBJECTS_H
#define REPLAY_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/intern.h"
#include "machine/machine.h"
#include "mm/kmm_slab.h"
#include "replay/population.h"
#include "workload/attribution.h"
#include "workload/request.h"

/* What all machines of a replay share; read-only while they run. */
struct objects_source {
	const struct intern *strings; /* the workload's */
	struct attribution attribution;
	struct population population;
};

/*
 * Of a workload that is to be read from its beginning; m->before is given the slabs of the start
 * that events tell of.  0 or a negative errno.
 */
int objects_source_open(struct objects_source *s, struct kmw_reader *k, struct machine *m,
			struct err *e);
void objects_source_close(struct objects_source *s);

struct objects_stats {
	/* requested = served + failed, for objects asked for from the start on */
	uint64_t requested, served, failed;
	uint64_t frees, freed; /* frees asked for; done */
	uint64_t unmatched;    /* frees of what the model does not hold */
	uint64_t unattributed; /* allocations whose cache is not known: a cache by their size */
	uint64_t adopted, not_adopted; /* slabs of the snapshot; those of another geometry */
	uint64_t silent; /* objects that were freed before without an event, and lived at the start */
	uint64_t anew;	 /* objects of the start allocated again */
	uint64_t left_out;	 /* those that another machine had no memory for */
	uint64_t implied;	 /* allocations that no event shows */
	uint64_t past_marks;	 /* allocations whose page came from a zone below its marks */
	uint64_t early;		 /* frees that no event shows, made where they must have been */
	uint64_t pages_expected; /* slab pages of the recording */
	uint64_t pages_taken;	 /* slab pages that the model took, with those for large kmallocs */
};

/* A cache at one moment. */
struct objects_cache {
	char name[48];
	struct kmm_cache_figures f;
	/* The recorded machine's alone: slabs with objects given out and others free. */
	uint32_t partial;
	uint64_t partial_since; /* the mean of the times since which they are; 0: none, or not known */
};

struct objects;

/* The policy of the captured kernel's own allocator. */
void objects_native_policy(const struct machine *m, struct kmm_slab_policy *p);

struct objects *objects_new(struct kmm *mm, const struct machine *m,
			    const struct objects_source *src, const struct kmm_slab_policy *policy,
			    bool anew, struct err *e);
/* Where the pages of the start are now, on another machine: by their frames of then. */
void objects_place(struct objects *o, const kmm_pfn *place);
void objects_free(struct objects *o);
/* The start; the page model is seeded already. */
int objects_seed(struct objects *o, const struct machine_state *s, struct err *e);

/* Object requests, before the start too. */
void objects_alloc(struct objects *o, const struct request *q);
/* n records are there: some of them may have taken place before. */
void objects_release(struct objects *o, const struct request *q, uint32_t n);
/* A request that names this id will come soon. */
void objects_fetch(const struct objects *o, uint32_t slot);

/* Does the object model take this page itself? */
static inline bool objects_own(const struct request *q)
{
	return q->sig.owner == OWNER_SLAB || q->sig.owner == OWNER_KMALLOC_LARGE;
}

/*
 * A page of the recording's slabs: the object that it was taken for, which follows
 * within q[0..n), is allocated now, in its place.  The page that the model took
 * for it; KMM_NO_PFN: it took none.
 */
kmm_pfn objects_page(struct objects *o, const struct request *q, uint32_t n);
/*
 * The recording gave a slab's page back: what lived in it was freed without an event, and
 * what waited for a grace period is over.
 */
void objects_page_freed(struct objects *o, const struct request *q);
/* Is the frame of a slab, or of a large kmalloc, of the model now? */
bool objects_hold(const struct objects *o, uint32_t pfn);
/* Was the frame of a slab that the object model has taken over or given up at the start? */
bool objects_had(const struct objects *o, uint32_t pfn);

const struct objects_stats *objects_stats(const struct objects *o);
/* The caches as they stand, those without slabs left out; free(*out). The number, or -ENOMEM. */
int objects_caches(const struct objects *o, struct objects_cache **out);
struct kmm_slab *objects_model(struct objects *o);
/* Bytes that it takes: the slab model's, and what stands behind the ids of objects and the addresses of the start. */
size_t objects_memory(const struct objects *o);
/* To be called by the page model's observer for each page that it gives. */
void objects_saw_page(struct objects *o, kmm_pfn pfn, unsigned order);

#endif
