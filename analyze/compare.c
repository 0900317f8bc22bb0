// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/compare.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

#define ANCHORED "native, anchored"
#define COLUMNS 3

/*
 * The view `fragmentation` for the page block's order, in one pass over the free
 * blocks: the view looks at each of them once an order, which takes minutes where
 * there are many samples.
 */
#define PAGEBLOCK                                                                                        \
	"(SELECT min(c.pageblock_order, c.orders - 1) FROM run r JOIN capture c ON c.id = r.capture_id " \
	"WHERE r.id = ?1)"
#define FREE                                                                                      \
	"SELECT coalesce(1.0 - 1.0 * large / free, 1.0), large >> " PAGEBLOCK                     \
	", free FROM (SELECT s.seq "                                                              \
	"AS seq, coalesce(sum(f.blocks << f.block_order), 0) AS free, coalesce(sum(f.blocks << "  \
	"f.block_order) FILTER (WHERE f.block_order >= " PAGEBLOCK                                \
	"), 0) AS large FROM sample s LEFT "                                                      \
	"JOIN free_blocks f ON f.run_id = s.run_id AND f.seq = s.seq WHERE s.run_id = ?1 AND "    \
	"EXISTS (SELECT 1 FROM sample_zone z WHERE z.run_id = s.run_id AND z.seq = s.seq) GROUP " \
	"BY s.seq) ORDER BY seq"
#define COUNTER(name) \
	"SELECT value FROM counter WHERE run_id = ?1 AND name = '" name "' ORDER BY seq"
/* Nothing at all where the run's pins are not known. */
#define KEPT(which)                                                               \
	"SELECT coalesce((SELECT sum(kept) FROM pin WHERE run_id = ?1 AND " which \
	"), 0) WHERE EXISTS "                                                     \
	"(SELECT 1 FROM pin WHERE run_id = ?1)"
#define SEVERITY(name)                                                                              \
	"SELECT coalesce((SELECT sum(events) FROM fallback WHERE run_id = ?1 AND severity = '" name \
	"'), "                                                                                      \
	"0) WHERE EXISTS (SELECT 1 FROM counter WHERE run_id = ?1 AND name = 'fallbacks')"

/* Courses of up to COLUMNS metrics: a row a sample, or one row for the end alone. */
static const struct {
	const char *sql; /* ?1: the run */
	enum compare_metric of[COLUMNS];
	unsigned columns;
} sources[] = {
	{ FREE, { COMPARE_UNUSABLE_END, COMPARE_HUGE_FREE_END, COMPARE_FREE_END }, 3 },
	{ "SELECT thp_able, mixed FROM thp_memory WHERE run_id = ?1 ORDER BY seq",
	  { COMPARE_THP_ABLE, COMPARE_MIXED },
	  2 },
	{ "SELECT sum(pageblocks) FILTER (WHERE type <> 1) FROM pageblocks WHERE run_id = ?1 GROUP BY seq "
	  "ORDER BY seq",
	  { COMPARE_UNMOVABLE },
	  1 },
	{ COUNTER("fallbacks"), { COMPARE_FALLBACKS }, 1 },
	{ COUNTER("refills"), { COMPARE_REFILLS }, 1 },
	{ COUNTER("drains"), { COMPARE_DRAINS }, 1 },
	{ COUNTER("failed"), { COMPARE_FAILED }, 1 },
	{ "SELECT sum(slabs << slab_order) FROM slab_cache WHERE run_id = ?1",
	  { COMPARE_SLAB_PAGES },
	  1 },
	{ KEPT("owner = 'slab'"), { COMPARE_KEPT_SLAB }, 1 },
	{ KEPT("owner = 'kmalloc-large'"), { COMPARE_KEPT_LARGE }, 1 },
	{ KEPT("owner = 'pgtable'"), { COMPARE_KEPT_PGTABLE }, 1 },
	{ KEPT("owner NOT IN ('slab', 'kmalloc-large', 'pgtable', 'unknown')"),
	  { COMPARE_KEPT_OTHER },
	  1 },
	{ KEPT("owner = 'unknown'"), { COMPARE_KEPT_START }, 1 },
	{ SEVERITY("severe"), { COMPARE_SEVERE }, 1 },
	{ SEVERITY("moderate"), { COMPARE_MODERATE }, 1 },
	{ SEVERITY("mild"), { COMPARE_MILD }, 1 },
	{ SEVERITY("whole"), { COMPARE_WHOLE }, 1 },
};

static const struct {
	enum compare_question question;
	const char *name, *unit;
	unsigned digits;
} metrics[COMPARE_METRICS] = {
	[COMPARE_UNUSABLE_END] = { COMPARE_FRAGMENTED, "unusable index, end", "0 to 1", 4 },
	[COMPARE_UNUSABLE_MAX] = { COMPARE_FRAGMENTED, "unusable index, worst", "0 to 1", 4 },
	[COMPARE_HUGE_FREE_END] = { COMPARE_HUGE_PAGES, "free huge pages, end", "page blocks" },
	[COMPARE_THP_ABLE] = { COMPARE_HUGE_PAGES, "THP-able blocks, end", "page blocks" },
	[COMPARE_MIXED] = { COMPARE_APART, "mixed blocks, end", "page blocks" },
	[COMPARE_FREE_END] = { COMPARE_MEMORY, "free pages, end", "pages" },
	[COMPARE_UNMOVABLE] = { COMPARE_APART, "blocks not movable, end", "page blocks" },
	[COMPARE_FALLBACKS] = { COMPARE_APART, "fallbacks", "events" },
	[COMPARE_REFILLS] = { COMPARE_COST, "refills", "blocks" },
	[COMPARE_DRAINS] = { COMPARE_COST, "drains", "blocks" },
	[COMPARE_FAILED] = { COMPARE_MEMORY, "failed allocations", "events" },
	[COMPARE_SLAB_PAGES] = { COMPARE_MEMORY, "slab pages, end", "pages" },
	[COMPARE_KEPT_SLAB] = { COMPARE_WHY, "kept by slabs", "pages" },
	[COMPARE_KEPT_LARGE] = { COMPARE_WHY, "kept by large kmallocs", "pages" },
	[COMPARE_KEPT_PGTABLE] = { COMPARE_WHY, "kept by page tables", "pages" },
	[COMPARE_KEPT_OTHER] = { COMPARE_WHY, "kept by others", "pages" },
	[COMPARE_KEPT_START] = { COMPARE_WHY, "kept by what was there before", "pages" },
	[COMPARE_SEVERE] = { COMPARE_WHY, "fallbacks, severe", "events" },
	[COMPARE_MODERATE] = { COMPARE_WHY, "fallbacks, moderate", "events" },
	[COMPARE_MILD] = { COMPARE_WHY, "fallbacks, mild", "events" },
	[COMPARE_WHOLE] = { COMPARE_WHY, "fallbacks, whole", "events" },
};

const char *compare_metric_name(enum compare_metric m)
{
	return metrics[m].name;
}

enum compare_question compare_metric_question(enum compare_metric m)
{
	return metrics[m].question;
}

const char *compare_metric_unit(enum compare_metric m)
{
	return metrics[m].unit;
}

unsigned compare_metric_digits(enum compare_metric m)
{
	return metrics[m].digits;
}

static const struct {
	const char *name, *text;
} questions[COMPARE_QUESTIONS] = {
	[COMPARE_FRAGMENTED] = { "fragmentation", "How fragmented is free memory?" },
	[COMPARE_HUGE_PAGES] = { "huge-pages", "What huge pages are there?" },
	[COMPARE_APART] = { "grouping", "How well are movable pages kept apart?" },
	[COMPARE_MEMORY] = { "memory", "How much memory is there?" },
	[COMPARE_COST] = { "cost", "What does it cost?" },
	[COMPARE_WHY] = { "why", "What explains it?" },
};

const char *compare_question_text(enum compare_question q)
{
	return questions[q].text;
}

const char *compare_question_name(enum compare_question q)
{
	return questions[q].name;
}

const char *compare_verdict_name(enum compare_verdict v)
{
	static const char *const names[] = { "unknown", "the same", "within error", "less",
					     "more" };

	return names[v];
}

/* ---- courses ---- */

/* A metric of a run at all its samples. */
struct course {
	double *v; /* [count]; NaN: not known */
	uint32_t count, room;
};

static int append(struct course *c, double v)
{
	if (c->count == c->room) {
		uint32_t room = c->room ? c->room * 2 : 256;
		double *more = realloc(c->v, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->v = more;
		c->room = room;
	}
	c->v[c->count++] = v;
	return 0;
}

static int read_courses(sqlite3 *db, int64_t run, struct course c[COMPARE_METRICS], struct err *e)
{
	int ret = 0;

	for (unsigned i = 0; i < sizeof(sources) / sizeof(*sources) && ret >= 0; i++) {
		sqlite3_stmt *q = sql_query(db, e, sources[i].sql, "i", run);

		ret = q ? 0 : err_code(e);
		while (ret >= 0 && (ret = sql_row(q, e)) > 0)
			for (unsigned k = 0; k < sources[i].columns && ret >= 0; k++)
				if (append(&c[sources[i].of[k]], sql_real(q, (int)k)))
					ret = err_set(e, ENOMEM, "out of memory");
		sqlite3_finalize(q);
	}
	return ret;
}

static double last_of(const struct course *c)
{
	return c->count ? c->v[c->count - 1] : NAN;
}

static double largest_of(const struct course *c)
{
	double v = NAN;

	for (uint32_t i = 0; i < c->count; i++)
		v = fmax(v, c->v[i]);
	return v;
}

/* The largest |difference| of two courses; NaN where there is none. */
static double apart(const struct course *a, const struct course *b)
{
	uint32_t n = a->count < b->count ? a->count : b->count;
	double v = NAN;

	for (uint32_t i = 0; i < n; i++)
		v = fmax(v, fabs(a->v[i] - b->v[i]));
	return v;
}

/* A metric's course: the worst index has that of the index. */
static const struct course *course_of(const struct course c[COMPARE_METRICS], unsigned m)
{
	return &c[m == COMPARE_UNUSABLE_MAX ? COMPARE_UNUSABLE_END : m];
}

static void set_errors(double error[COMPARE_METRICS], const struct compare_run *r,
		       const struct course *of, const struct compare_run *recorded,
		       const struct course *rec)
{
	for (unsigned m = 0; m < COMPARE_METRICS; m++) {
		double end = fabs(r->value[m] - recorded->value[m]);

		error[m] = isnan(end) ? NAN : fmax(end, apart(course_of(of, m), course_of(rec, m)));
	}
	/*
	 * A simulated run is asked for what the kernel served alone: all that its control fails in is
	 * too much, and what failed when recorded is not to be compared with it.
	 */
	error[COMPARE_FAILED] = largest_of(course_of(of, COMPARE_FAILED));
}

/* ---- runs ---- */

static int add_run(struct compare *c, sqlite3_stmt *q, struct err *e)
{
	const char *policy = (const char *)sqlite3_column_text(q, 2);
	struct compare_run *r = realloc(c->runs, (c->count + 1) * sizeof(*r));
	int64_t control = sqlite3_column_int64(q, 4);

	if (!r)
		return err_set(e, ENOMEM, "out of memory");
	c->runs = r;
	r = &c->runs[c->count];
	memset(r, 0, sizeof(*r));
	r->id = sqlite3_column_int64(q, 0);
	r->recorded = !strcmp((const char *)sqlite3_column_text(q, 1), "recorded");
	r->complete = !strcmp((const char *)sqlite3_column_text(q, 3), "complete");
	snprintf(r->name, sizeof(r->name), "%s", policy ? policy : "");
	r->own = r->recorded || !strcmp(r->name, "native") || !strncmp(r->name, "native,", 7);
	r->control = -1;
	for (unsigned i = 0; i < c->count && control > 0; i++)
		if (c->runs[i].id == control)
			r->control = (int)i;
	if (r->recorded && c->recorded < 0)
		c->recorded = (int)c->count;
	if (!r->recorded && c->native < 0 && !strcmp(r->name, "native"))
		c->native = (int)c->count;
	c->count++;
	return 0;
}

static int list_runs(struct compare *c, sqlite3 *db, int64_t capture, struct err *e)
{
	sqlite3_stmt *q =
		sql_query(db, e,
			  "SELECT id, mode, policy, status, control FROM run WHERE capture_id = ?1 "
			  "AND policy <> '" ANCHORED "' ORDER BY id LIMIT ?2",
			  "ii", capture, (int64_t)COMPARE_RUNS);
	int ret = q ? 0 : err_code(e);

	while (ret >= 0 && (ret = sql_row(q, e)) > 0)
		ret = add_run(c, q, e);
	sqlite3_finalize(q);
	return ret;
}

static int read_runs(struct compare *c, sqlite3 *db, struct err *e)
{
	struct course(*all)[COMPARE_METRICS] = calloc(c->count + 1ull, sizeof(*all));
	int ret = all ? 0 : err_set(e, ENOMEM, "out of memory");

	for (unsigned i = 0; i < c->count && ret >= 0; i++) {
		ret = read_courses(db, c->runs[i].id, all[i], e);
		for (unsigned m = 0; m < COMPARE_METRICS; m++)
			c->runs[i].value[m] = m == COMPARE_UNUSABLE_MAX ?
						      largest_of(course_of(all[i], m)) :
						      last_of(&all[i][m]);
	}
	for (unsigned i = 0; i < c->count && ret >= 0; i++) {
		struct compare_run *r = &c->runs[i];
		int of = r->own ? (int)i : compare_baseline(c, i);

		for (unsigned m = 0; m < COMPARE_METRICS; m++)
			r->error[m] = r->recorded && m != COMPARE_FAILED ? 0 : NAN;
		if (c->recorded >= 0 && of >= 0 && !r->recorded)
			set_errors(r->error, &c->runs[of], all[of], &c->runs[c->recorded],
				   all[c->recorded]);
	}
	for (unsigned i = 0; all && i < c->count; i++)
		for (unsigned m = 0; m < COMPARE_METRICS; m++)
			free(all[i][m].v);
	free(all);
	return ret;
}

int compare_read(struct compare *c, struct store *s, int64_t capture, struct err *e)
{
	sqlite3_stmt *q;
	int ret;

	memset(c, 0, sizeof(*c));
	c->recorded = c->native = -1;
	q = sql_query(store_db(s), e,
		      "SELECT id, name FROM capture WHERE ?1 IN (0, id) ORDER BY id DESC LIMIT 1",
		      "i", capture);
	ret = q ? sql_row(q, e) : err_code(e);
	if (ret > 0) {
		capture = sqlite3_column_int64(q, 0);
		snprintf(c->capture, sizeof(c->capture), "%s",
			 (const char *)sqlite3_column_text(q, 1));
	}
	sqlite3_finalize(q);
	if (!ret)
		return err_set(e, ENOENT, "no such capture in the results");
	if (ret > 0)
		ret = list_runs(c, store_db(s), capture, e);
	if (ret >= 0)
		ret = read_runs(c, store_db(s), e);
	if (ret < 0)
		compare_free(c);
	return ret;
}

void compare_free(struct compare *c)
{
	free(c->runs);
	memset(c, 0, sizeof(*c));
}

bool compare_what_if(const struct compare *c, unsigned run)
{
	return !c->runs[run].own && c->runs[run].complete;
}

bool compare_is_control(const struct compare *c, unsigned run)
{
	for (unsigned i = 0; i < c->count; i++)
		if (compare_what_if(c, i) && compare_baseline(c, i) == (int)run)
			return true;
	return false;
}

int compare_baseline(const struct compare *c, unsigned run)
{
	return c->runs[run].control >= 0 ? c->runs[run].control : c->native;
}

double compare_error(const struct compare *c, unsigned run, unsigned baseline,
		     enum compare_metric m)
{
	double a = c->runs[run].error[m], b = c->runs[baseline].error[m];

	return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

enum compare_verdict compare_judge(const struct compare *c, unsigned run, unsigned baseline,
				   enum compare_metric m)
{
	double a = c->runs[baseline].value[m], b = c->runs[run].value[m];
	double error = compare_error(c, run, baseline, m);

	if (isnan(a) || isnan(b))
		return COMPARE_UNKNOWN;
	if (a == b)
		return COMPARE_SAME;
	/* Nothing is known of the error where nothing was recorded to compare with. */
	if (isnan(error))
		return COMPARE_UNKNOWN;
	if (fabs(b - a) <= error)
		return COMPARE_WITHIN_ERROR;
	return b < a ? COMPARE_LESS : COMPARE_MORE;
}

double compare_relative(const struct compare *c, unsigned run, unsigned baseline,
			enum compare_metric m)
{
	double a = c->runs[baseline].value[m], d = c->runs[run].value[m] - a;

	return d == 0 ? 0 : d / fabs(a);
}

/* Does m stand before n?  What explains the others stands last, by the size of the difference. */
static bool before(const struct compare *c, unsigned run, unsigned base, enum compare_metric m,
		   enum compare_metric n)
{
	bool why = metrics[m].question == COMPARE_WHY, other = metrics[n].question == COMPARE_WHY;

	if (why != other)
		return other;
	if (why)
		return fabs(c->runs[run].value[m] - c->runs[base].value[m]) >
		       fabs(c->runs[run].value[n] - c->runs[base].value[n]);
	return fabs(compare_relative(c, run, base, m)) > fabs(compare_relative(c, run, base, n));
}

unsigned compare_moved(const struct compare *c, unsigned run, unsigned baseline,
		       enum compare_metric m[COMPARE_METRICS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < COMPARE_METRICS; i++) {
		enum compare_metric k = (enum compare_metric)i;
		enum compare_verdict v = compare_judge(c, run, baseline, k);
		unsigned at = n;

		if (v != COMPARE_LESS && v != COMPARE_MORE)
			continue;
		for (; at && before(c, run, baseline, k, m[at - 1]); at--)
			m[at] = m[at - 1];
		m[at] = k;
		n++;
	}
	return n;
}
