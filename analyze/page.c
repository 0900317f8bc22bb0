// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/page.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "analyze/fold.h"
#include "analyze/fragindex.h"
#include "analyze/html.h"
#include "analyze/metrics.h"
#include "analyze/opening.h"
#include "analyze/script.h"
#include "analyze/style.h"
#include "store/sql.h"

#define OWNER_ROWS 200
#define NOTES 200

static void heading_of(const struct page *p, const struct series *r)
{
	char heading[64];

	figures_heading(r, heading, sizeof(heading));
	html_text(p->out, heading);
}

/* A number cell; its label stands above it where a phone lays the row out as a card. */
static void cell(FILE *out, const char *label)
{
	fprintf(out, "<td class=\"n\" data-l=\"%s\">", label);
}

static void cell_count(FILE *out, const char *label, uint64_t v)
{
	cell(out, label);
	html_count(out, v);
	fputs("</td>", out);
}

static void cell_real(FILE *out, const char *label, double v, int digits, const char *unit)
{
	cell(out, label);
	html_real(out, v, digits);
	if (isfinite(v) && *unit)
		fprintf(out, "\xc2\xa0%s", unit);
	fputs("</td>", out);
}

/* ---- head and foot ---- */

static void nav(FILE *out)
{
	static const char *const all[][2] = {
		{ "summary", "Summary" },   { "unknown", "What is not known" },
		{ "fidelity", "Fidelity" }, { "compare", "What if" },
		{ "figures", "Over time" }, { "holders", "What holds page blocks" },
		{ "slabs", "Slab caches" }, { "colour", "Cache sets" },
		{ "tlb", "TLB" },	    { "owners", "Owners of pages" },
		{ "machine", "Machine" },   { "glossary", "Definitions" },
	};

	fputs("<nav aria-label=\"Contents\">", out);
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		fprintf(out, "<a href=\"#%s\">%s</a>\n", all[i][0], all[i][1]);
	fputs("</nav>\n", out);
}

/* Behind the last slash that something follows. */
static const char *base_name(const char *path)
{
	const char *base = path;

	for (const char *c = path; *c; c++)
		if (*c == '/' && c[1])
			base = c + 1;
	return base;
}

void page_head(const struct page *p)
{
	FILE *out = p->out;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; script-src 'sha256-",
	      out);
	fputs(script_hash, out);
	fputs("'\">\n"
	      "<meta name=\"generator\" content=\"kmemlab\">\n<title>",
	      out);
	html_text(out, base_name(p->c->name));
	fputs(" \xe2\x80\x93 page allocation report</title>\n<style>\n", out);
	fputs(style_sheet, out);
	fputs("</style>\n</head>\n<body>\n<header>\n<h1>", out);
	html_text(out, base_name(p->c->name));
	fputs("</h1>\n<p class=\"sub\">What the kernel\xe2\x80\x99s page allocator did, as "
	      "recorded and as simulated.",
	      out);
	if (*p->c->kernel) {
		fputs(" Linux ", out);
		html_text(out, p->c->kernel);
	}
	if (*p->c->arch) {
		fputs(" on ", out);
		html_text(out, p->c->arch);
	}
	fputs("</p>\n", out);
	nav(out);
	fputs("</header>\n<main>\n", out);
}

void page_foot(const struct page *p)
{
	fputs("</main>\n<footer>Made by kmemlab from its results file. Figures by GNU "
	      "libplot.</footer>\n<script>",
	      p->out);
	fputs(script_text, p->out);
	fputs("</script>\n</body>\n</html>\n", p->out);
}

/* ---- summary ---- */

static void tile_begin(FILE *out)
{
	fputs("<li><b>", out);
}

static void tile_end(FILE *out, const char *name)
{
	fprintf(out, "</b><span>%s</span></li>\n", name);
}

static void tiles(const struct page *p)
{
	const struct series_capture *c = p->c;
	FILE *out = p->out;

	fputs("<p class=\"caption\">The capture:</p>\n<ul class=\"tiles\">\n", out);
	tile_begin(out);
	html_count(out, c->events);
	tile_end(out, "events");
	tile_begin(out);
	html_count(out, c->lost);
	tile_end(out, "events lost");
	tile_begin(out);
	if (c->clock_is_time) {
		html_real(out, (double)(c->last - c->first) / 1e9, 4);
		fputs(" s", out);
		tile_end(out, "time span");
	} else {
		html_count(out, c->last - c->first);
		tile_end(out, "clock units (the clock counts no time)");
	}
	tile_begin(out);
	html_kib(out, c->mem_total_kb);
	tile_end(out, "memory");
	tile_begin(out);
	html_count(out, c->cpus);
	fputs(" / ", out);
	html_count(out, c->nodes);
	tile_end(out, "CPUs / nodes");
	fputs("</ul>\n", out);
}

static void run_state(const struct page *p, const struct series *r, bool end, unsigned order)
{
	double bytes = NAN, unusable = NAN;
	uint64_t blocks[KMM_ORDERS];

	if (r->samples && r->blocks) {
		series_blocks(r, end ? r->samples - 1 : 0, p->figures->zone, blocks);
		bytes = (double)fragindex_pages(blocks, r->orders) * p->c->page_size;
		unusable = fragindex_unusable(blocks, r->orders, order);
	}
	cell_real(p->out, end ? "Free at end" : "Free at start", bytes / (1 << 20), 4, "MiB");
	cell(p->out, end ? "Unusable at end" : "Unusable at start");
	if (isnan(unusable))
		html_real(p->out, NAN, 0);
	else
		fprintf(p->out, "%.3f",
			unusable); /* always three places, so that a column lines up */
	fputs("</td>", p->out);
}

static void run_row(const struct page *p, const struct series *r, unsigned order)
{
	const double *last = r->samples && r->counters ? r->counters[r->samples - 1] : NULL;
	FILE *out = p->out;

	fputs("<tr><th scope=\"row\">", out);
	heading_of(p, r);
	if (*r->start && strcmp(r->start, p->runs[0].start)) {
		fputs("<small>start: ", out);
		html_text(out, r->start);
		fputs("</small>", out);
	}
	fputs("</th>", out);
	run_state(p, r, false, order);
	run_state(p, r, true, order);
	cell_real(out, "Fallbacks", last ? last[SERIES_FALLBACKS] : NAN, 15, "");
	cell_real(out, "Failed", last ? last[SERIES_FAILED] : NAN, 15, "");
	cell_real(out, "Requests", r->requests, 15, "");
	fprintf(out, "<td data-l=\"Status\"%s>",
		strcmp(r->status, "complete") ? " class=\"incomplete\"" : "");
	html_text(out, r->status);
	fputs("</td></tr>\n", out);
}

int page_summary(const struct page *p, struct err *e)
{
	unsigned order = p->c->pageblock_order < p->c->orders ? p->c->pageblock_order :
								p->c->orders - 1;
	FILE *out = p->out;

	fputs("<section id=\"summary\">\n<h2>Summary</h2>\n", out);
	if (opening(p, e) < 0)
		return err_code(e);
	tiles(p);
	if (!p->count) {
		fputs("<p class=\"gap\">No run of this capture is in the results: nothing was "
		      "reconstructed or simulated.</p>\n</section>\n",
		      out);
		return 0;
	}
	fputs("<p class=\"caption\">Each run at its first and last sample", out);
	if (p->figures->zone >= 0) {
		fputs(", zone ", out);
		html_text(out, p->c->zone[p->figures->zone].name);
	}
	if (*p->runs[0].start) {
		fputs(". Start of all: ", out);
		html_text(out, p->runs[0].start);
	}
	fprintf(out,
		". Unusable: the <a href=\"#metric-unusable\">index</a> for blocks of order %u, 0 "
		"best, 1 worst. Failed: attempts that got nothing; those that the recording shows are "
		"not made again in simulated runs.</p>\n<div class=\"scroll\"><table>\n<thead><tr><th>Run</th><th "
		"class=\"n\">Free at<br>start</th><th class=\"n\">Unusable<br>at start</th><th "
		"class=\"n\">Free at<br>end</th><th class=\"n\">Unusable<br>at end</th><th "
		"class=\"n\">Fallbacks</th><th class=\"n\">Failed</th><th "
		"class=\"n\">Requests</th><th>Status</th></tr></thead>\n<tbody>\n",
		order);
	for (unsigned i = 0; i < p->count; i++)
		run_row(p, &p->runs[i], order);
	fputs("</tbody></table></div>\n</section>\n", out);
	return 0;
}

/* ---- what could not be known ---- */

/* Returns how many items it listed. */
static unsigned run_notes(const struct page *p)
{
	bool recorded = false, simulated = false;
	unsigned n = 0;

	for (unsigned i = 0; i < p->count; i++) {
		const struct series *r = &p->runs[i];

		*(r->simulated ? &simulated : &recorded) = true;
		if (!strcmp(r->status, "complete"))
			continue;
		n++;
		fputs("<li>", p->out);
		heading_of(p, r);
		fputs(strcmp(r->status, "stopped") ?
			      ": the run did not end; what follows is only what was written "
			      "before it broke off.</li>\n" :
			      ": the run was stopped before the end of the capture.</li>\n",
		      p->out);
	}
	if (!recorded)
		fputs("<li>No recorded run: what the kernel really did was not "
		      "reconstructed.</li>\n",
		      p->out);
	if (!simulated)
		fputs("<li>No simulated run: nothing stands beside what was recorded.</li>\n",
		      p->out);
	return n + !recorded + !simulated;
}

int page_unknown(const struct page *p, struct err *e)
{
	sqlite3_stmt *st = sql_query(store_db(p->s), e,
				     "SELECT n.text, r.policy, r.mode = 'simulated' FROM note n "
				     "LEFT JOIN run r ON r.id = n.run_id WHERE n.capture_id = ? "
				     "ORDER BY n.id LIMIT ?",
				     "ii", p->c->id, (int64_t)NOTES);
	unsigned n = (p->c->lost > 0) + !p->c->clock_is_time;
	int ret = -1;

	if (!st)
		return err_code(e);
	fputs("<section id=\"unknown\">\n<h2>What is not known</h2>\n<ul>\n", p->out);
	for (; (ret = sql_row(st, e)) == 1; n++) {
		fputs("<li>", p->out);
		if (sqlite3_column_int(st, 2)) {
			fputs("Under policy ", p->out);
			html_text(p->out, (const char *)sqlite3_column_text(st, 1));
			fputs(": ", p->out);
		}
		html_text(p->out, (const char *)sqlite3_column_text(st, 0));
		fputs("</li>\n", p->out);
	}
	sqlite3_finalize(st);
	if (p->c->lost) {
		fputs("<li>", p->out);
		html_count(p->out, p->c->lost);
		fputs(" events were lost in recording.</li>\n", p->out);
	}
	if (!p->c->clock_is_time)
		fputs("<li>The trace clock counts no time: the axes are in clock units, and rates "
		      "are per 1,000 of them.</li>\n",
		      p->out);
	n += run_notes(p);
	fputs("</ul>\n", p->out);
	if (!n)
		fputs("<p>Nothing was found missing.</p>\n", p->out);
	fputs("</section>\n", p->out);
	return ret;
}

/* ---- fidelity ---- */

static void fidelity_value(FILE *out, const char *label, double v, const char *unit)
{
	bool error = !strcmp(label, "Error"), share = !strcmp(unit, "share"),
	     percent = unit[0] == '%';

	cell(out, label);
	html_real(out, share ? v * 100 : v, share || percent ? 4 : 9);
	if (isfinite(v) && (share || (percent && error))) {
		fputs("\xc2\xa0%", out);
	} else if (isfinite(v) && error) {
		fputs("\xc2\xa0", out);
		html_text(out, unit);
	}
	fputs("</td>", out);
}

static void fidelity_name(const struct page *p, sqlite3_stmt *st)
{
	const char *metric = (const char *)sqlite3_column_text(st, 0);
	const char *unit = (const char *)sqlite3_column_text(st, 4);
	const struct metric *m = metrics_of_row(metric ? metric : "");
	FILE *out = p->out;

	fputs("<tr><th scope=\"row\">", out);
	if (m)
		fprintf(out, "<a href=\"#metric-%s\">", m->id);
	html_text(out, metric);
	if (m)
		fputs("</a>", out);
	if (sqlite3_column_type(st, 6) != SQLITE_NULL) {
		fputs(", zone ", out);
		html_text(out, (const char *)sqlite3_column_text(st, 6));
	}
	if (sqlite3_column_type(st, 7) != SQLITE_NULL)
		fprintf(out, ", order %d", sqlite3_column_int(st, 7));
	if (sqlite3_column_type(st, 8) != SQLITE_NULL) {
		fputs(", ", out);
		html_text(out, (const char *)sqlite3_column_text(st, 8));
	}
	if (unit && unit[0] == '%' && unit[1]) {
		fputs("<small>in ", out);
		html_text(out, unit);
		fputs("</small>", out);
	}
	if (sqlite3_column_type(st, 5) != SQLITE_NULL) {
		fputs("<small>", out);
		html_text(out, (const char *)sqlite3_column_text(st, 5));
		fputs("</small>", out);
	}
	fputs("</th>", out);
}

static int fidelity_rows(const struct page *p, const struct series *r, bool first, struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(p->s), e,
		"SELECT f.metric, f.recorded, f.simulated, f.error, coalesce(f.unit, ''), f.note, "
		"z.name, f.block_order, t.name FROM fidelity f LEFT JOIN zone z ON z.capture_id = "
		"?2 AND z.zone = f.zone LEFT JOIN migratetype t ON t.type = f.type WHERE f.run_id "
		"= ?1 ORDER BY f.id LIMIT 500",
		"ii", r->id, p->c->id);
	int ret = -1, rows = 0;

	if (!st)
		return err_code(e);
	while ((ret = sql_row(st, e)) == 1) {
		const char *unit = (const char *)sqlite3_column_text(st, 4);

		if (!rows++) {
			if (first)
				fputs("<div class=\"scroll\"><table>\n<thead><tr><th>Measure</th>"
				      "<th class=\"n\">Recorded</th><th "
				      "class=\"n\">Simulated</th><th "
				      "class=\"n\">Error</th></tr></thead>\n",
				      p->out);
			fputs("<tbody>\n<tr><th colspan=\"4\">", p->out);
			heading_of(p, r);
			fputs("</th></tr>\n", p->out);
		}
		fidelity_name(p, st);
		fidelity_value(p->out, "Recorded", sql_real(st, 1), unit);
		fidelity_value(p->out, "Simulated", sql_real(st, 2), unit);
		fidelity_value(p->out, "Error", sql_real(st, 3), unit);
		fputs("</tr>\n", p->out);
	}
	sqlite3_finalize(st);
	if (rows)
		fputs("</tbody>\n", p->out);
	return ret < 0 ? ret : rows;
}

int page_fidelity(const struct page *p, struct err *e)
{
	int ret = 0, rows = 0;

	fputs("<section id=\"fidelity\">\n<h2>Fidelity</h2>\n"
	      "<p>How far the reconstruction agrees with what the kernel said of itself, and the "
	      "simulation with what was recorded. Read every what-if with this error in "
	      "mind.</p>\n",
	      p->out);
	for (unsigned i = 0; i < p->count && ret >= 0; i++) {
		ret = fidelity_rows(p, &p->runs[i], !rows, e);
		rows += ret > 0 ? ret : 0;
	}
	if (rows)
		fputs("</table></div>\n", p->out);
	else
		fputs("<p class=\"gap\">No fidelity was measured: the capture has no snapshot to "
		      "compare with, or nothing was simulated under its own policy.</p>\n",
		      p->out);
	fputs("</section>\n", p->out);
	return ret;
}

/* ---- owners ---- */

static int owner_rows(const struct page *p, const struct series *r, struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(p->s), e,
		"SELECT owner, CASE WHEN owner = 'slab' AND cache = '' THEN 'not known' ELSE cache END, "
		"allocs, frees, pages_live, pages_peak FROM owner WHERE "
		"run_id = ? ORDER BY pages_peak DESC, allocs DESC, owner, cache LIMIT ?",
		"ii", r->id, (int64_t)OWNER_ROWS);
	static const char *const labels[] = { "Allocations", "Frees", "Pages at end",
					      "Pages at peak" };
	unsigned rows = 0;
	struct fold f;
	FILE *out;
	int ret = -1;

	if (!st)
		return err_code(e);
	out = fold_begin(&f);
	if (!out) {
		sqlite3_finalize(st);
		return err_set(e, ENOMEM, "out of memory");
	}
	fputs("<table class=\"grid\">\n<thead><tr><th>Owner</th><th>Cache</th><th "
	      "class=\"n\">Allocations</th><th class=\"n\">Frees</th><th class=\"n\">Pages at "
	      "end</th><th class=\"n\">Pages at peak</th></tr></thead>\n<tbody>\n",
	      out);
	while ((ret = sql_row(st, e)) == 1) {
		if (!rows++) {
			fputs("<p class=\"caption\">", p->out);
			heading_of(p, r);
			fprintf(p->out, ", by peak; at most %d rows.</p>\n", OWNER_ROWS);
		}
		fputs("<tr><th scope=\"row\">", out);
		html_text(out, (const char *)sqlite3_column_text(st, 0));
		fputs("</th><td class=\"name\" data-l=\"Cache\">", out);
		html_text(out, (const char *)sqlite3_column_text(st, 1));
		fputs("</td>", out);
		for (int i = 2; i < 6; i++)
			cell_count(out, labels[i - 2], (uint64_t)sqlite3_column_int64(st, i));
		fputs("</tr>\n", out);
	}
	sqlite3_finalize(st);
	fputs("</tbody></table>", out);
	if (fold_end(&f, rows, p->out) && ret >= 0)
		ret = err_set(e, ENOMEM, "out of memory");
	return ret < 0 ? ret : (int)rows;
}

int page_owners(const struct page *p, struct err *e)
{
	int ret = 0, rows = 0;

	fputs("<section id=\"owners\">\n<h2>Owners of pages</h2>\n"
	      "<p>Who asked for the pages that were allocated during the capture (<a "
	      "href=\"#metric-owners\">see Definitions</a>).</p>\n",
	      p->out);
	for (unsigned i = 0; i < p->count && ret >= 0; i++) {
		ret = owner_rows(p, &p->runs[i], e);
		rows += ret > 0 ? ret : 0;
	}
	if (!rows)
		fputs("<p class=\"gap\">No totals by owner were stored.</p>\n", p->out);
	fputs("</section>\n", p->out);
	return ret;
}

/* ---- the machine and its events ---- */

static void zone_table(const struct page *p)
{
	const struct series_capture *c = p->c;
	double pages_to_mib = (double)c->page_size / (1 << 20);
	FILE *out = p->out;

	if (!c->zones) {
		fputs("<p class=\"gap\">No zones are known: the capture came without "
		      "snapshots.</p>\n",
		      out);
		return;
	}
	fputs("<p class=\"caption\">Zones. Watermarks in pages.</p>\n<div "
	      "class=\"scroll\"><table>\n"
	      "<thead><tr><th>Zone</th><th class=\"n\">First frame</th><th "
	      "class=\"n\">Spanned</th><th class=\"n\">Present</th><th "
	      "class=\"n\">Managed</th><th class=\"n\">Min</th><th class=\"n\">Low</th><th "
	      "class=\"n\">High</th></tr></thead>\n<tbody>\n",
	      out);
	for (unsigned i = 0; i < c->zones; i++) {
		const struct series_zone *z = &c->zone[i];

		if (!*z->name)
			continue;
		fputs("<tr><th scope=\"row\">", out);
		html_text(out, z->name);
		fputs("</th>", out);
		cell_count(out, "First frame", z->start_pfn);
		cell_real(out, "Spanned", (double)z->spanned * pages_to_mib, 4, "MiB");
		cell_real(out, "Present", (double)z->present * pages_to_mib, 4, "MiB");
		cell_real(out, "Managed", (double)z->managed * pages_to_mib, 4, "MiB");
		cell_count(out, "Min", z->min);
		cell_count(out, "Low", z->low);
		cell_count(out, "High", z->high);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static int event_list(const struct page *p, struct err *e)
{
	sqlite3_stmt *st = sql_query(store_db(p->s), e,
				     "SELECT name, count FROM event_count WHERE capture_id = ? "
				     "ORDER BY count DESC, name LIMIT 200",
				     "i", p->c->id);
	int ret = -1, rows = 0;

	if (!st)
		return err_code(e);
	while ((ret = sql_row(st, e)) == 1) {
		if (!rows++)
			fputs("<h3>Events</h3>\n<ul class=\"columns\">\n", p->out);
		fputs("<li><span>", p->out);
		html_text(p->out, (const char *)sqlite3_column_text(st, 0));
		fputs("</span> <b>", p->out);
		html_count(p->out, (uint64_t)sqlite3_column_int64(st, 1));
		fputs("</b></li>\n", p->out);
	}
	sqlite3_finalize(st);
	if (rows)
		fputs("</ul>\n", p->out);
	return ret;
}

int page_machine(const struct page *p, struct err *e)
{
	FILE *out = p->out;
	int ret;

	fputs("<section id=\"machine\">\n<h2>Machine and capture</h2>\n<p>Pages of ", out);
	html_count(out, p->c->page_size);
	fputs(" bytes, pageblocks of order ", out);
	html_count(out, p->c->pageblock_order);
	fputs(", orders 0 to ", out);
	html_count(out, p->c->orders - 1);
	fputs(". Read from ", out);
	html_text(out, p->c->name);
	fputs(", format ", out);
	html_text(out, *p->c->format ? p->c->format : "unknown");
	fputs(", trace clock ", out);
	html_text(out, *p->c->clock ? p->c->clock : "unknown");
	fputs(".</p>\n", out);
	zone_table(p);
	ret = event_list(p, e);
	fputs("</section>\n", out);
	return ret;
}

void page_glossary(const struct page *p)
{
	fputs("<section id=\"glossary\">\n<h2>Definitions</h2>\n", p->out);
	metrics_print_html(p->out);
	fputs("</section>\n", p->out);
}
