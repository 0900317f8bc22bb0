// SPDX-License-Identifier: GPL-2.0-or-later
/* plotmap: the drawing of the map of memory. */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/memmap.h"
#include "analyze/plots.h"

static const char *const cell_names[CELL_KINDS] = {
	[CELL_HOLE] = "no memory",
	[CELL_FREE] = "free",
	[CELL_PCP] = "per-CPU lists",
	[CELL_USER] = "user",
	[CELL_SLAB] = "slab",
	[CELL_KERNEL] = "kernel",
	[CELL_RECLAIMABLE] = "reclaimable",
	[CELL_UNKNOWN] = "unknown",
};

bool plot_has_map(const struct figures *x, const struct series *r)
{
	size_t cells = r->map.cells ? (size_t)r->samples * r->map.rows : 0;
	bool some = false;

	(void)x;
	/* A map of nothing but grey says nothing. */
	for (size_t i = 0; i < cells && !some; i++)
		some = r->map.cells[i] < CELL_UNKNOWN;
	return some;
}

/* Which states any of the panels shows, so that all have the same legend. */
static unsigned keys_seen(const struct figures *x, struct chart_key keys[CELL_KINDS])
{
	bool seen[256] = { false };
	unsigned n = 0;

	for (unsigned k = 0; k < x->count; k++) {
		const struct series *r = &x->runs[k];

		for (size_t i = 0; r->map.cells && i < (size_t)r->samples * r->map.rows; i++)
			seen[r->map.cells[i] < CELL_KINDS ? r->map.cells[i] : CELL_UNKNOWN] = true;
	}
	for (unsigned kind = 0; kind < CELL_KINDS; kind++) {
		if (!seen[kind])
			continue;
		keys[n] = (struct chart_key){ .colour = colour_cell(kind) };
		snprintf(keys[n++].label, sizeof(keys[0].label), "%s", cell_names[kind]);
	}
	return n;
}

static void draw_kind(struct chart *c, const struct memmap_grid *g, const struct figure_rect *area,
		      uint8_t kind, struct figure_rect *boxes)
{
	double w = (area->x1 - area->x0) / g->columns, h = (area->y1 - area->y0) / g->rows;
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct memmap_rect *r = &g->rects[i];

		if (r->kind == kind)
			boxes[n++] = (struct figure_rect){ area->x0 + r->x0 * w,
							   area->y1 - r->y1 * h,
							   area->x0 + r->x1 * w,
							   area->y1 - r->y0 * h };
	}
	figure_rects(c->f, colour_cell(kind), boxes, n);
}

static void draw_cells(struct chart *c, const struct memmap_grid *g, const struct figure_rect *area)
{
	struct figure_rect *boxes = malloc((g->count + 1) * sizeof(*boxes));

	if (!boxes)
		return;
	figure_rects(c->f, colour_cell(g->common), area, 1);
	for (unsigned kind = 0; kind < CELL_KINDS; kind++)
		draw_kind(c, g, area, (uint8_t)kind, boxes);
	free(boxes);
}

void plot_map(const struct figures *x, const struct series *r, struct chart *c, const char *heading,
	      double top)
{
	const struct series_map *m = &r->map;
	double first = (double)m->first_pfn * x->c->page_size;
	double last = first + (double)m->rows * m->pages_per_cell * x->c->page_size;
	double unit = last >= 16.0 * (1 << 30) ? 1 << 30 : 1 << 20, t1 = r->time[r->samples - 1];
	struct chart_key keys[CELL_KINDS];
	struct memmap_grid g;
	struct figure_rect area;
	unsigned n = keys_seen(x, keys);

	(void)top;
	axis_exact(&c->y, first / unit, last / unit, 5);
	chart_begin(c,
		    &(struct chart_text){ heading, NULL, x->x_name,
					  unit > 1 << 20 ? "physical address, GiB" :
							   "physical address, MiB" },
		    keys, n);
	area = (struct figure_rect){ chart_x(c, r->time[0]), c->plot.y0, chart_x(c, t1),
				     c->plot.y1 };
	if (memmap_reduce(m->cells, r->time, r->samples, m->rows, r->time[0], t1, CELL_KINDS,
			  CELL_UNKNOWN, &g, NULL) >= 0) {
		draw_cells(c, &g, &area);
		memmap_free(&g);
	}
	chart_end(c);
}
