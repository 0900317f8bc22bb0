/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reading: at which instant, while /proc/buddyinfo or /proc/pagetypeinfo was being read, the kernel counted a zone's
 * blocks.  It counts each zone at one moment, with the zone's lock held, somewhere between the markers before and
 * after the reading; what kcompactd or another CPU moves meanwhile is counted or is not.  Of all states in between the one
 * that is nearest to the file is taken, zone by zone, and how far from the first marker it was is told.
 */
#ifndef REPLAY_READING_H
#define REPLAY_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "replay/view.h"

struct reading {
	const struct machine *m;
	bool by_type; /* pagetypeinfo */
	bool open;
	uint64_t events; /* since its marker */
	struct reading_zone {
		uint64_t differ; /* pages: sum over orders of |difference in blocks| * 2^order */
		uint64_t after;	 /* events after the marker */
	} zone[MACHINE_ZONES];
};

/* The marker before: v is the state there. */
void reading_begin(struct reading *r, const struct machine *m, bool by_type, const struct view *v);
/* Is any zone not as the file has it? Then the state is asked for after each record. */
bool reading_goes_on(const struct reading *r);
/* The state after another record; *at gets what is nearer to the file. */
void reading_see(struct reading *r, const struct view *v, struct view *at);
/* The marker after. */
void reading_end(struct reading *r);

#endif
