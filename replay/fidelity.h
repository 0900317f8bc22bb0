/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fidelity: how far a reconstruction and a simulation can be trusted.  The
 * reconstruction is held against the kernel's own counters of the "after"
 * snapshot and against itself (contradictions); a simulation under the native
 * policy against the reconstruction.
 */
#ifndef REPLAY_FIDELITY_H
#define REPLAY_FIDELITY_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/replay.h"

struct fidelity_zone {
	uint64_t free_recorded, free_snapshot; /* pages in the buddy lists at after/buddyinfo */
	uint64_t pages_differ;	     /* sum over orders of |difference in blocks| * 2^order */
	uint64_t blocks_differ;	     /* sum over orders of |difference in blocks| */
	uint64_t type_blocks_differ; /* the same per migrate type, against pagetypeinfo */
	uint64_t pageblocks_differ;
	uint64_t read_after; /* events between the marker and the moment at which buddyinfo has the zone */
};

struct fidelity_counts {
	uint64_t recorded, simulated;
};

struct fidelity {
	bool have_snapshot; /* after/buddyinfo is there */
	bool have_types;    /* after/pagetypeinfo is there */
	bool have_simulated, have_anchored;
	struct fidelity_zone zone[MACHINE_ZONES], all;
	/* Page frames that the snapshot has free and the reconstruction not, or the reverse. */
	uint64_t pages_disputed; /* all.pages_differ where the snapshot does not tell frames */
	uint64_t contradictions; /* not explained */
	uint64_t explained;	 /* silent moves that the kernel is known to make */
	struct score placement, anchored;
	struct fidelity_counts refills, drains, fallbacks;
	uint64_t zones_given; /* native: allocations whose zone the recording decided, see simulated.c */
	uint64_t limits_given; /* native: frees that the recording had find another limit */
	uint64_t marks_given; /* native: zones that the recording had on the other side of their high mark */
	/* Simulated against recorded free blocks per order, in percent of the recorded free pages. */
	double order_error_mean, order_error_max; /* NaN unknown */
	double order_error[KMM_ORDERS];		  /* mean, by order */
	double unusable_error[KMM_ORDERS]; /* mean absolute error of the unusable free-space index */
};

/* Compare; simulated and anchored are run numbers or -1, recorded is a run number. */
void fidelity_compute(const struct replay *r, int recorded, int simulated, int anchored,
		      struct fidelity *f);

#endif
