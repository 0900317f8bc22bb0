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
	struct option_list triggers; /* names of flight_trigger(), or "SYSTEM:EVENT [if FILTER]" */
	double after;		     /* seconds that a capture goes on after its trigger */
	uint64_t most;		     /* captures */
	uint64_t most_bytes;	     /* of all of them together */
};

struct flight_result {
	unsigned captures;
	uint64_t bytes, lost; /* lost: overwritten, which is what such a buffer does */
	char last[4096];      /* the last capture's name */
};

/* The n-th named trigger and the event that it stands for; NULL after the last. */
const char *flight_trigger(unsigned n, const char **event);
/*
 * Captures o->output-0001 and so on, one at each trigger or flight_now(), until record_stop(), the
 * duration's end or a limit.  Options of snapshots in between and of commands are not heeded.
 */
int flight_run(const struct record_options *o, const struct flight_options *f,
	       struct flight_result *r, struct err *e);
/* A trigger by hand; safe in a signal handler. */
void flight_now(void);

#endif
