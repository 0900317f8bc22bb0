/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabfidelity: how far the object side of a run is from the machine.
 *
 * At the marker of after/slabinfo: slabs, objects and active objects, cache by cache, of
 * the recorded slabs (slablife.h) and of the simulated ones, against the kernel's own
 * counts.  Counts are slabinfo's: SLUB counts all objects of a slab as active unless the
 * slab is on a node's partial list.  How many of them are held free by CPUs, the *slack*,
 * is active - in use of the recorded slabs.
 *
 * Over time: simulated slab pages against recorded ones at each sample.
 *
 * Slab by slab: objects in use against the dumps in after/, where there are any.
 */
#ifndef REPLAY_SLABFIDELITY_H
#define REPLAY_SLABFIDELITY_H

#include "replay/replay.h"

struct slab_counts {
	uint64_t slabs, pages, objects, active, in_use;
};

struct slab_row {
	char name[48];
	unsigned order;
	/* kernel: after/slabinfo; followed: the recorded slabs */
	struct slab_counts before, kernel, followed, simulated;
	uint64_t taken[2], given_back[2]; /* slabs from the start on: recorded, simulated */
	double pages_mean,
		pages_max; /* error of slab pages over the samples, percent of recorded */
};

struct slabfidelity {
	bool known;	 /* there is an after/slabinfo, and a run with an object side */
	bool untraced;	 /* not known for want of events of objects */
	bool simulated;	 /* one of the runs simulated the objects */
	bool shown;	 /* the slabs of the start are those that events showed (slabshown.h) */
	uint64_t hidden; /* of the start's slabs, those that are counted only */
	struct slab_row *rows; /* by the kernel's pages, most first */
	uint32_t count;
	struct slab_row all;	/* all caches; name "" */
	double pages_error;	/* simulated pages at the end, percent of the kernel's */
	double active_error;	/* active objects of the recorded slabs, likewise */
	double active_differ;	/* sum over caches of |difference|, likewise */
	uint32_t large, beyond; /* caches of 50 slabs and more; those off by more than 5 % */
	double worst;		/* the largest such error, percent */
	char worst_name[48];
};

/* recorded, simulated: numbers of runs, the second -1 for none. 0 or -ENOMEM. */
int slabfidelity_compute(struct slabfidelity *f, const struct replay *r, int recorded,
			 int simulated);
void slabfidelity_free(struct slabfidelity *f);

#endif
