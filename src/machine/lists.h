/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lists: building the ordered lists of a state, shared by dumps.c and digest.c. */
#ifndef MACHINE_LISTS_H
#define MACHINE_LISTS_H

#include "machine/machine.h"

/* Begin a list; its pages are added with lists_add(). 0 or -ENOMEM. */
int lists_begin(struct machine_state *s, unsigned zone, int cpu, unsigned order, unsigned type);
int lists_add(struct machine_state *s, uint32_t pfn);
int lists_pcp(struct machine_state *s, const struct machine_pcp *p);
/* Drop all lists of the state and say why there are none. */
void lists_drop(struct machine_state *s, const char *why);
/* Compare with buddyinfo and zoneinfo: pages by which they differ. */
uint64_t lists_distance(const struct machine *m, const struct machine_state *s);

#endif
