/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_order: the records of a perf.data file in time order.
 *
 * The recorder empties the CPUs' buffers in turn and marks the end of a turn by
 * a FINISHED_ROUND record: what comes after the next one is not earlier than the
 * latest record of the turn before (tools/perf/util/ordered-events.c describes
 * it).  Within a turn the file is a few runs of ascending times, so what waits is
 * kept as runs, not as single records, and merged by (time, cpu, place).
 */
#ifndef TRACE_PERF_ORDER_H
#define TRACE_PERF_ORDER_H

#include "trace/perf_arena.h"
#include "trace/perf_file.h"

struct perf_run {
	uint64_t time; /* of the record at p */
	uint32_t cpu;
	uint64_t seq;		/* its place among the runs of the file */
	const uint8_t *p, *end; /* from the next record on */
	struct arena *arena;	/* that it stands in; NULL: in the file */
};

struct perf_order {
	const struct perf_file *f;
	const uint8_t *start, *first; /* the file, and its records */
	const uint8_t *p, *end;	      /* those not looked at */
	struct arenas arenas;
	struct perf_run *heap; /* those that wait, earliest first, and behind them new ones */
	uint32_t waiting, fresh, room;
	struct perf_run current; /* gave the last record; p and end NULL: none */
	bool open;		 /* the newest fresh run may still grow */
	uint64_t seq, last;	 /* number of the newest run, and the time of its last record */
	uint64_t limit;		 /* all up to this time is known */
	uint64_t bound; /* nothing that waits is earlier than this, and no more than limit */
	uint64_t latest, round_latest;
	struct err broken; /* what ends the file early */
	const struct perf_layout
		*plain;	    /* of all samples, where they need no look-up and no swap; else NULL */
	bool sorted;	    /* the file is in order by itself */
	bool ended;	    /* nothing more is to be read */
	size_t packed_done; /* bytes of the arena being filled that were looked at */
	const uint8_t *given_back; /* the file's memory before this */
};

struct perf_record {
	const uint8_t *p;
	uint32_t type, len;
	struct perf_sample s; /* raw for a SAMPLE of a tracepoint */
	bool tracepoint;
	bool tied; /* a record of another CPU has the same time and comes later */
};

/* What the records say besides events: process names. */
typedef int (*perf_comm_fn)(void *arg, int32_t tid, const char *name, size_t len);

/*
 * The records p .. end of a file that is mapped at `map`.  sorted: they are those of one buffer, in
 * order and without rounds, as the files of a directory (perf record --threads) are.
 */
void perf_order_init(struct perf_order *o, const struct perf_file *f, const uint8_t *map,
		     const uint8_t *p, const uint8_t *end, bool sorted);
void perf_order_free(struct perf_order *o);
/*
 * The next SAMPLE, LOST or LOST_SAMPLES record, valid until the next call.  1; 0 at
 * the end; a negative errno once at the place where the file is damaged.
 */
int perf_order_next(struct perf_order *o, struct perf_record *r, perf_comm_fn comm, void *arg,
		    struct err *e);

/*
 * For who reads plain samples by itself: those of the current run that are earlier than `bound` come
 * before all that waits, and share their time with none.  The one at p, which has this time, does
 * not: change over to what waits before it.  False: that is not so simple, perf_order_next() knows.
 */
bool perf_order_turn(struct perf_order *o, const uint8_t *p, uint64_t time, uint32_t cpu);

/* How far the file has been read, in bytes. */
uint64_t perf_order_progress(const struct perf_order *o, uint64_t *total);

#endif
