/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zonelist: in which order the zones are tried.  Node order: the own node, then
 * the others by distance, each from the highest permitted zone type down.
 * (Kernels before 4.14 could also order by zone; not modelled.)
 */
#ifndef MM_ZONELIST_H
#define MM_ZONELIST_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

/* Build the lists of every node, and the table from gfp bits to zone types. */
int zonelist_build(struct kmm *mm);
/* Highest zone type that a request may use. */
static inline unsigned zonelist_highest(const struct kmm *mm, kmm_gfp gfp)
{
	return mm->highest[gfp & 15];
}

#pragma GCC visibility pop
#endif
