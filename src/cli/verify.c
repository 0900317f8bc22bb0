// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab verify: can the reconstruction and the simulation be trusted? */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/prose.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/machines.h"
#include "cli/runs.h"
#include "cli/verify_misses.h"
#include "cli/verify_slabs.h"

static struct input_options in = INPUT_DEFAULTS;
static int format, show;
static uint64_t samples = 200;

static const char *anchor_every;
static struct runs_curve curve;

enum { SHOW_ZONES, SHOW_PLACEMENT, SHOW_MISSES, SHOW_CACHES, SHOW_NAMES };

static const char *const shows[] = { "zones", "placement", "misses", "caches", "names", NULL };

static struct option options[] = {
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats,
	  "how to print the tables" },
	{ "show", 's', OPTION_CHOICE, &show, "TABLE", shows,
	  "which table --format csv prints; text and json have all of them" },
	{ "samples", 'n', OPTION_UINT, &samples, "N", NULL,
	  "instants at which free blocks are compared (200)" },
	{ "anchor-every", 0, OPTION_STRING, &anchor_every, "N,N...", NULL,
	  "the score too with the whole state put right after every N allocations (1: the anchored score)" },
	INPUT_OPTIONS(in),
	{ NULL },
};

static bool with_objects(const struct replay *r)
{
	return curve.first > RUN_OBJECTS && r->o.run_count > RUN_OBJECTS;
}

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
	{ "read_after", "read after", COLUMN_UINT, 0,
	  "events after the marker, while the file was being read, at which it has the zone" },
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

static double share(struct score s)
{
	return s.allocations ? (double)s.hits / (double)s.allocations : NAN;
}

static struct table *zone_table(const struct machine *m, const struct fidelity *f)
{
	struct table *t = table_new(zone_columns, 9);

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
		if (f->have_types) {
			table_uint(t, x->type_blocks_differ);
			table_uint(t, x->pageblocks_differ);
		} else {
			table_none(t);
			table_none(t);
		}
		table_uint(t, x->read_after);
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
		prose_print(stdout, "\nDisputed: no page frame\n");
		return 0;
	}
	prose_print(stdout,
		    "\nDisputed: %" PRIu64
		    " page frames in %u ranges (%.3f %% of the free pages)\n",
		    x->pages, x->count,
		    free_pages ? 100.0 * (double)x->pages / (double)free_pages : 0.0);
	ret = put_table(dispute_table(m, x, RANGES_SHOWN));
	if (x->count > RANGES_SHOWN)
		prose_print(stdout, "... and %u ranges more; --format json has them all\n",
			    x->count - RANGES_SHOWN);
	return ret;
}

/* At the start, at the half and at the end: it shrinks as pages are touched. */
static void print_unknown(const struct replay_run *run, const struct recorded_stats *s)
{
	printf("Page frames of which nothing is known: %" PRIu64 " of %" PRIu64 " at the end",
	       s->unknown_frames, s->frames);
	if (run->taken > 2)
		printf(" (%" PRIu64 " at the start, %" PRIu64 " at the half of the time)",
		       run->samples[0].view.unknown, run->samples[run->taken / 2].view.unknown);
	putchar('\n');
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
				table_string(t, view_type_names[y]);
				table_uint(t, s->by[z][y][o].allocations);
				table_uint(t, s->by[z][y][o].hits);
				table_real(t, share(s->by[z][y][o]));
				table_real(t, share(a->by[z][y][o]));
			}
	return t;
}

static int print_misses(const struct simulated_stats *s, const struct simulated_stats *a)
{
	if (s->all.hits == s->all.allocations && a->all.hits == a->all.allocations)
		return 0;
	prose_print(stdout, "\nMisses, by where the model had the kernel's page:\n");
	return put_table(verify_miss_table(s, a));
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
		const struct simulated_stats *s = simulated_stats(
			r->runs[curve.first + i].simulated);

		json_object(j, NULL);
		json_uint(j, "n", curve.every[i]);
		json_real(j, "score", share(s->all));
		json_uint(j, "times", s->reanchored);
		json_uint(j, "uncorrected", s->uncorrected);
		json_end_object(j);
	}
	json_end_array(j);
}

static void print_curve(const struct replay *r)
{
	for (unsigned i = 0; i < curve.count && curve.first + i < r->o.run_count; i++)
		prose_print(stdout, "  put right after every %6" PRIu32 " allocations: %.3f %%\n",
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
	json_uint(j, "marks_given", f->marks_given);
	json_uint(j, "limits_given", f->limits_given);
	if (s->diverged) {
		json_uint(j, "first_miss_event", s->first_miss_seq);
		json_uint(j, "first_miss_after", s->first_miss_at);
		json_uint(j, "first_miss_pfn", s->first_miss_want);
		json_uint(j, "first_miss_got", s->first_miss_got);
		json_string(j, "first_miss", miss_name(s->first_miss));
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
	json_table(j, "misses", verify_miss_table(s, a));
	json_table(j, "by_zone_order_type", placement_table(m, s, a));
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
	json_bool(&j, "no_idle", m->no_idle);
	json_uint(&j, "lost", kmw_summary(r->k)->lost);
	json_bool(&j, "lost_unknown", kmw_summary(r->k)->lost_unknown);
	json_array(&j, "unknown");
	for (uint32_t i = 0; i < m->unknown_count; i++)
		json_string(&j, NULL, m->unknown[i]);
	json_end_array(&j);
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
	json_array(&j, "unknown_course");
	for (uint32_t i = 0; i < r->runs[RUN_RECORDED].taken; i++)
		json_uint(&j, NULL, r->runs[RUN_RECORDED].samples[i].view.unknown);
	json_end_array(&j);
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
	verify_json_slabs(&j, r, RUN_RECORDED, with_objects(r) ? RUN_OBJECTS : -1, sf);
	verify_json_names(&j, r, names);
	json_end_object(&j);
	return json_finish(&j);
}

static void put_counts(const char *what, struct fidelity_counts c)
{
	double rel = c.recorded ? 100.0 * ((double)c.simulated - (double)c.recorded) /
					  (double)c.recorded :
				  0;

	prose_print(stdout, "  %-10s recorded %" PRIu64 ", simulated %" PRIu64 " (%+.2f %%)\n",
		    what, c.recorded, c.simulated, rel);
}

static void print_lost(const struct kmw_summary *s)
{
	if (!s->lost && !s->lost_unknown)
		return;
	prose_print(stdout, "Trace: ");
	if (s->lost)
		prose_print(stdout, "%" PRIu64 " events%s were lost", s->lost,
			    s->lost_unknown ? " and more" : "");
	else
		prose_print(stdout, "events were lost");
	prose_print(
		stdout,
		"; what they took and gave back is not known, and contradictions and misses follow "
		"from that\n");
}

static int print_text(const struct machine *m, const struct fidelity *f, const struct replay *r,
		      const struct recorded_stats *s, const struct slabfidelity *sf,
		      const struct nametest *names)
{
	int ret;

	prose_print(stdout, "Start: %s\n", replay_start(m));
	print_lost(kmw_summary(r->k));
	if (m->no_idle)
		prose_print(
			stdout,
			"Trace: no event of the idle task: no CPU was ever idle, or some tasks only were traced; then "
			"what others took and gave back is not in it, and contradictions follow from that\n");
	prose_print(
		stdout,
		"\nRecorded, against the kernel's counters at the marker of after/buddyinfo, or while it was read:\n");
	if (!f->have_snapshot)
		prose_print(stdout, "  no after/buddyinfo to compare with\n");
	ret = put_table(zone_table(m, f));
	prose_print(stdout,
		    "\nContradictions: %" PRIu64 " not explained, %" PRIu64
		    " silent moves put right\n",
		    f->contradictions, f->explained);
	if (ret >= 0 && f->contradictions + f->explained)
		ret = put_table(contradiction_table(s));
	if (ret >= 0)
		ret = print_disputes(m, &r->runs[RUN_RECORDED].disputes,
				     f->have_snapshot ? f->all.free_snapshot :
							f->all.free_recorded);
	if (s->unknown_frames)
		print_unknown(&r->runs[RUN_RECORDED], s);
	verify_print_names(names);
	if (!f->have_simulated) {
		prose_print(stdout, "\nSimulated: not possible, the start state is not known\n");
		return ret < 0 ? ret : verify_print_slabs(r, RUN_RECORDED, -1, sf);
	}
	prose_print(
		stdout,
		"\nSimulated under native, from the start state's marker to \"snap: after begin\":\n");
	prose_print(stdout, "  placement  %.3f %% of %" PRIu64 " allocations (anchored %.3f %%)\n",
		    100.0 * share(f->placement), f->placement.allocations,
		    100.0 * share(f->anchored));
	print_curve(r);
	if (simulated_stats(r->runs[RUN_NATIVE].simulated)->diverged) {
		const struct simulated_stats *x = simulated_stats(r->runs[RUN_NATIVE].simulated);

		prose_print(stdout,
			    "  first miss after %" PRIu64 " allocations, at event %" PRIu64
			    ": kernel %#x, model %#x;\n             %s\n",
			    x->first_miss_at, x->first_miss_seq, x->first_miss_want,
			    x->first_miss_got, miss_help(x->first_miss));
	}
	if (f->zones_given)
		prose_print(
			stdout,
			"  zones      taken from the recording for %" PRIu64
			" of them (%.2f %%): the node asked "
			"for and\n             the lag of the zone counters near a watermark are not traced\n",
			f->zones_given,
			100.0 * (double)f->zones_given / (double)f->placement.allocations);
	if (f->marks_given)
		prose_print(stdout,
			    "  marks      taken from the recording %" PRIu64
			    " times: on which side of its high mark\n             a zone was whose "
			    "counter may lag that far\n",
			    f->marks_given);
	if (f->limits_given)
		prose_print(stdout,
			    "  limits     taken from the recording for %" PRIu64
			    " frees: the work that lowers the lists'\n             limits once a "
			    "second leaves no event, and comes late\n",
			    f->limits_given);
	put_counts("refills", f->refills);
	put_counts("drains", f->drains);
	put_counts("fallbacks", f->fallbacks);
	prose_print(stdout,
		    "  free blocks per order: mean error %.3f %%, maximum %.3f %% of free pages\n\n",
		    f->order_error_mean, f->order_error_max);
	if (ret >= 0)
		ret = put_table(placement_table(m, simulated_stats(r->runs[RUN_NATIVE].simulated),
						simulated_stats(r->runs[RUN_ANCHORED].simulated)));
	if (ret >= 0)
		ret = print_misses(simulated_stats(r->runs[RUN_NATIVE].simulated),
				   simulated_stats(r->runs[RUN_ANCHORED].simulated));
	if (ret >= 0)
		ret = verify_print_slabs(r, RUN_RECORDED, with_objects(r) ? RUN_OBJECTS : -1, sf);
	return ret;
}

static struct table *shown_table(struct kmw_reader *k, const struct machine *m,
				 const struct fidelity *f, const struct replay *r,
				 const struct slabfidelity *sf, const struct nametest *names)
{
	static const struct simulated_stats nothing;
	bool simulated = f->have_simulated;

	const struct simulated_stats *s = simulated ?
						  simulated_stats(r->runs[RUN_NATIVE].simulated) :
						  &nothing,
				     *a = simulated ?
						  simulated_stats(r->runs[RUN_ANCHORED].simulated) :
						  &nothing;

	switch (show) {
	case SHOW_PLACEMENT:
		return placement_table(m, s, a);
	case SHOW_MISSES:
		return verify_miss_table(s, a);
	case SHOW_CACHES:
		return verify_cache_table(sf);
	case SHOW_NAMES:
		return verify_name_table(names, kmw_strings(k));
	default:
		return zone_table(m, f);
	}
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
	if (ret >= 0 &&
	    slabfidelity_compute(&sf, &r, RUN_RECORDED, with_objects(&r) ? RUN_OBJECTS : -1))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0)
		ret = nametest_run(&names, k, m, e);
	if (ret >= 0) {
		s = recorded_stats(r.runs[RUN_RECORDED].recorded);
		ret = recorded_validate(r.runs[RUN_RECORDED].recorded, e);
		if (ret >= 0)
			ret = format == TABLE_JSON ?
				      print_json(m, &f, &r, s, &sf, &names) :
			      format == TABLE_CSV ?
				      put_table(shown_table(k, m, &f, &r, &sf, &names)) :
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
		"The watermark tests of the model use exact counts of free pages up to Linux 6.6, where the "
		"kernel's own lag behind by its per-CPU differences; from 6.7 on these are followed from "
		"the start on, at which they are taken to be none.",
	.examples = "kmemlab verify traces/amd64-6.1-small\n"
		    "  the fidelity of the bundled capture\n",
	.options = options,
	.run = run,
};
