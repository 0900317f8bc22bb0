/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flight: a flight recorder.  The ring buffers run in a circle, at a bounded cost
 * in memory and nothing on disk, until something happens; then what they hold, and a
 * little of what follows, becomes a capture; and on it goes.
 */
#ifndef RECORD_FLIGHT_H
#define RECORD_FLIGHT_H

#include "record/recorder.h"

struct flight_options {
	struct option_list triggers; /* alloc-failure and so on, or "SYSTEM:EVENT [if FILTER]" */
	double after;		     /* seconds that a capture goes on after its trigger */
	uint64_t most;		     /* captures */
	uint64_t most_bytes;	     /* of all of them together */
};

struct flight_result {
	unsigned captures;
	uint64_t bytes, lost; /* lost: overwritten, which is what such a buffer does */
	char last[4096];      /* the last capture's name */
	struct event_gaps gaps;
};

/*
 * Captures o->output-0001 and so on, one at each trigger or flight_now(), until record_stop(), the
 * duration's end, a limit or a full disk: then the last capture is what there was room for.
 * Options of snapshots and of commands are not heeded.
 */
int flight_run(const struct record_options *o, const struct flight_options *f,
	       struct flight_result *r, struct err *e);
/* A trigger by hand; safe in a signal handler. */
void flight_now(void);

#endif
