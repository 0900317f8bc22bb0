/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runs: the replays behind `replay`, `report` and `verify`: the recorded machine,
 * the native one free-running and anchored, and those of the user's policies.
 */
#ifndef CLI_RUNS_H
#define CLI_RUNS_H

#include <stdio.h>

#include "cli/input.h"
#include "cli/machines.h"
#include "replay/fidelity.h"
#include "replay/results.h"
#include "store/store.h"

#define RUN_RECORDED 0
#define RUN_NATIVE 1
#define RUN_ANCHORED 2
#define RUN_OBJECTS 3 /* where the snapshot knows its slabs */

struct runs_result {
	int64_t capture; /* in the store */
	struct fidelity fidelity;
	bool simulated, interrupted;
	unsigned policies; /* besides native */
	uint64_t requests;
	double seconds;
	char start[160]; /* where the start state came from */
};

struct runs_options {
	uint32_t samples;
	bool hardware; /* what caches and TLBs make of it, too (hardware.h): doubles the time */
};

/* Import (where needed), replay everything, store it. */
int runs_to_store(const char *path, const struct input_options *in,
		  const struct machines_options *mo, const struct runs_options *o, struct store *s,
		  struct runs_result *res, struct err *e);
#define RUNS_CURVE 16 /* most points of a re-anchoring curve */

/*
 * Just the recorded and the native machine, and one more for each point of the
 * curve: corrected after every so many allocations; `first` becomes the first
 * one's number.  The replay is the caller's to free, before k and m.
 */
struct runs_curve {
	uint32_t every[RUNS_CURVE];
	unsigned count, first;
};
int runs_native(struct kmw_reader *k, struct machine *m, uint32_t samples, struct runs_curve *curve,
		struct machines *set, struct replay *r, struct fidelity *f, struct err *e);
void runs_print(const struct runs_result *r, const char *output, FILE *out);

#endif
