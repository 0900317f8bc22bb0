/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slaborigin: the slabs of the start where only the dumps of afterwards know them.  A
 * slab whose pages no event touched was there all along; it held then what it holds in
 * the end, less the allocations and more the frees that were seen in it.  Where such a
 * slab stood follows from its count: one that is full is on no list, another on its
 * node's, unless nothing happened in it: then it stands where it stood.
 *
 * Slabs of the start whose page was given back since are found by slabshown.h.  Not known:
 * what was allocated or freed in bulk in one that stayed.
 */
#ifndef REPLAY_SLABORIGIN_H
#define REPLAY_SLABORIGIN_H

#include "base/err.h"
#include "machine/machine.h"
#include "workload/kmw.h"

/*
 * Reads the workload once, and gives the slabs to m->before, where that has none of its
 * own, m->after has or slabinfo tells of the start, and no event was lost; else does
 * nothing. 0 or a negative errno.
 */
int slaborigin_find(struct kmw_reader *k, struct machine *m, struct err *e);

#endif
