/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callers: who really asked, where a trace has stacks: the next caller that is no
 * wrapper (kstrdup, kmemdup, kvmalloc, mempool_alloc, ...) takes the place of an
 * object's call site, and pages get a call site at all.
 *
 * ftrace writes the stack as an event of its own after the one that it is of, so that
 * allocations wait for the next event of their CPU, and all that came meanwhile waits
 * behind them: nothing changes its order.  perf keeps it with the event.
 */
#ifndef REPLAY_CALLERS_H
#define REPLAY_CALLERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "trace/trace.h"

#define CALLERS_QUEUE 4096 /* events that may wait; the first goes without its stack then */

struct callers_event {
	struct event ev;
	uint64_t site; /* of a page allocation; 0: not known */
	bool waits;
};

struct callers {
	struct trace *t;
	const char *const *more;     /* further wrappers, NULL-terminated */
	struct map known;	     /* address -> is it in a wrapper? */
	struct callers_event *queue; /* [CALLERS_QUEUE] */
	uint64_t first, next;	     /* numbers of the events in it */
	uint64_t *waiting;	     /* [cpus] number + 1 of its allocation that waits */
	uint32_t cpus;
	uint64_t stacks, without; /* allocations that had one, and that had none */
	uint64_t skipped;	  /* call sites that were replaced */
};

/* 0 or -ENOMEM. */
int callers_init(struct callers *c, struct trace *t, const char *const *more);
void callers_free(struct callers *c);
/* The next event of the trace.  Take out what is ready before the next one. */
void callers_push(struct callers *c, const struct event *ev);
/* The next event to be counted; `all`: at the end of the trace. */
bool callers_pop(struct callers *c, struct callers_event *out, bool all);

/* Is this function (".part.0" and the like left out) a wrapper? */
bool callers_is_wrapper(const char *function);

#endif
