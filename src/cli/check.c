// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab check: thresholds, a verdict a line and an exit status, for a capture or the running machine. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/fragindex.h"
#include "analyze/rules.h"
#include "base/file.h"
#include "base/json.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "machine/text.h"
#include "replay/replay.h"
#include "replay/stat.h"
#include "trace/trace.h"
#include "workload/capture.h"

#define SAMPLES 200
#define RULES_LIMIT (256u << 10)
#define TEXT_LIMIT (4u << 20)

enum format { TEXT, JSON, JUNIT };
static const char *const formats[] = { "text", "json", "junit", NULL };

static struct input_options in = INPUT_DEFAULTS;
static const char *rules_file, *root = "";
static struct option_list given;
static bool live;
static int format;

static struct option options[] = {
	{ "rules", 'f', OPTION_STRING, &rules_file, "FILE", NULL,
	  "thresholds, one a line (default: those that kmemlab check --help ends with)" },
	{ "rule", 'r', OPTION_LIST, &given, "RULE", NULL,
	  "one more rule, such as 'fallbacks/s < 10'" },
	{ "live", 0, OPTION_FLAG, &live, NULL, NULL,
	  "judge the running machine by its /proc, instead of a capture" },
	{ "root", 0, OPTION_STRING, &root, "DIR", NULL, "with --live: where /proc is looked for" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", formats, "how to print the verdicts" },
	INPUT_OPTIONS(in),
	{ NULL },
};

/* Used where nothing else is said: a machine that has huge pages left, and lost nothing. */
#define DEFAULT_LIVE                       \
	"unusable_index[9] < 0.8 at end\n" \
	"free_blocks[9] > 0 at end\n"
static const char default_rules[] = DEFAULT_LIVE "lost == 0\n"
						 "failed == 0\n";
static const char default_live[] = DEFAULT_LIVE; /* /proc has no trace to lose events of */

struct context {
	struct machine *m;
	const struct machine_state *state; /* of the live machine; NULL: a capture */
	struct kmw_reader *k;
	struct replay r;
	struct stat stat;
	struct trace *t;
	bool have_stat;
	double seconds; /* the capture's; NaN where its clock counts no time */
	struct snapshot_source files;
	bool have_files;
};

/* ---- metrics ---- */

static bool refuse(char why[120], const char *text)
{
	snprintf(why, 120, "%s", text);
	return false;
}

static void blocks_of_state(const struct machine *m, const struct machine_state *s,
			    uint64_t blocks[KMM_ORDERS])
{
	memset(blocks, 0, KMM_ORDERS * sizeof(*blocks));
	for (uint32_t z = 0; z < m->zone_count; z++)
		for (unsigned o = 0; o < KMM_ORDERS; o++)
			blocks[o] += s->nr_free[z][o];
}

static void blocks_of_view(const struct view *v, uint64_t blocks[KMM_ORDERS])
{
	memset(blocks, 0, KMM_ORDERS * sizeof(*blocks));
	for (unsigned z = 0; z < v->zones; z++)
		for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
			for (unsigned o = 0; o < KMM_ORDERS; o++)
				blocks[o] += v->nr_free[z][t][o];
}

static double memory_metric(const struct context *c, const struct rule *r,
			    const uint64_t blocks[KMM_ORDERS])
{
	unsigned orders = c->m->orders,
		 order = r->order < 0 ? c->m->pageblock_order : (unsigned)r->order;

	if (order >= orders)
		return NAN;
	if (!strcmp(r->metric, "unusable_index"))
		return fragindex_unusable(blocks, orders, order);
	if (!strcmp(r->metric, "extfrag_index"))
		return fragindex_external(blocks, orders, order);
	if (!strcmp(r->metric, "free_blocks"))
		return (double)fragindex_suitable(blocks, orders, order);
	return (double)fragindex_pages(blocks, orders);
}

/* Page frames of which nothing is known, at the instants that the rule looks at. */
static uint64_t unknown_frames(const struct context *c, const struct rule *r)
{
	const struct replay_run *run = &c->r.runs[0];
	uint64_t most = run->end.unknown;

	for (uint32_t i = 0; r->when != RULE_END && i < run->taken; i++)
		if (run->samples[i].view.unknown > most)
			most = run->samples[i].view.unknown;
	return most;
}

/* Over the samples of the recorded machine, as the rule wants it. */
static double over_time(const struct context *c, const struct rule *r)
{
	const struct replay_run *run = &c->r.runs[0];
	uint64_t blocks[KMM_ORDERS];
	double most = -INFINITY, least = INFINITY, sum = 0, last;

	blocks_of_view(&run->end, blocks);
	last = memory_metric(c, r, blocks);
	if (r->when == RULE_END || !run->taken)
		return last;
	for (uint32_t i = 0; i < run->taken; i++) {
		double v;

		blocks_of_view(&run->samples[i].view, blocks);
		v = memory_metric(c, r, blocks);
		most = v > most ? v : most;
		least = v < least ? v : least;
		sum += v;
	}
	return r->when == RULE_MAX ? most : r->when == RULE_MIN ? least : sum / run->taken;
}

static bool is_memory_metric(const char *name)
{
	static const char *const names[] = { "unusable_index", "extfrag_index", "free_blocks",
					     "free_pages" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* "name value" lines, as /proc/vmstat. */
static bool vmstat(const struct context *c, const char *file, const char *name, double *v)
{
	struct span line, word;
	struct err e = { 0 };
	struct blob b;
	struct text t;
	uint64_t n;
	bool found = false;

	if (!c->have_files || c->files.read(c->files.ctx, file, &b, &e))
		return false;
	text_init(&t, file, &b);
	while (!found && text_next(&t, &line))
		if (span_word(&line, &word) && span_is(word, name) && span_next_u64(&line, &n)) {
			*v = (double)n;
			found = true;
		}
	blob_free(&b);
	return found;
}

static bool vmstat_metric(const struct context *c, const struct rule *r, bool rate, double *value,
			  char why[120])
{
	double before, after;

	if (c->state) {
		if (rate)
			return refuse(why, "a rate needs a capture");
		return vmstat(c, "before/vmstat", r->name, value) ||
		       refuse(why, "no such counter in vmstat");
	}
	if (!vmstat(c, "after/vmstat", r->name, &after))
		return refuse(why, "no such counter in after/vmstat");
	*value = after;
	if (!rate)
		return true;
	if (!vmstat(c, "before/vmstat", r->name, &before) || isnan(c->seconds))
		return refuse(why, "no before/vmstat, or a clock that counts no time");
	*value = (after - before) / c->seconds;
	return true;
}

/* Bytes of a cache's slabs that hold no object, as slabinfo counts. */
static bool slab_unused(const struct context *c, const struct rule *r, double *value, char why[120])
{
	const struct machine_slab *s = c->m->after_slab_count ? c->m->after_slabs : c->m->slabs;
	uint32_t n = c->m->after_slab_count ? c->m->after_slab_count : c->m->slab_count;
	double all = 0, active = 0;

	for (uint32_t i = 0; i < n; i++)
		if (!*r->name || !strncmp(s[i].name, r->name, strlen(r->name))) {
			all += (double)s[i].num_objs * s[i].size;
			active += (double)s[i].active_objs * s[i].size;
		}
	*value = all > 0 ? (all - active) / all : NAN;
	return all > 0 || refuse(why, "no such cache in slabinfo");
}

static bool object_metric(struct context *c, const struct rule *r, double *value, char why[120])
{
	struct stat_sums sum = { 0 };
	char name[80];

	if (!c->have_stat)
		return refuse(why, "needs the events of a capture");
	for (uint32_t i = 0; i < c->stat.t[STAT_SITE].count; i++) {
		const struct stat_row *row = &c->stat.t[STAT_SITE].rows[i];

		stat_cache_name(row, trace_names(c->t), name, sizeof(name));
		if (!strncmp(name, r->name, strlen(r->name)))
			stat_add(&sum, &row->sums);
	}
	if (!sum.allocs)
		return refuse(why, "no object of such a cache was allocated");
	*value = !strcmp(r->metric, "waste") ?
			 (double)(sum.bytes_alloc - sum.bytes_req) / (double)sum.bytes_alloc :
			 (double)sum.live_bytes;
	return true;
}

static bool counter_metric(const struct context *c, const char *name, double *value)
{
	const struct recorded_stats *s = recorded_stats(c->r.runs[0].recorded);
	const struct kmw_summary *k = kmw_summary(c->k);
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{ "allocs", s->allocs },   { "frees", s->frees },   { "failed", s->failed },
		{ "refills", s->refills }, { "drains", s->drains }, { "fallbacks", s->fallbacks },
		{ "lost", k->lost },	   { "events", k->events },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (!strcmp(name, counters[i].name)) {
			*value = (double)counters[i].value;
			return true;
		}
	return false;
}

/* Disputed page frames, as a share of the free ones: how far the reconstruction may be off. */
static double dispute_share(const struct context *c)
{
	const struct replay_run *run = &c->r.runs[0];
	uint64_t blocks[KMM_ORDERS], free_pages;

	blocks_of_view(&run->end, blocks);
	free_pages = fragindex_pages(blocks, KMM_ORDERS);
	return run->disputes.known && free_pages ?
		       (double)run->disputes.pages / (double)free_pages :
		       NAN;
}

static bool value_of(void *arg, const struct rule *r, double *value, double *error, char why[120])
{
	struct context *c = arg;
	char name[40];
	size_t n = strlen(r->metric);
	bool rate = n > 2 && !strcmp(r->metric + n - 2, "/s");

	snprintf(name, sizeof(name), "%.*s", (int)(rate ? n - 2 : n), r->metric);
	if (is_memory_metric(name) && !rate) {
		uint64_t blocks[KMM_ORDERS];

		if (r->order >= (int)c->m->orders)
			return refuse(why, "the machine has no blocks of this order");
		if (!c->state && unknown_frames(c, r)) {
			snprintf(why, 120, "nothing is known of %" PRIu64 " page frames",
				 unknown_frames(c, r));
			return false;
		}
		if (!c->state) {
			*value = over_time(c, r);
			*error = !strcmp(name, "unusable_index") ? dispute_share(c) : NAN;
			return true;
		}
		if (!c->state->have_buddyinfo)
			return refuse(why, "no buddyinfo");
		if (r->when != RULE_END)
			return refuse(why, "over time: needs a capture");
		blocks_of_state(c->m, c->state, blocks);
		*value = memory_metric(c, r, blocks);
		*error = 0;
		return true;
	}
	if (!strcmp(name, "vmstat"))
		return vmstat_metric(c, r, rate, value, why);
	if (!strcmp(name, "slab_unused") && !rate)
		return slab_unused(c, r, value, why);
	if ((!strcmp(name, "waste") || !strcmp(name, "live_bytes")) && !rate)
		return object_metric(c, r, value, why);
	if (c->state)
		return refuse(why, "unknown, or needs a capture");
	if (!counter_metric(c, name, value))
		return refuse(why, "no such metric; docs/check.md names them");
	*error = kmw_summary(c->k)->lost ? NAN : 0;
	if (rate && isnan(c->seconds))
		return refuse(why, "the capture's clock counts no time");
	if (rate)
		*value /= c->seconds;
	return true;
}

/* ---- what is judged ---- */

/* The running machine's files under the names of a snapshot. */
static int read_live(void *ctx, const char *name, struct blob *out, struct err *e)
{
	static const char *const files[] = { "zoneinfo", "buddyinfo", "pagetypeinfo",
					     "slabinfo", "meminfo",   "vmstat" };
	char path[4200];

	(void)ctx;
	out->data = NULL;
	out->len = 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (!strncmp(name, "before/", 7) && !strcmp(name + 7, files[i])) {
			struct err why = { 0 };
			int ret;

			snprintf(path, sizeof(path), "%s/proc/%s", root, files[i]);
			ret = file_read(path, TEXT_LIMIT, out, &why);
			/* Some are for root only: what they tell stays unknown. */
			if (ret == -ENOENT || ret == -EACCES || ret == -EPERM || ret >= 0)
				return ret < 0 ? -ENOENT : 0;
			*e = why;
			return ret;
		}
	return -ENOENT;
}

static int open_live(struct context *c, struct err *e)
{
	c->files = (struct snapshot_source){ read_live, NULL };
	c->have_files = true;
	c->m = machine_load(&c->files, e);
	if (!c->m)
		return err_code(e);
	c->state = &c->m->before;
	c->seconds = NAN;
	return c->m->zone_count ? 0 : err_set(e, ENODATA, "%s/proc/zoneinfo cannot be read", root);
}

static bool needs_events(const struct rules *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!strcmp(s->r[i].metric, "waste") || !strcmp(s->r[i].metric, "live_bytes"))
			return true;
	return false;
}

static int read_events(struct context *c, const struct capture *cap, struct err *e)
{
	struct event ev;
	int ret;

	if (cap->kind == CAPTURE_KMW)
		return 0;
	c->t = input_trace(&in, cap, e);
	if (!c->t)
		return err_code(e);
	if (stat_init(&c->stat, 1 << STAT_SITE))
		return err_set(e, ENOMEM, "out of memory");
	while ((ret = trace_next(c->t, &ev, e)) == 1)
		if (!stat_event(&c->stat, &ev, 4096))
			return err_set(e, ENOMEM, "out of memory");
	c->have_stat = ret >= 0;
	return ret;
}

static int open_capture(struct context *c, const char *path, const struct rules *s, struct err *e)
{
	static const struct replay_run_options recorded = { .name = "recorded" };
	struct replay_options ro = { .runs = &recorded,
				     .run_count = 1,
				     .samples = SAMPLES,
				     .stop_at = INFINITY,
				     .progress = true };
	const struct kmw_summary *k;
	struct capture cap;
	int ret = capture_find(path, &cap, e);

	if (ret < 0)
		return ret;
	c->k = input_open(&in, path, NULL, e);
	c->m = c->k ? import_machine(c->k, e) : NULL;
	if (!c->m)
		return err_code(e);
	k = kmw_summary(c->k);
	c->seconds = k->clock_is_time && k->last > k->first ? (double)(k->last - k->first) * 1e-9 :
							      NAN;
	if (cap.kind == CAPTURE_DIR && !snapshot_dir_open(cap.dir, &c->files, e))
		c->have_files = true;
	ret = replay_all(c->k, c->m, &ro, &c->r, e);
	if (ret >= 0 && needs_events(s))
		ret = read_events(c, &cap, e);
	return ret;
}

/* ---- printing ---- */

static void number(double v, bool percent, char *out, size_t n)
{
	if (isnan(v))
		snprintf(out, n, "-");
	else if (percent)
		snprintf(out, n, "%.2f %%", 100 * v);
	else if (v == floor(v) && fabs(v) < 1e15)
		snprintf(out, n, "%.0f", v);
	else
		snprintf(out, n, "%.4g", v);
}

static void print_text(const struct rules *s)
{
	char value[40], error[40];
	size_t width = 0;

	for (unsigned i = 0; i < s->count; i++)
		width = strlen(s->r[i].text) > width ? strlen(s->r[i].text) : width;
	for (unsigned i = 0; i < s->count; i++) {
		const struct rule *r = &s->r[i];

		number(r->value, r->percent, value, sizeof(value));
		number(r->error, r->percent, error, sizeof(error));
		printf("%-8s %-*s  ", rule_verdict_name(r->verdict), (int)width, r->text);
		if (r->verdict == RULE_UNKNOWN)
			printf("%s\n", *r->why ? r->why : "no value");
		else if (r->error > 0)
			printf("%s, known to within %s\n", value, error);
		else
			printf("%s\n", value);
	}
}

static int print_json(const struct rules *s, unsigned failed, unsigned unknown)
{
	struct json j;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_uint(&j, "failed", failed);
	json_uint(&j, "unknown", unknown);
	json_array(&j, "rules");
	for (unsigned i = 0; i < s->count; i++) {
		const struct rule *r = &s->r[i];

		json_object(&j, NULL);
		json_string(&j, "rule", r->text);
		json_uint(&j, "line", r->line);
		json_string(&j, "verdict",
			    r->verdict == RULE_FAILED ? "failed" : rule_verdict_name(r->verdict));
		json_real(&j, "value", r->value);
		json_real(&j, "limit", r->limit);
		json_real(&j, "error", r->error);
		if (*r->why)
			json_string(&j, "why", r->why);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	return json_finish(&j);
}

static void put_xml(const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '&':
			fputs("&amp;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			if ((unsigned char)*s >= ' ')
				putchar(*s);
		}
}

static void print_junit(const struct rules *s, unsigned failed, unsigned unknown)
{
	char value[40];

	printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	       "<testsuite name=\"kmemlab check\" tests=\"%u\" failures=\"%u\" errors=\"%u\">\n",
	       s->count, failed, unknown);
	for (unsigned i = 0; i < s->count; i++) {
		const struct rule *r = &s->r[i];

		printf("  <testcase classname=\"kmemlab\" name=\"");
		put_xml(r->text);
		number(r->value, r->percent, value, sizeof(value));
		if (r->verdict == RULE_PASSED) {
			printf("\"/>\n");
			continue;
		}
		printf("\">\n    <%s message=\"", r->verdict == RULE_FAILED ? "failure" : "error");
		put_xml(r->verdict == RULE_FAILED ? value : r->why);
		printf("\"/>\n  </testcase>\n");
	}
	printf("</testsuite>\n");
}

/* ---- the whole ---- */

static int load_rules(struct rules *s, struct err *e)
{
	struct blob b = { NULL, 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int ret = rules_file ? file_read(rules_file, RULES_LIMIT, &b, e) : 0;

	if (ret < 0)
		return ret;
	f = open_memstream(&text, &len);
	if (f) {
		if (rules_file)
			fputs((const char *)b.data, f);
		else if (!given.count)
			fputs(live ? default_live : default_rules, f);
		for (size_t i = 0; i < given.count; i++)
			fprintf(f, "%s%s", i || rules_file ? "\n" : "", given.items[i]);
		fclose(f);
	}
	blob_free(&b);
	ret = text ? rules_parse(s, rules_file ? rules_file : "--rule", text, e) :
		     err_set(e, ENOMEM, "out of memory");
	free(text);
	return ret;
}

static void close_all(struct context *c)
{
	replay_free(&c->r);
	stat_free(&c->stat);
	if (c->t)
		trace_close(c->t);
	if (c->m)
		machine_free(c->m);
	if (c->k)
		kmw_close(c->k);
	if (c->have_files && !c->state)
		snapshot_dir_close(&c->files);
}

static int run(int argc, char **argv)
{
	struct context c = { .m = NULL };
	struct rules s = { 0 };
	unsigned failed = 0, unknown = 0;
	struct err e = { 0 };
	int ret;

	if (argc != (live ? 0 : 1)) {
		fprintf(stderr, "kmemlab check: %s; see kmemlab check --help\n",
			live ? "--live takes no capture" : "one capture is expected, or --live");
		return 2;
	}
	ret = load_rules(&s, &e);
	if (ret >= 0)
		ret = live ? open_live(&c, &e) : open_capture(&c, argv[0], &s, &e);
	if (ret >= 0)
		rules_judge(&s, value_of, &c, &failed, &unknown);
	if (ret >= 0 && format == JSON && print_json(&s, failed, unknown) < 0)
		ret = err_set(&e, EIO, "the verdicts could not be printed");
	if (ret >= 0 && format == JUNIT)
		print_junit(&s, failed, unknown);
	if (ret >= 0 && format == TEXT)
		print_text(&s);
	rules_free(&s);
	close_all(&c);
	if (ret < 0)
		return input_fail("check", &e);
	return unknown ? 2 : failed ? 1 : 0;
}

struct command cmd_check = {
	.name = "check",
	.summary = "judge a capture or this machine by thresholds",
	.args = "[CAPTURE]",
	.description =
		"Holds a capture, or with --live the running machine, against rules such as "
		"\"unusable_index[9] < 0.5 at end\", \"fallbacks/s < 10\" or \"waste(kmalloc) < 15 %\", and "
		"prints a verdict a line with the value that was seen and how far it may be off. "
		"docs/check.md names the metrics.\n\n"
		"Exit status: 0 all rules passed, 1 one failed, 2 one could not be judged.\n\n"
		"Without rules: unusable_index[9] < 0.8 at end and free_blocks[9] > 0 at end; of a capture also "
		"lost == 0 and failed == 0.",
	.examples =
		"kmemlab check -r 'unusable_index[9] < 0.5' -r 'lost == 0' traces/amd64-6.1-small\n"
		"  are there huge pages left, and is the capture whole?\n"
		"kmemlab check --live -r 'free_pages > 1000'\n"
		"  the machine as it is now\n",
	.options = options,
	.run = run,
};
