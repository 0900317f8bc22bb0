// SPDX-License-Identifier: GPL-2.0-or-later
/* pagehardware: the report's sections on cache sets and on TLBs. */
#include <sqlite3.h>
#include <string.h>

#include "analyze/grid.h"
#include "analyze/html.h"
#include "analyze/loadplot.h"
#include "store/sql.h"

#define NOT_THERE                                                                                           \
	"Not in these results: <code>kmemlab replay --hardware</code>, or a report made straight from the " \
	"capture, has it."

/* ---- cache sets ---- */

/*
 * The cache that colouring would help most: what it misses less than without, of the sweeps that
 * matter.  SLAB has not all of SLUB's caches, and other objects in some: those are not compared.
 */
static int best_cache(const struct page *p, char name[64], struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(p->s), e,
		"SELECT r.cache FROM set_load r JOIN set_load c ON c.capture_id = r.capture_id AND "
		"c.cache = r.cache AND c.level = r.level AND c.hot_lines = r.hot_lines AND c.addresses = "
		"'slab' WHERE r.capture_id = ?1 AND r.hot_lines = 1 AND r.addresses = 'recorded' AND "
		"r.misses - r.even_misses - c.misses + c.even_misses >= 0.01 * r.lines AND "
		"r.cache <> 'all together' AND c.objects BETWEEN 0.9 * r.objects AND 1.1 * r.objects ORDER BY r.misses - r.even_misses - c.misses + c.even_misses "
		"DESC, r.objects DESC LIMIT 1",
		"i", p->c->id);
	int ret = st ? sql_row(st, e) : err_code(e);

	if (ret > 0)
		snprintf(name, 64, "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return ret;
}

static int draw_loads(const struct page *p, const char *cache, unsigned number, struct err *e)
{
	sqlite3_stmt *st = sql_query(
		store_db(p->s), e,
		"SELECT l.level, l.ways, l.addresses, h.lines, h.sets FROM set_load l JOIN set_histogram h "
		"ON h.set_load_id = l.id WHERE l.capture_id = ?1 AND l.cache = ?2 AND l.hot_lines = 1 ORDER "
		"BY l.id, h.lines",
		"it", p->c->id, cache);
	struct loadplot plot = { .levels = 0 };
	int ret = st ? 0 : err_code(e);
	char id[48];

	while (ret >= 0 && (ret = sql_row(st, e)) == 1)
		if (loadplot_add(&plot, (const char *)sqlite3_column_text(st, 0),
				 (unsigned)sqlite3_column_int(st, 1),
				 (const char *)sqlite3_column_text(st, 2),
				 (uint64_t)sqlite3_column_int64(st, 3),
				 (uint64_t)sqlite3_column_int64(st, 4)))
			ret = err_set(e, ENOMEM, "out of memory for a figure");
	sqlite3_finalize(st);
	for (unsigned i = 0; i < plot.levels && ret >= 0; i++) {
		snprintf(id, sizeof(id), "fig-sets-%u-%u", number, i);
		ret = loadplot_draw(&plot, i, cache, FIGURE_SVG, id, p->out, e);
	}
	loadplot_free(&plot);
	return ret;
}

static int load_figure(const struct page *p, struct err *e)
{
	char name[64];
	int ret = best_cache(p, name, e);

	if (ret < 0)
		return ret;
	fputs("<figure id=\"sets\" class=\"many\">\n<figcaption><h3>Cache sets by load</h3>\n<p>How many "
	      "sets of a processor\xe2\x80\x99s cache hold how many lines, one from each live object. Sets "
	      "right of the dashed line have more lines than ways, and a sweep misses on all of them. "
	      "Where objects crowd, few sets are full and many empty, a comb; "
	      "colouring pulls it together around the mean. <a "
	      "href=\"#metric-set-load\">See Definitions.</a></p>\n<p class=\"slice\">Slice: objects that live at "
	      "the end; all slab caches together",
	      p->out);
	if (ret) {
		fputs(", and ", p->out);
		html_text(p->out, name);
		fputs(", which colouring would change most", p->out);
	} else {
		fputs("; in none of the tabled caches would colouring save a sweep 1\xc2\xa0% of its misses",
		      p->out);
	}
	fputs(".</p></figcaption>\n<div class=\"panels\">\n", p->out);
	if (draw_loads(p, "all together", 0, e) < 0)
		return err_code(e);
	if (ret && draw_loads(p, name, 1, e) < 0)
		return err_code(e);
	fputs("</div>\n</figure>\n", p->out);
	return 0;
}

int page_colour(const struct page *p, struct err *e)
{
	static const struct grid_column c[] = {
		{ "Slab cache", GRID_TEXT, NULL },
		{ "Level", GRID_TEXT, "of the processor's caches" },
		{ "Addresses", GRID_NAME,
		  "as recorded, or as a simulated allocator placed the objects" },
		{ "Objects", GRID_COUNT, "that live at the end" },
		{ "Sets used", GRID_COUNT, NULL },
		{ "Sets", GRID_COUNT, "that there are" },
		{ "Mean", GRID_REAL, "lines a set, over all sets" },
		{ "Deviation", GRID_REAL, "standard deviation of that" },
		{ "Fullest", GRID_COUNT, "lines of the fullest set" },
		{ "Misses", GRID_PERCENT, "of a sweep over all lines, with LRU" },
		{ "If even", GRID_PERCENT, "the same were the lines spread evenly" },
	};
	sqlite3_stmt *st = sql_query(store_db(p->s), e,
				     "SELECT 1 FROM set_load WHERE capture_id = ? LIMIT 1", "i",
				     p->c->id);
	int ret = st ? sql_row(st, e) : err_code(e);

	sqlite3_finalize(st);
	fputs("<section id=\"colour\">\n<h2>Cache sets and colouring</h2>\n", p->out);
	if (ret > 0)
		ret = load_figure(p, e);
	else if (!ret)
		fputs("<p class=\"gap\">" NOT_THERE "</p>\n", p->out);
	if (ret >= 0)
		ret = grid(
			p,
			"The first line of each object; the slab caches with most objects (<a "
			"href=\"#metric-set-load\">see Definitions</a>). Allocators that have no such cache, as "
			"SLAB has none of its smallest objects, have no row.",
			NULL, c, 11, e,
			"SELECT cache, level, addresses, objects, sets_used, sets, mean, deviation, most, "
			"1.0 * misses / nullif(lines, 0), 1.0 * even_misses / nullif(lines, 0) FROM "
			"set_load WHERE capture_id = ?1 AND hot_lines = 1 AND objects > 0 ORDER BY id LIMIT "
			"400",
			"i", p->c->id);
	fputs("</section>\n", p->out);
	return ret < 0 ? ret : 0;
}

/* ---- TLBs ---- */

int page_tlb(const struct page *p, struct err *e)
{
	static const struct grid_column mapping[] = {
		{ "Memory", GRID_TEXT, NULL },
		{ "Mapped", GRID_NAME, "as it was, or as it could be" },
		{ "Areas", GRID_COUNT, "in vmallocinfo" },
		{ "By 4 KiB", GRID_BYTES, NULL },
		{ "By 2 MiB", GRID_BYTES, NULL },
		{ "By 1 GiB", GRID_BYTES, NULL },
		{ "TLB entries", GRID_COUNT, "that map all of it at once" },
		{ "Extra memory", GRID_BYTES, "that it would take more" },
	};
	static const struct grid_column pressure[] = {
		{ "Processor", GRID_TEXT, "whose data TLBs" },
		{ "Direct map by", GRID_TEXT, "size of its pages" },
		{ "Reach", GRID_BYTES, "what the larger level maps" },
		{ "Accesses", GRID_COUNT, NULL },
		{ "L1 misses", GRID_COUNT, NULL },
		{ "Page walks", GRID_COUNT, "in neither level" },
		{ "Walks", GRID_PERCENT, "of the accesses" },
	};
	static const struct grid_column kmap[] = {
		{ "Window", GRID_TEXT, "slots for permanent maps" },
		{ "kmap", GRID_COUNT, "permanent maps asked for" },
		{ "Reused", GRID_COUNT, "found their page mapped" },
		{ "Flushes of all", GRID_COUNT, "of the window, on all CPUs" },
		{ "Waits", GRID_COUNT, "for a slot" },
		{ "kmap_local", GRID_COUNT, "temporary maps" },
		{ "Flushes of one", GRID_COUNT, "of one address, on one CPU" },
	};
	int ret;

	fputs("<section id=\"tlb\">\n<h2>TLB reach and pressure</h2>\n", p->out);
	ret = grid(
		p,
		"What maps memory at the end, and what would otherwise (<a "
		"href=\"#metric-mapping\">see Definitions</a>).",
		NOT_THERE, mapping, 8, e,
		"SELECT subject, how, ranges, bytes_4k, bytes_2m, bytes_1g, entries, extra FROM mapping "
		"WHERE capture_id = ?1 AND entries > 0 ORDER BY id LIMIT 100",
		"i", p->c->id);
	if (ret > 0)
		ret = grid(
			p,
			"Page walks on the accesses that allocations and frees imply: a <b>lower bound</b>, "
			"since a trace of allocations does not show what is done with the memory (<a "
			"href=\"#metric-tlb-pressure\">see Definitions</a>).",
			"No access is implied by the events of this capture.", pressure, 7, e,
			"SELECT processor, mapping, reach, accesses, l1_misses, walks, 1.0 * walks / "
			"nullif(accesses, 0) FROM tlb_pressure WHERE capture_id = ?1 ORDER BY id LIMIT 100",
			"i", p->c->id);
	if (ret >= 0)
		ret = grid(
			p,
			"Maps of high memory, replayed through windows of several sizes (<a "
			"href=\"#metric-kmap\">see Definitions</a>).",
			NULL, kmap, 7, e,
			"SELECT slots || CASE own WHEN 1 THEN ' slots, as captured' ELSE ' slots' END, maps, "
			"reused, flushes, sleeps, temporary, local_flushes FROM kmap WHERE capture_id = ?1 "
			"ORDER BY slots LIMIT 20",
			"i", p->c->id);
	fputs("</section>\n", p->out);
	return ret < 0 ? ret : 0;
}
