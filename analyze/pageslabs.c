// SPDX-License-Identifier: GPL-2.0-or-later
/* pageslabs: the report's section on slab caches: the kernel's own count beside each simulated run's. */
#include <errno.h>
#include <sqlite3.h>
#include <math.h>
#include <string.h>

#include "analyze/fold.h"
#include "analyze/html.h"
#include "analyze/page.h"
#include "store/sql.h"

#define CACHE_ROWS 200
#define MOST_RUNS 4

/* The runs that have caches: the recorded one first, whose rows are after/slabinfo. */
static int find_runs(const struct page *p, const struct series *with[MOST_RUNS], struct err *e)
{
	int n = 0;

	for (unsigned i = 0; i < p->count && n < MOST_RUNS; i++) {
		sqlite3_stmt *st = sql_query(store_db(p->s), e,
					     "SELECT 1 FROM slab_cache WHERE run_id = ? LIMIT 1",
					     "i", p->runs[i].id);
		int ret = st ? sql_row(st, e) : err_code(e);

		sqlite3_finalize(st);
		if (ret < 0)
			return ret;
		if (ret)
			with[n++] = &p->runs[i];
	}
	return n;
}

static void cell_begin(FILE *out, const char *label)
{
	fputs("<td class=\"n\" data-l=\"", out);
	html_text(out, label);
	fputs("\"", out);
}

/* "slabinfo": of the recorded run the kernel's own count.  That runs have objects goes without saying here. */
static void label_of(const struct series *r, const char *before, char out[96])
{
	static const char objects[] = ", with objects";
	const char *name = r->simulated ? r->policy : "slabinfo", *at = strstr(name, objects);
	int n = at ? (int)(at - name) : (int)strlen(name);

	snprintf(out, 96, "%s%.*s%s", before, n, name, at ? at + strlen(objects) : "");
}

static void head(FILE *out, const struct series *with[MOST_RUNS], int runs)
{
	char label[96];

	fputs("<table class=\"grid\">\n<thead class=\"wrap\"><tr><th>Cache</th><th class=\"n\">Object, "
	      "bytes</th>",
	      out);
	for (int i = 0; i < runs; i++) {
		label_of(with[i], "", label);
		fputs("<th class=\"n\">", out);
		html_text(out, label);
		fputs("</th><th class=\"n\">Unused</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
}

/* Memory in slabs and the share of their objects that is not active. */
static int run_cells(const struct page *p, FILE *out, const struct series *r, const char *cache,
		     struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(p->s), e,
		"SELECT slabs * (?3 << slab_order), 1 - 1.0 * active / nullif(objects, 0) "
		"FROM slab_cache WHERE run_id = ?1 AND cache = ?2",
		"iti", r->id, cache, (int64_t)p->c->page_size);
	int ret = st ? sql_row(st, e) : err_code(e);
	char label[96];

	if (ret >= 0) {
		double bytes = ret ? sql_real(st, 0) : NAN, unused = ret ? sql_real(st, 1) : NAN;

		label_of(r, "", label);
		cell_begin(out, label);
		if (bytes > 0) {
			fprintf(out, " data-v=\"%.0f\">", bytes);
			html_bytes(out, bytes);
		} else {
			fputs(isnan(bytes) ? ">\xe2\x80\x93" : ">0", out);
		}
		fputs("</td>", out);
		label_of(r, "Unused, ", label);
		cell_begin(out, label);
		fprintf(out, " data-v=\"%.9g\">", isnan(unused) ? -1 : unused);
		html_percent(out, unused);
		fputs("</td>", out);
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : 0;
}

/* How many, or a negative errno. */
static int rows(const struct page *p, FILE *out, const struct series *with[MOST_RUNS], int runs,
		struct err *e)
{
	sqlite3_stmt *st = sql_query(store_db(p->s), e,
				     "SELECT cache, size FROM slab_cache WHERE run_id = ? "
				     "ORDER BY slabs << slab_order DESC, cache LIMIT ?",
				     "ii", with[0]->id, (int64_t)CACHE_ROWS);
	int ret = st ? 0 : err_code(e), n = 0;

	for (; ret >= 0 && (ret = sql_row(st, e)) == 1; n++) {
		const char *cache = (const char *)sqlite3_column_text(st, 0);

		fputs("<tr><th scope=\"row\">", out);
		html_text(out, cache);
		fputs("</th>", out);
		cell_begin(out, "Object, bytes");
		fputs(">", out);
		html_count(out, (uint64_t)sqlite3_column_int64(st, 1));
		fputs("</td>", out);
		for (int i = 0; i < runs && ret >= 0; i++)
			ret = run_cells(p, out, with[i], cache, e);
		fputs("</tr>\n", out);
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : n;
}

static int table(const struct page *p, const struct series *with[MOST_RUNS], int runs,
		 struct err *e)
{
	struct fold f;
	FILE *out = fold_begin(&f);
	int n;

	if (!out)
		return err_set(e, ENOMEM, "out of memory");
	head(out, with, runs);
	n = rows(p, out, with, runs, e);
	fputs("</tbody></table>", out);
	if (fold_end(&f, n > 0 ? (unsigned)n : 0, p->out) && n >= 0)
		n = err_set(e, ENOMEM, "out of memory");
	return n;
}

int page_slabs(const struct page *p, struct err *e)
{
	const struct series *with[MOST_RUNS];
	int runs = find_runs(p, with, e), ret = runs < 0 ? runs : 0;

	fputs("<section id=\"slabs\">\n<h2>Slab caches</h2>\n", p->out);
	if (runs > 0) {
		fprintf(p->out,
			"<p>Memory in slabs at the end and the share of their objects that is not active, by the "
			"kernel's own count (slabinfo takes all that a CPU's slab holds for active) and in "
			"runs whose objects went through the model (<a href=\"#metric-slabs\">see Definitions</a>); "
			"the %d largest at most.</p>\n",
			CACHE_ROWS);
		ret = table(p, with, runs, e);
	} else if (!runs) {
		fputs("<p class=\"gap\">No run had its objects go through the model, and there is no "
		      "slabinfo.</p>\n",
		      p->out);
	}
	if (ret >= 0)
		ret = page_waste(p, e);
	fputs("</section>\n", p->out);
	return ret < 0 ? ret : 0;
}
