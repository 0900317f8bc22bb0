/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tieevents: events of several CPUs with one time, put into an order that what they are
 * about allows, before the resolver sees them.
 *
 * Clocks are coarse, and under emulation one may stand still for hundreds of events.
 * The reader gives such events CPU by CPU.  But what is in use is freed before it
 * is allocated again, what was freed on one CPU is drained by another only after
 * that, and what is freed was allocated before: a page or an object that the resolver
 * knows to be in use tells which comes first.  Events of one CPU keep their order.
 * Where nothing speaks, the reader's order stays; what only the free lists can tell,
 * replay/tieorder.h finds out.
 */
#ifndef WORKLOAD_TIEEVENTS_H
#define WORKLOAD_TIEEVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "trace/event.h"

struct resolver;

struct tied_event {
	struct event ev;
	uint64_t seq, lost;
	uint64_t key;  /* what it is about, 0 nothing */
	uint32_t head; /* the first event of the group about the same */
	uint32_t same; /* 1 + the next one; 0 none */
	uint32_t next; /* 1 + the next event of its CPU */
	uint32_t lane; /* its CPU's */
	bool done;
};

/* The events of one CPU, which are handed on in their order. */
struct tied_lane {
	uint32_t cpu;
	uint32_t first; /* 1 + the first one that was not handed on; 0 none */
	uint32_t last;
};

struct tieevents {
	struct tied_event *e; /* [count] */
	uint32_t count, room;
	struct tied_lane *lanes; /* [lane_count] */
	uint32_t lane_count, lane_room;
	uint32_t *index; /* [index_room]: 1 + the last event about a key, by its hash */
	uint32_t index_room, index_mask;
	uint64_t turned; /* events put before others */
};

void tieevents_free(struct tieevents *t);
/* Is the time of those that wait over?  There are some. */
static inline bool tieevents_over(const struct tieevents *t, const struct event *ev)
{
	return t->e[0].ev.time != ev->time;
}

/* Keep an event until its time is over.  0, or -ENOMEM. */
int tieevents_add(struct tieevents *t, const struct event *ev, uint64_t seq, uint64_t lost);
/* Hand those that wait to resolver_take(). */
int tieevents_flush(struct tieevents *t, struct resolver *r, struct err *e);

#endif
