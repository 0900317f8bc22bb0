/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tieorder: the order of operations that several CPUs did at one time of the clock,
 * as far as the free lists tell it.
 *
 * Clocks are coarser than the zone lock (under emulation hundreds of events may
 * share a time).  A refill takes the first block of its list, so the reconstruction
 * knows which CPU's refill could have come next: the one whose first page is there
 * now.  A drain of all lists leaves no page behind, so what it did not find was freed
 * later.  Of two drains that came first whose pages left the lists later (leaving.h).  What else is no refill keeps its order, and a CPU's own records always do.  This
 * looks at whole groups of one time, and puts an order where that of the file is
 * not possible.
 */
#ifndef REPLAY_TIEORDER_H
#define REPLAY_TIEORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/latefree.h"
#include "replay/leaving.h"
#include "replay/recorded.h"
#include "workload/request.h"

#define TIEORDER_MOST TURNS_MOST /* records of one time that are looked at; more stay as they are */

/* Do records of several CPUs share this time, and take from the free lists, or drain all of theirs? */
bool tieorder_matters(const struct request *q, uint32_t n);
/*
 * Follow n records of one time in an order that the lists of r allow.  order[i] is which
 * of them comes at place i.  True if it is another order than the file's.
 */
bool tieorder_follow(struct recorded *r, struct latefree *late, const struct leaving *leaving,
		     uint64_t number, const struct request *q, uint32_t n, uint16_t *order);

#endif
