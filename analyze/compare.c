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
#define OBJECTS "native, with objects"

/*
 * The view `fragmentation` for the page block's order, in one pass over the free
 * blocks: the view looks at each of them once an order, which takes minutes where
 * there are many samples.
 */
#define UNUSABLE(which)                                                                                  \
	"SELECT s.seq, (SELECT min(c.pageblock_order, c.orders - 1) FROM run r JOIN capture c ON c.id "  \
	"= r.capture_id WHERE r.id = ?1) AS pageblock, coalesce(sum(f.blocks << f.block_order), 0) AS "  \
	"free, coalesce(sum(f.blocks << f.block_order) FILTER (WHERE f.block_order >= (SELECT "          \
	"min(c.pageblock_order, c.orders - 1) FROM run r JOIN capture c ON c.id = r.capture_id WHERE "   \
	"r.id = ?1)), 0) AS large, coalesce(1.0 - 1.0 * coalesce(sum(f.blocks << f.block_order) FILTER " \
	"(WHERE f.block_order >= (SELECT min(c.pageblock_order, c.orders - 1) FROM run r JOIN capture "  \
	"c ON c.id = r.capture_id WHERE r.id = ?1)), 0) / sum(f.blocks << f.block_order), 1.0) AS u "    \
	"FROM sample s LEFT JOIN free_blocks f ON f.run_id = s.run_id AND f.seq = s.seq WHERE s.run_id " \
	"= ?1 " which " GROUP BY s.seq"
#define ALL ""
#define LAST "AND s.seq = (SELECT max(seq) FROM sample WHERE run_id = ?1)"

static const struct {
	enum compare_question question;
	const char *name;
	const char *sql; /* ?1: the run */
} metrics[COMPARE_METRICS] = {
	[COMPARE_UNUSABLE_END] = { COMPARE_FRAGMENTED, "unusable index, end",
				   "SELECT u FROM (" UNUSABLE(LAST) ")" },
	[COMPARE_UNUSABLE_MAX] = { COMPARE_FRAGMENTED, "unusable index, worst",
				   "SELECT max(u) FROM (" UNUSABLE(ALL) ")" },
	[COMPARE_HUGE_FREE_END] = { COMPARE_HUGE_PAGES, "free huge pages, end",
				    "SELECT large >> pageblock FROM (" UNUSABLE(LAST) ")" },
	[COMPARE_THP_ABLE] = { COMPARE_HUGE_PAGES, "THP-able blocks, end",
			       "SELECT thp_able FROM thp_memory WHERE run_id = ?1 ORDER BY seq DESC LIMIT 1" },
	[COMPARE_MIXED] = { COMPARE_APART, "mixed blocks, end",
			    "SELECT mixed FROM thp_memory WHERE run_id = ?1 ORDER BY seq DESC LIMIT 1" },
	[COMPARE_FREE_END] = { COMPARE_MEMORY, "free pages, end",
			       "SELECT free FROM (" UNUSABLE(LAST) ")" },
	[COMPARE_UNMOVABLE] = { COMPARE_APART, "blocks not movable, end",
				"SELECT sum(pageblocks) FROM pageblocks p JOIN latest_sample l ON "
				"l.run_id = p.run_id AND l.seq = p.seq WHERE p.run_id = ?1 AND type <> 1" },
	[COMPARE_FALLBACKS] = { COMPARE_APART, "fallbacks",
				"SELECT max(value) FROM counter WHERE run_id = ?1 AND "
				"name = 'fallbacks'" },
	[COMPARE_REFILLS] = { COMPARE_COST, "refills",
			      "SELECT max(value) FROM counter WHERE run_id = ?1 AND "
			      "name = 'refills'" },
	[COMPARE_DRAINS] = { COMPARE_COST, "drains",
			     "SELECT max(value) FROM counter WHERE run_id = ?1 AND name = 'drains'" },
	[COMPARE_FAILED] = { COMPARE_MEMORY, "failed allocations",
			     "SELECT max(value) FROM counter WHERE run_id = ?1 AND name = 'failed'" },
	[COMPARE_SLAB_PAGES] = { COMPARE_MEMORY, "slab pages, end",
				 "SELECT sum(slabs << slab_order) FROM slab_cache WHERE run_id = ?1" },
};

const char *compare_metric_name(enum compare_metric m)
{
	return metrics[m].name;
}

enum compare_question compare_metric_question(enum compare_metric m)
{
	return metrics[m].question;
}

static const struct {
	const char *name, *text;
} questions[COMPARE_QUESTIONS] = {
	[COMPARE_FRAGMENTED] = { "fragmentation", "How fragmented is free memory?" },
	[COMPARE_HUGE_PAGES] = { "huge-pages", "What huge pages are there?" },
	[COMPARE_APART] = { "grouping", "How well are movable pages kept apart?" },
	[COMPARE_MEMORY] = { "memory", "How much memory is there?" },
	[COMPARE_COST] = { "cost", "What does it cost?" },
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

static int read_value(sqlite3 *db, struct compare_run *r, enum compare_metric m, struct err *e)
{
	sqlite3_stmt *q = sql_query(db, e, metrics[m].sql, "i", r->id);
	int ret = q ? sql_row(q, e) : err_code(e);

	r->value[m] = ret > 0 ? sql_real(q, 0) : NAN;
	sqlite3_finalize(q);
	return ret < 0 ? ret : 0;
}

static int add_run(struct compare *c, sqlite3_stmt *q, struct err *e)
{
	const char *policy = (const char *)sqlite3_column_text(q, 2);
	struct compare_run *r = realloc(c->runs, (c->count + 1) * sizeof(*r));

	if (!r)
		return err_set(e, ENOMEM, "out of memory");
	c->runs = r;
	r = &c->runs[c->count];
	memset(r, 0, sizeof(*r));
	r->id = sqlite3_column_int64(q, 0);
	r->recorded = !strcmp((const char *)sqlite3_column_text(q, 1), "recorded");
	r->complete = !strcmp((const char *)sqlite3_column_text(q, 3), "complete");
	snprintf(r->name, sizeof(r->name), "%s", policy ? policy : "");
	if (r->recorded && c->recorded < 0)
		c->recorded = (int)c->count;
	if (!r->recorded && c->native < 0 && !strcmp(r->name, "native"))
		c->native = (int)c->count;
	if (!strcmp(r->name, OBJECTS))
		c->objects = (int)c->count;
	c->count++;
	return 0;
}

static int read_runs(struct compare *c, sqlite3 *db, int64_t capture, struct err *e)
{
	sqlite3_stmt *q =
		sql_query(db, e,
			  "SELECT id, mode, policy, status FROM run WHERE capture_id = ?1 AND "
			  "policy <> '" ANCHORED "' ORDER BY id LIMIT 256",
			  "i", capture);
	int ret = q ? 0 : err_code(e);

	while (ret >= 0 && (ret = sql_row(q, e)) > 0)
		ret = add_run(c, q, e);
	sqlite3_finalize(q);
	for (unsigned i = 0; i < c->count && ret >= 0; i++)
		for (unsigned m = 0; m < COMPARE_METRICS && ret >= 0; m++)
			ret = read_value(db, &c->runs[i], (enum compare_metric)m, e);
	if (ret >= 0 && c->native >= 0 && c->objects >= 0)
		c->runs[c->native].value[COMPARE_SLAB_PAGES] =
			c->runs[c->objects].value[COMPARE_SLAB_PAGES];
	return ret;
}

int compare_read(struct compare *c, struct store *s, int64_t capture, struct err *e)
{
	sqlite3_stmt *q;
	int ret;

	memset(c, 0, sizeof(*c));
	c->recorded = c->native = c->objects = -1;
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
		ret = read_runs(c, store_db(s), capture, e);
	if (ret < 0)
		compare_free(c);
	return ret;
}

void compare_free(struct compare *c)
{
	free(c->runs);
	memset(c, 0, sizeof(*c));
}

double compare_error(const struct compare *c, enum compare_metric m)
{
	if (c->recorded < 0 || c->native < 0)
		return NAN;
	return fabs(c->runs[c->native].value[m] - c->runs[c->recorded].value[m]);
}

enum compare_verdict compare_judge(const struct compare *c, unsigned run, unsigned baseline,
				   enum compare_metric m)
{
	double a = c->runs[baseline].value[m], b = c->runs[run].value[m],
	       error = compare_error(c, m);

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

unsigned compare_moved(const struct compare *c, unsigned run, unsigned baseline,
		       enum compare_metric m[COMPARE_METRICS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < COMPARE_METRICS; i++) {
		enum compare_verdict v = compare_judge(c, run, baseline, (enum compare_metric)i);
		double by = fabs(compare_relative(c, run, baseline, (enum compare_metric)i));
		unsigned at = n;

		if (v != COMPARE_LESS && v != COMPARE_MORE)
			continue;
		for (; at && fabs(compare_relative(c, run, baseline, m[at - 1])) < by; at--)
			m[at] = m[at - 1];
		m[at] = (enum compare_metric)i;
		n++;
	}
	return n;
}
