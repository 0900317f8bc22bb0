/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of recorded share; nobody else includes it. */
#ifndef REPLAY_RECORDED_INSIDE_H
#define REPLAY_RECORDED_INSIDE_H

#include "base/map.h"
#include "replay/freescan.h"
#include "replay/freeset.h"
#include "replay/pcplists.h"
#include "replay/recorded.h"

struct recorded {
	const struct machine *m;
	struct freeset set;
	struct freescan scan;
	struct freescan_kept kept[FREESCAN_RUNS];
	struct view_touched touched;
	bool compacted;	       /* compaction has been seen to move pages */
	bool bare;	       /* nothing was known of the start but what the events tell */
	bool *giving_back;     /* [cpus] a compaction there may give back what it did not need */
	bool claims_silent;    /* 6.10+: a steal shows as extfrag alone */
	struct pcplists lists; /* the order on the CPUs' lists */
	const struct taken_frame *gone; /* the feed's; NULL: there is none */
	bool unseen_tasks;		/* there are such as the trace has no events of */
	uint64_t *pcp;			/* [zone * cpus + cpu] pages */
	uint64_t unknown;
	struct map
		waiting; /* slot -> number in pending[]: allocations whose refills are still to come */
	struct pending {
		struct request q;
		uint32_t left;
		uint32_t next_free;
	} * pending;
	uint32_t pending_count, pending_room, pending_free;
	struct recorded_stats stats;
};

/* A frame is no longer in the state that it is in; the caller sets the next. */
void recorded_leave(struct recorded *r, struct frame *f);
/* The frames of a block go into a state. */
void recorded_enter(struct recorded *r, uint32_t pfn, unsigned order, enum frame_state s,
		    unsigned cpu, unsigned type, unsigned owner);
/* Something happened in the page blocks of [pfn, end). */
void recorded_touch(struct recorded *r, uint32_t pfn, uint64_t end);
/* The block goes to who asked for it. */
void recorded_use(struct recorded *r, const struct request *q);

/* recorded_compact.c */
extern const struct freescan_lists recorded_lists;
/* Is the block that these freed pages make whole kept for the task that compacts? */
bool recorded_keep(struct recorded *r, const struct request *q, uint32_t pfn, unsigned order);
/* Is the request served with what the task's compaction kept?  Any other block that it has goes back. */
bool recorded_hand_out(struct recorded *r, const struct request *q);
/* A page is freed that a compaction may have taken unseen. */
void recorded_take_isolated(struct recorded *r, const struct request *q);
void recorded_compaction(struct recorded *r, const struct request *q);

#endif
