/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay: one pass over a workload that drives several machines at once, the
 * recorded one and any number of simulated ones, each in a thread of its own.
 * All are sampled at the same instants, so that they can be laid side by side.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "replay/blockuse.h"
#include "replay/disputes.h"
#include "replay/fallbacks.h"
#include "replay/forensics.h"
#include "replay/owners.h"
#include "replay/reading.h"
#include "replay/recorded.h"
#include "replay/simulated.h"
#include "replay/slabcheck.h"
#include "replay/slablife.h"
#include "replay/slabseries.h"
#include "replay/view.h"
#include "workload/kmw.h"

struct replay_run_options {
	bool simulated; /* false: the recorded machine */
	bool native;	/* simulated: the captured kernel's own policy, nothing changed */
	bool anchored;
	uint32_t anchor_every;		    /* see simulated.h */
	bool slabs;			    /* recorded: follow the slabs and their objects too */
	const char *name;		    /* policy name; "recorded" for the recorded machine */
	const struct kmm_config *config;    /* simulated: the machine under its policy */
	const struct kmm_slab_policy *slab; /* simulated: the objects' too; NULL: pages only */
	const struct sides_policy *sides;   /* simulated: the other allocators; NULL: pages only */
	const struct target *target;	    /* simulated: not the captured machine; NULL: it is */
};

struct replay_options {
	const struct replay_run_options *runs;
	unsigned run_count;
	uint32_t samples; /* instants to sample; 0: none */
	bool forensics; /* what the page blocks hold, at each sample; who keeps them from being whole */
	bool map;	/* take a column of the memory map at each sample too */
	double stop_at;	    /* seconds (or clock units): stop there; INFINITY: the end */
	bool stop_at_start; /* stop as soon as the start state is loaded */
	bool progress;
	/* Called from the calling thread now and then, for samples [from, to) of a run. */
	int (*flush)(void *arg, unsigned run, uint32_t from, uint32_t to, struct err *e);
	void *arg;
};

struct replay_counters {
	uint64_t allocs, frees, failed, refills, drains, fallbacks;
	/* Simulated: what the model did about its lack of memory. */
	uint64_t reclaimed, reclaimed_kswapd, direct_reclaims, kswapd_runs, compactions, moved;
	uint64_t failed_costly; /* of the failed, those of an order above COSTLY_ORDER */
};

struct replay_sample {
	uint64_t time, request;
	struct view view;
	struct replay_counters counters;
	struct zone_use
		use[MACHINE_ZONES]; /* with options.forensics, of runs that are not anchored */
};

#define MAP_ROWS 160 /* cells of a map column */

/* One machine's course. */
struct replay_run {
	struct replay_run_options o;
	struct recorded *recorded; /* one of the two */
	struct recorded *shadow;   /* with anchor_every: what the simulation is made again */
	struct simulated *simulated;
	struct slablife *life; /* recorded, with slabs */
	bool started;	       /* its start state was loaded */
	bool score_ended;
	uint64_t requests, page_requests;
	struct replay_sample *samples;
	struct slabseries series; /* with an object side */
	uint8_t *map;		  /* [samples][MAP_ROWS] */
	uint32_t taken;		  /* samples taken so far */
	struct view at_buddyinfo,
		at_pagetypeinfo; /* at the markers of the after/ files, or while these were read; else at the end */
	struct reading reads_buddyinfo, reads_pagetypeinfo; /* recorded: the files' own instants */
	bool saw_buddyinfo, saw_pagetypeinfo;
	struct owners owners;	  /* recorded: from the start on */
	struct disputes disputes; /* recorded: at the marker of the after/ lists, else at the end */
	struct blockuse use;	  /* as the samples' */
	struct makers makers;	  /* recorded, with options.forensics */
	struct forensics forensics; /* that too: at the same instant as the disputes */
	struct fallbacks fallbacks; /* recorded: from the start on */
	struct replay_counters at_score_end;
	struct objects_cache
		*caches; /* with slab or slabs: at the marker of after/slabinfo, else at the end */
	int cache_count;
	bool saw_slabinfo;
	struct slabcheck check; /* recorded slabs against the dumps in after/ */
	struct view end;
	double seconds; /* spent by this machine alone */
	struct err err;
};

struct replay {
	struct kmw_reader *k;
	const struct machine *m;
	struct replay_options o;
	struct replay_run *runs;
	struct objects_source objects; /* if any run has an object side */
	struct sides_source sides;     /* if any run has such allocators */
	uint64_t first, last;	       /* of the samples, clock units */
	uint32_t pages_per_cell;
	bool interrupted;
	double seconds;
};

/* Where the start state comes from, in words: "lists of before/struct_page.raw", ... */
const char *replay_start(const struct machine *m);

/* Run it all.  0, or a negative errno; *out is filled as far as it went in any case and freed by the caller. */
int replay_all(struct kmw_reader *k, struct machine *m, const struct replay_options *o,
	       struct replay *out, struct err *e);
void replay_free(struct replay *r);
/* Ask a replay that is under way to stop; safe in a signal handler. */
void replay_interrupt(void);

#endif
