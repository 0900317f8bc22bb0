/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transfer: what was in memory at the start, placed anew on another machine.
 *
 * A page block goes over as a whole, each page in use at its place within the
 * block, so that the gaps between them stay what they were: to the next block of
 * the same kind of zone and of the node that its own becomes, in order.  Blocks of
 * movable pages alone prefer high memory.  Page blocks without a page in use are
 * not taken along; what is left of the target is free.  Where no block is left,
 * pages are allocated one by one, those that cannot move first; what finds no page
 * is left out.  Per-CPU lists begin empty.
 */
#ifndef REPLAY_TRANSFER_H
#define REPLAY_TRANSFER_H

#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "mm/kmm.h"
#include "replay/target.h"

struct transfer {
	kmm_pfn *place;	 /* [max_pfn of the captured machine] KMM_NO_PFN: not in use, or left out */
	uint64_t pages;	 /* placed */
	uint64_t single; /* of them, one by one */
	uint64_t left_out;
};

/* mm: the target, every frame of which is in use. 0 or a negative errno; place is the caller's. */
int transfer_start(struct transfer *t, const struct machine *m, const struct machine_state *s,
		   const struct target *target, struct kmm *mm, struct err *e);

#endif
