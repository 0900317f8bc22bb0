/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ahead: a trace that is read ahead by a thread of its own, where there is more
 * than one CPU for it; else, and where no thread can be had, the same events are read when they are asked for.
 *
 * From ahead_start() to ahead_stop() the trace is the reading thread's: of what grows with reading, the names of
 * caches and of processes, whoever takes the events knows what was known when they were read, which is handed over
 * with them.  So what is made of a trace does not hang on which thread is faster.  The events' records are gone
 * (event.record is NULL); the text of a marker lives until the next call.
 */
#ifndef TRACE_AHEAD_H
#define TRACE_AHEAD_H

#include "trace/trace.h"

struct ahead;

/* NULL: out of memory. */
struct ahead *ahead_start(struct trace *t, struct err *e);
/* The trace is the caller's again, at any place. */
void ahead_stop(struct ahead *a);

/*
 * The next events: how many, in *ev until the next call; 0 at the end, a negative errno where trace_next_many() failed.
 * One that bears `lost` is the last of them; *lost: what trace_cpu() says then of its CPU's losses so far.
 */
int ahead_next(struct ahead *a, const struct event **ev, uint64_t *lost, struct err *e);
/* As trace_names() and trace_comm() were when the events were read. */
const char *ahead_name(const struct ahead *a, uint32_t name);
const char *ahead_comm(const struct ahead *a, int32_t pid);
/* As trace_progress() was then. */
uint64_t ahead_progress(const struct ahead *a, uint64_t *total);

#endif
