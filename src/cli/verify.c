// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab verify: can the reconstruction and the simulation be trusted? */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/machines.h"
#include "cli/runs.h"
#include "replay/nametest.h"
#include "replay/slabfidelity.h"

static struct input_options in = INPUT_DEFAULTS;
static int format;
static uint64_t samples = 200;

static const char *anchor_every;
static struct runs_curve curve;

static struct option options[] = {
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats,
	  "how to print the tables" },
	{ "samples", 'n', OPTION_UINT, &samples, "N", NULL,
	  "instants at which free blocks are compared (200)" },
	{ "anchor-every", 0, OPTION_STRING, &anchor_every, "N,N...", NULL,
	  "the score too with only every N-th allocation corrected (its page and its list, not the whole state)" },
	INPUT_OPTIONS(in),
	{ NULL },
};

static bool with_objects(const struct replay *r)
{
	return curve.first > RUN_OBJECTS && r->o.run_count > RUN_OBJECTS;
}

static const char *const type_names[] = { "Unmovable",	"Movable", "Reclaimable",
					  "HighAtomic", "CMA",	   "Isolate" };

static const struct column zone_columns[] = {
	{ "node", "node", COLUMN_UINT, 0, "node" },
	{ "zone", "zone", COLUMN_STRING, 0, "zone" },
	{ "free_recorded", "free, recorded", COLUMN_UINT, 0,
	  "pages in the buddy lists, reconstructed" },
	{ "free_snapshot", "free, snapshot", COLUMN_UINT, 0, "pages in after/buddyinfo" },
	{ "pages_differ", "pages differ", COLUMN_UINT, 0,
	  "sum over orders of |difference in blocks| * 2^order" },
	{ "blocks_differ", "blocks differ", COLUMN_UINT, 0,
	  "sum over orders of |difference in blocks|" },
	{ "type_blocks_differ", "by type", COLUMN_UINT, 0,
	  "the same per migrate type, against after/pagetypeinfo" },
	{ "pageblocks_differ", "pageblocks", COLUMN_UINT, 0, "difference in pageblocks by type" },
};

static const struct column contradiction_columns[] = {
	{ "kind", "kind", COLUMN_STRING, 0, "class of contradiction" },
	{ "events", "events", COLUMN_UINT, 0, "events that showed it" },
	{ "pages", "pages", COLUMN_UINT, 0, "page frames concerned" },
	{ "explained", "explained", COLUMN_STRING, 0,
	  "yes: a silent move that the kernel is known to make" },
	{ "first_event", "first at event", COLUMN_UINT, 0, "ordinal of the first such event" },
	{ "first_pfn", "page frame", COLUMN_HEX, 0, "of the first such event" },
	{ "meaning", "meaning", COLUMN_STRING, 0, "what happened" },
};

static const struct column dispute_columns[] = {
	{ "node", "node", COLUMN_UINT, 0, "node" },
	{ "zone", "zone", COLUMN_STRING, 0, "zone" },
	{ "pfn", "page frame", COLUMN_HEX, 0, "first page frame of the range" },
	{ "pages", "pages", COLUMN_UINT, 0, "page frames" },
	{ "why", "why", COLUMN_STRING, 0, "what must have happened" },
};

static const struct column placement_columns[] = {
	{ "node", "node", COLUMN_UINT, 0, "node of the kernel's page" },
	{ "zone", "zone", COLUMN_STRING, 0, "zone of the kernel's page" },
	{ "order", "order", COLUMN_UINT, 0, "order" },
	{ "migratetype", "migratetype", COLUMN_STRING, 0, "type asked for" },
	{ "allocations", "allocations", COLUMN_UINT, 0, "allocations scored" },
	{ "hits", "hits", COLUMN_UINT, 0, "of them with the kernel's own page frame" },
	{ "score", "score", COLUMN_PERCENT, 2, "share of hits" },
	{ "anchored", "anchored", COLUMN_PERCENT, 2,
	  "the same with the model corrected after each" },
};

static const struct column cache_columns[] = {
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache" },
	{ "order", "order", COLUMN_UINT, 0, "order of a slab" },
	{ "slabs_before", "before", COLUMN_UINT, 0, "slabs in before/slabinfo" },
	{ "slabs_recorded", "slabs", COLUMN_UINT, 0, "num_slabs of after/slabinfo" },
	{ "slabs_simulated", "simulated", COLUMN_UINT, 0, "slabs of the model at that marker" },
	{ "objects_recorded", "objects", COLUMN_UINT, 0, "num_objs of after/slabinfo" },
	{ "objects_simulated", "simulated", COLUMN_UINT, 0, "objects of the model's slabs" },
	{ "active_recorded", "active", COLUMN_UINT, 0, "active_objs of after/slabinfo" },
	{ "active_simulated", "simulated", COLUMN_UINT, 0, "the same of the model" },
};

static const struct column name_columns[] = {
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache that the free named" },
	{ "objects", "objects", COLUMN_UINT, 0, "objects whose name was hidden" },
	{ "right", "right", COLUMN_UINT, 0, "found" },
	{ "wrong", "wrong", COLUMN_UINT, 0, "taken for another cache's" },
	{ "unknown", "unknown", COLUMN_UINT, 0, "not found" },
};

static double share(struct score s)
{
	return s.allocations ? (double)s.hits / (double)s.allocations : NAN;
}

static struct table *zone_table(const struct machine *m, const struct fidelity *f)
{
	struct table *t = table_new(zone_columns, 8);

	for (uint32_t z = 0; t && z < m->zone_count; z++) {
		const struct fidelity_zone *x = &f->zone[z];

		table_row(t);
		table_uint(t, m->zones[z].node);
		table_string(t, m->zones[z].name);
		table_uint(t, x->free_recorded);
		if (!f->have_snapshot)
			continue;
		table_uint(t, x->free_snapshot);
		table_uint(t, x->pages_differ);
		table_uint(t, x->blocks_differ);
		if (!f->have_types)
			continue;
		table_uint(t, x->type_blocks_differ);
		table_uint(t, x->pageblocks_differ);
	}
	if (t)
		table_row(t);
	return t;
}

static struct table *contradiction_table(const struct recorded_stats *s)
{
	struct table *t = table_new(contradiction_columns, 7);

	for (unsigned c = 0; t && c < CONTRADICTION_KINDS; c++) {
		const struct contradiction_count *k = &s->contradictions[c];

		if (!k->events)
			continue;
		table_row(t);
		table_string(t, contradiction_name(c));
		table_uint(t, k->events);
		table_uint(t, k->pages);
		table_string(t, contradiction_explained(c) ? "yes" : "no");
		table_uint(t, k->first_seq);
		table_uint(t, k->first_pfn);
		table_string(t, contradiction_help(c));
	}
	return t;
}

static int put_table(struct table *t)
{
	int ret = t ? table_print(t, (enum table_format)format, stdout) : -1;

	table_free(t);
	return ret;
}

#define RANGES_SHOWN 20 /* of the disputed ranges, in text */

static struct table *dispute_table(const struct machine *m, const struct disputes *x, uint32_t most)
{
	struct table *t = table_new(dispute_columns, 5);

	for (uint32_t i = 0; t && i < x->count && i < most; i++) {
		const struct machine_zone *z = &m->zones[x->d[i].zone];

		table_row(t);
		table_uint(t, z->node);
		table_string(t, z->name);
		table_uint(t, x->d[i].pfn);
		table_uint(t, x->d[i].pages);
		table_string(t, dispute_why((enum dispute_kind)x->d[i].kind));
	}
	return t;
}

static int print_disputes(const struct machine *m, const struct disputes *x, uint64_t free_pages)
{
	int ret;

	if (!x->known)
		return 0;
	if (!x->count) {
		printf("\nDisputed: no page frame\n");
		return 0;
	}
	printf("\nDisputed: %" PRIu64 " page frames in %u ranges (%.3f %% of the free pages)\n",
	       x->pages, x->count,
	       free_pages ? 100.0 * (double)x->pages / (double)free_pages : 0.0);
	ret = put_table(dispute_table(m, x, RANGES_SHOWN));
	if (x->count > RANGES_SHOWN)
		printf("... and %u ranges more; --format json has them all\n",
		       x->count - RANGES_SHOWN);
	return ret;
}

static struct table *placement_table(const struct machine *m, const struct simulated_stats *s,
				     const struct simulated_stats *a)
{
	struct table *t = table_new(placement_columns, 8);

	for (uint32_t z = 0; t && z < m->zone_count; z++)
		for (unsigned o = 0; o < KMM_ORDERS; o++)
			for (unsigned y = 0; y < KMM_MIGRATETYPES; y++) {
				if (!s->by[z][y][o].allocations)
					continue;
				table_row(t);
				table_uint(t, m->zones[z].node);
				table_string(t, m->zones[z].name);
				table_uint(t, o);
				table_string(t, type_names[y]);
				table_uint(t, s->by[z][y][o].allocations);
				table_uint(t, s->by[z][y][o].hits);
				table_real(t, share(s->by[z][y][o]));
				table_real(t, share(a->by[z][y][o]));
			}
	return t;
}

static struct table *cache_table(const struct slabfidelity *f, uint32_t most)
{
	struct table *t = table_new(cache_columns, 9);

	for (uint32_t i = 0; t && i < f->count && i < most; i++) {
		const struct slab_row *x = &f->rows[i];

		if (!x->recorded.slabs && !x->simulated.slabs)
			continue;
		table_row(t);
		table_string(t, x->name);
		table_uint(t, x->order);
		table_uint(t, x->before.slabs);
		table_uint(t, x->recorded.slabs);
		table_uint(t, x->simulated.slabs);
		table_uint(t, x->recorded.objects);
		table_uint(t, x->simulated.objects);
		table_uint(t, x->recorded.active);
		table_uint(t, x->simulated.active);
	}
	return t;
}

static struct table *name_table(const struct nametest *n, const struct intern *strings)
{
	struct table *t = table_new(name_columns, 5);

	for (uint32_t i = 0; t && i < n->count; i++) {
		const struct nametest_row *x = &n->rows[i];

		table_row(t);
		table_string(t, intern_str(strings, x->cache));
		table_uint(t, x->objects);
		table_uint(t, x->right);
		table_uint(t, x->wrong);
		table_uint(t, x->unknown);
	}
	return t;
}

static void json_counts(struct json *j, const char *key, struct fidelity_counts c)
{
	json_object(j, key);
	json_uint(j, "recorded", c.recorded);
	json_uint(j, "simulated", c.simulated);
	json_end_object(j);
}

static void json_table(struct json *j, const char *key, struct table *t)
{
	json_array(j, key);
	if (t)
		table_json(t, j);
	json_end_array(j);
	table_free(t);
}

static void json_curve(struct json *j, const struct replay *r)
{
	json_array(j, "anchored_every");
	for (unsigned i = 0; i < curve.count && curve.first + i < r->o.run_count; i++) {
		json_object(j, NULL);
		json_uint(j, "n", curve.every[i]);
		json_real(j, "score",
			  share(simulated_stats(r->runs[curve.first + i].simulated)->all));
		json_end_object(j);
	}
	json_end_array(j);
}

static void print_curve(const struct replay *r)
{
	for (unsigned i = 0; i < curve.count && curve.first + i < r->o.run_count; i++)
		printf("  corrected after every %6" PRIu32 ". allocation: %.3f %%\n",
		       curve.every[i],
		       100.0 * share(simulated_stats(r->runs[curve.first + i].simulated)->all));
}

static void json_simulated(struct json *j, const struct machine *m, const struct fidelity *f,
			   const struct replay *r)
{
	const struct simulated_stats *s = simulated_stats(r->runs[RUN_NATIVE].simulated);
	const struct simulated_stats *a = simulated_stats(r->runs[RUN_ANCHORED].simulated);

	json_object(j, "simulated");
	json_string(j, "policy", "native");
	json_object(j, "placement");
	json_real(j, "score", share(f->placement));
	json_real(j, "anchored", share(f->anchored));
	json_uint(j, "allocations", f->placement.allocations);
	json_uint(j, "hits", f->placement.hits);
	json_uint(j, "zones_given", f->zones_given);
	if (s->diverged) {
		json_uint(j, "first_miss_event", s->first_miss_seq);
		json_uint(j, "first_miss_after", s->first_miss_at);
		json_uint(j, "first_miss_pfn", s->first_miss_want);
		json_uint(j, "first_miss_got", s->first_miss_got);
	}
	json_end_object(j);
	json_counts(j, "refills", f->refills);
	json_counts(j, "drains", f->drains);
	json_counts(j, "fallbacks", f->fallbacks);
	json_real(j, "order_error_mean", f->order_error_mean);
	json_real(j, "order_error_max", f->order_error_max);
	json_array(j, "unusable_index_error");
	for (unsigned o = 0; o < m->orders; o++)
		json_real(j, NULL, f->unusable_error[o]);
	json_end_array(j);
	json_uint(j, "zone_locks",
		  kmm_stats(simulated_model(r->runs[RUN_NATIVE].simulated))->zone_locks);
	json_uint(j, "failed", s->failed);
	json_uint(j, "unmatched_frees", s->unmatched_frees);
	json_uint(j, "uncorrected", a->uncorrected);
	json_array(j, "course");
	for (uint32_t i = 0; i < s->courses; i++)
		json_real(j, NULL, share(s->course[i]));
	json_end_array(j);
	json_curve(j, r);
	json_table(j, "by_zone_order_type", placement_table(m, s, a));
	json_end_object(j);
}

static void json_objects(struct json *j, const struct replay *r, const struct slabfidelity *sf)
{
	struct simulated *x = r->runs[RUN_OBJECTS].simulated;
	const struct objects_stats *o = objects_stats(simulated_objects(x));
	const struct simulated_stats *s = simulated_stats(x);

	json_object(j, "objects");
	json_real(j, "placement", share(s->all));
	json_uint(j, "requested", o->requested);
	json_uint(j, "served", o->served);
	json_uint(j, "failed", o->failed);
	json_uint(j, "frees", o->frees);
	json_uint(j, "freed", o->freed);
	json_uint(j, "unmatched", o->unmatched);
	json_uint(j, "unattributed", o->unattributed);
	json_uint(j, "implied", o->implied);
	json_uint(j, "slabs_adopted", o->adopted);
	json_uint(j, "slabs_not_adopted", o->not_adopted);
	json_uint(j, "slab_page_requests_recorded", o->pages_expected);
	json_uint(j, "slab_page_requests_simulated", o->pages_taken);
	if (sf->known) {
		json_uint(j, "slab_pages_recorded", sf->recorded.pages);
		json_uint(j, "slab_pages_simulated", sf->simulated.pages);
		json_real(j, "slab_pages_error", sf->pages_error);
		json_uint(j, "large_caches", sf->large);
		json_uint(j, "large_caches_beyond", sf->beyond);
		json_real(j, "large_caches_worst", sf->worst);
		json_table(j, "caches", cache_table(sf, UINT32_MAX));
	}
	json_end_object(j);
}

static void json_names(struct json *j, const struct replay *r, const struct nametest *n)
{
	json_object(j, "attribution");
	json_uint(j, "objects", n->objects);
	json_uint(j, "right", n->right);
	json_uint(j, "wrong", n->wrong);
	json_uint(j, "unknown", n->unknown);
	json_table(j, "caches", name_table(n, kmw_strings(r->k)));
	json_end_object(j);
}

static int print_json(const struct machine *m, const struct fidelity *f, const struct replay *r,
		      const struct recorded_stats *s, const struct slabfidelity *sf,
		      const struct nametest *names)
{
	struct json j;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "start", replay_start(m));
	json_object(&j, "recorded");
	json_uint(&j, "pages_free", f->all.free_recorded);
	if (f->have_snapshot) {
		json_uint(&j, "pages_disputed", f->pages_disputed);
		json_uint(&j, "pages_differ", f->all.pages_differ);
		json_uint(&j, "blocks_differ", f->all.blocks_differ);
	} else {
		json_null(&j, "pages_disputed");
		json_null(&j, "blocks_differ");
	}
	json_uint(&j, "contradictions", f->contradictions);
	json_uint(&j, "explained", f->explained);
	json_uint(&j, "unknown_frames", s->unknown_frames);
	json_uint(&j, "frames", s->frames);
	json_uint(&j, "pages_isolated", s->pages_isolated);
	json_table(&j, "zones", zone_table(m, f));
	json_table(&j, "contradiction_kinds", contradiction_table(s));
	if (r->runs[RUN_RECORDED].disputes.known)
		json_table(&j, "disputes",
			   dispute_table(m, &r->runs[RUN_RECORDED].disputes, UINT32_MAX));
	json_end_object(&j);
	if (f->have_simulated)
		json_simulated(&j, m, f, r);
	else
		json_null(&j, "simulated");
	if (with_objects(r))
		json_objects(&j, r, sf);
	else
		json_null(&j, "objects");
	json_names(&j, r, names);
	json_end_object(&j);
	return json_finish(&j);
}

static void put_counts(const char *what, struct fidelity_counts c)
{
	double rel = c.recorded ? 100.0 * ((double)c.simulated - (double)c.recorded) /
					  (double)c.recorded :
				  0;

	printf("  %-10s recorded %" PRIu64 ", simulated %" PRIu64 " (%+.2f %%)\n", what, c.recorded,
	       c.simulated, rel);
}

#define CACHES_SHOWN 20 /* in text */

static int print_objects(const struct replay *r, const struct slabfidelity *sf)
{
	struct simulated *x = r->runs[RUN_OBJECTS].simulated;
	const struct objects_stats *o = objects_stats(simulated_objects(x));
	int ret;

	printf("\nSimulated with the objects: slabs ask for their pages themselves\n");
	printf("  placement  %.3f %% of the same page allocations\n",
	       100.0 * share(simulated_stats(x)->all));
	printf("  objects    %" PRIu64 " asked for, %" PRIu64 " served, %" PRIu64
	       " failed; %" PRIu64 " in caches made up by size\n",
	       o->requested, o->served, o->failed, o->unattributed);
	printf("  frees      %" PRIu64 " asked for, %" PRIu64 " done; %" PRIu64
	       " allocations without an event made up for\n",
	       o->frees, o->freed, o->implied);
	printf("  slabs      %" PRIu64 " taken over at the start", o->adopted);
	if (o->not_adopted)
		printf(", %" PRIu64 " of another geometry than the model's left out",
		       o->not_adopted);
	printf("; page requests: recorded %" PRIu64 ", simulated %" PRIu64 "\n", o->pages_expected,
	       o->pages_taken);
	if (!sf->known) {
		printf("  no after/slabinfo to compare with\n");
		return 0;
	}
	printf("  slab pages at the end: after/slabinfo %" PRIu64 ", simulated %" PRIu64
	       " (%+.2f %%)\n",
	       sf->recorded.pages, sf->simulated.pages, sf->pages_error);
	if (sf->large)
		printf("  caches of 50 slabs and more: %u, %u of them off by more than 5 %%, at most "
		       "%.2f %% (%s)\n",
		       sf->large, sf->beyond, sf->worst, sf->worst_name);
	printf("\n");
	ret = put_table(cache_table(sf, CACHES_SHOWN));
	if (sf->count > CACHES_SHOWN)
		printf("... and smaller ones; --format json has them all\n");
	return ret;
}

static void print_names(const struct nametest *n)
{
	if (!n->objects)
		return;
	printf("\nCaches by call site and size, names hidden for half of the objects: %.3f %% of %" PRIu64
	       " right,\n%" PRIu64 " wrong, %" PRIu64 " unknown\n",
	       100.0 * (double)n->right / (double)n->objects, n->objects, n->wrong, n->unknown);
}

static int print_text(const struct machine *m, const struct fidelity *f, const struct replay *r,
		      const struct recorded_stats *s, const struct slabfidelity *sf,
		      const struct nametest *names)
{
	int ret;

	printf("Start: %s\n", replay_start(m));
	printf("\nRecorded, against the kernel's counters at the marker of after/buddyinfo:\n");
	if (!f->have_snapshot)
		printf("  no after/buddyinfo to compare with\n");
	ret = put_table(zone_table(m, f));
	printf("\nContradictions: %" PRIu64 " not explained, %" PRIu64 " silent moves put right\n",
	       f->contradictions, f->explained);
	if (ret >= 0 && f->contradictions + f->explained)
		ret = put_table(contradiction_table(s));
	if (ret >= 0)
		ret = print_disputes(m, &r->runs[RUN_RECORDED].disputes,
				     f->have_snapshot ? f->all.free_snapshot :
							f->all.free_recorded);
	if (s->unknown_frames)
		printf("Page frames of which nothing is known: %" PRIu64 " of %" PRIu64 "\n",
		       s->unknown_frames, s->frames);
	print_names(names);
	if (!f->have_simulated) {
		printf("\nSimulated: not possible, the start state is not known\n");
		return ret;
	}
	printf("\nSimulated under native, from the start state's marker to \"snap: after begin\":\n");
	printf("  placement  %.3f %% of %" PRIu64 " allocations (anchored %.3f %%)\n",
	       100.0 * share(f->placement), f->placement.allocations, 100.0 * share(f->anchored));
	print_curve(r);
	if (simulated_stats(r->runs[RUN_NATIVE].simulated)->diverged) {
		const struct simulated_stats *x = simulated_stats(r->runs[RUN_NATIVE].simulated);

		printf("  first miss after %" PRIu64 " allocations, at event %" PRIu64
		       ": kernel %#x, model %#x\n",
		       x->first_miss_at, x->first_miss_seq, x->first_miss_want, x->first_miss_got);
	}
	if (f->zones_given)
		printf("  zones      taken from the recording for %" PRIu64
		       " of them (%.2f %%): the node asked "
		       "for and\n             the lag of the zone counters near a watermark are not traced\n",
		       f->zones_given,
		       100.0 * (double)f->zones_given / (double)f->placement.allocations);
	put_counts("refills", f->refills);
	put_counts("drains", f->drains);
	put_counts("fallbacks", f->fallbacks);
	printf("  free blocks per order: mean error %.3f %%, maximum %.3f %% of free pages\n\n",
	       f->order_error_mean, f->order_error_max);
	if (ret >= 0)
		ret = put_table(placement_table(m, simulated_stats(r->runs[RUN_NATIVE].simulated),
						simulated_stats(r->runs[RUN_ANCHORED].simulated)));
	if (ret >= 0 && with_objects(r))
		ret = print_objects(r, sf);
	return ret;
}

static int verify(struct kmw_reader *k, struct err *e)
{
	struct machine *m = import_machine(k, e);
	const struct recorded_stats *s;
	struct machines set = { 0 };
	struct slabfidelity sf = { 0 };
	struct nametest names = { 0 };
	struct replay r = { 0 };
	struct fidelity f;
	int ret;

	if (!m)
		return err_code(e);
	ret = runs_native(k, m, (uint32_t)samples, &curve, &set, &r, &f, e);
	if (ret >= 0 && with_objects(&r) && slabfidelity_compute(&sf, &r, RUN_OBJECTS))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0)
		ret = nametest_run(&names, k, m, e);
	if (ret >= 0) {
		s = recorded_stats(r.runs[RUN_RECORDED].recorded);
		ret = recorded_validate(r.runs[RUN_RECORDED].recorded, e);
		if (ret >= 0)
			ret = format == TABLE_JSON ? print_json(m, &f, &r, s, &sf, &names) :
			      format == TABLE_CSV  ? put_table(zone_table(m, &f)) :
						     print_text(m, &f, &r, s, &sf, &names);
		if (ret < 0 && !e->code)
			err_set(e, -ret, "the tables could not be printed");
	}
	slabfidelity_free(&sf);
	nametest_free(&names);
	replay_free(&r);
	machines_free(&set);
	machine_free(m);
	return ret;
}

/* "10,100": whole numbers above 0. */
static bool parse_curve(void)
{
	const char *p = anchor_every;

	while (p && *p) {
		char *end;
		unsigned long n = strtoul(p, &end, 10);

		if (end == p || !n || n > UINT32_MAX || (*end && *end != ',') ||
		    curve.count == RUNS_CURVE)
			return false;
		curve.every[curve.count++] = (uint32_t)n;
		p = *end ? end + 1 : end;
	}
	return true;
}

static int run(int argc, char **argv)
{
	if (samples < 2 || samples > 100000) {
		fprintf(stderr, "kmemlab verify: --samples is from 2 to 100000\n");
		return 2;
	}
	if (!parse_curve()) {
		fprintf(stderr,
			"kmemlab verify: --anchor-every: '%.40s' is not up to %d numbers above 0\n",
			anchor_every, RUNS_CURVE);
		return 2;
	}
	return input_run("verify", &in, argc, argv, verify);
}

struct command cmd_verify = {
	.name = "verify",
	.summary = "measure how far reconstruction and simulation can be trusted",
	.args = "CAPTURE",
	.description =
		"Holds the reconstruction against the kernel's own counters (after/buddyinfo, "
		"after/pagetypeinfo) and against itself: every event that the reconstructed state does not "
		"allow is counted, classified and located. Then simulates the captured kernel's own policy "
		"from the recorded start and compares it with the recording: the share of allocations for "
		"which the model returned the very same page frame (never corrected, and anchored, that is "
		"corrected after each), refills, drains, fallbacks, and free blocks per order over time.\n\n"
		"Where the snapshot knows its slabs, a third simulation sends the object requests through the "
		"slab model too and compares the caches with after/slabinfo (docs/objects.md).\n\n"
		"The watermark tests of the model use exact counts of free pages, where the kernel's own lag "
		"behind by its per-CPU differences.",
	.examples = "kmemlab verify traces/amd64-6.1-small\n"
		    "  the fidelity of the bundled capture\n",
	.options = options,
	.run = run,
};
