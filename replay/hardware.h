/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hardware: what the processor's caches and TLBs make of a capture, written into
 * a store: set loads of live objects, mappings and what-ifs, TLB pressure, maps
 * of high memory.  What cannot be known becomes a note.
 */
#ifndef REPLAY_HARDWARE_H
#define REPLAY_HARDWARE_H

#include "replay/areas.h"
#include "replay/recorded.h"
#include "store/store.h"
#include "workload/kmw.h"

/* The processors that are shown where none are named; NULL after the last. */
extern const char *const hardware_processors[];

/*
 * recorded: the recorded machine at the end of the workload; NULL: nothing is said
 * of user memory.  0 or a negative errno.
 */
int hardware_to_store(struct kmw_reader *k, struct machine *m, const struct recorded *recorded,
		      struct store *s, int64_t capture, struct err *e);

/* The areas of a workload's own snapshot; "after" where there is one. */
int hardware_areas(struct kmw_reader *k, const struct machine *m, struct area areas[AREAS],
		   struct err *e);

#endif
