/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reanchor: a simulated machine is made what the reconstruction is, all of it:
 * the free lists and the CPUs' lists with their order, the types of the page
 * blocks, who holds which page, and the compactions under way.  What the
 * recording does not tell stays the model's own: batches and marks as they
 * adapt, the boosts, and which page blocks are a HIGHATOMIC reserve.
 */
#ifndef REPLAY_REANCHOR_H
#define REPLAY_REANCHOR_H

#include "base/err.h"
#include "replay/recorded.h"
#include "replay/simulated.h"

/*
 * Is it time?  So many allocations are over since the last one, and nothing is half
 * done: no allocation without its refills, no drain without its events.  `next` is
 * the record to be fed next.
 */
bool reanchor_due(const struct simulated *s, const struct recorded *r, const struct request *next);
/* Both have been fed the same records.  0 or -ENOMEM with e set. */
int reanchor(struct simulated *s, const struct recorded *r, struct err *e);

#endif
