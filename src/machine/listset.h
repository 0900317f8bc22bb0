/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listset: the ordered lists of a state while they are being collected.  Every
 * frame can stand on one list only, so a list that runs in a circle or into
 * another one is noticed at its first wrong step.
 */
#ifndef MACHINE_LISTSET_H
#define MACHINE_LISTSET_H

#include "machine/machine.h"

struct listset {
	struct machine_list *lists;
	uint32_t count, room;
	uint32_t *pfns;
	uint64_t pfn_count, pfn_room;
	struct machine_pcp *pcps;
	uint32_t pcp_count, pcp_room;
	uint8_t *seen; /* a bit a frame */
	uint64_t frames;
};

int listset_init(struct listset *s, uint64_t frames);
void listset_free(struct listset *s);
/* Begin a list; pages are added to the last one begun. */
int listset_open(struct listset *s, uint8_t zone, int32_t cpu, uint8_t order, uint8_t type);
/* 0; -EEXIST where a frame of the block is on a list already or out of range; -ENOMEM. */
int listset_add(struct listset *s, uint64_t pfn, unsigned order);
/* An end without pages leaves no list behind. */
void listset_close(struct listset *s);
int listset_add_pcp(struct listset *s, const struct machine_pcp *p);
bool listset_has(const struct listset *s, uint64_t pfn);
/* Drop the per-CPU lists and counters, keep the free lists. */
void listset_drop_pcps(struct listset *s);
/* Hand the lists over; the set is empty then. */
void listset_give(struct listset *s, struct machine_state *to);

#endif
