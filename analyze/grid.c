// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/grid.h"

#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>

#include "analyze/html.h"
#include "store/sql.h"

static void head(const struct page *p, const char *caption, const struct grid_column *c,
		 unsigned columns)
{
	fprintf(p->out,
		"<p class=\"caption\">%s</p>\n<div class=\"scroll\"><table class=\"grid\">\n"
		"<thead><tr>",
		caption);
	for (unsigned i = 0; i < columns; i++) {
		fputs(c[i].kind == GRID_TEXT ? "<th" : "<th class=\"n\"", p->out);
		if (c[i].help) {
			fputs(" title=\"", p->out);
			html_text(p->out, c[i].help);
			fputs("\"", p->out);
		}
		fputs(">", p->out);
		html_text(p->out, c[i].title);
		fputs("</th>", p->out);
	}
	fputs("</tr></thead>\n<tbody>\n", p->out);
}

static void value(const struct page *p, enum grid_kind kind, double v)
{
	switch (kind) {
	case GRID_COUNT:
		html_count(p->out, v > 0 ? (uint64_t)v : 0);
		break;
	case GRID_PERCENT:
		html_real(p->out, 100 * v, 3);
		fputs("\xc2\xa0%", p->out);
		break;
	case GRID_KIB:
		html_kib(p->out, v > 0 ? (uint64_t)(v / 1024 + 0.5) : 0);
		break;
	case GRID_SECONDS:
		html_real(p->out, p->c->clock_is_time ? v / 1e9 : v, p->c->clock_is_time ? 6 : 15);
		break;
	default:
		html_real(p->out, v, 4);
	}
}

/* data-v: what sorting goes by, where the text has a unit of its own. */
static void cell(const struct page *p, sqlite3_stmt *st, unsigned i, const struct grid_column *c)
{
	bool text = c->kind == GRID_TEXT;
	double v = text ? NAN : sql_real(st, (int)i);

	fputs(!i ? "<th scope=\"row\"" : text ? "<td" : "<td class=\"n\"", p->out);
	if (i) {
		fputs(" data-l=\"", p->out);
		html_text(p->out, c->title);
		fputs("\"", p->out);
	}
	if (c->kind == GRID_KIB && isfinite(v))
		fprintf(p->out, " data-v=\"%.0f\"", v);
	fputs(">", p->out);
	if (text)
		html_text(p->out, (const char *)sqlite3_column_text(st, (int)i));
	else if (isnan(v))
		fputs("\xe2\x80\x93", p->out);
	else
		value(p, c->kind, v);
	fputs(i ? "</td>" : "</th>", p->out);
}

int grid(const struct page *p, const char *caption, const char *none, const struct grid_column *c,
	 unsigned columns, struct err *e, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st = NULL;
	va_list ap;
	int ret, rows = 0;
	int rc = sqlite3_prepare_v2(store_db(p->s), sql, -1, &st, NULL);

	va_start(ap, types);
	if (rc == SQLITE_OK)
		rc = sql_vbind(st, types, ap);
	va_end(ap);
	ret = rc == SQLITE_OK ? 0 : sql_error(store_db(p->s), "results", rc, e);
	while (ret >= 0 && (ret = sql_row(st, e)) == 1) {
		if (!rows++)
			head(p, caption, c, columns);
		fputs("<tr>", p->out);
		for (unsigned i = 0; i < columns; i++)
			cell(p, st, i, &c[i]);
		fputs("</tr>\n", p->out);
	}
	sqlite3_finalize(st);
	if (rows)
		fputs("</tbody></table></div>\n", p->out);
	else if (none && ret >= 0)
		fprintf(p->out, "<p class=\"gap\">%s</p>\n", none);
	return ret < 0 ? ret : rows;
}
