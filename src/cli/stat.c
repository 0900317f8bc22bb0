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
#include "base/table.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "machine/kallsyms.h"
#include "replay/stat.h"
#include "trace/trace.h"
#include "workload/capture.h"

enum sort { SORT_BYTES, SORT_ALLOCS, SORT_WASTE, SORT_LIVE, SORT_PEAK, SORT_PING_PONG };
static const char *const sorts[] = { "bytes", "allocs", "waste", "live", "peak", "ping-pong", NULL };

/* What a table is about; the first three are made from one set of rows. */
enum view {
	VIEW_SITE,
	VIEW_CACHE,
	VIEW_SIZE,
	VIEW_GFP,
	VIEW_PROCESS,
	VIEW_CPU,
	VIEW_PAGE_GFP,
	VIEW_PAGE_PROCESS,
	VIEW_ORDER,
	VIEWS
};
static const char *const view_names[VIEWS] = { "site",	   "cache",	   "size",
					       "gfp",	   "process",	   "cpu",
					       "page-gfp", "page-process", "order" };
static const char *const view_titles[VIEWS] = {
	"call sites",	      "slab caches",	  "sizes, bytes allocated",
	"GFP flags",	      "processes",	  "CPUs",
	"pages by GFP flags", "pages by process", "page allocations by order and raw migrate type",
};

static struct input_options in = INPUT_DEFAULTS;
static struct option_list by;
static int format, sort;
static uint64_t top = 15;
static bool live_only;

static struct option options[] = {
	{ "by", 'b', OPTION_LIST, &by, "WHAT", NULL,
	  "tables to print, several with commas: site, cache, size, gfp, process, cpu, page-gfp, "
	  "page-process, order, all (default: site,cache,order)" },
	{ "sort", 's', OPTION_CHOICE, &sort, "KEY", sorts, "largest first by this (bytes)" },
	{ "top", 'n', OPTION_UINT, &top, "N", NULL, "rows of each table; 0: all (15)" },
	{ "live", 'l', OPTION_FLAG, &live_only, NULL, NULL,
	  "only what is still allocated at the end; sorted by it unless --sort says otherwise" },
	{ "format", 'F', OPTION_CHOICE, &format, "FORMAT", table_formats, "how to print it" },
	INPUT_OPTIONS(in),
	{ NULL },
};

/* A row as it is printed. */
struct line {
	char name[160];
	struct stat_sums sums;
};

struct lines {
	struct line *l;
	uint32_t count;
};

struct context {
	struct stat s;
	struct trace *t;
	struct kallsyms *symbols; /* of the capture directory, where the trace has none */
	bool is_time;
	unsigned views;
};

/* ---- names ---- */

static void site_name(const struct context *c, uint64_t addr, char *out, size_t n)
{
	uint64_t off = 0;
	const char *name = trace_symbol(c->t, addr, &off);

	if (!name && c->symbols)
		name = kallsyms_lookup(c->symbols, addr, &off);
	if (name)
		snprintf(out, n, "%s+%#" PRIx64, name, off);
	else
		snprintf(out, n, "%#" PRIx64, addr);
}

static void gfp_name(kmm_gfp gfp, char *out, size_t n)
{
	static const char *const names[32] = {
#define X(name, bit) [bit] = #name,
		KMM_GFP_BITS(X)
#undef X
	};
	size_t at = 0;

	snprintf(out, n, "0");
	for (unsigned i = 0; i < 32 && at < n; i++)
		if (gfp >> i & 1)
			at += (size_t)snprintf(out + at, n - at, "%s%s", at ? "|" : "",
					       names[i] ? names[i] : "?");
}

static void name_of(const struct context *c, enum view v, const struct stat_row *r, char *out,
		    size_t n)
{
	const char *comm;

	switch (v) {
	case VIEW_SITE:
		site_name(c, r->key, out, n);
		break;
	case VIEW_CACHE:
		stat_cache_name(r, trace_names(c->t), out, n);
		break;
	case VIEW_SIZE:
		snprintf(out, n, "%" PRIu64, r->size);
		break;
	case VIEW_GFP:
	case VIEW_PAGE_GFP:
		gfp_name(r->gfp, out, n);
		break;
	case VIEW_PROCESS:
	case VIEW_PAGE_PROCESS:
		comm = trace_comm(c->t, (int32_t)r->key);
		snprintf(out, n, "%s-%d", comm ? comm : "<...>", (int32_t)r->key);
		break;
	default:
		snprintf(out, n, "%" PRIu64, r->key);
		break;
	}
}

/* ---- rows to lines ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->name, ((const struct line *)b)->name);
}

static uint64_t weight(const struct stat_sums *s)
{
	switch (sort) {
	case SORT_ALLOCS:
		return s->allocs;
	case SORT_WASTE:
		return s->bytes_alloc - s->bytes_req;
	case SORT_LIVE:
		return s->live_bytes;
	case SORT_PEAK:
		return s->peak_bytes;
	case SORT_PING_PONG:
		return s->ping_pong;
	default:
		return s->bytes_alloc;
	}
}

static int by_weight(const void *a, const void *b)
{
	uint64_t x = weight(&((const struct line *)a)->sums);
	uint64_t y = weight(&((const struct line *)b)->sums);

	return x != y ? (x < y ? 1 : -1) : by_name(a, b);
}

/* The rows of a table, those of one name added up, largest first. 0 or -ENOMEM. */
static int make_lines(const struct context *c, enum view v, struct lines *out)
{
	static const enum stat_by from[VIEWS] = {
		STAT_SITE,    STAT_SITE, STAT_SITE,	STAT_GFP,
		STAT_PROCESS, STAT_CPU,	 STAT_PAGE_GFP, STAT_PAGE_PROCESS,
	};
	const struct stat_table *t = &c->s.t[from[v]];
	uint32_t n = 0;

	out->l = calloc(t->count + 1ull, sizeof(*out->l));
	if (!out->l)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->count; i++) {
		name_of(c, v, &t->rows[i], out->l[i].name, sizeof(out->l[i].name));
		out->l[i].sums = t->rows[i].sums;
	}
	qsort(out->l, t->count, sizeof(*out->l), by_name);
	for (uint32_t i = 0; i < t->count; i++) {
		if (n && !strcmp(out->l[n - 1].name, out->l[i].name))
			stat_add(&out->l[n - 1].sums, &out->l[i].sums);
		else
			out->l[n++] = out->l[i];
	}
	out->count = n;
	n = 0;
	for (uint32_t i = 0; i < out->count && live_only; i++)
		if (out->l[i].sums.live)
			out->l[n++] = out->l[i];
	if (live_only)
		out->count = n;
	qsort(out->l, out->count, sizeof(*out->l), by_weight);
	return 0;
}

/* ---- tables ---- */

/* Rows whose frees are paired; the others have no columns of what lives. */
static const struct column object_columns[] = {
	{ "name", "", COLUMN_STRING, 0, "of the row" },
	{ "allocs", "allocs", COLUMN_UINT, 0, "allocations" },
	{ "frees", "frees", COLUMN_UINT, 0, "frees of what was seen allocated" },
	{ "bytes_requested", "requested", COLUMN_UINT, 0, "bytes asked for" },
	{ "bytes_allocated", "allocated", COLUMN_UINT, 0, "bytes given" },
	{ "waste", "waste", COLUMN_PERCENT, 1, "share of the bytes given that nobody asked for" },
	{ "live", "live", COLUMN_UINT, 0, "objects not freed by the end" },
	{ "live_bytes", "live bytes", COLUMN_UINT, 0, "bytes of them" },
	{ "peak_bytes", "peak bytes", COLUMN_UINT, 0,
	  "the most bytes at once; where rows are added up, of each by itself" },
	{ "ping_pong", "ping-pong", COLUMN_UINT, 0, "freed on another CPU than allocated" },
	{ "life_p50", "life 50 %", COLUMN_REAL, 6,
	  "half of the frees came within this time, seconds (a power of two of ns)" },
	{ "life_p99", "life 99 %", COLUMN_REAL, 6, "99 % of them" },
};

static const struct column plain_columns[] = {
	{ "name", "", COLUMN_STRING, 0, "of the row" },
	{ "allocs", "allocs", COLUMN_UINT, 0, "allocations" },
	{ "bytes_requested", "requested", COLUMN_UINT, 0, "bytes asked for" },
	{ "bytes_allocated", "allocated", COLUMN_UINT, 0, "bytes given" },
	{ "waste", "waste", COLUMN_PERCENT, 1, "share of the bytes given that nobody asked for" },
};

static double waste(const struct stat_sums *s)
{
	return s->bytes_alloc ? (double)(s->bytes_alloc - s->bytes_req) / (double)s->bytes_alloc :
				NAN;
}

static struct table *lines_table(const struct context *c, enum view v, const struct lines *l)
{
	bool paired = v <= VIEW_SIZE;
	double unit = c->is_time ? 1e-9 : 1;
	struct table *t = paired ? table_new(object_columns, 12) : table_new(plain_columns, 5);

	for (uint32_t i = 0; t && i < l->count && (!top || i < top); i++) {
		const struct stat_sums *s = &l->l[i].sums;

		table_row(t);
		table_string(t, l->l[i].name);
		table_uint(t, s->allocs);
		if (paired)
			table_uint(t, s->frees);
		table_uint(t, s->bytes_req);
		table_uint(t, s->bytes_alloc);
		table_real(t, waste(s));
		if (!paired)
			continue;
		table_uint(t, s->live);
		table_uint(t, s->live_bytes);
		table_uint(t, s->peak_bytes);
		table_uint(t, s->ping_pong);
		table_real(t, stat_lifetime(s, 0.5) * unit);
		table_real(t, stat_lifetime(s, 0.99) * unit);
	}
	return t;
}

static const struct column order_columns[] = {
	{ "order", "order", COLUMN_UINT, 0, "order" },
	{ "type0", "type 0", COLUMN_UINT, 0, "allocations of migrate type 0: Unmovable" },
	{ "type1", "type 1", COLUMN_UINT, 0, "type 1: Movable since 2.6.36, before Reclaimable" },
	{ "type2", "type 2", COLUMN_UINT, 0, "type 2: Reclaimable since 2.6.36" },
	{ "type3", "type 3", COLUMN_UINT, 0, "type 3" },
	{ "type4", "type 4", COLUMN_UINT, 0, "type 4" },
};

static struct table *order_table(const struct stat_page *p)
{
	struct table *t = table_new(order_columns, 6);

	for (unsigned o = 0; t && o < KMM_ORDERS; o++) {
		uint64_t all = 0;

		for (unsigned y = 0; y < KMM_MIGRATETYPES + 2; y++)
			all += p->orders[o][y];
		if (!all)
			continue;
		table_row(t);
		table_uint(t, o);
		for (unsigned y = 0; y < 5; y++)
			table_uint(t, p->orders[o][y]);
	}
	return t;
}

static struct table *view_table(const struct context *c, enum view v, uint32_t *rows)
{
	struct lines l = { 0 };
	struct table *t;

	*rows = 0;
	if (v == VIEW_ORDER)
		return order_table(&c->s.page);
	if (make_lines(c, v, &l))
		return NULL;
	t = lines_table(c, v, &l);
	*rows = l.count;
	free(l.l);
	return t;
}

/* ---- printing ---- */

static void print_totals(const struct stat *s)
{
	const struct stat_slab *o = &s->slab;
	const struct stat_page *p = &s->page;

	if (o->allocations || o->frees) {
		printf("Slab objects: %" PRIu64 " allocations of %" PRIu64 " bytes, %" PRIu64
		       " requested: %.2f %% internal fragmentation\n",
		       o->allocations, o->bytes_allocated, o->bytes_requested,
		       o->bytes_allocated ?
			       100.0 * (double)(o->bytes_allocated - o->bytes_requested) /
				       (double)o->bytes_allocated :
			       0.0);
		printf("  freed %" PRIu64 " times, %" PRIu64 " bytes; on another CPU %" PRIu64
		       "; failed %" PRIu64 "\n",
		       o->frees, o->bytes_freed, o->ping_pong, o->failed);
	}
	if (p->allocations || p->frees || p->failures) {
		printf("Pages: %" PRIu64 " allocations of %" PRIu64 " KiB, %" PRIu64
		       " frees of %" PRIu64 " KiB\n",
		       p->allocations, p->bytes_allocated >> 10, p->frees, p->bytes_freed >> 10);
		printf("  allocated and freed %" PRIu64 ", allocated only %" PRIu64
		       ", freed only %" PRIu64 "; failed %" PRIu64 "\n",
		       p->paired, p->allocations - p->paired, p->free_only, p->failures);
	}
}

static int print_text(const struct context *c)
{
	int ret = 0;

	print_totals(&c->s);
	for (unsigned v = 0; v < VIEWS && ret >= 0; v++) {
		struct table *t;
		uint32_t rows;

		if (!(c->views >> v & 1))
			continue;
		t = view_table(c, v, &rows);
		printf("\n%c%s:\n", view_titles[v][0] - (view_titles[v][0] >= 'a' ? 32 : 0),
		       view_titles[v] + 1);
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
	struct table *t;
	uint32_t rows;
	int ret;

	t = view_table(c, (enum view)__builtin_ctz(c->views), &rows);
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
	struct json j;
	int ret = 0;

	json_start(&j, stdout);
	json_object(&j, NULL);
	json_totals(&j, &c->s);
	for (unsigned v = 0; v < VIEWS && !ret; v++) {
		struct table *t;
		uint32_t rows;

		if (!(c->views >> v & 1))
			continue;
		t = view_table(c, v, &rows);
		ret = t ? 0 : -ENOMEM;
		json_array(&j, view_names[v]);
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
static int load_symbols(struct context *c, const struct capture *cap, struct err *e)
{
	struct snapshot_source src;
	struct blob b;
	int ret;

	if (cap->kind != CAPTURE_DIR || snapshot_dir_open(cap->dir, &src, e) < 0)
		return 0;
	ret = src.read(src.ctx, "system/kallsyms", &b, e);
	if (!ret) {
		c->symbols = kallsyms_parse((const char *)b.data, b.len, e);
		blob_free(&b);
		ret = c->symbols ? 0 : err_code(e);
	}
	snapshot_dir_close(&src);
	return ret == -ENOENT ? 0 : ret;
}

static unsigned tables_of(unsigned views)
{
	static const unsigned need[VIEWS] = { [VIEW_GFP] = 1 << STAT_GFP,
					      [VIEW_PROCESS] = 1 << STAT_PROCESS,
					      [VIEW_CPU] = 1 << STAT_CPU,
					      [VIEW_PAGE_GFP] = 1 << STAT_PAGE_GFP,
					      [VIEW_PAGE_PROCESS] = 1 << STAT_PAGE_PROCESS };
	unsigned bits = 1 << STAT_SITE;

	for (unsigned v = 0; v < VIEWS; v++)
		if (views >> v & 1)
			bits |= need[v];
	return bits;
}

static int read_all(struct context *c, struct err *e)
{
	uint32_t page_size = trace_info(c->t)->page_size ? trace_info(c->t)->page_size : 4096;
	struct progress bar;
	uint64_t n = 0, total;
	struct event ev;
	int ret;

	progress_start(&bar, "stat", "events");
	while ((ret = trace_next(c->t, &ev, e)) == 1) {
		if (!stat_event(&c->s, &ev, page_size)) {
			ret = err_set(e, ENOMEM, "out of memory");
			break;
		}
		if (!(++n & 0xffff) && bar.on) {
			uint64_t done = trace_progress(c->t, &total);

			progress_update(&bar, done, total, n);
		}
	}
	progress_end(&bar);
	return ret;
}

static int open_trace(struct context *c, const char *path, struct err *e)
{
	struct trace_options o = { .keep_going = in.keep_going, .instance = in.instance };
	static uint8_t mask[KMM_CPUS];
	struct capture cap;
	int ret = capture_find(path, &cap, e);

	if (ret >= 0 && cap.kind == CAPTURE_KMW)
		ret = err_set(e, EINVAL, "%s: a workload has no events any more; give its capture",
			      path);
	if (ret >= 0 && in.cpus) {
		ret = input_cpu_mask(in.cpus, mask, e);
		o.cpu_mask = mask;
		o.cpu_mask_len = KMM_CPUS;
	}
	if (ret < 0)
		return ret;
	if (isfinite(in.from) && in.from > 0)
		o.from = (uint64_t)(in.from * 1e9);
	if (isfinite(in.to) && in.to > 0)
		o.to = (uint64_t)(in.to * 1e9);
	c->t = trace_open(cap.trace, &o, e);
	if (!c->t)
		return err_code(e);
	c->is_time = trace_info(c->t)->clock_is_time;
	return load_symbols(c, &cap, e);
}

static int stat_capture(struct context *c, const char *path, struct err *e)
{
	int ret = open_trace(c, path, e);

	if (ret >= 0 && stat_init(&c->s, tables_of(c->views)))
		ret = err_set(e, ENOMEM, "out of memory");
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

			for (v = 0; v < VIEWS; v++)
				if (strlen(view_names[v]) == n && !strncmp(p, view_names[v], n))
					break;
			if (n == 3 && !strncmp(p, "all", 3)) {
				views |= (1 << VIEWS) - 1;
			} else if (v == VIEWS) {
				fprintf(stderr,
					"kmemlab stat: --by '%.*s' is none of site, cache, size, gfp, "
					"process, cpu, page-gfp, page-process, order, all\n",
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

static int run(int argc, char **argv)
{
	struct context c = { 0 };
	struct err e = { 0 };
	int ret;

	if (argc != 1) {
		fprintf(stderr, "kmemlab stat: one capture is expected; see kmemlab stat --help\n");
		return 2;
	}
	c.views = parse_views();
	if (!c.views)
		return 2;
	if (live_only && !sort)
		sort = SORT_LIVE;
	ret = stat_capture(&c, argv[0], &e);
	stat_free(&c.s);
	kallsyms_free(c.symbols);
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
		"first cache that its objects were freed to. With --format csv the first table that was asked "
		"for is printed.",
	.examples = "kmemlab stat traces/amd64-6.1-small\n"
		    "  totals, call sites, caches and orders\n"
		    "kmemlab stat --by cache --live --top 5 traces/amd64-6.1-small\n"
		    "  the caches that hold most at the end\n",
	.options = options,
	.run = run,
};
