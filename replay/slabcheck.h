/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabcheck: the recorded slabs against the dumps that were taken after the trace, slab
 * by slab.  A dump has the objects in use of every slab but for those in a CPU's hand,
 * which count as full, and where it stood.
 */
#ifndef REPLAY_SLABCHECK_H
#define REPLAY_SLABCHECK_H

#include "replay/slablife.h"

struct slabcheck {
	bool known;
	uint32_t slabs;	  /* in the dumps */
	uint32_t missing; /* of them not among the recorded ones, or of another cache */
	uint32_t counted; /* in no CPU's hand: their objects can be compared */
	uint32_t same;	  /* of those with exactly as many objects in use */
	uint64_t objects, objects_differ; /* in use by the dumps; sum of |difference| */
	uint32_t placed, same_place;	  /* of a place that the dumps tell; in the same */
};

void slabcheck_compare(struct slabcheck *c, const struct slablife *l, const struct machine *m,
		       const struct machine_state *after);

#endif
