/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of simulated share; nobody else includes it. */
#ifndef REPLAY_SIMULATED_INSIDE_H
#define REPLAY_SIMULATED_INSIDE_H

#include "replay/anchor.h"
#include "replay/freescan.h"
#include "replay/simulated.h"
#include "replay/vmstat.h"

#define OF_SIDES UINT32_MAX	       /* a frame's word: a page that the sides asked for */
#define OF_COMPACTION (UINT32_MAX - 1) /* a frame's word: taken for pages that compaction moves */

/* What stands behind an id. */
struct held {
	kmm_pfn pfn;  /* the model's page */
	kmm_pfn want; /* the kernel's page */
	uint8_t order;
	uint8_t type;
	uint8_t owner;
	bool live, compound;
};

struct simulated {
	const struct machine *m;
	struct simulated_options o;
	struct kmm *mm;
	struct anchor *anchor;	 /* anchored only */
	struct objects *objects; /* NULL: object requests are passed over */
	struct sides *sides;	 /* NULL: theirs too */
	bool seeded, scoring;
	bool in_objects;   /* what the page model is asked for, the object model asks */
	bool in_sides;	   /* or one of the sides */
	struct held *held; /* [slots] */
	uint32_t slots;
	/* [frames of the recording] the model's page in its stead; NULL: nobody asks */
	kmm_pfn *place;
	struct transfer transfer; /* another machine: how the start was placed there */
	uint32_t frames;
	struct view_touched touched;
	kmm_pfn last;
	int drained_cpu;	   /* whose list the drain under way empties */
	int drained_zone;	   /* in which zone */
	uint32_t unseen[KMM_CPUS]; /* drains of the model by frees that the kernel's have not matched */
	int64_t drain_left; /* pages of its chunk that the kernel's events have still to show */
	uint64_t early;	    /* ordinal of an allocation that was made ahead of its turn */
	kmm_pfn early_pfn;  /* what it got */
	uint64_t requests;
	uint64_t time; /* of the record under way */
	struct fallbacks fallbacks;
	uint64_t reanchored; /* as many of them when it was last made what the reconstruction is */
	struct since {
		uint32_t slot; /* NO_SLOT: a page that no request names */
		kmm_pfn pfn;   /* which one, then */
		uint8_t order;
	} * since; /* what was given since then, and before without an event (reanchor.h) */
	uint32_t since_count, since_room;
	bool no_memory;		    /* something given was not remembered */
	bool marks_unknown;	    /* the start was worked out: watermarks are those of the end */
	int8_t zone_used[KMM_CPUS]; /* zone of the CPU's last unmovable page; -1 unknown */
	kmm_pfn passed[KMM_CPUS]; /* anchored: the model's last page that the kernel had not next */
	struct vmstat vmstat;
	struct freescan scan;
	struct freescan_kept kept[FREESCAN_RUNS];
	struct simulated_stats stats;
	struct demand pages, tables; /* kinds page and pgtable */
	struct demand objects_asked; /* responses and pages of kind object */
	uint32_t course_room;
	const struct machine_state *start; /* what the pages held since before were */
};

/* Something happened in the page blocks of this block. */
void simulated_touch(struct simulated *s, kmm_pfn pfn, unsigned order);
/* mark: slot + 1 of the block that covers the frames, 0: held since before, OF_SIDES, OF_COMPACTION */
void simulated_own(struct simulated *s, kmm_pfn pfn, unsigned order, uint32_t mark);
/* Answer a request for a page by the model. */
void simulated_alloc(struct simulated *s, const struct request *q);

/* simulated_observe.c: what the model says that it does. */
void simulated_watch(struct simulated *s);
/* A page that no trace point tells of; arg: the struct simulated. */
void simulated_silent(void *arg, kmm_pfn pfn);

/* simulated_around.c: what the kernel around the allocator was seen to do. */
extern const struct freescan_lists simulated_lists;
void simulated_reclaim(struct simulated *s, const struct request *q);
/* A drain whose time no request gives away; q[n] is what follows. */
void simulated_drain(struct simulated *s, const struct request *q, uint32_t n);
/* Before and after a free: a task that compacts keeps the first block that its frees make whole. */
void simulated_keep_for(struct simulated *s, const struct request *q);
void simulated_keep(struct simulated *s, const struct request *q);

#endif
