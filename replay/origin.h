/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * origin: the start of a capture, worked out from what came later.  A page
 * leaves the buddy lists, a per-CPU list or its user's hands only with an event,
 * so the first event of a frame tells where it was at the start; a frame
 * without any was there all along, where the snapshot after the workload shows
 * it.  That is the state after the workload run backwards through the events.
 *
 * The turn in which the frames of a list left it is the order of the list: its
 * head goes first.  Those that stayed keep their order among themselves.
 *
 * Not provable so, and therefore unknown: a frame that is freed first after
 * compaction was seen, which moves pages without an event; anything after
 * events were lost.
 */
#ifndef REPLAY_ORIGIN_H
#define REPLAY_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "workload/request.h"

struct origin {
	const struct machine *m;
	struct machine_first *first; /* [max_pfn] */
	uint32_t turn;
	int64_t retagged[MACHINE_ZONES][KMM_MIGRATETYPES]; /* pageblocks that a type won */
	struct origin_bulk { /* by slot: a page that a bulk allocation took, which only its free names */
		uint32_t turn; /* 0: none */
		uint16_t cpu;
		uint8_t type;
	} * bulk;
	uint32_t bulk_room;
	bool no_memory;
	/* By zone and CPU: pages that the lists won from the start until zoneinfo counted them */
	int64_t *won;
	bool started, counted, ended, compacted, lost, has_after;
};

int origin_init(struct origin *o, const struct machine *m, struct err *e);
void origin_free(struct origin *o);
/* The state of the "before" snapshot holds from here, or the trace begins. */
void origin_start(struct origin *o);
void origin_record(struct origin *o, const struct request *q);
/* The zoneinfo of the "before" snapshot holds from here. */
void origin_counted(struct origin *o);
/* The snapshot after the workload holds here: what comes later tells nothing of frames unseen so far. */
void origin_end(struct origin *o);
/* Its lists, or else its kpageflags, once they are those of that moment (mapread.h). */
void origin_after(struct origin *o, const struct machine_state *after);
/*
 * Give the start to m->before, which has no list dumps.  What it says (its map once it is that of the moment at which it
 * holds, mapread.h) stays where no event says otherwise.
 */
int origin_settle(struct origin *o, struct machine *m, struct err *e);

#endif
