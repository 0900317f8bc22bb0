/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabfidelity: how far the simulated object side is from the machine's own
 * after/slabinfo, cache by cache, at the marker where that was read.  Counts are
 * slabinfo's: a SLUB slab that some CPU holds counts as full.
 */
#ifndef REPLAY_SLABFIDELITY_H
#define REPLAY_SLABFIDELITY_H

#include "replay/replay.h"

struct slab_counts {
	uint64_t slabs, pages, objects, active;
};

struct slab_row {
	char name[48];
	unsigned order;
	struct slab_counts before, recorded, simulated; /* recorded: after/slabinfo */
};

struct slabfidelity {
	bool known;	       /* there is an after/slabinfo, and the run had an object side */
	struct slab_row *rows; /* by recorded pages, most first */
	uint32_t count;
	struct slab_counts before, recorded, simulated; /* all caches */
	double pages_error;	/* of all slab pages, in percent of the recorded ones */
	uint32_t large, beyond; /* caches of 50 slabs and more; those off by more than 5 % */
	double worst;		/* the largest such error, percent */
	char worst_name[48];
};

/* 0 or -ENOMEM. */
int slabfidelity_compute(struct slabfidelity *f, const struct replay *r, int run);
void slabfidelity_free(struct slabfidelity *f);

#endif
