/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * evidence: the rows of a results file that name who is to blame: pins and mixed page
 * blocks, fallbacks, slabs by their occupancy, waste by call site (docs/schema.md).
 */
#ifndef REPLAY_EVIDENCE_H
#define REPLAY_EVIDENCE_H

#include "replay/replay.h"
#include "store/store.h"

/*
 * Of a recorded run that was made with options.forensics all of them; of a simulated one its
 * fallbacks, and with options.forensics its pins by owner.
 */
int evidence_store(struct store *s, int64_t run_id, const struct replay *r, unsigned run,
		   struct err *e);

#endif
