// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemlab stat: who allocates what, summed up as the trace passes. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "base/prose.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/stattables.h"
#include "replay/callers.h"
#include "replay/stat.h"
#include "trace/trace.h"
#include "workload/capture.h"

#define MOST_WRAPPERS 64

static struct input_options in = INPUT_DEFAULTS;
static struct option_list by;
static int format, sort;
static uint64_t top = 15;
static bool live_only, skip_wrappers, raw_ip;
static struct option_list more_wrappers;
static const char *window;

static struct option options[] = {
	{ "by", 'b', OPTION_LIST, &by, "WHAT", NULL,
	  "tables to print, several with commas: site, function, cache, size, gfp, process, cpu; of pages: "
	  "page-type, page-gfp, page-process, page-cpu, page-site (with stacks), order; all "
	  "(default: site,cache,order)" },
	{ "sort", 's', OPTION_CHOICE, &sort, "KEY", stat_sort_names,
	  "largest first by this (bytes)" },
	{ "top", 'n', OPTION_UINT, &top, "N", NULL, "rows of each table; 0: all (15)" },
	{ "live", 'l', OPTION_FLAG, &live_only, NULL, NULL,
	  "only what is still allocated at the end; sorted by it unless --sort says otherwise" },
	{ "time", 't', OPTION_STRING, &window, "FROM,TO", NULL,
	  "only events between these times, as with perf kmem; the same as --from and --to" },
	{ "skip-wrappers", 'w', OPTION_FLAG, &skip_wrappers, NULL, NULL,
	  "count what kstrdup, kmemdup, kvmalloc, mempool_alloc and the like allocate for their "
	  "callers; the trace must have stacks (trace-cmd record -T, perf record -g)" },
	{ "wrapper", 0, OPTION_LIST, &more_wrappers, "NAMES", NULL,
	  "further functions to skip, separated by commas" },
	{ "raw-ip", 0, OPTION_FLAG, &raw_ip, NULL, NULL,
	  "call sites as addresses, not as symbols" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

struct context {
	struct stat s;
	struct trace *t;
	struct callers callers; /* .t NULL: not asked for */
	const char *wrappers[MOST_WRAPPERS + 1];
	char *lists[MOST_WRAPPERS]; /* what they point into */
	size_t list_count;
	unsigned views;
};

static struct stat_tables tables(const struct context *c)
{
	return (struct stat_tables){ .s = &c->s,
				     .t = c->t,
				     .is_time = trace_info(c->t)->clock_is_time,
				     .live_only = live_only,
				     .raw_ip = raw_ip,
				     .sort = (enum stat_sort)sort,
				     .top = top,
				     .width = format == TABLE_TEXT ? table_terminal(stdout) : 0 };
}

/* ---- printing ---- */

static void print_totals(const struct stat *s)
{
	const struct stat_slab *o = &s->slab;
	const struct stat_page *p = &s->page;

	if (o->allocations || o->frees) {
		prose_print(stdout,
			    "Slab objects: %" PRIu64 " allocations of %" PRIu64 " bytes, %" PRIu64
			    " requested: %.2f %% internal fragmentation\n",
			    o->allocations, o->bytes_allocated, o->bytes_requested,
			    o->bytes_allocated ?
				    100.0 * (double)(o->bytes_allocated - o->bytes_requested) /
					    (double)o->bytes_allocated :
				    0.0);
		prose_print(stdout,
			    "  freed %" PRIu64 " times, %" PRIu64 " bytes; on another CPU %" PRIu64
			    "; failed %" PRIu64 "\n",
			    o->frees, o->bytes_freed, o->ping_pong, o->failed);
	}
	if (p->allocations || p->frees || p->failures) {
		prose_print(stdout,
			    "Pages: %" PRIu64 " allocations of %" PRIu64 " KiB, %" PRIu64
			    " frees of %" PRIu64 " KiB\n",
			    p->allocations, p->bytes_allocated >> 10, p->frees,
			    p->bytes_freed >> 10);
		prose_print(stdout,
			    "  allocated and freed %" PRIu64 ", allocated only %" PRIu64
			    ", freed only %" PRIu64 "; failed %" PRIu64 "\n",
			    p->paired, p->allocations - p->paired, p->free_only, p->failures);
	}
}

static int print_text(const struct context *c)
{
	struct stat_tables st = tables(c);
	int ret = 0;

	print_totals(&c->s);
	for (unsigned v = 0; v < STAT_VIEW_COUNT && ret >= 0; v++) {
		const char *title = stat_view_title((enum stat_view)v);
		struct table *t;
		uint32_t rows;

		if (!(c->views >> v & 1))
			continue;
		t = stat_table_of(&st, (enum stat_view)v, &rows);
		printf("\n%c%s:\n", title[0] - (title[0] >= 'a' ? 32 : 0), title + 1);
		ret = t ? table_print(t, TABLE_TEXT, stdout) : -ENOMEM;
		table_free(t);
		if (top && rows > top)
			printf("... and %" PRIu64 " more; --top 0 shows all\n", rows - top);
	}
	return ret;
}

/* The first table that was asked for. */
static int print_csv(const struct context *c)
{
	struct stat_tables st = tables(c);
	struct table *t;
	uint32_t rows;
	int ret;

	t = stat_table_of(&st, (enum stat_view)__builtin_ctz(c->views), &rows);
	ret = t ? table_print(t, TABLE_CSV, stdout) : -ENOMEM;
	table_free(t);
	return ret;
}

static void json_totals(struct json *j, const struct stat *s)
{
	const struct stat_slab *o = &s->slab;
	const struct stat_page *p = &s->page;

	json_object(j, "slab");
	json_uint(j, "allocations", o->allocations);
	json_uint(j, "frees", o->frees);
	json_uint(j, "bytes_requested", o->bytes_requested);
	json_uint(j, "bytes_allocated", o->bytes_allocated);
	json_uint(j, "bytes_freed", o->bytes_freed);
	json_uint(j, "bytes_wasted", o->bytes_allocated - o->bytes_requested);
	json_uint(j, "ping_pong", o->ping_pong);
	json_uint(j, "failed", o->failed);
	json_end_object(j);
	json_object(j, "page");
	json_uint(j, "allocations", p->allocations);
	json_uint(j, "bytes_allocated", p->bytes_allocated);
	json_uint(j, "frees", p->frees);
	json_uint(j, "bytes_freed", p->bytes_freed);
	json_uint(j, "allocated_and_freed", p->paired);
	json_uint(j, "bytes_allocated_and_freed", p->bytes_paired);
	json_uint(j, "allocated_only", p->allocations - p->paired);
	json_uint(j, "freed_only", p->free_only);
	json_uint(j, "bytes_freed_only", p->bytes_free_only);
	json_uint(j, "failures", p->failures);
	json_uint(j, "bytes_failed", p->bytes_failed);
	json_end_object(j);
}

static int print_json(const struct context *c)
{
	struct stat_tables st = tables(c);
	struct json j;
	int ret = 0;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_totals(&j, &c->s);
	for (unsigned v = 0; v < STAT_VIEW_COUNT && !ret; v++) {
		struct table *t;
		uint32_t rows;

		if (!(c->views >> v & 1))
			continue;
		t = stat_table_of(&st, (enum stat_view)v, &rows);
		ret = t ? 0 : -ENOMEM;
		json_array(&j, stat_view_name((enum stat_view)v));
		if (t)
			table_json(t, &j);
		json_end_array(&j);
		table_free(t);
	}
	json_end_object(&j);
	return json_finish(&j) ? -EIO : ret;
}

/* ---- reading ---- */

/* Symbols from the capture directory. */
static unsigned tables_of(unsigned views)
{
	unsigned bits = 0;

	for (unsigned v = 0; v < STAT_VIEW_COUNT; v++)
		if (views >> v & 1)
			bits |= stat_view_needs((enum stat_view)v);
	return bits;
}

/* Events by way of the queue that finds their callers. */
static bool count_called(struct context *c, const struct event *ev, uint32_t page_size)
{
	struct callers_event x;
	bool ok = true;

	if (ev)
		callers_push(&c->callers, ev);
	while (ok && callers_pop(&c->callers, &x, !ev)) {
		c->s.page_site = x.site;
		ok = stat_event(&c->s, &x.ev, page_size);
	}
	return ok;
}

#define BATCH 16 /* events read ahead, so that what they need is near when they are counted */

/* Up to BATCH events; how many, *end: after the last one (0) or at damage (< 0). */
static unsigned read_batch(struct context *c, struct event *ev, int *end, struct err *e)
{
	unsigned n = 0;

	while (n < BATCH && (*end = trace_next(c->t, &ev[n], e)) == 1)
		stat_prefetch(&c->s, &ev[n++]);
	return n;
}

/* With callers each event by itself, as its stack is the reader's until the next. */
static unsigned read_one(struct context *c, struct event *ev, int *end, struct err *e)
{
	*end = trace_next(c->t, ev, e);
	return *end == 1;
}

static int read_all(struct context *c, struct err *e)
{
	uint32_t page_size = trace_info(c->t)->page_size ? trace_info(c->t)->page_size : 4096;
	struct progress bar;
	uint64_t seen = 0, total, shown = 0;
	struct event ev[BATCH];
	bool ok = true;
	int end = 1;

	progress_start(&bar, "stat", "events");
	while (ok && end == 1) {
		unsigned n = c->callers.t ? read_one(c, ev, &end, e) : read_batch(c, ev, &end, e);

		for (unsigned i = 0; i < n && ok; i++)
			ok = c->callers.t ? count_called(c, &ev[i], page_size) :
					    stat_event(&c->s, &ev[i], page_size);
		seen += n;
		if (bar.on && seen - shown > 0xffff) {
			uint64_t done = trace_progress(c->t, &total);

			progress_update(&bar, done, total, seen);
			shown = seen;
		}
	}
	progress_end(&bar);
	if (ok && end == 0 && c->callers.t)
		ok = count_called(c, NULL, page_size);
	return ok ? end : err_set(e, ENOMEM, "out of memory");
}

static int open_trace(struct context *c, const char *path, struct err *e)
{
	char caution[512];
	struct capture cap;
	int ret = capture_find(path, &cap, e);

	if (ret >= 0 && cap.kind == CAPTURE_KMW)
		ret = err_set(e, EINVAL, "%s: a workload has no events any more; give its capture",
			      path);
	if (ret < 0)
		return ret;
	c->t = input_trace(&in, &cap, e);
	if (!c->t)
		return err_code(e);
	trace_caution(c->t, caution, sizeof(caution));
	if (trace_info(c->t)->sampled || trace_info(c->t)->command_only)
		fprintf(stderr, "kmemlab stat: %s: %s\n", path, caution);
	return 0;
}

/* Are call sites to be looked for in stacks? */
static bool wants_callers(const struct context *c)
{
	return skip_wrappers || more_wrappers.count || c->views >> VIEW_PAGE_SITE & 1;
}

static int open_callers(struct context *c, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < more_wrappers.count && i < MOST_WRAPPERS; i++) {
		char *save = NULL, *list = strdup(more_wrappers.items[i]);

		c->lists[c->list_count++] = list;
		for (char *w = list ? strtok_r(list, ",", &save) : NULL; w && n < MOST_WRAPPERS;
		     w = strtok_r(NULL, ",", &save))
			c->wrappers[n++] = w;
	}
	return callers_init(&c->callers, c->t, c->wrappers) ? err_set(e, ENOMEM, "out of memory") :
							      0;
}

static void say_callers(const struct context *c)
{
	if (!c->callers.t)
		return;
	if (!c->callers.stacks)
		fprintf(stderr,
			"kmemlab stat: the trace has no stacks: call sites are as recorded, pages "
			"have none\n");
	else if (c->callers.without)
		fprintf(stderr,
			"kmemlab stat: %" PRIu64 " of %" PRIu64 " allocations have no stack\n",
			c->callers.without, c->callers.stacks + c->callers.without);
}

static int stat_capture(struct context *c, const char *path, struct err *e)
{
	int ret = open_trace(c, path, e);

	if (ret >= 0 && stat_init(&c->s, tables_of(c->views)))
		ret = err_set(e, ENOMEM, "out of memory");
	if (ret >= 0 && wants_callers(c))
		ret = open_callers(c, e);
	if (ret >= 0)
		ret = read_all(c, e);
	if (ret < 0)
		return ret;
	ret = format == TABLE_JSON ? print_json(c) :
	      format == TABLE_CSV  ? print_csv(c) :
				     print_text(c);
	if (ret < 0)
		return err_set(e, -ret, "the tables could not be printed: %s", strerror(-ret));
	if (trace_info(c->t)->pointers == TRACE_POINTERS_HIDDEN)
		fprintf(stderr, "kmemlab stat: addresses are hidden in this trace: objects are not "
				"counted\n");
	say_callers(c);
	if (trace_damage(c->t))
		fprintf(stderr, "kmemlab stat: %s\n", trace_damage(c->t)->text);
	return 0;
}

/* Bits of the tables that were asked for; 0 and a word on the terminal for an unknown one. */
static unsigned parse_views(void)
{
	unsigned views = 0;

	if (!by.count)
		return 1 << VIEW_SITE | 1 << VIEW_CACHE | 1 << VIEW_ORDER;
	for (size_t i = 0; i < by.count; i++) {
		for (const char *p = by.items[i]; *p;) {
			size_t n = strcspn(p, ",");
			unsigned v;

			for (v = 0; v < STAT_VIEW_COUNT; v++)
				if (strlen(stat_view_name((enum stat_view)v)) == n &&
				    !strncmp(p, stat_view_name((enum stat_view)v), n))
					break;
			if (n == 3 && !strncmp(p, "all", 3)) {
				views |= ((1u << STAT_VIEW_COUNT) - 1) & ~(1u << VIEW_PAGE_SITE);
			} else if (v == STAT_VIEW_COUNT) {
				fprintf(stderr,
					"kmemlab stat: --by '%.*s' is none of site, function, cache, size, gfp, "
					"process, cpu, page-type, page-gfp, page-process, page-cpu, "
					"page-site, order, all\n",
					(int)(n < 40 ? n : 40), p);
				return 0;
			} else {
				views |= 1u << v;
			}
			p += n + (p[n] == ',');
		}
	}
	return views;
}

/* --time FROM,TO, each of which may be empty. */
static int parse_window(void)
{
	const char *comma = strchr(window, ',');
	char *end;

	if (comma && comma != window) {
		in.from = strtod(window, &end);
		if (end != comma)
			comma = NULL;
	}
	if (comma && comma[1]) {
		in.to = strtod(comma + 1, &end);
		if (*end)
			comma = NULL;
	}
	if (!comma)
		fprintf(stderr,
			"kmemlab stat: --time '%s' is not two times in seconds with a comma "
			"between them\n",
			window);
	return comma ? 0 : -1;
}

static int run(int argc, char **argv)
{
	struct context c = { 0 };
	struct err e = { 0 };
	int ret;

	if (argc != 1) {
		fprintf(stderr, "kmemlab stat: one capture is expected; see kmemlab stat --help\n");
		return 2;
	}
	if (window && parse_window())
		return 2;
	c.views = parse_views();
	if (!c.views)
		return 2;
	if (live_only && !sort)
		sort = SORT_LIVE;
	ret = stat_capture(&c, argv[0], &e);
	stat_free(&c.s);
	callers_free(&c.callers);
	for (size_t i = 0; i < c.list_count; i++)
		free(c.lists[i]);
	if (c.t)
		trace_close(c.t);
	return ret < 0 ? input_fail("stat", &e) : 0;
}

struct command cmd_stat = {
	.name = "stat",
	.summary = "who allocates what: call sites, caches, sizes, processes",
	.args = "CAPTURE",
	.description =
		"Sums up a trace's allocations and frees as they pass, without a database: what was asked for "
		"and given, what still lives at the end and the most at once, frees on another CPU, and how "
		"long objects live. The totals have the meanings of perf kmem stat, and equal it.\n\n"
		"Kernels name a cache only when an object is freed: the allocations of a call site go to the "
		"first cache that its objects were freed to. A lifetime is the power of two of nanoseconds that so many "
		"frees did not exceed; churn is how often the peak was given anew. Where a row sums up others (a call "
		"site that asks for several sizes, a function, a cache, a size) its peak is the sum of theirs: no less "
		"than what there was. On a terminal narrower than 130 columns the text has the main columns alone. With --format csv the first table that was asked "
		"for is printed.",
	.examples = "kmemlab stat traces/amd64-6.1-small\n"
		    "  totals, call sites, caches and orders\n"
		    "kmemlab stat --by function,process --sort waste traces/amd64-6.1-small\n"
		    "  who wastes most\n"
		    "kmemlab stat --by cache --live --top 5 traces/amd64-6.1-small\n"
		    "  the caches that hold most at the end\n",
	.options = options,
	.run = run,
};
