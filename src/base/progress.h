/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress: one line on a terminal with percent, rate and time left, redrawn
 * at most ten times a second; nothing at all where stderr is no terminal.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* "import" */
	const char *unit; /* "events" */
	bool on;
	double start, last; /* monotonic seconds */
};

void progress_start(struct progress *p, const char *what, const char *unit);
/* done of total in any measure (total 0: unknown); count of units for the rate.  Cheap: call it every few thousand units. */
void progress_update(struct progress *p, uint64_t done, uint64_t total, uint64_t count);
/* Clear the line. */
void progress_end(struct progress *p);

#endif
