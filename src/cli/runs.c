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

#define OWN_RUNS 6 /* most of those that are not the user's */

/* The runs to make.  The configurations of the own ones are the captured machine's. */
struct plan {
	struct replay_run_options o[MACHINES_MAX + OWN_RUNS + RUNS_CURVE];
	int control[MACHINES_MAX + OWN_RUNS + RUNS_CURVE]; /* number of a run; -1 none */
	unsigned count, own;
	int objects;		      /* number of the native run with objects; -1 none */
	int what_if, what_if_objects; /* of the controls; -1 none */
	struct kmm_slab_policy slab;  /* the captured kernel's */
	struct sides_policy sides;
};

static int add_run(struct plan *p, const struct replay_run_options *o)
{
	p->o[p->count] = *o;
	p->control[p->count] = -1;
	return (int)p->count++;
}

/*
 * A run of the captured kernel's own policy that takes no help from the recording, as no
 * what-if can: its distance from the recorded run is the error of what-ifs.
 */
static int add_control(struct plan *p, int native, const char *name)
{
	struct replay_run_options o = p->o[native];

	o.native = false;
	o.name = name;
	return add_run(p, &o);
}

static void add_what_if(struct plan *p, const struct machines *user, unsigned i)
{
	struct replay_run_options o = { .simulated = true };
	int n;

	machines_run(user, i, &o);
	n = add_run(p, &o);
	p->control[n] = o.slab ? p->what_if_objects : p->what_if;
}

/*
 * Recorded, native, native anchored, native with the object requests going through
 * the model (where the snapshot knows its slabs), then the controls of the user's
 * policies, and one run each of those other than native.
 */
static void make_runs(const struct machine *m, const struct machines *user,
		      const struct kmm_config *native, struct plan *p)
{
	bool pages = false, objects = false;

	p->count = p->own = 0;
	p->objects = p->what_if = p->what_if_objects = -1;
	add_run(p, &(struct replay_run_options){ .name = "recorded", .slabs = true });
	if (can_simulate(m)) {
		struct replay_run_options o = {
			.simulated = true, .native = true, .name = "native", .config = native
		};

		add_run(p, &o);
		o.anchored = true;
		o.name = "native, anchored";
		add_run(p, &o);
	}
	if (can_simulate(m) && m->before.have_slabpages) {
		struct replay_run_options o = p->o[RUN_NATIVE];

		objects_native_policy(m, &p->slab);
		sides_native_policy(m, &p->sides);
		o.name = "native, with objects";
		o.slab = &p->slab;
		o.sides = &p->sides;
		p->objects = add_run(p, &o);
	}
	for (unsigned i = 0; i < user->count; i++) {
		pages |= !policy_is_native(&user->policy[i]) && !user->slab[i].on;
		objects |= user->slab[i].on;
	}
	if (pages)
		p->what_if = add_control(p, RUN_NATIVE, "native, as what-if");
	if (objects && p->objects >= 0)
		p->what_if_objects = add_control(p, p->objects, "native, with objects, as what-if");
	p->own = p->count;
	for (unsigned i = 0; i < user->count; i++)
		if (!policy_is_native(&user->policy[i]))
			add_what_if(p, user, i);
}

int runs_native(struct kmw_reader *k, struct machine *m, uint32_t samples, struct runs_curve *curve,
		struct machines *set, struct replay *r, struct fidelity *f, struct err *e)
{
	struct plan p;
	struct replay_options ro = {
		.runs = p.o, .samples = samples, .stop_at = INFINITY, .progress = true
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
	make_runs(m, &none, set->config, &p);
	curve->first = p.count;
	for (unsigned i = 0; i < curve->count && p.count > RUN_ANCHORED; i++) {
		struct replay_run_options o = p.o[RUN_ANCHORED];

		o.name = "native, anchored now and then";
		o.anchor_every = curve->every[i];
		add_run(&p, &o);
	}
	ro.run_count = p.count;
	ret = replay_all(k, m, &ro, r, e);
	if (ret >= 0)
		fidelity_compute(r, RUN_RECORDED, ro.run_count > 1 ? RUN_NATIVE : -1,
				 ro.run_count > 2 ? RUN_ANCHORED : -1, f);
	return ret;
}

/* The runs' names and the policies' texts, for the store. */
static int describe(const struct plan *p, const struct machines *user, struct results_run *info,
		    char **texts, struct err *e)
{
	for (unsigned i = 0; i < p->count; i++) {
		size_t len;
		FILE *f;

		info[i].policy = p->o[i].name;
		info[i].control = p->control[i];
		for (unsigned u = 0; u < user->count; u++) {
			if (p->o[i].config != &user->config[u])
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
	struct results_run info[MACHINES_MAX + OWN_RUNS] = { { NULL, NULL, -1 } };
	char *texts[MACHINES_MAX + OWN_RUNS] = { NULL };
	struct results x = { 0 };
	struct replay r = { 0 };
	struct plan p;
	struct replay_options ro = { .runs = p.o,
				     .samples = opt->samples,
				     .map = true,
				     .forensics = true,
				     .stop_at = INFINITY,
				     .progress = true,
				     .flush = results_flush,
				     .arg = &x };
	unsigned n;
	int ret;

	make_runs(m, user, native, &p);
	n = ro.run_count = p.count;
	ret = describe(&p, user, info, texts, e);
	if (ret >= 0)
		ret = results_begin(&x, s, kmw_summary(k), m, p.o, info, n, e);
	x.r = &r;
	if (ret >= 0)
		ret = replay_all(k, m, &ro, &r, e);
	if (ret >= 0) {
		fidelity_compute(&r, RUN_RECORDED, n > 1 ? RUN_NATIVE : -1,
				 n > 2 ? RUN_ANCHORED : -1, &res->fidelity);
		ret = results_end(&x, &res->fidelity, RUN_RECORDED, n > 1 ? RUN_NATIVE : -1,
				  n > 2 ? RUN_ANCHORED : -1, p.objects, e);
		res->capture = x.capture;
		res->simulated = n > 1;
		res->policies = n - p.own;
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
		ret = err_set(e, ENODATA, "nothing to start a simulation from: the start is %s",
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
