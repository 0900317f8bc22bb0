// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/grid.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>

#include "analyze/fold.h"
#include "analyze/html.h"
#include "store/sql.h"

static void head(FILE *out, const struct grid_column *c, unsigned columns)
{
	fputs("<table class=\"grid\">\n<thead><tr>", out);
	for (unsigned i = 0; i < columns; i++) {
		fputs(c[i].kind == GRID_TEXT || c[i].kind == GRID_NAME ? "<th" : "<th class=\"n\"",
		      out);
		if (c[i].help) {
			fputs(" title=\"", out);
			html_text(out, c[i].help);
			fputs("\"", out);
		}
		fputs(">", out);
		html_text(out, c[i].title);
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
}

/* What is shown over a title is not seen on paper nor on a phone. */
static void explain(FILE *out, const struct grid_column *c, unsigned columns)
{
	unsigned n = 0;

	for (unsigned i = 0; i < columns; i++) {
		if (!c[i].help)
			continue;
		fputs(n++ ? "<li><b>" : "<details><summary>The columns</summary><ul>\n<li><b>",
		      out);
		html_text(out, c[i].title);
		fputs("</b>: ", out);
		html_text(out, c[i].help);
		fputs("</li>\n", out);
	}
	if (n)
		fputs("</ul></details>\n", out);
}

static void value(const struct page *p, FILE *out, enum grid_kind kind, double v)
{
	switch (kind) {
	case GRID_COUNT:
		html_count(out, v > 0 ? (uint64_t)v : 0);
		break;
	case GRID_ID:
		fprintf(out, "%.0f", v);
		break;
	case GRID_PERCENT:
		html_percent(out, v);
		break;
	case GRID_BYTES:
		if (v > 0)
			html_bytes(out, v);
		else
			fputs("0", out);
		break;
	case GRID_TIME:
		html_real(out, p->c->clock_is_time ? v / 1e9 : v, p->c->clock_is_time ? 6 : 15);
		if (p->c->clock_is_time)
			fputs("\xc2\xa0s", out);
		break;
	default:
		html_real(out, v, 4);
	}
}

/* data-v: what sorting goes by, where the text has a unit of its own or is cut. */
static void cell(const struct page *p, FILE *out, sqlite3_stmt *st, unsigned i,
		 const struct grid_column *c)
{
	bool text = c->kind == GRID_TEXT || c->kind == GRID_NAME;
	double v = text ? NAN : sql_real(st, (int)i);

	fputs(!i		   ? "<th scope=\"row\"" :
	      c->kind == GRID_NAME ? "<td class=\"name\"" :
	      text		   ? "<td" :
				     "<td class=\"n\"",
	      out);
	if (i) {
		fputs(" data-l=\"", out);
		html_text(out, c->title);
		fputs("\"", out);
	}
	if ((c->kind == GRID_BYTES || c->kind == GRID_PERCENT) && isfinite(v))
		fprintf(out, " data-v=\"%.9g\"", v);
	fputs(">", out);
	if (text)
		html_text(out, (const char *)sqlite3_column_text(st, (int)i));
	else if (isnan(v))
		fputs("\xe2\x80\x93", out);
	else
		value(p, out, c->kind, v);
	fputs(i ? "</td>" : "</th>", out);
}

int grid(const struct page *p, const char *caption, const char *none, const struct grid_column *c,
	 unsigned columns, struct err *e, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st = NULL;
	struct fold f;
	va_list ap;
	int ret, rows = 0;
	int rc = sqlite3_prepare_v2(store_db(p->s), sql, -1, &st, NULL);

	va_start(ap, types);
	if (rc == SQLITE_OK)
		rc = sql_vbind(st, types, ap);
	va_end(ap);
	ret = rc == SQLITE_OK ? 0 : sql_error(store_db(p->s), "results", rc, e);
	if (!fold_begin(&f)) {
		sqlite3_finalize(st);
		return err_set(e, ENOMEM, "out of memory");
	}
	head(f.rows, c, columns);
	while (ret >= 0 && (ret = sql_row(st, e)) == 1) {
		rows++;
		fputs("<tr>", f.rows);
		for (unsigned i = 0; i < columns; i++)
			cell(p, f.rows, st, i, &c[i]);
		fputs("</tr>\n", f.rows);
	}
	sqlite3_finalize(st);
	fputs("</tbody></table>", f.rows);
	if (rows)
		fprintf(p->out, "<p class=\"caption\">%s</p>\n", caption);
	else if (none && ret >= 0)
		fprintf(p->out, "<p class=\"gap\">%s</p>\n", none);
	if (fold_end(&f, (unsigned)rows, p->out) && ret >= 0)
		ret = err_set(e, ENOMEM, "out of memory");
	if (rows)
		explain(p->out, c, columns);
	return ret < 0 ? ret : rows;
}
