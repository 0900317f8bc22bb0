/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcplists: the order of the pages on the CPUs' lists in the reconstruction.
 *
 * A page that is freed goes to the head of its list, one that comes from the buddy
 * system to the tail (rmqueue_bulk, kernel 4.16 to 6.18).  A CPU has a list for each
 * order and type; here all of one zone are one list, in which each of these keeps its
 * own order.  Costs nothing: a frame on a per-CPU list has the two links of a free
 * block to spare.
 */
#ifndef REPLAY_PCPLISTS_H
#define REPLAY_PCPLISTS_H

#include "replay/freeset.h"

struct pcplists {
	struct freeset *set; /* whose frames they are */
	struct pcpends {
		uint32_t first, last; /* KMM_NO_PFN: empty */
	} * ends;		      /* [zone * cpus + cpu] */
	uint32_t cpus;
};

/* 0, or -1 without memory. */
int pcplists_init(struct pcplists *l, struct freeset *set);
void pcplists_free(struct pcplists *l);
/* A block whose frames are in FRAME_PCP, with their CPU, zone and type. */
void pcplists_add(struct pcplists *l, uint32_t pfn, unsigned order, bool tail);
/* A frame is going to leave that state: its block leaves the list, whole. */
void pcplists_leave(struct pcplists *l, uint32_t pfn);
/* The block behind `at` on a CPU's list in a zone; KMM_NO_PFN starts and ends. */
uint32_t pcplists_next(const struct pcplists *l, unsigned zone, unsigned cpu, uint32_t at);

#endif
