// SPDX-License-Identifier: GPL-2.0-or-later
/* pageholders: the report's section on page blocks: what keeps them from being whole, and what brought it there. */
#include "analyze/grid.h"
#include "analyze/html.h"

/* The recorded run, whose evidence there is. */
static const struct series *recorded(const struct page *p)
{
	for (unsigned i = 0; i < p->count; i++)
		if (!p->runs[i].simulated)
			return &p->runs[i];
	return NULL;
}

static int pins(const struct page *p, const struct series *r, struct err *e)
{
	static const struct grid_column c[] = {
		{ "Allocated by", GRID_TEXT, "owner; slab cache; call site, where it is known" },
		{ "Keeps", GRID_BYTES,
		  "free and movable memory of page blocks that would be whole without it" },
		{ "Blocks", GRID_COUNT, "page blocks that it holds pages of" },
		{ "Alone", GRID_COUNT, "page blocks that nothing else pins" },
		{ "Its pages", GRID_COUNT, "pages that it holds there" },
		{ "One object", GRID_COUNT, "slabs that one object keeps" },
		{ "Oldest", GRID_TIME, "time of allocation; a dash: before the capture" },
		{ "Newest", GRID_TIME, NULL },
	};

	return grid(
		p,
		"What pins page blocks, worst first: of each mixed block the free and movable pages are "
		"shared out among the allocations that pin it (<a href=\"#metric-pins\">see Definitions</a>); "
		"at most 100 rows.",
		"No page block is held by an allocation that is known.", c, 8, e,
		"SELECT CASE owner WHEN 'unknown' THEN 'in use before the start' ELSE owner END || CASE WHEN cache = '' THEN CASE owner WHEN 'slab' THEN ', cache not known' ELSE '' END ELSE ' ' || cache END || CASE WHEN "
		"site = '' THEN '' ELSE ' at ' || site END, kept * ?2, blocks, alone, pages, one_object, "
		"oldest, newest FROM pin WHERE run_id = ?1 ORDER BY rank LIMIT 100",
		"ii", r->id, (int64_t)p->c->page_size);
}

static int blocks(const struct page *p, const struct series *r, struct err *e)
{
	static const struct grid_column c[] = {
		{ "First frame", GRID_ID, "of the page block" },
		{ "Zone", GRID_TEXT, NULL },
		{ "Type", GRID_TEXT, "migratetype of the page block" },
		{ "Free", GRID_COUNT, "pages, in the buddy lists or on per-CPU lists" },
		{ "Movable", GRID_COUNT, "pages" },
		{ "Pinned", GRID_COUNT, "pages" },
		{ "Allocations", GRID_COUNT, "that pin it" },
		{ "Most by", GRID_NAME, "who has most of the pinned pages" },
	};

	return grid(
		p,
		"The mixed page blocks that are nearest to being whole: fewest pinned pages first; at most "
		"100 rows.",
		NULL, c, 8, e,
		"SELECT b.first_pfn, z.name, t.name, b.free + b.pcp, b.movable, b.pinned, b.allocations, "
		"CASE p.owner WHEN 'unknown' THEN 'in use before' ELSE p.owner END || CASE WHEN p.cache = '' THEN '' ELSE ' ' || p.cache END FROM mixed_block b "
		"LEFT JOIN pin p ON p.run_id = b.run_id AND p.rank = b.rank LEFT JOIN zone z ON "
		"z.capture_id = ?2 AND z.zone = b.zone LEFT JOIN migratetype t ON t.type = b.type WHERE "
		"b.run_id = ?1 ORDER BY b.pinned, b.first_pfn LIMIT 100",
		"ii", r->id, p->c->id);
}

static int fallbacks(const struct page *p, const struct series *r, struct err *e)
{
	static const struct grid_column c[] = {
		{ "Asked for", GRID_TEXT, "migratetype and order of the allocation" },
		{ "Taken from", GRID_TEXT, "migratetype and order of the block that was found" },
		{ "Severity", GRID_TEXT, "whole, mild, moderate, severe: see the definition" },
		{ "Block claimed", GRID_TEXT, "whether the page block changed its type" },
		{ "Events", GRID_COUNT, NULL },
		{ "First", GRID_TIME, NULL },
		{ "Last", GRID_TIME, NULL },
	};

	return grid(
		p,
		"Fallbacks: allocations that were served from another migratetype (<a "
		"href=\"#metric-fallback-severity\">see Definitions</a>).",
		"No allocation fell back to another migratetype.", c, 7, e,
		"SELECT t.name || ', order ' || f.block_order, u.name || ', order ' || f.found_order, "
		"f.severity, CASE f.claimed WHEN 1 THEN 'yes' ELSE 'no' END, sum(f.events), min(f.first), "
		"max(f.last) FROM fallback f JOIN migratetype t ON t.type = f.type JOIN migratetype u ON "
		"u.type = f.from_type WHERE f.run_id = ?1 GROUP BY 1, 2, 3, 4 ORDER BY CASE f.severity "
		"WHEN 'severe' THEN 0 WHEN 'moderate' THEN 1 WHEN 'mild' THEN 2 ELSE 3 END, 5 DESC LIMIT "
		"100",
		"i", r->id);
}

int page_holders(const struct page *p, struct err *e)
{
	const struct series *r = recorded(p);
	int ret = 0;

	fputs("<section id=\"holders\">\n<h2>What holds the page blocks</h2>\n", p->out);
	if (!r) {
		fputs("<p class=\"gap\">There is no recorded run to look into.</p>\n", p->out);
	} else {
		fputs("<p>Of the recorded machine, at the snapshot of its page frames afterwards, else "
		      "at the end.</p>\n",
		      p->out);
		ret = pins(p, r, e);
		if (ret > 0)
			ret = blocks(p, r, e);
		if (ret >= 0)
			ret = fallbacks(p, r, e);
	}
	fputs("</section>\n", p->out);
	return ret < 0 ? ret : 0;
}

/* ---- waste inside of objects and slabs, behind the table of caches (pageslabs.c) ---- */

int page_waste(const struct page *p, struct err *e)
{
	static const struct grid_column of_site[] = {
		{ "Call site", GRID_TEXT, NULL },
		{ "Slab cache", GRID_NAME, NULL },
		{ "Allocations", GRID_COUNT, NULL },
		{ "Live", GRID_COUNT, "objects at the end" },
		{ "Given", GRID_BYTES, "bytes of all its allocations" },
		{ "Waste of traffic", GRID_PERCENT, "1 - asked for / given" },
		{ "Waste held", GRID_PERCENT,
		  "the same, weighed with the time that objects lived" },
		{ "Wasted at end", GRID_BYTES, "given less asked for, of what lives at the end" },
	};
	static const struct grid_column of_cache[] = {
		{ "Slab cache", GRID_NAME, NULL },
		{ "Slabs", GRID_COUNT, "whose contents are known" },
		{ "Room", GRID_COUNT, "objects that fit in them" },
		{ "In use", GRID_COUNT, NULL },
		{ "Used", GRID_PERCENT, "of the room" },
		{ "Empty", GRID_COUNT, "slabs" },
		{ "One object", GRID_COUNT,
		  "slabs that a single object keeps from being given back" },
		{ "Spare", GRID_COUNT, "slabs that packing would empty" },
	};
	const struct series *r = recorded(p);
	int ret = 0;

	if (!r)
		return 0;
	ret = grid(
		p,
		"Occupancy of slabs as recorded (<a href=\"#metric-occupancy\">see Definitions</a>), most slabs "
		"to spare first; at most 50 caches.",
		NULL, of_cache, 8, e,
		"SELECT cache, slabs, room, in_use, 1.0 * in_use / nullif(room, 0), empty, one_object, "
		"spare FROM cache_occupancy WHERE run_id = ?1 ORDER BY spare DESC, slabs DESC LIMIT 50",
		"i", r->id);
	if (ret >= 0)
		ret = grid(
			p,
			"Waste inside of objects by call site (<a href=\"#metric-internal\">see Definitions</a>), "
			"most bytes wasted first; at most 50 sites.",
			NULL, of_site, 8, e,
			"SELECT CASE site WHEN '' THEN 'not known' ELSE site END, cache, allocs, live, "
			"bytes_alloc, traffic_waste, held_waste, live_wasted FROM site_waste WHERE run_id = "
			"?1 AND traffic_waste > 0 ORDER BY live_wasted DESC, traffic_waste * bytes_alloc "
			"DESC LIMIT 50",
			"i", r->id);
	return ret < 0 ? ret : 0;
}
