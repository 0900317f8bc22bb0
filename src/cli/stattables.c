// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/stattables.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const stat_sort_names[] = {
#define X(name, text) text,
	STAT_SORTS(X)
#undef X
		NULL
};

static const enum stat_by table_of[STAT_VIEW_COUNT] = {
#define X(name, text, title, table) [VIEW_##name] = table,
	STAT_VIEWS(X)
#undef X
};

const char *stat_view_name(enum stat_view v)
{
	static const char *const names[STAT_VIEW_COUNT] = {
#define X(name, text, title, table) [VIEW_##name] = text,
		STAT_VIEWS(X)
#undef X
	};

	return names[v];
}

const char *stat_view_title(enum stat_view v)
{
	static const char *const titles[STAT_VIEW_COUNT] = {
#define X(name, text, title, table) [VIEW_##name] = title,
		STAT_VIEWS(X)
#undef X
	};

	return titles[v];
}

unsigned stat_view_needs(enum stat_view v)
{
	return 1u << table_of[v];
}

/* A row as it is printed. */
struct line {
	char name[160];
	struct stat_sums sums;
	double weight;
};

struct lines {
	struct line *l;
	uint32_t count;
};

/* ---- names ---- */

static void site_name(const struct stat_tables *c, uint64_t addr, char *out, size_t n)
{
	uint64_t off = 0;
	const char *name = c->raw_ip ? NULL : trace_symbol(c->t, addr, &off);

	if (!addr)
		snprintf(out, n, "no stack");
	else if (name)
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

static void name_of(const struct stat_tables *c, enum stat_view v, const struct stat_row *r,
		    char *out, size_t n)
{
	const char *comm;

	switch (v) {
	case VIEW_SITE:
	case VIEW_PAGE_SITE:
		site_name(c, r->key, out, n);
		break;
	case VIEW_FUNCTION:
		site_name(c, r->key, out, n);
		out[strcspn(out, "+")] = 0;
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
	case VIEW_PAGE_TYPE:
		snprintf(out, n, "order %u, type %u", (unsigned)(r->key >> 8),
			 (unsigned)(r->key & 255));
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

static double turns(const struct stat_sums *s)
{
	return s->peak_bytes ? (double)s->bytes_alloc / (double)s->peak_bytes : NAN;
}

static double weight(enum stat_sort sort, const struct stat_sums *s)
{
	switch (sort) {
	case SORT_REQUESTED:
		return (double)s->bytes_req;
	case SORT_ALLOCS:
		return (double)s->allocs;
	case SORT_FREES:
		return (double)s->frees;
	case SORT_WASTE:
		return (double)(s->bytes_alloc - s->bytes_req);
	case SORT_LIVE:
		return (double)s->live_bytes;
	case SORT_PEAK:
		return (double)s->peak_bytes;
	case SORT_CHURN:
		return turns(s);
	case SORT_PING_PONG:
		return (double)s->ping_pong;
	case SORT_LIFE:
		return stat_lifetime(s, 0.5);
	case SORT_NAME:
		return 0;
	default:
		return (double)s->bytes_alloc;
	}
}

static int by_weight(const void *a, const void *b)
{
	double x = ((const struct line *)a)->weight, y = ((const struct line *)b)->weight;

	/* What is not known comes last. */
	if (isnan(x) || isnan(y))
		return isnan(x) && isnan(y) ? by_name(a, b) : isnan(x) ? 1 : -1;
	return x < y ? 1 : x > y ? -1 : by_name(a, b);
}

/* The rows of a table, those of one name added up, largest first. 0 or -ENOMEM. */
static int make_lines(const struct stat_tables *c, enum stat_view v, struct lines *out)
{
	const struct stat_table *t = &c->s->t[table_of[v]];
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
	for (uint32_t i = 0; i < out->count && c->live_only; i++)
		if (out->l[i].sums.live)
			out->l[n++] = out->l[i];
	if (c->live_only)
		out->count = n;
	for (uint32_t i = 0; i < out->count; i++)
		out->l[i].weight = weight(c->sort, &out->l[i].sums);
	qsort(out->l, out->count, sizeof(*out->l), by_weight);
	return 0;
}

/* ---- tables ---- */

/* X(id, name, title, type, digits, narrow: also on a terminal of 80 columns, help) */
#define COLUMNS(X)                                                                               \
	X(NAME, "name", "", STRING, 0, true, "of the row")                                       \
	X(ALLOCS, "allocs", "allocs", UINT, 0, true, "allocations")                              \
	X(FREES, "frees", "frees", UINT, 0, false, "frees of what was seen allocated")           \
	X(REQ, "bytes_requested", "requested", UINT, 0, false, "bytes asked for")                \
	X(ALLOC, "bytes_allocated", "allocated", UINT, 0, true, "bytes given")                   \
	X(WASTE, "waste", "waste", PERCENT, 1, true,                                             \
	  "share of the bytes given that nobody asked for")                                      \
	X(LIVE, "live", "live", UINT, 0, false, "not freed by the end")                          \
	X(LIVE_BYTES, "live_bytes", "live bytes", UINT, 0, true, "bytes of them")                \
	X(PEAK, "peak_bytes", "peak bytes", UINT, 0, false,                                      \
	  "the most bytes at once; where rows are added up, of each by itself")                  \
	X(CHURN, "churn", "churn", REAL, 1, false,                                               \
	  "bytes given / peak bytes: how often the memory was given anew")                       \
	X(PING, "ping_pong", "ping-pong", UINT, 0, false, "freed on another CPU than allocated") \
	X(FAILED, "failed", "failed", UINT, 0, false, "allocations that got nothing")            \
	X(P50, "life_p50", "life 50 %, s", REAL, 6, true,                                        \
	  "half of the frees came within this time, seconds (a power of two of ns)")             \
	X(P90, "life_p90", "90 %", REAL, 6, false, "90 % of them")                               \
	X(P99, "life_p99", "99 %", REAL, 6, false, "99 % of them")

enum {
#define X(id, name, title, type, digits, narrow, help) COLUMN_OF_##id,
	COLUMNS(X)
#undef X
		COLUMN_COUNT
};

static const struct column columns[] = {
#define X(id, name, title, type, digits, narrow, help) { name, title, COLUMN_##type, digits, help },
	COLUMNS(X)
#undef X
};

static const bool in_narrow[] = {
#define X(id, name, title, type, digits, narrow, help) narrow,
	COLUMNS(X)
#undef X
};

#define WIDE 130 /* columns of a terminal from which on all of them fit beside a name */

static double waste(const struct stat_sums *s)
{
	return s->bytes_alloc ? (double)(s->bytes_alloc - s->bytes_req) / (double)s->bytes_alloc :
				NAN;
}

static void put_field(const struct stat_tables *c, struct table *t, const struct line *l,
		      unsigned i)
{
	const struct stat_sums *s = &l->sums;
	double unit = c->is_time ? 1e-9 : 1;

	switch (i) {
	case COLUMN_OF_NAME:
		table_string(t, l->name);
		break;
	case COLUMN_OF_ALLOCS:
		table_uint(t, s->allocs);
		break;
	case COLUMN_OF_FREES:
		table_uint(t, s->frees);
		break;
	case COLUMN_OF_REQ:
		table_uint(t, s->bytes_req);
		break;
	case COLUMN_OF_ALLOC:
		table_uint(t, s->bytes_alloc);
		break;
	case COLUMN_OF_WASTE:
		table_real(t, waste(s));
		break;
	case COLUMN_OF_LIVE:
		table_uint(t, s->live);
		break;
	case COLUMN_OF_LIVE_BYTES:
		table_uint(t, s->live_bytes);
		break;
	case COLUMN_OF_PEAK:
		table_uint(t, s->peak_bytes);
		break;
	case COLUMN_OF_CHURN:
		table_real(t, turns(s));
		break;
	case COLUMN_OF_FAILED:
		table_uint(t, s->failed);
		break;
	case COLUMN_OF_PING:
		table_uint(t, s->ping_pong);
		break;
	default:
		table_real(t, stat_lifetime(s, i == COLUMN_OF_P50 ? 0.5 :
					       i == COLUMN_OF_P90 ? 0.9 :
								    0.99) *
				      unit);
	}
}

static struct table *lines_table(const struct stat_tables *c, const struct lines *l)
{
	bool narrow = c->width && c->width < WIDE;
	static struct column shown[COLUMN_COUNT]; /* the table points to them */
	unsigned which[COLUMN_COUNT], n = 0;
	struct table *t;

	for (unsigned i = 0; i < COLUMN_COUNT; i++) {
		if (narrow && !in_narrow[i])
			continue;
		shown[n] = columns[i];
		which[n++] = i;
	}
	t = table_new(shown, n);
	for (uint32_t i = 0; t && i < l->count && (!c->top || i < c->top); i++) {
		table_row(t);
		for (unsigned k = 0; k < n; k++)
			put_field(c, t, &l->l[i], which[k]);
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

struct table *stat_table_of(const struct stat_tables *c, enum stat_view v, uint32_t *rows)
{
	struct lines l = { 0 };
	struct table *t;

	*rows = 0;
	if (v == VIEW_ORDER)
		return order_table(&c->s->page);
	if (make_lines(c, v, &l))
		return NULL;
	t = lines_table(c, &l);
	*rows = l.count;
	free(l.l);
	return t;
}
