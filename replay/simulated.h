/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * simulated: a machine that answers the recorded requests by the model alone.
 *
 * Free-running: never corrected; each request gets what the model gives, and a
 * free gives back the model's own page.  Anchored: after each allocation the
 * model is made to hold the page that the kernel returned, so the score tells
 * the share of next steps predicted right.
 */
#ifndef REPLAY_SIMULATED_H
#define REPLAY_SIMULATED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "mm/kmm.h"
#include "replay/demand.h"
#include "replay/fallbacks.h"
#include "replay/objects.h"
#include "replay/sides.h"
#include "replay/transfer.h"
#include "replay/view.h"
#include "replay/miss.h"
#include "workload/request.h"

#define SCORE_STEP 1000 /* allocations of one point of the score's course */

/* A cell of the placement score. */
struct score {
	uint64_t allocations, hits;
};

struct simulated_stats {
	struct score all;
	struct score by[MACHINE_ZONES][KMM_MIGRATETYPES][KMM_ORDERS]; /* zone of the kernel's page */
	struct score *course; /* [courses] SCORE_STEP allocations each */
	uint32_t courses;
	bool diverged;
	uint64_t first_miss_seq, first_miss_at; /* event ordinal; allocations before it */
	uint64_t first_miss_time;
	kmm_pfn first_miss_want, first_miss_got;
	enum miss first_miss;
	uint64_t misses[MISS_KINDS];
	uint64_t failed;	/* the model had no page where the kernel had one */
	uint64_t failed_costly; /* of those, of an order above 3 */
	uint64_t kept_back; /* of those, single pages while some were free: below marks known of the end alone */
	uint64_t unmatched_frees; /* freed before its allocation was seen, and the model uses the page otherwise */
	uint64_t uncorrected; /* anchored: what the model held as in use, and could not be put right */
	uint64_t reanchored; /* how often all of it was put right */
	uint64_t silent; /* blocks taken without a request, where the lists show that the kernel's were */
	uint64_t nodes_given;	   /* native: allocations on another node than their CPU's */
	uint64_t reclaimed;	   /* pages of user memory that the model took back */
	uint64_t reclaimed_kswapd; /* of those, by kswapd */
	uint64_t direct_reclaims, kswapd_runs;
	uint64_t kept;	/* pages that the recorded kernel took back, and the model did not then */
	uint64_t moved; /* pages that the model's compaction moved */
	uint64_t refills, drains, fallbacks; /* counted by observer, from the start on */
	uint64_t zone_locks;
};

struct simulated;

struct simulated_options {
	const struct kmm_config *config;
	bool native; /* the captured kernel's own policy: the zone is the kernel's, see simulated.c */
	bool anchored;
	uint32_t anchor_every; /* > 1: all of it is corrected after so many allocations (reanchor.h), none by itself */
	/* Object requests too go through the model, by this policy; NULL: its pages are requests. */
	const struct kmm_slab_policy *slab;
	const struct objects_source *objects;
	/* The other allocators too; NULL: their pages are requests. */
	const struct sides_policy *sides;
	const struct sides_source *sides_source;
	/* Not the machine of the recording; NULL: it is. */
	const struct target *target;
};

struct simulated *simulated_new(const struct machine *m, const struct simulated_options *o,
				struct err *e);
void simulated_free(struct simulated *s);
/* Start from a snapshot; records fed before that only told what was live. */
int simulated_seed(struct simulated *s, const struct machine_state *st, struct err *e);
/* Feed records in order, those before the seed included.  n of them are there: a request may look ahead. Returns how many it used. */
uint32_t simulated_apply(struct simulated *s, const struct request *q, uint32_t n);
/* Stop counting the score here. */
void simulated_score_end(struct simulated *s);
const struct simulated_stats *simulated_stats(const struct simulated *s);
void simulated_view(const struct simulated *s, struct view *v);
uint8_t simulated_run(const void *s, uint32_t pfn, uint32_t *end);
/* Who holds a frame in use: enum request_owner. */
unsigned simulated_owner(const struct simulated *s, uint32_t pfn);
/* Frames that the model did something with, not what anchoring does; to be cleared by who asks. */
struct view_touched *simulated_touched(struct simulated *s);
/* The page that the last record applied was given; KMM_NO_PFN if it was no allocation. */
kmm_pfn simulated_last(const struct simulated *s);
/* The model's fallbacks from the start on. */
const struct fallbacks *simulated_fallbacks(const struct simulated *s);
struct kmm *simulated_model(struct simulated *s);
/* Bytes that it takes for its pages: the model's, and what stands behind the ids of pages. */
size_t simulated_memory(const struct simulated *s);
/* The object side; NULL without. */
struct objects *simulated_objects(struct simulated *s);
struct sides *simulated_sides(struct simulated *s);
/* How the start was placed on another machine; NULL: it was not. */
const struct transfer *simulated_transfer(const struct simulated *s);
/* Does it have this kind of allocator, or are such requests passed over? */
bool simulated_has(const struct simulated *s, enum demand_kind k);
/* What it was asked for; all zeros where it has no such allocator. */
struct demand simulated_demand(const struct simulated *s, enum demand_kind k);

#endif
