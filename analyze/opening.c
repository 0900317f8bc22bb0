// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "analyze/opening.h"

#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/fragindex.h"
#include "analyze/html.h"
#include "store/sql.h"

#define FINDINGS 12
#define COSTLY_ORDER 3 /* of the counter failed_costly (docs/schema.md) */

struct finding {
	double bytes; /* what it costs; INFINITY: before all */
	char *html;
};

struct findings {
	const struct page *p;
	const struct series *r; /* the recorded run, else native */
	struct finding f[FINDINGS];
	unsigned n;
	FILE *out; /* of the finding being written */
	size_t len;
};

/* "17", or "none". */
static void some(FILE *out, uint64_t n)
{
	if (n)
		html_count(out, n);
	else
		fputs("none", out);
}

static FILE *say(struct findings *x, double bytes)
{
	if (x->n == FINDINGS)
		return NULL;
	x->f[x->n].bytes = bytes;
	x->out = open_memstream(&x->f[x->n].html, &x->len);
	return x->out;
}

static void said(struct findings *x)
{
	if (x->out && !fclose(x->out) && x->f[x->n].html)
		x->n++;
	x->out = NULL;
}

/* ---- what there is to say ---- */

/* How many of the failed attempts were of an order that the kernel does not insist on; NaN: not told. */
static int costly(struct findings *x, double *n, struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(x->p->s), e,
		"SELECT max(value) FROM counter WHERE run_id = ?1 AND name = 'failed_costly'", "i",
		x->r->id);
	int ret = st ? sql_row(st, e) : err_code(e);

	*n = ret > 0 ? sql_real(st, 0) : NAN;
	sqlite3_finalize(st);
	return ret < 0 ? ret : 0;
}

static int failures(struct findings *x, struct err *e)
{
	const struct series_capture *c = x->p->c;
	double n = x->r->samples && x->r->counters ?
			   x->r->counters[x->r->samples - 1][SERIES_FAILED] :
			   NAN;
	double large = NAN;
	FILE *out;

	if (!(n > 0))
		return 0;
	if (costly(x, &large, e) < 0)
		return err_code(e);
	/* Callers do without large blocks: each is worth a huge page at most. */
	out = say(x, large == n ? n * (double)((uint64_t)c->page_size << c->pageblock_order) :
				  INFINITY);
	if (!out)
		return 0;
	fputs("<b>", out);
	html_count(out, (uint64_t)n);
	fprintf(out, " attempt%s at a page allocation got nothing", n == 1 ? "" : "s");
	if (large == n) {
		fprintf(out,
			"</b>, %s of order %d or above, as for huge pages, on which the kernel does not insist.",
			n == 1 ? "it was" : "all", COSTLY_ORDER + 1);
	} else if (isfinite(large)) {
		fputs(",</b> ", out);
		html_count(out, (uint64_t)(n - large));
		fprintf(out, " of them of order %d or below.", COSTLY_ORDER);
	} else {
		fputs(".</b>", out);
	}
	fputs(" Whether a retry or another size served the caller, the events do not say.", out);
	said(x);
	return 0;
}

static void huge_pages(struct findings *x)
{
	const struct series_capture *c = x->p->c;
	unsigned order = c->pageblock_order < c->orders ? c->pageblock_order : c->orders - 1;
	uint64_t first[KMM_ORDERS], last[KMM_ORDERS];
	double u0, u1, bytes;
	FILE *out;

	if (!x->r->samples || !x->r->blocks)
		return;
	series_blocks(x->r, 0, x->p->figures->zone, first);
	series_blocks(x->r, x->r->samples - 1, x->p->figures->zone, last);
	u0 = fragindex_unusable(first, x->r->orders, order);
	u1 = fragindex_unusable(last, x->r->orders, order);
	bytes = (double)fragindex_pages(last, x->r->orders) * c->page_size;
	/* No free page at all is no finding: the start was not known. */
	out = bytes > 0 ? say(x, u1 * bytes) : NULL;
	if (!out)
		return;
	fputs(u1 > 0.5 ? "<b>Free memory is in pieces:</b> " : "Free memory: ", out);
	fputs("of the ", out);
	html_bytes(out, bytes);
	fputs(" free at the end ", out);
	html_real(out, 100 * u1, 3);
	fprintf(out,
		"\xc2\xa0%% lies in blocks too small for a huge page (order %u; "
		"<a href=\"#metric-unusable\">unusable index</a> %.3f, %.3f at the start), and ",
		order, u1, u0);
	html_count(out,
		   (uint64_t)((1 - u1) * bytes / (double)((uint64_t)c->page_size << order) + 0.5));
	fputs(" huge pages can be had at once.", out);
	said(x);
}

/* Of the five columns from `i` on: owner, cache, site, blocks, alone; as in pin. */
static void holder(FILE *out, sqlite3_stmt *st, int i)
{
	const char *owner = (const char *)sqlite3_column_text(st, i);

	if (!strcmp(owner, "unknown")) {
		fputs("memory that was in use before the capture, by whom is not known", out);
	} else {
		html_text(out, owner);
		if (sqlite3_column_bytes(st, i + 1)) {
			fputs(" ", out);
			html_text(out, (const char *)sqlite3_column_text(st, i + 1));
		}
		if (sqlite3_column_bytes(st, i + 2)) {
			fputs(" at ", out);
			html_text(out, (const char *)sqlite3_column_text(st, i + 2));
		}
	}
	fputs(", in ", out);
	html_count(out, (uint64_t)sqlite3_column_int64(st, i + 3));
	fputs(" of them, alone in ", out);
	some(out, (uint64_t)sqlite3_column_int64(st, i + 4));
}

/* The worst holder, and the worst of which it is known who it is. */
static void holders(FILE *out, sqlite3_stmt *st, int first, int second)
{
	if (sqlite3_column_type(st, first) == SQLITE_NULL)
		return;
	fputs(" The <a href=\"#holders\">worst holder</a> is ", out);
	holder(out, st, first);
	if (sqlite3_column_type(st, second) != SQLITE_NULL) {
		fputs("; of those that are known, the worst is ", out);
		holder(out, st, second);
	}
	fputs(".", out);
}

static int pins(struct findings *x, struct err *e)
{
	const struct series_capture *c = x->p->c;
	double block = (double)((uint64_t)c->page_size << c->pageblock_order);
	sqlite3_stmt *st = sql_query(
		store_db(x->p->s), e,
		"SELECT t.kept_pages, t.mixed, t.grouped - t.thp_able, p.owner, p.cache, p.site, p.blocks, "
		"p.alone, k.owner, k.cache, k.site, k.blocks, k.alone FROM thp_memory t LEFT JOIN pin p ON "
		"p.run_id = t.run_id AND p.rank = 0 LEFT JOIN pin k ON k.run_id = t.run_id AND k.rank = "
		"(SELECT min(rank) FROM pin WHERE run_id = ?1 AND owner <> 'unknown') AND k.rank > 0 "
		"WHERE t.run_id = ?1 ORDER BY t.seq DESC LIMIT 1",
		"i", x->r->id);
	int ret = st ? sql_row(st, e) : err_code(e);
	double kept, could;
	FILE *out;

	if (ret > 0 && sqlite3_column_int64(st, 1) > 0) {
		kept = sql_real(st, 0) * c->page_size;
		could = sql_real(st, 2);
		out = say(x, could > 0 ? could * block : 0);
		if (out) {
			fputs("<b>Page blocks are mixed:</b> ", out);
			html_count(out, (uint64_t)sqlite3_column_int64(st, 1));
			fputs(" page blocks hold pages that cannot move beside ", out);
			html_bytes(out, kept);
			fputs(" that is free or could move. Packed together, those pages would leave ",
			      out);
			html_count(out, could > 0 ? (uint64_t)could : 0);
			fputs(" more blocks for huge pages (", out);
			html_bytes(out, could > 0 ? could * block : 0);
			fputs(").", out);
			holders(out, st, 3, 8);
			said(x);
		}
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : 0;
}

static int fallbacks(struct findings *x, struct err *e)
{
	const struct series_capture *c = x->p->c;
	sqlite3_stmt *st = sql_query(
		store_db(x->p->s), e,
		"SELECT sum(events), coalesce(sum(events) FILTER (WHERE severity IN ('severe', 'moderate')), "
		"0) FROM fallback WHERE run_id = ?1",
		"i", x->r->id);
	int ret = st ? sql_row(st, e) : err_code(e);
	FILE *out;

	if (ret > 0 && sqlite3_column_int64(st, 0) > 0) {
		double bad = sqlite3_column_double(st, 1);

		/* Each of the bad ones may cost a page block. */
		out = say(x, bad * (double)((uint64_t)c->page_size << c->pageblock_order));
		if (out) {
			fputs("Allocations that fell back to another migratetype: ", out);
			html_count(out, (uint64_t)sqlite3_column_int64(st, 0));
			fputs(", of which ", out);
			some(out, (uint64_t)bad);
			fputs(" left unmovable or reclaimable pages among movable ones (<a "
			      "href=\"#metric-fallback-severity\">moderate or severe</a>).",
			      out);
			said(x);
		}
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : 0;
}

static int slabs(struct findings *x, struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(x->p->s), e,
		"SELECT o.cache, o.spare, o.slabs, o.one_object, o.spare * (?2 << c.slab_order), (SELECT "
		"sum(q.spare * (?2 << d.slab_order)) FROM cache_occupancy q JOIN slab_cache d ON d.run_id = "
		"q.run_id AND d.cache = q.cache WHERE q.run_id = ?1) FROM cache_occupancy o JOIN slab_cache c "
		"ON c.run_id = o.run_id AND c.cache = o.cache WHERE o.run_id = ?1 ORDER BY 5 DESC LIMIT 1",
		"ii", x->r->id, (int64_t)x->p->c->page_size);
	int ret = st ? sql_row(st, e) : err_code(e);
	FILE *out;

	if (ret > 0 && sql_real(st, 4) > 0 && (out = say(x, sql_real(st, 5)))) {
		fputs("<b>Slabs are held open:</b> packing their objects would give back ", out);
		html_bytes(out, sql_real(st, 5));
		fputs(", most of it in ", out);
		html_text(out, (const char *)sqlite3_column_text(st, 0));
		fputs(" (", out);
		html_count(out, (uint64_t)sqlite3_column_int64(st, 1));
		fputs(" of ", out);
		html_count(out, (uint64_t)sqlite3_column_int64(st, 2));
		fputs(" slabs to spare, ", out);
		some(out, (uint64_t)sqlite3_column_int64(st, 3));
		fputs(" kept by one object; <a href=\"#slabs\">see Slab caches</a>).", out);
		said(x);
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : 0;
}

/* A cache's name, or "not named: N bytes" in words. */
static void cache_text(FILE *out, const char *cache)
{
	static const char prefix[] = "not named: ";
	bool named = strncmp(cache, prefix, sizeof(prefix) - 1);

	if (!named)
		fputs("objects of ", out);
	html_text(out, named ? cache : cache + sizeof(prefix) - 1);
	if (!named)
		fputs(" whose cache no event names", out);
}

static int waste(struct findings *x, struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(x->p->s), e,
		"SELECT sum(live_wasted), sum(live_alloc), (SELECT cache FROM cache_waste WHERE run_id = ?1 "
		"ORDER BY live_wasted DESC LIMIT 1), (SELECT max(live_wasted) FROM cache_waste WHERE run_id = "
		"?1) FROM cache_waste WHERE run_id = ?1",
		"i", x->r->id);
	int ret = st ? sql_row(st, e) : err_code(e);
	FILE *out;

	if (ret > 0 && sql_real(st, 0) > 0 && (out = say(x, sql_real(st, 0)))) {
		fputs("Objects that were allocated in the capture and live at its end hold ", out);
		html_bytes(out, sql_real(st, 1));
		fputs(", of which ", out);
		html_bytes(out, sql_real(st, 0));
		fputs(" was not asked for (<a href=\"#metric-internal\">internal fragmentation</a>), most "
		      "in ",
		      out);
		cache_text(out, (const char *)sqlite3_column_text(st, 2));
		fputs(" (", out);
		html_bytes(out, sql_real(st, 3));
		fputs(").", out);
		said(x);
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : 0;
}

/* ---- can it be trusted? ---- */

static double fidelity_of(const struct page *p, const char *metric, bool simulated,
			  const char *column, struct err *e)
{
	char *sql = NULL;
	sqlite3_stmt *st;
	double v = NAN;

	if (asprintf(
		    &sql,
		    "SELECT f.%s FROM fidelity f JOIN run r ON r.id = f.run_id WHERE r.capture_id = ?1 "
		    "AND f.metric = ?2 AND (r.mode = 'simulated') = ?3 AND r.status <> 'incomplete' ORDER "
		    "BY r.id DESC LIMIT 1",
		    column) < 0)
		return NAN;
	st = sql_query(store_db(p->s), e, sql, "iti", p->c->id, metric, (int64_t)simulated);
	if (st && sql_row(st, e) == 1)
		v = sql_real(st, 0);
	sqlite3_finalize(st);
	free(sql);
	return v;
}

static void trust(const struct page *p, struct err *e)
{
	double differ = fidelity_of(p, "free pages at the end", false, "error", e);
	double score = fidelity_of(p, "placement", true, "simulated", e);
	double mean = fidelity_of(p, "free blocks per order, mean error", true, "error", e);
	double against = fidelity_of(p, "contradictions", false, "error", e);

	fputs("<p>Can it be trusted? ", p->out);
	if (p->count && !p->runs[0].blocks) {
		fputs("What was free at the start is not known, so free memory was not reconstructed. ",
		      p->out);
	} else if (isnan(differ)) {
		fputs("There is no snapshot that the reconstruction could be held against. ",
		      p->out);
	} else {
		fputs("The reconstruction ends with ", p->out);
		if (differ == 0)
			fputs("exactly the free blocks that the kernel reported. ", p->out);
		else {
			html_real(p->out, differ, 9);
			fputs(" pages in other free blocks than the kernel reported. ", p->out);
		}
	}
	if (against > 0) {
		html_real(p->out, against, 9);
		fprintf(p->out, " event%s contradict%s the state that the others tell. ",
			against == 1 ? "" : "s", against == 1 ? "s" : "");
	}
	if (isnan(score)) {
		fputs("Nothing was simulated under the kernel\xe2\x80\x99s own policy, so the error of "
		      "a what-if is not known.",
		      p->out);
	} else {
		fputs("Simulated under the kernel\xe2\x80\x99s own policy, ", p->out);
		html_real(p->out, 100 * score, 4);
		fputs("\xc2\xa0% of the allocations got the very page that the kernel gave; free blocks "
		      "were off by ",
		      p->out);
		html_real(p->out, mean, 3);
		fputs("\xc2\xa0% of free pages in the mean (<a href=\"#fidelity\">see Fidelity</a>).",
		      p->out);
	}
	if (p->c->lost) {
		fputs(" ", p->out);
		html_count(p->out, p->c->lost);
		fputs(" events were lost in recording: what was live then is uncertain.", p->out);
	}
	fputs("</p>\n", p->out);
}

#define WORTH_SAYING 0.05 /* of the larger one of the two */

/* What else it moved beyond the error and by a share that matters, but for what only explains it. */
static void moved(FILE *out, const struct compare *c, unsigned run, unsigned base)
{
	unsigned said_of = 0;

	for (unsigned i = 0; i < COMPARE_METRICS; i++) {
		enum compare_metric m = (enum compare_metric)i;
		double is = c->runs[run].value[m], was = c->runs[base].value[m];
		enum compare_verdict v = compare_judge(c, run, base, m);

		if (m == COMPARE_UNUSABLE_END || compare_metric_question(m) == COMPARE_WHY ||
		    (v != COMPARE_LESS && v != COMPARE_MORE) ||
		    fabs(is - was) < WORTH_SAYING * fmax(is, was))
			continue;
		fputs(said_of++ ? ", " : "; by more than the error and 5\xc2\xa0%: ", out);
		html_text(out, compare_metric_name(m));
		fputs(" ", out);
		html_real(out, is, 4);
		fputs(" (control ", out);
		html_real(out, was, 4);
		fputs(")", out);
	}
	if (!said_of)
		fputs("; nothing else by more than the error and 5\xc2\xa0%", out);
}

static void what_if(const struct page *p)
{
	const struct compare *c = p->compare;
	const enum compare_metric m = COMPARE_UNUSABLE_END;
	unsigned said_of = 0;

	for (unsigned i = 0; i < c->count && c->native >= 0 && said_of < 8; i++) {
		unsigned base = (unsigned)compare_baseline(c, i);

		if (!compare_what_if(c, i))
			continue;
		if (!said_of++)
			fprintf(p->out,
				"<p>What if? The unusable index for huge pages at the end is %.3f as recorded, and "
				"under other policies (<a href=\"#compare\">see What if</a>):</p>\n<ul>\n",
				c->recorded >= 0 ? c->runs[c->recorded].value[m] : NAN);
		fputs("<li><b>", p->out);
		html_text(p->out, c->runs[i].name);
		fprintf(p->out, "</b>: %.3f \xc2\xb1 %.3f, ", c->runs[i].value[m],
			c->runs[i].error[m]);
		html_text(p->out, compare_verdict_name(compare_judge(c, i, base, m)));
		moved(p->out, c, i, base);
		fputs(".</li>\n", p->out);
	}
	if (said_of)
		fputs("</ul>\n", p->out);
}

static int by_bytes(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

int opening(const struct page *p, struct err *e)
{
	struct findings x = { .p = p };
	int ret;

	for (unsigned i = 0; i < p->count && !x.r; i++)
		if (!p->runs[i].simulated)
			x.r = &p->runs[i];
	if (!x.r && p->count)
		x.r = &p->runs[0];
	if (!x.r)
		return 0;
	ret = failures(&x, e);
	huge_pages(&x);
	if (ret >= 0)
		ret = pins(&x, e);
	if (ret >= 0)
		ret = fallbacks(&x, e);
	if (ret >= 0)
		ret = slabs(&x, e);
	if (ret >= 0)
		ret = waste(&x, e);
	qsort(x.f, x.n, sizeof(*x.f), by_bytes);
	if (ret >= 0) {
		fputs("<div class=\"opening\">\n<p>What matters, by the memory that it costs:</p>\n<ol>\n",
		      p->out);
		for (unsigned i = 0; i < x.n; i++)
			fprintf(p->out, "<li>%s</li>\n", x.f[i].html);
		if (!x.n)
			fputs("<li>Nothing that these results could tell.</li>\n", p->out);
		fputs("</ol>\n", p->out);
		trust(p, e);
		what_if(p);
		fputs("</div>\n", p->out);
	}
	for (unsigned i = 0; i < x.n; i++)
		free(x.f[i].html);
	return ret;
}
