/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed: the records of a workload, block by block, with what the file leaves
 * out put back: a free that names a slot gets the page frame that the slot's
 * allocation was recorded with, what later events tell about a record
 * (hindsight.h) stands in it, and records of one time, and frees that were logged early, are in an order
 * that the free lists allow (tieorder.h, latefree.h).  For that the workload is read once or twice before.
 */
#ifndef REPLAY_FEED_H
#define REPLAY_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "replay/batch.h"
#include "replay/early.h"
#include "replay/hindsight.h"
#include "replay/latefree.h"
#include "replay/leaving.h"
#include "replay/origin.h"
#include "replay/silent.h"
#include "replay/population.h"
#include "replay/sides.h"
#include "replay/turns.h"
#include "workload/kmw.h"

/*
 * String numbers of the trace markers that bracket the snapshots (the recorder
 * writes "snap: before/NAME begin" and "... end"); UINT32_MAX: not in this trace.
 */
struct feed_marks {
	uint32_t start;	    /* the state of the "before" snapshot holds from here */
	uint32_t counted;   /* the "before" snapshot's counters of per-CPU lists hold from here */
	uint32_t score_end; /* the "after" snapshots begin: the workload is over */
	uint32_t after_buddyinfo, after_pagetypeinfo, after_zoneinfo, after_slabinfo;
	uint32_t buddyinfo_read, pagetypeinfo_read; /* the same were read by here */
	uint32_t frames_read;  /* its page frames are read from here on, up to after_frames */
	uint32_t after_frames; /* from here on the snapshot's free lists, or kpageflags, hold */
};

#define FEED_RECORDS (3 * KMW_BLOCK_RECORDS) /* room for what feed_next() gives */

struct feed {
	struct kmw_reader *k;
	struct kmw_scratch *scratch;
	struct feed_marks marks;
	uint32_t block, blocks;
	struct feed_slot {
		uint32_t pfn;
		uint32_t alias; /* the id under which early.h has it; NO_SLOT: its own */
		uint8_t order;
	} * slots;
	uint32_t slot_room, slot_most; /* ids below slot_most occur */
	struct hindsight known;
	struct batch *batch;
	struct silent silent;
	struct early early;
	uint64_t silent_at, gone_at; /* so many of silent.takes, silent.gone are behind */
	struct origin origin; /* first == NULL: the lists were dumped, nothing is to be worked out */
	uint64_t number;      /* of the next record */
	uint64_t over;	      /* of the record at which the workload was over; 0: not known */
	uint64_t given;	      /* so many were given, which early.h may have moved */
	uint64_t turned;      /* so many of known.wrong are behind */
	uint64_t ended;	      /* so many of known.ends are behind */
	struct leaving leaving;
	uint64_t left; /* so many of leaving.pages are behind */
	struct turns turns;
	uint64_t tied;	/* so many of turns are behind */
	bool have_ties; /* several CPUs took from the free lists at one time */
	struct latefree_race race;
	struct request *held; /* [held_count] of a group that goes on in the next block */
	uint32_t held_count;
};

/*
 * Reads the workload once, and gives m->before what it tells about the start, and
 * *objects and *sides (NULL: nobody asks) what it tells about what lived then.
 */
int feed_open(struct feed *f, struct kmw_reader *k, struct machine *m, struct population *objects,
	      struct sides_source *sides, struct err *e);
void feed_close(struct feed *f);
/* The next records into out[FEED_RECORDS]; how many, 0 at the end. */
int feed_next(struct feed *f, struct request *out, struct err *e);

#endif
