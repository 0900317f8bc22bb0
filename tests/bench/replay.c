// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One simulated machine alone: pages and objects of a workload under the captured
 * kernel's own policy, nothing beside it but the reading of the workload.  Requests a
 * second of its own CPU time, the best of several rounds; bytes for each page frame, and
 * for each object that lives in the end: of the slab model, and of what replay keeps to
 * find an object by its id.
 *
 * usage: replay WORKLOAD.kmw [ROUNDS]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/model.h"
#include "replay/policy.h"
#include "replay/replay.h"
#include "replay/slaborigin.h"
#include "workload/import.h"

#define ROUNDS 5

struct result {
	double seconds;
	uint64_t requests, live;
	double frame_bytes, object_bytes;
};

static int once(struct kmw_reader *k, struct machine *m, const struct kmm_config *c,
		struct result *x, struct err *e)
{
	struct kmm_slab_policy slab;
	struct replay_run_options o = {
		.simulated = true, .native = true, .name = "native", .config = c, .slab = &slab
	};
	struct replay_options ro = {
		.runs = &o, .run_count = 1, .samples = 240, .stop_at = INFINITY
	};
	struct replay r = { 0 };
	struct objects *objects;
	int ret;

	objects_native_policy(m, &slab);
	ret = replay_all(k, m, &ro, &r, e);
	if (ret >= 0) {
		objects = simulated_objects(r.runs[0].simulated);
		x->requests = r.runs[0].requests;
		if (x->seconds == 0 || r.runs[0].seconds < x->seconds)
			x->seconds = r.runs[0].seconds;
		x->live = 0;
		for (int i = 0; i < r.runs[0].cache_count; i++)
			x->live += r.runs[0].caches[i].f.in_use;
		x->frame_bytes = (double)simulated_memory(r.runs[0].simulated) / (double)m->max_pfn;
		x->object_bytes = (double)objects_memory(objects) / (double)x->live;
	}
	replay_free(&r);
	return ret;
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	struct import_options io = { .compression = KMW_DEFAULT,
				     .from = -INFINITY,
				     .to = INFINITY };
	int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS;
	struct kmw_reader *k = argc > 1 ? import_open(argv[1], &io, NULL, &e) : NULL;
	struct machine *m = k ? import_machine(k, &e) : NULL;
	struct kmm_config *c = calloc(1, sizeof(*c));
	struct result x = { 0 };
	int ret = m && c ? machine_model(m, c, &e) : -1;

	for (int i = 0; i < rounds && ret >= 0; i++)
		ret = once(k, m, c, &x, &e);
	if (ret < 0) {
		fprintf(stderr, "replay bench: %s\n", argc > 1 ? e.text : "one workload, please");
		return 2;
	}
	printf("%llu requests, %.4f s: %.2f M/s by itself; %.1f B a page frame, %.1f B a live object (%llu)\n",
	       (unsigned long long)x.requests, x.seconds, (double)x.requests / x.seconds / 1e6,
	       x.frame_bytes, x.object_bytes, (unsigned long long)x.live);
	free(c);
	machine_free(m);
	kmw_close(k);
	return 0;
}
