/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabshown: the slabs of the start that no dump knows.  A frame in which objects come or go before any event of the frame itself is of
 * such a slab; its cache is the one that those events name, its place in the slab that of
 * an aligned block of the cache's order.  An object that is freed first lived, one that is
 * allocated first did not; of the rest, which no event shows, all are taken to live.
 *
 * Where a slab stood: one with room that was allocated from is some CPU's, or on its
 * node's partial list.  Slabinfo, where it tells of the start, says how many free objects the nodes' lists hold (what it
 * does not count as active); a CPU comes to these last, so the slabs that were turned to
 * last are given to them as long as that number allows.
 *
 * What is left of such a slabinfo's numbers are slabs that no event shows (machine_slab.hidden).
 * They are counted, and their pages stay in use.
 */
#ifndef REPLAY_SLABSHOWN_H
#define REPLAY_SLABSHOWN_H

#include "base/err.h"
#include "machine/machine.h"
#include "workload/kmw.h"

/* Reads the workload once, and adds the slabs to those of m->before. 0 or a negative errno. */
int slabshown_find(struct kmw_reader *k, struct machine *m, struct err *e);

#endif
