/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overtaken: a free of a batch that found its list held, and that came before a refill or a drain that was logged first.
 *
 * The pages of a batch are logged one by one before the first is freed; one that then finds its CPU's lists held
 * by somebody else goes past them without another event (kernel 5.18 to 6.x).  It is placed with the next of its batch
 * that has an event, and was freed at some time since its CPU's record before.  If another CPU's refill in
 * between did not get a block that stood first, and the page joins just that block, then the page came first.
 * If another CPU drains a list meanwhile, which has the zone locked from the first page to the last, it came before all.
 */
#ifndef REPLAY_OVERTAKEN_H
#define REPLAY_OVERTAKEN_H

#include <stdint.h>

#include "replay/recorded.h"
#include "workload/request.h"

#define OVERTAKEN_MOST 2048 /* records looked through: batch << 5 pages are drained at once */

/* Where in q[1 .. n) the free is that comes before q[0], which r is to follow next; 0: there is none. */
uint32_t overtaken_by(const struct recorded *r, const struct request *q, uint32_t n);

#endif
