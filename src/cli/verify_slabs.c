// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/prose.h"
#include "cli/verify_slabs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define CACHES_SHOWN 20 /* in text */

static const struct column cache_columns[] = {
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache" },
	{ "order", "order", COLUMN_UINT, 0, "order of a slab" },
	{ "slabs_before", "before", COLUMN_UINT, 0, "slabs in before/slabinfo" },
	{ "slabs_kernel", "slabs", COLUMN_UINT, 0, "num_slabs of after/slabinfo" },
	{ "slabs_recorded", "recorded", COLUMN_UINT, 0,
	  "slabs that the events left, at that marker" },
	{ "slabs_simulated", "simulated", COLUMN_UINT, 0, "slabs of the model at that marker" },
	{ "objects_kernel", "objects", COLUMN_UINT, 0, "num_objs of after/slabinfo" },
	{ "objects_simulated", "simulated", COLUMN_UINT, 0, "objects of the model's slabs" },
	{ "active_kernel", "active", COLUMN_UINT, 0, "active_objs of after/slabinfo" },
	{ "active_recorded", "recorded", COLUMN_UINT, 0,
	  "the same of the recorded slabs: all objects but the free ones on nodes' partial lists" },
	{ "active_simulated", "simulated", COLUMN_UINT, 0, "the same of the model" },
	{ "in_use_recorded", "in use", COLUMN_UINT, 0,
	  "objects of the recorded slabs that somebody has" },
	{ "in_use_simulated", "in use, simulated", COLUMN_UINT, 0, "the same of the model" },
	{ "taken_recorded", "taken", COLUMN_UINT, 0, "slabs allocated from the start on" },
	{ "taken_simulated", "taken, simulated", COLUMN_UINT, 0, "the same of the model" },
	{ "freed_recorded", "freed", COLUMN_UINT, 0, "slabs given back from the start on" },
	{ "freed_simulated", "freed, simulated", COLUMN_UINT, 0, "the same of the model" },
	{ "pages_mean_error", "mean error", COLUMN_REAL, 2,
	  "slab pages over time, simulated against recorded, percent of recorded" },
	{ "pages_max_error", "max error", COLUMN_REAL, 2, "the largest of these" },
};

/* What of it is shown as text. */
static const struct column short_columns[] = {
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache" },
	{ "slabs", "slabs", COLUMN_UINT, 0, "num_slabs of after/slabinfo" },
	{ "recorded", "recorded", COLUMN_UINT, 0, "the same of the recorded slabs" },
	{ "simulated", "simul.", COLUMN_UINT, 0, "the same of the model" },
	{ "max", "max err%", COLUMN_REAL, 2, "largest error of the model's slab pages over time" },
	{ "active", "active", COLUMN_UINT, 0, "active_objs of after/slabinfo" },
	{ "active_recorded", "recorded", COLUMN_UINT, 0, "the same of the recorded slabs" },
	{ "active_simulated", "simul.", COLUMN_UINT, 0, "the same of the model" },
	{ "in_use", "in use", COLUMN_UINT, 0, "objects that somebody has" },
};

static const struct column name_columns[] = {
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache that the free named" },
	{ "objects", "objects", COLUMN_UINT, 0, "objects whose name was hidden, half of all" },
	{ "right", "right", COLUMN_UINT, 0, "found" },
	{ "wrong", "wrong", COLUMN_UINT, 0, "taken for another cache's" },
	{ "unknown", "unknown", COLUMN_UINT, 0, "not found" },
	{ "confidence", "confidence", COLUMN_PERCENT, 2, "share found right" },
	{ "objects_late", "late", COLUMN_UINT, 0,
	  "objects of the second half of the trace, names hidden, the first half known" },
	{ "right_late", "right", COLUMN_UINT, 0, "of them found" },
	{ "objects_early", "early", COLUMN_UINT, 0, "the other way round" },
	{ "right_early", "right", COLUMN_UINT, 0, "of them found" },
};

static double share(struct score s)
{
	return s.allocations ? (double)s.hits / (double)s.allocations : NAN;
}

static bool nothing(const struct slab_row *x)
{
	return !x->kernel.slabs && !x->simulated.slabs && !x->followed.slabs;
}

static void cache_row(struct table *t, const struct slab_row *x, bool simulated)
{
	const uint64_t v[] = {
		x->order,	    x->before.slabs,	 x->kernel.slabs,      x->followed.slabs,
		x->simulated.slabs, x->kernel.objects,	 x->simulated.objects, x->kernel.active,
		x->followed.active, x->simulated.active, x->followed.in_use,   x->simulated.in_use,
		x->taken[0],	    x->taken[1],	 x->given_back[0],     x->given_back[1],
	};

	table_row(t);
	table_string(t, x->name);
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++)
		table_uint(t, v[i]);
	table_real(t, simulated ? x->pages_mean : NAN);
	table_real(t, simulated ? x->pages_max : NAN);
}

struct table *verify_cache_table(const struct slabfidelity *f)
{
	struct table *t = table_new(cache_columns, sizeof(cache_columns) / sizeof(*cache_columns));

	for (uint32_t i = 0; t && i < f->count; i++)
		if (!nothing(&f->rows[i]))
			cache_row(t, &f->rows[i], f->simulated);
	return t;
}

static struct table *short_table(const struct slabfidelity *f)
{
	struct table *t = table_new(short_columns, sizeof(short_columns) / sizeof(*short_columns));

	for (uint32_t i = 0; t && i < f->count && i < CACHES_SHOWN; i++) {
		const struct slab_row *x = &f->rows[i];

		table_row(t);
		table_string(t, x->name);
		table_uint(t, x->kernel.slabs);
		table_uint(t, x->followed.slabs);
		table_uint(t, x->simulated.slabs);
		table_real(t, f->simulated ? x->pages_max : NAN);
		table_uint(t, x->kernel.active);
		table_uint(t, x->followed.active);
		table_uint(t, x->simulated.active);
		table_uint(t, x->followed.in_use);
	}
	return t;
}

struct table *verify_name_table(const struct nametest *n, const struct intern *strings)
{
	struct table *t = table_new(name_columns, sizeof(name_columns) / sizeof(*name_columns));

	for (uint32_t i = 0; t && i < n->count; i++) {
		const struct nametest_row *x = &n->rows[i];
		const struct nametest_counts *c = &x->by[NAMETEST_HASH];

		table_row(t);
		table_string(t, intern_str(strings, x->cache));
		table_uint(t, c->objects);
		table_uint(t, c->right);
		table_uint(t, c->wrong);
		table_uint(t, c->unknown);
		table_real(t, c->objects ? (double)c->right / (double)c->objects : NAN);
		for (unsigned s = NAMETEST_LATE; s < NAMETEST_SPLITS; s++) {
			table_uint(t, x->by[s].objects);
			table_uint(t, x->by[s].right);
		}
	}
	return t;
}

/* ---- text ---- */

static void print_recorded(const struct replay_run *x, const struct slabfidelity *f)
{
	const struct slablife_stats *s = slablife_stats(x->life);
	const struct slabcheck *c = &x->check;

	prose_print(stdout, "\nRecorded slabs, at the marker of after/slabinfo:\n");
	prose_print(stdout, "  slabs      after/slabinfo %" PRIu64 ", recorded %" PRIu64 "\n",
		    f->all.kernel.slabs, f->all.followed.slabs);
	prose_print(stdout,
		    "  active     after/slabinfo %" PRIu64 ", recorded %" PRIu64
		    " (%+.3f %%; cache by cache %.3f %% differ)\n",
		    f->all.kernel.active, f->all.followed.active, f->active_error,
		    f->active_differ);
	prose_print(stdout,
		    "  in use     %" PRIu64 "; the other %" PRIu64
		    " active ones (%.2f %%) CPUs hold free, which slabinfo does not tell apart\n",
		    f->all.followed.in_use, f->all.followed.active - f->all.followed.in_use,
		    f->all.followed.active ?
			    100.0 * (double)(f->all.followed.active - f->all.followed.in_use) /
				    (double)f->all.followed.active :
			    0.0);
	if (f->shown)
		prose_print(
			stdout,
			"  start      slabs are those that events showed, with what else was in them taken to live;\n"
			"             %" PRIu64
			" more are counted only, as before/slabinfo has them\n",
			f->hidden);
	if (c->known)
		prose_print(
			stdout,
			"  by slab    %u of %u not in a CPU's hand hold exactly the dump's objects, %" PRIu64
			" of %" PRIu64 " objects differ;\n"
			"             %u of %u stand where the dump has them; %u not recorded\n",
			c->same, c->counted, c->objects_differ, c->objects, c->same_place,
			c->placed, c->missing);
	prose_print(stdout,
		    "  addresses  %" PRIu64 " allocations in slabs, %" PRIu64 " of pages, %" PRIu64
		    " outside the direct map, %" PRIu64 " in no slab's page\n",
		    s->in_slabs, s->large, s->outside, s->no_slab);
	prose_print(stdout,
		    "  silent     %" PRIu64
		    " allocations and frees without an event; slabs put right: %" PRIu64 "\n",
		    s->implied, s->set_right);
}

static void print_simulated(const struct replay_run *run, const struct slabfidelity *f)
{
	struct simulated *x = run->simulated;
	const struct objects_stats *o = objects_stats(simulated_objects(x));

	prose_print(stdout, "\nSimulated with the objects: slabs ask for their pages themselves\n");
	prose_print(stdout, "  placement  %.3f %% of the same page allocations\n",
		    100.0 * share(simulated_stats(x)->all));
	prose_print(stdout,
		    "  objects    %" PRIu64 " asked for, %" PRIu64 " served, %" PRIu64
		    " failed; %" PRIu64 " in caches made up by size\n",
		    o->requested, o->served, o->failed, o->unattributed);
	prose_print(stdout,
		    "  frees      %" PRIu64 " asked for, %" PRIu64
		    " done; without an event: %" PRIu64 " allocations, %" PRIu64 " frees\n",
		    o->frees, o->freed, o->implied, o->early);
	prose_print(stdout,
		    "  slabs      %" PRIu64
		    " taken over at the start; page requests: recorded %" PRIu64
		    ", simulated %" PRIu64 "\n",
		    o->adopted, o->pages_expected, o->pages_taken);
	if (f->shown)
		prose_print(stdout,
			    "             as events showed them; %" PRIu64 " more counted only\n",
			    f->hidden);
	if (o->not_adopted)
		prose_print(stdout,
			    "             %" PRIu64
			    " of another geometry than the model's left out\n",
			    o->not_adopted);
	if (!f->known) {
		prose_print(stdout, "  no after/slabinfo to compare with\n");
		return;
	}
	prose_print(stdout,
		    "  slab pages at the end: after/slabinfo %" PRIu64 ", simulated %" PRIu64
		    " (%+.2f %%)\n",
		    f->all.kernel.pages, f->all.simulated.pages, f->pages_error);
	prose_print(
		stdout,
		"  slab pages over time: mean error %.3f %%, maximum %.3f %% of the recorded ones\n",
		f->all.pages_mean, f->all.pages_max);
	if (f->large)
		prose_print(
			stdout,
			"  caches of 50 slabs and more: %u, %u of them off by more than 5 %%, at most "
			"%.2f %% (%s)\n",
			f->large, f->beyond, f->worst, f->worst_name);
}

int verify_print_slabs(const struct replay *r, int recorded, int objects,
		       const struct slabfidelity *f)
{
	struct table *t;
	int ret;

	if (f->known)
		print_recorded(&r->runs[recorded], f);
	if (f->untraced)
		prose_print(stdout, "\nSlabs: neither followed nor simulated, for the trace has no "
				    "event of their objects\n");
	else if (objects >= 0)
		print_simulated(&r->runs[objects], f);
	if (!f->known)
		return 0;
	prose_print(stdout, "\n");
	t = short_table(f);
	ret = t ? table_print(t, TABLE_TEXT, stdout) : -1;
	table_free(t);
	if (f->count > CACHES_SHOWN)
		prose_print(stdout,
			    "... and smaller ones; --show caches --format csv has them all\n");
	return ret;
}

void verify_print_names(const struct nametest *n)
{
	static const char *const what[NAMETEST_SPLITS] = {
		[NAMETEST_HASH] = "half of them, at random",
		[NAMETEST_LATE] = "the second half of the trace",
		[NAMETEST_EARLY] = "the first half of the trace",
	};

	if (!n->all[NAMETEST_HASH].objects)
		return;
	prose_print(
		stdout,
		"\nCaches of objects whose names were hidden, found by call site, slab, sizes and counts:\n");
	for (unsigned s = 0; s < NAMETEST_SPLITS; s++) {
		const struct nametest_counts *c = &n->all[s];

		if (c->objects)
			prose_print(stdout,
				    "  %-28s %.3f %% of %" PRIu64 " right, %" PRIu64
				    " wrong, %" PRIu64 " unknown\n",
				    what[s], 100.0 * (double)c->right / (double)c->objects,
				    c->objects, c->wrong, c->unknown);
	}
}

/* ---- JSON ---- */

static void json_rows(struct json *j, const char *key, struct table *t)
{
	json_array(j, key);
	if (t)
		table_json(t, j);
	json_end_array(j);
	table_free(t);
}

static void json_recorded(struct json *j, const struct replay_run *x, const struct slabfidelity *f)
{
	const struct slablife_stats *s = slablife_stats(x->life);
	const struct slabcheck *c = &x->check;

	json_object(j, "recorded_slabs");
	json_uint(j, "slabs_kernel", f->all.kernel.slabs);
	json_uint(j, "slabs", f->all.followed.slabs);
	json_uint(j, "active_kernel", f->all.kernel.active);
	json_uint(j, "active", f->all.followed.active);
	json_real(j, "active_error", f->active_error);
	json_real(j, "active_differ", f->active_differ);
	json_uint(j, "in_use", f->all.followed.in_use);
	json_uint(j, "held_free_by_cpus", f->all.followed.active - f->all.followed.in_use);
	json_uint(j, "allocations", s->allocs);
	json_uint(j, "frees", s->frees);
	json_uint(j, "in_slabs", s->in_slabs);
	json_uint(j, "large", s->large);
	json_uint(j, "outside_direct_map", s->outside);
	json_uint(j, "in_no_slab", s->no_slab);
	json_uint(j, "misplaced", s->misplaced);
	json_uint(j, "silent", s->implied);
	json_uint(j, "put_right", s->set_right);
	if (c->known) {
		json_object(j, "by_slab");
		json_uint(j, "slabs", c->slabs);
		json_uint(j, "not_recorded", c->missing);
		json_uint(j, "compared", c->counted);
		json_uint(j, "same_count", c->same);
		json_uint(j, "objects", c->objects);
		json_uint(j, "objects_differ", c->objects_differ);
		json_uint(j, "placed", c->placed);
		json_uint(j, "same_place", c->same_place);
		json_end_object(j);
	}
	json_end_object(j);
}

static void json_simulated(struct json *j, const struct replay_run *run,
			   const struct slabfidelity *f)
{
	struct simulated *x = run->simulated;
	const struct objects_stats *o = objects_stats(simulated_objects(x));

	json_real(j, "placement", share(simulated_stats(x)->all));
	json_uint(j, "requested", o->requested);
	json_uint(j, "served", o->served);
	json_uint(j, "failed", o->failed);
	json_uint(j, "frees", o->frees);
	json_uint(j, "freed", o->freed);
	json_uint(j, "unmatched", o->unmatched);
	json_uint(j, "unattributed", o->unattributed);
	json_uint(j, "implied", o->implied);
	json_uint(j, "silent_frees", o->early);
	json_uint(j, "slabs_adopted", o->adopted);
	json_uint(j, "slabs_not_adopted", o->not_adopted);
	json_uint(j, "slabs_counted_only", f->hidden);
	json_uint(j, "slab_page_requests_recorded", o->pages_expected);
	json_uint(j, "slab_page_requests_simulated", o->pages_taken);
	if (!f->known)
		return;
	json_uint(j, "slab_pages_kernel", f->all.kernel.pages);
	json_uint(j, "slab_pages_recorded", f->all.followed.pages);
	json_uint(j, "slab_pages_simulated", f->all.simulated.pages);
	json_real(j, "slab_pages_error", f->pages_error);
	json_real(j, "slab_pages_mean_error", f->all.pages_mean);
	json_real(j, "slab_pages_max_error", f->all.pages_max);
	json_uint(j, "large_caches", f->large);
	json_uint(j, "large_caches_beyond", f->beyond);
	json_real(j, "large_caches_worst", f->worst);
}

void verify_json_slabs(struct json *j, const struct replay *r, int recorded, int objects,
		       const struct slabfidelity *f)
{
	if (f->untraced)
		objects = -1;
	if (objects < 0 && !f->known) {
		json_null(j, "objects");
		return;
	}
	json_object(j, "objects");
	if (objects >= 0)
		json_simulated(j, &r->runs[objects], f);
	if (f->known) {
		json_recorded(j, &r->runs[recorded], f);
		json_rows(j, "caches", verify_cache_table(f));
	}
	json_end_object(j);
}

static void json_split(struct json *j, const struct nametest_counts *c)
{
	json_uint(j, "objects", c->objects);
	json_uint(j, "right", c->right);
	json_uint(j, "wrong", c->wrong);
	json_uint(j, "unknown", c->unknown);
}

void verify_json_names(struct json *j, const struct replay *r, const struct nametest *n)
{
	json_object(j, "attribution");
	json_split(j, &n->all[NAMETEST_HASH]);
	for (unsigned s = NAMETEST_LATE; s < NAMETEST_SPLITS; s++) {
		json_object(j, nametest_split_name(s));
		json_split(j, &n->all[s]);
		json_end_object(j);
	}
	json_rows(j, "caches", verify_name_table(n, kmw_strings(r->k)));
	json_end_object(j);
}
