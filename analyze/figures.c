// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyze/plots.h"

const struct figure_kind figure_kinds[] = {
	{ .id = "free-memory",
	  .title = "Free memory by block order",
	  .metric = "free-memory",
	  .caption = "Free memory in the buddy lists, stacked by the size of the blocks it lies "
		     "in: large blocks dark at the bottom, single pages light on top. "
		     "Fragmentation is light growing at the cost of dark while the sum stays.",
	  .missing = "what was free is not known",
	  .has = plot_has_free_memory,
	  .top = plot_top_free_memory,
	  .draw = plot_free_memory },
	{ .id = "free-blocks",
	  .title = "Free blocks per order",
	  .metric = "free-blocks",
	  .caption = "The number of free blocks of each order, as /proc/buddyinfo counts them, on "
		     "a logarithmic axis that begins at zero. A line at the bottom means that no "
		     "block of that order is free.",
	  .missing = "what was free is not known",
	  .has = plot_has_free_memory,
	  .top = plot_top_free_blocks,
	  .draw = plot_free_blocks },
	{ .id = "unusable",
	  .title = "Unusable free-space index",
	  .metric = "unusable",
	  .caption = "The share of free memory that lies in pieces too small for a block of the "
		     "order: 0, all of it can serve; 1, none can. Dark lines are large orders. Mind "
		     "the axis: it ends near the largest value.",
	  .missing = "what was free is not known",
	  .has = plot_has_free_memory,
	  .top = plot_top_unusable,
	  .draw = plot_unusable },
	{ .id = "extfrag",
	  .title = "External fragmentation index",
	  .metric = "extfrag",
	  .caption = "For each order, grey where a free block was at hand, so that nothing would "
		     "fail. Elsewhere pale means that memory was short, and dark that there was "
		     "enough, but in pieces.",
	  .missing = "what was free is not known",
	  .flat = "A free block of each order was at hand at every sample: the index is "
		  "\xe2\x88\x92"
		  "1 throughout.",
	  .known = plot_has_free_memory,
	  .one_zone = true,
	  .crisp = true,
	  .has = plot_has_extfrag,
	  .draw = plot_extfrag },
	{ .id = "pageblocks",
	  .title = "Pageblocks by migratetype",
	  .metric = "pageblocks",
	  .all_zones = true,
	  .caption = "How many pageblocks carry each migratetype, all zones together. Growth of "
		     "Unmovable or Reclaimable is a mark of fallbacks, and seldom goes back.",
	  .missing = "the pageblocks' types are not known",
	  .has = plot_has_pageblocks,
	  .top = plot_top_pageblocks,
	  .draw = plot_pageblocks },
	{ .id = "thp",
	  .title = "Memory for huge pages",
	  .metric = "block-use",
	  .all_zones = true,
	  .caption =
		  "Page blocks all of whose pages are free, on per-CPU lists too; those that compaction could empty as well, since "
		  "nothing in them is unmovable; and what there would be had unmovable pages been "
		  "packed together. The distance between the last two is what mixing costs.",
	  .missing = "what the page blocks hold is not known",
	  .has = plot_has_thp,
	  .top = plot_top_thp,
	  .draw = plot_thp },
	{ .id = "map",
	  .title = "Map of memory",
	  .metric = "map",
	  .all_zones = true,
	  .caption =
		  "Every page frame over time, low addresses at the bottom; each cell has the "
		  "colour of the state that most of its pages are in. Scattered specks of slab "
		  "and kernel are what keeps large blocks from forming. Unknown is what was in use "
		  "before the start, by whom is not told, or not yet given to the allocator.",
	  .missing = "no map was taken, or nothing is known of any page frame",
	  .crisp = true,
	  .has = plot_has_map,
	  .draw = plot_map },
	{ .id = "rates",
	  .title = "Event rates",
	  .metric = "rates",
	  .all_zones = true,
	  .caption = "Page allocations and frees, and what they cost: refills of the per-CPU lists "
		     "from the buddy lists, drains back to them, fallbacks to another "
		     "migratetype, failures. Logarithmic axis that begins at zero.",
	  .missing = "no counters were sampled",
	  .has = plot_has_rates,
	  .top = plot_top_rates,
	  .draw = plot_rates },
	{ .id = "pcp",
	  .title = "Pages on per-CPU lists",
	  .metric = "pcp",
	  .all_zones = true,
	  .caption = "Pages that the per-CPU lists of all CPUs and zones hold. They are free, but "
		     "counted neither in the buddy lists nor in the indices above.",
	  .missing = "what the per-CPU lists held is not known",
	  .has = plot_has_pcp,
	  .top = plot_top_pcp,
	  .draw = plot_pcp },
	{ .id = NULL },
};

void figures_init(struct figures *x, const struct series_capture *c, const struct series *runs,
		  unsigned count, int zone)
{
	x->c = c;
	x->runs = runs;
	x->count = count;
	x->zone = zone;
	x->main_zone = series_main_zone(c);
	x->t0 = INFINITY;
	x->t1 = -INFINITY;
	for (unsigned i = 0; i < count; i++) {
		if (!runs[i].samples)
			continue;
		x->t0 = fmin(x->t0, runs[i].time[0]);
		x->t1 = fmax(x->t1, runs[i].time[runs[i].samples - 1]);
	}
	snprintf(x->x_name, sizeof(x->x_name), c->clock_is_time ? "time, s" : "clock units (%.20s)",
		 c->clock);
}

void figures_heading(const struct series *r, char *out, size_t size)
{
	size_t n = strlen(r->policy), most = size - 16 < 34 ? size - 16 : 34;

	if (!r->simulated) {
		snprintf(out, size, "Recorded");
	} else if (n <= most) {
		snprintf(out, size, "Simulated: %s", r->policy);
	} else {
		/* Not in the middle of a character. */
		for (n = most - 3; n && (r->policy[n] & 0xc0) == 0x80;)
			n--;
		snprintf(out, size, "Simulated: %.*s...", (int)n, r->policy);
	}
}

const char *figures_zone_name(const struct figures *x, const struct figure_kind *k)
{
	int zone = x->zone < 0 && k->one_zone ? (int)x->main_zone : x->zone;

	if (k->all_zones)
		return "";
	return zone >= 0 && (unsigned)zone < x->c->zones ? x->c->zone[zone].name : "";
}

int figures_draw(const struct figures *x, const struct figure_kind *k, unsigned run,
		 enum figure_format format, const char *id, FILE *out, struct err *e)
{
	const struct series *r = &x->runs[run];
	const char *zone = figures_zone_name(x, k);
	char heading[64], title[192];
	struct figure_options o = {
		.format = format,
		.width = CHART_WIDTH,
		.height = CHART_HEIGHT,
		.id = id,
		.title = title,
		.document = !id,
		.crisp = k->crisp,
	};
	struct chart c = { 0 };
	double top = 0;

	figures_heading(r, heading, sizeof(heading));
	snprintf(title, sizeof(title), "%s%s%s. %s", k->title, *zone ? ", zone " : "", zone,
		 heading);
	for (unsigned i = 0; k->top && i < x->count; i++)
		if (k->has(x, &x->runs[i]))
			top = fmax(top, k->top(x, &x->runs[i]));
	c.f = figure_begin(&o, out, e);
	if (!c.f)
		return err_code(e);
	axis_exact(&c.x, x->t0, x->t1, 5);
	/* In a page the figure's title stands above its panels. */
	k->draw(x, r, &c, id ? heading : title, top);
	return figure_end(c.f, e);
}
