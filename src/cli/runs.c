// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/runs.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "replay/hardware.h"
#include "replay/slaborigin.h"

/* A simulation needs to know which pages were free at the start, or at the end. */
static bool can_simulate(const struct machine *m)
{
	return (m->have_before && (m->before.have_lists || m->before.have_kpageflags)) ||
	       (m->have_after && (m->after.have_lists || m->after.have_kpageflags));
}

/*
 * Recorded, native, native anchored, native with the object requests going through
 * the model (where the snapshot knows its slabs), then one run a policy of the user's
 * other than native.
 */
static unsigned make_runs(const struct machine *m, const struct machines *user,
			  const struct kmm_config *native, struct kmm_slab_policy *slab,
			  struct sides_policy *sides, struct replay_run_options *o)
{
	unsigned n = 0;

	o[n++] = (struct replay_run_options){ .name = "recorded", .slabs = true };
	if (!can_simulate(m))
		return n;
	o[n++] = (struct replay_run_options){
		.simulated = true, .native = true, .name = "native", .config = native
	};
	o[n++] = (struct replay_run_options){ .simulated = true,
					      .native = true,
					      .anchored = true,
					      .name = "native, anchored",
					      .config = native };
	if (m->before.have_slabpages) {
		objects_native_policy(m, slab);
		o[n] = o[RUN_NATIVE];
		o[n].name = "native, with objects";
		o[n].slab = slab;
		sides_native_policy(m, sides);
		o[n++].sides = sides;
	}
	for (unsigned i = 0; i < user->count; i++)
		if (!policy_is_native(&user->policy[i]))
			o[n++] = (struct replay_run_options){
				.simulated = true,
				.native = policy_pages_native(&user->policy[i]),
				.name = user->policy[i].name,
				.config = &user->config[i],
				.slab = user->slab[i].on ? &user->slab[i].policy : NULL,
				.sides = user->sides[i].on ? &user->sides[i].policy : NULL,
				.target = user->target[i].other ? &user->target[i] : NULL
			};
	return n;
}

int runs_native(struct kmw_reader *k, struct machine *m, uint32_t samples, struct runs_curve *curve,
		struct machines *set, struct replay *r, struct fidelity *f, struct err *e)
{
	struct replay_run_options o[4 + RUNS_CURVE];
	struct kmm_slab_policy slab;
	struct sides_policy sides;
	struct replay_options ro = {
		.runs = o, .samples = samples, .stop_at = INFINITY, .progress = true
	};
	struct machines none = { 0 };
	int ret;

	memset(r, 0, sizeof(*r));
	memset(set, 0, sizeof(*set));
	ret = slaborigin_find(k, m, e);
	if (ret >= 0 && can_simulate(m))
		ret = machines_add_native(set, m, e);
	if (ret < 0)
		return ret;
	ro.run_count = make_runs(m, &none, set->config, &slab, &sides, o);
	curve->first = ro.run_count;
	for (unsigned i = 0; i < curve->count && ro.run_count > RUN_ANCHORED; i++) {
		o[ro.run_count] = o[RUN_ANCHORED];
		o[ro.run_count].name = "native, anchored now and then";
		o[ro.run_count++].anchor_every = curve->every[i];
	}
	ret = replay_all(k, m, &ro, r, e);
	if (ret >= 0)
		fidelity_compute(r, RUN_RECORDED, ro.run_count > 1 ? RUN_NATIVE : -1,
				 ro.run_count > 2 ? RUN_ANCHORED : -1, f);
	return ret;
}

/* The policies' texts, for the store. */
static int describe(const struct replay_run_options *o, unsigned n, const struct machines *user,
		    struct results_run *info, char **texts, struct err *e)
{
	for (unsigned i = 0; i < n; i++) {
		size_t len;
		FILE *f;

		info[i].policy = o[i].name;
		for (unsigned u = 0; u < user->count; u++) {
			if (o[i].config != &user->config[u])
				continue;
			f = open_memstream(&texts[i], &len);
			if (!f)
				return err_set(e, ENOMEM, "out of memory");
			policy_print(&user->policy[u], f);
			if (fclose(f))
				return err_set(e, ENOMEM, "out of memory");
			info[i].policy_text = texts[i];
		}
	}
	return 0;
}

static int replay_and_store(struct kmw_reader *k, struct machine *m, const struct machines *user,
			    const struct kmm_config *native, const struct runs_options *opt,
			    struct store *s, struct runs_result *res, struct err *e)
{
	struct replay_run_options o[MACHINES_MAX + 4];
	struct results_run info[MACHINES_MAX + 4] = { { NULL, NULL } };
	char *texts[MACHINES_MAX + 4] = { NULL };
	struct kmm_slab_policy slab;
	struct sides_policy sides;
	unsigned n = make_runs(m, user, native, &slab, &sides, o);
	unsigned own = n > RUN_OBJECTS && o[RUN_OBJECTS].slab == &slab ? 4 : 3;
	struct results x = { 0 };
	struct replay r = { 0 };
	struct replay_options ro = { .runs = o,
				     .run_count = n,
				     .samples = opt->samples,
				     .map = true,
				     .forensics = true,
				     .stop_at = INFINITY,
				     .progress = true,
				     .flush = results_flush,
				     .arg = &x };
	int ret = describe(o, n, user, info, texts, e);

	if (ret >= 0)
		ret = results_begin(&x, s, kmw_summary(k), m, o, info, n, e);
	x.r = &r;
	if (ret >= 0)
		ret = replay_all(k, m, &ro, &r, e);
	if (ret >= 0) {
		fidelity_compute(&r, RUN_RECORDED, n > 1 ? RUN_NATIVE : -1,
				 n > 2 ? RUN_ANCHORED : -1, &res->fidelity);
		ret = results_end(&x, &res->fidelity, RUN_RECORDED, n > 1 ? RUN_NATIVE : -1,
				  n > 2 ? RUN_ANCHORED : -1, own == 4 ? RUN_OBJECTS : -1, e);
		res->capture = x.capture;
		res->simulated = n > 1;
		res->policies = n > own ? n - own : 0;
		res->interrupted = r.interrupted;
		res->requests = r.runs[0].requests;
		res->seconds = r.seconds;
		snprintf(res->start, sizeof(res->start), "%s", replay_start(m));
	}
	if (ret >= 0 && opt->hardware && !r.interrupted)
		ret = hardware_to_store(k, m, r.runs[RUN_RECORDED].recorded, s, x.capture, e);
	replay_free(&r);
	results_close(&x);
	for (unsigned i = 0; i < n; i++)
		free(texts[i]);
	return ret;
}

int runs_to_store(const char *path, const struct input_options *in,
		  const struct machines_options *mo, const struct runs_options *o, struct store *s,
		  struct runs_result *res, struct err *e)
{
	struct machines user = { 0 }, native = { 0 };
	struct kmw_reader *k = input_open(in, path, NULL, e);
	struct machine *m = k ? import_machine(k, e) : NULL;
	int ret = m ? 0 : err_code(e);

	memset(res, 0, sizeof(*res));
	if (ret >= 0)
		ret = slaborigin_find(k, m, e);
	if (ret >= 0 && can_simulate(m)) {
		ret = machines_build(&user, m, mo, e);
		if (ret >= 0)
			ret = machines_add_native(&native, m, e);
	} else if (ret >= 0 && (mo->policies.count || mo->sets.count)) {
		ret = err_set(e, ENODATA, "nothing to start a simulation from: %s",
			      replay_start(m));
	}
	if (ret >= 0)
		ret = replay_and_store(k, m, &user, native.config, o, s, res, e);
	machines_free(&native);
	machines_free(&user);
	if (m)
		machine_free(m);
	kmw_close(k);
	return ret;
}

void runs_print(const struct runs_result *r, const char *output, FILE *out)
{
	fprintf(out, "%s: %" PRIu64 " requests in %.2f s\n", output, r->requests, r->seconds);
	fprintf(out, "  start: %s\n", r->start);
	if (r->simulated && r->fidelity.placement.allocations)
		fprintf(out,
			"  native: %.2f %% of %" PRIu64 " allocations got the kernel's own page\n",
			100.0 * (double)r->fidelity.placement.hits /
				(double)r->fidelity.placement.allocations,
			r->fidelity.placement.allocations);
	if (!r->simulated)
		fprintf(out, "  nothing was simulated: the state at the start is not known\n");
	if (r->interrupted)
		fprintf(out, "  STOPPED before the end; the runs are marked as incomplete\n");
}
