// SPDX-License-Identifier: GPL-2.0-or-later
/* pageslabs: the report's section on slab caches: the kernel's own count beside each simulated run's. */
#include <sqlite3.h>
#include <string.h>

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

static void count_cell(FILE *out, const char *label, uint64_t v, bool known)
{
	fprintf(out, "<td class=\"n\" data-l=\"");
	html_text(out, label);
	fputs("\">", out);
	if (known)
		html_count(out, v);
	else
		fputs("\xe2\x80\x93", out);
	fputs("</td>", out);
}

/* "Slabs, slabinfo": of the recorded run the kernel's own count. */
static void label_of(const struct series *r, const char *what, char out[96])
{
	char heading[64] = "slabinfo";

	if (r->simulated)
		figures_heading(r, heading, sizeof(heading));
	snprintf(out, 96, "%s, %s", what, heading);
}

static void head(const struct page *p, const struct series *with[MOST_RUNS], int runs)
{
	FILE *out = p->out;
	char label[96];

	fputs("<div class=\"scroll\"><table class=\"grid\">\n<thead><tr><th>Cache</th><th class=\"n\">Object, "
	      "bytes</th><th class=\"n\">Order</th>",
	      out);
	for (int i = 0; i < runs; i++) {
		label_of(with[i], "Slabs", label);
		fputs("<th class=\"n\">", out);
		html_text(out, label);
		fputs("</th><th class=\"n\">Unused</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
}

/* Slabs and the share of their objects that is not active. */
static int run_cells(const struct page *p, const struct series *r, const char *cache, struct err *e)
{
	sqlite3_stmt *st =
		sql_query(store_db(p->s), e,
			  "SELECT slabs, objects, active FROM slab_cache WHERE run_id = ? "
			  "AND cache = ?",
			  "it", r->id, cache);
	int ret = st ? sql_row(st, e) : err_code(e);
	char label[96];

	if (ret >= 0) {
		double objects = ret ? sqlite3_column_double(st, 1) : 0;

		label_of(r, "Slabs", label);
		count_cell(p->out, label, ret ? (uint64_t)sqlite3_column_int64(st, 0) : 0, ret);
		fputs("<td class=\"n\" data-l=\"Unused\">", p->out);
		if (objects > 0) {
			html_real(p->out, 100 * (objects - sqlite3_column_double(st, 2)) / objects,
				  3);
			fputs("\xc2\xa0%", p->out);
		} else {
			fputs("\xe2\x80\x93", p->out);
		}
		fputs("</td>", p->out);
	}
	sqlite3_finalize(st);
	return ret < 0 ? ret : 0;
}

static int rows(const struct page *p, const struct series *with[MOST_RUNS], int runs, struct err *e)
{
	sqlite3_stmt *st =
		sql_query(store_db(p->s), e,
			  "SELECT cache, size, slab_order FROM slab_cache WHERE run_id = ? "
			  "ORDER BY slabs << slab_order DESC, cache LIMIT ?",
			  "ii", with[0]->id, (int64_t)CACHE_ROWS);
	int ret = st ? 0 : err_code(e);

	while (ret >= 0 && (ret = sql_row(st, e)) == 1) {
		const char *cache = (const char *)sqlite3_column_text(st, 0);

		fputs("<tr><th scope=\"row\">", p->out);
		html_text(p->out, cache);
		fputs("</th>", p->out);
		count_cell(p->out, "Object, bytes", (uint64_t)sqlite3_column_int64(st, 1), true);
		count_cell(p->out, "Order", (uint64_t)sqlite3_column_int64(st, 2), true);
		for (int i = 0; i < runs && ret >= 0; i++)
			ret = run_cells(p, with[i], cache, e);
		fputs("</tr>\n", p->out);
	}
	sqlite3_finalize(st);
	return ret;
}

int page_slabs(const struct page *p, struct err *e)
{
	const struct series *with[MOST_RUNS];
	int runs = find_runs(p, with, e), ret = runs < 0 ? runs : 0;

	fputs("<section id=\"slabs\">\n<h2>Slab caches</h2>\n", p->out);
	if (runs > 0) {
		fprintf(p->out,
			"<p>Slabs at the end and the share of their objects that is not active, by the "
			"kernel's own count (slabinfo takes all that a CPU's slab holds for active) and in "
			"runs whose objects went through the model (<a href=\"#metric-slabs\">definition</a>); "
			"the %d largest at most.</p>\n",
			CACHE_ROWS);
		head(p, with, runs);
		ret = rows(p, with, runs, e);
		fputs("</tbody></table></div>\n", p->out);
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
