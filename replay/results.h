/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * results: a replay written into a store: the capture, its runs, their samples
 * and maps as they come, the fidelity and the totals at the end.
 */
#ifndef REPLAY_RESULTS_H
#define REPLAY_RESULTS_H

#include <stdint.h>

#include "base/err.h"
#include "replay/fidelity.h"
#include "replay/replay.h"
#include "store/store.h"

struct results {
	struct store *store;
	const struct replay *r;
	int64_t capture;
	int64_t *run_ids; /* [runs] */
	unsigned runs;
};

/* What a run is called in the store and what its policy says. */
struct results_run {
	const char *policy;
	const char *policy_text; /* NULL for the recorded machine */
	int control;		 /* number of the run that it is judged by; -1 none */
};

/* Add the capture and begin its runs. */
int results_begin(struct results *x, struct store *s, const struct kmw_summary *sum,
		  const struct machine *m, const struct replay_run_options *o,
		  const struct results_run *info, unsigned runs, struct err *e);
/* replay_options.flush with the struct results as its argument; x->r must be set. */
int results_flush(void *x, unsigned run, uint32_t from, uint32_t to, struct err *e);
/* Write fidelity rows and end the runs. */
int results_end(struct results *x, const struct fidelity *f, int recorded, int simulated,
		int anchored, int objects, struct err *e);
void results_close(struct results *x);

#endif
