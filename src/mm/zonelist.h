/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zonelist: in which order the zones are tried.  Node order: the own node, then
 * the others by distance, each from the highest permitted zone type down.  Zone
 * order, which kernels before 4.14 could also have: all nodes' zones of the highest
 * type, then those of the next.
 */
#ifndef MM_ZONELIST_H
#define MM_ZONELIST_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

/* Build the lists of every node, and the tables that requests look into. */
int zonelist_build(struct kmm *mm);

#pragma GCC visibility pop
#endif
