// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/plots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/fragindex.h"

/* ---- what several plots share ---- */

struct unit {
	const char *name;
	double bytes;
};

static struct unit memory_unit(double bytes)
{
	return bytes >= 16.0 * (1 << 30) ? (struct unit){ "GiB", 1 << 30 } :
					   (struct unit){ "MiB", 1 << 20 };
}

static unsigned order_keys(unsigned orders, bool line, struct chart_key keys[KMM_ORDERS])
{
	for (unsigned o = 0; o < orders; o++) {
		keys[o] = (struct chart_key){ .colour = colour_order(o, orders), .line = line };
		snprintf(keys[o].label, sizeof(keys[o].label), "%u", o);
	}
	return orders;
}

/* A line through all samples; value(i) NaN breaks it. */
struct pen {
	struct chart *c;
	struct colour colour;
	double width;
	enum figure_dash dash;
	double *xy;
	size_t n;
};

static void pen_flush(struct pen *p)
{
	figure_line(p->c->f, p->colour, p->width, p->dash, p->xy, p->n);
	p->n = 0;
}

static void pen_to(struct pen *p, double x, double y)
{
	if (isnan(y)) {
		pen_flush(p);
		return;
	}
	p->xy[2 * p->n] = chart_x(p->c, x);
	p->xy[2 * p->n + 1] = chart_y(p->c, y);
	p->n++;
}

static bool pen_begin(struct pen *p, const struct series *r)
{
	p->xy = malloc((2 * (size_t)r->samples + 8) * sizeof(*p->xy));
	p->n = 0;
	return p->xy;
}

/* The area from the foot of the plot up to value[i]. */
static void area(struct chart *c, const struct series *r, struct colour colour, const double *value,
		 double *xy)
{
	size_t n = 0;

	xy[n++] = chart_x(c, r->time[0]);
	xy[n++] = c->plot.y1;
	for (uint32_t i = 0; i < r->samples; i++) {
		xy[n++] = chart_x(c, r->time[i]);
		xy[n++] = chart_y(c, value[i]);
	}
	xy[n++] = chart_x(c, r->time[r->samples - 1]);
	xy[n++] = c->plot.y1;
	figure_area(c->f, colour, xy, n / 2);
}

/*
 * Layers of layer(i, k) for k < n, 0 on top: painted from the whole down to the
 * lowest, so that no seam shows between two of them.
 */
static void stack(const struct figures *x, struct chart *c, const struct series *r, unsigned n,
		  double (*layer)(const struct figures *, const struct series *, uint32_t,
				  unsigned),
		  struct colour (*colour)(const struct figures *, unsigned), double scale)
{
	double *sum = calloc(r->samples, sizeof(*sum));
	double *xy = malloc((2 * (size_t)r->samples + 8) * sizeof(*xy));

	for (uint32_t i = 0; sum && i < r->samples; i++)
		for (unsigned k = 0; k < n; k++)
			sum[i] += layer(x, r, i, k) / scale;
	for (unsigned k = 0; sum && xy && k < n; k++) {
		double most = 0;

		for (uint32_t i = 0; i < r->samples; i++)
			most = fmax(most, layer(x, r, i, k));
		if (most > 0)
			area(c, r, colour(x, k), sum, xy);
		for (uint32_t i = 0; i < r->samples; i++)
			sum[i] -= layer(x, r, i, k) / scale;
	}
	free(sum);
	free(xy);
}

/* ---- free memory ---- */

bool plot_has_free_memory(const struct figures *x, const struct series *r)
{
	(void)x;
	return r->samples && r->blocks;
}

static double bytes_of_order(const struct figures *x, const struct series *r, uint32_t i,
			     unsigned order)
{
	uint64_t blocks[KMM_ORDERS];

	series_blocks(r, i, x->zone, blocks);
	return (double)(blocks[order] << order) * x->c->page_size;
}

double plot_top_free_memory(const struct figures *x, const struct series *r)
{
	double top = 0;

	for (uint32_t i = 0; i < r->samples; i++) {
		uint64_t blocks[KMM_ORDERS];

		series_blocks(r, i, x->zone, blocks);
		top = fmax(top, (double)fragindex_pages(blocks, r->orders) * x->c->page_size);
	}
	return top;
}

static struct colour order_colour(const struct figures *x, unsigned order)
{
	return colour_order(order, x->c->orders);
}

void plot_free_memory(const struct figures *x, const struct series *r, struct chart *c,
		      const char *heading, double top)
{
	struct unit u = memory_unit(top);
	struct chart_key keys[KMM_ORDERS];
	char name[32];

	snprintf(name, sizeof(name), "free memory, %s", u.name);
	axis_from_zero(&c->y, top / u.bytes, 5);
	chart_begin(c, &(struct chart_text){ heading, "order", x->x_name, name }, keys,
		    order_keys(r->orders, false, keys));
	stack(x, c, r, r->orders, bytes_of_order, order_colour, u.bytes);
	chart_end(c);
}

/* ---- free blocks, unusable index: a line an order ---- */

double plot_top_free_blocks(const struct figures *x, const struct series *r)
{
	double top = 0;

	for (uint32_t i = 0; i < r->samples; i++) {
		uint64_t blocks[KMM_ORDERS];

		series_blocks(r, i, x->zone, blocks);
		for (unsigned o = 0; o < r->orders; o++)
			top = fmax(top, (double)blocks[o]);
	}
	return top;
}

static void order_lines(const struct figures *x, const struct series *r, struct chart *c,
			bool unusable)
{
	struct pen p = { .c = c, .width = 1.6 };

	if (!pen_begin(&p, r))
		return;
	for (unsigned o = 0; o < r->orders; o++) {
		p.colour = colour_order(o, r->orders);
		for (uint32_t i = 0; i < r->samples; i++) {
			uint64_t blocks[KMM_ORDERS];

			series_blocks(r, i, x->zone, blocks);
			pen_to(&p, r->time[i],
			       unusable ? fragindex_unusable(blocks, r->orders, o) :
					  (double)blocks[o]);
		}
		pen_flush(&p);
	}
	free(p.xy);
}

void plot_free_blocks(const struct figures *x, const struct series *r, struct chart *c,
		      const char *heading, double top)
{
	struct chart_key keys[KMM_ORDERS];

	axis_from_zero_log(&c->y, top);
	chart_begin(c, &(struct chart_text){ heading, "order", x->x_name, "free blocks" }, keys,
		    order_keys(r->orders, true, keys));
	order_lines(x, r, c, false);
	chart_end(c);
}

double plot_top_unusable(const struct figures *x, const struct series *r)
{
	double top = 0.05; /* less than that is nothing to look at closely */

	for (uint32_t i = 0; i < r->samples; i++) {
		uint64_t blocks[KMM_ORDERS];

		series_blocks(r, i, x->zone, blocks);
		for (unsigned o = 0; o < r->orders; o++)
			top = fmax(top, fragindex_unusable(blocks, r->orders, o));
	}
	return top;
}

void plot_unusable(const struct figures *x, const struct series *r, struct chart *c,
		   const char *heading, double top)
{
	struct chart_key keys[KMM_ORDERS];

	axis_from_zero(&c->y, top, 5);
	chart_begin(c, &(struct chart_text){ heading, "order", x->x_name, "index" }, keys,
		    order_keys(r->orders, true, keys));
	order_lines(x, r, c, true);
	chart_end(c);
}

/* ---- external fragmentation: a row an order ---- */

#define HEAT_LEVELS 20
#define AT_HAND ((struct colour){ 0xdd, 0xe3, 0xe8 })

/* -1: a block is at hand; else the index in twentieths. */
static int heat_level(const struct figures *x, const struct series *r, uint32_t i, unsigned order)
{
	uint64_t blocks[KMM_ORDERS];
	double v;

	series_blocks(r, i, x->zone < 0 ? (int)x->main_zone : x->zone, blocks);
	v = fragindex_external(blocks, r->orders, order);
	return v < 0 ? -1 : (int)(v * HEAT_LEVELS + 0.5);
}

bool plot_has_extfrag(const struct figures *x, const struct series *r)
{
	bool some = false;

	for (uint32_t i = 0; r->blocks && i < r->samples && !some; i++)
		some = heat_level(x, r, i, r->orders - 1) >= 0;
	return some;
}

static double until(const struct series *r, uint32_t i)
{
	return i + 1 < r->samples ? (r->time[i] + r->time[i + 1]) / 2 : r->time[i];
}

static void heat_row(const struct figures *x, const struct series *r, struct chart *c,
		     unsigned order)
{
	uint32_t next;

	for (uint32_t i = 0; i < r->samples; i = next) {
		int level = heat_level(x, r, i, order);
		struct figure_rect box = { chart_x(c, i ? until(r, i - 1) : r->time[0]),
					   chart_y(c, order + 0.96), 0, chart_y(c, order + 0.04) };

		for (next = i + 1; next < r->samples && heat_level(x, r, next, order) == level;
		     next++)
			;
		box.x1 = chart_x(c, until(r, next - 1));
		figure_rects(c->f, level < 0 ? AT_HAND : colour_heat(level / (double)HEAT_LEVELS),
			     &box, 1);
	}
}

void plot_extfrag(const struct figures *x, const struct series *r, struct chart *c,
		  const char *heading, double top)
{
	static const char *const labels[] = { "block free", "0 short", "0.25",
					      "0.5",	    "0.75",    "1 in pieces" };
	struct chart_key keys[6] = { { .colour = AT_HAND } };

	(void)top;
	for (unsigned i = 0; i < 6; i++) {
		snprintf(keys[i].label, sizeof(keys[i].label), "%s", labels[i]);
		if (i)
			keys[i].colour = colour_heat((i - 1) / 4.0);
	}
	c->y = (struct axis){ .hi = r->orders, .ticks = r->orders };
	for (unsigned o = 0; o < r->orders; o++) {
		c->y.at[o] = o + 0.5;
		snprintf(c->y.label[o], AXIS_LABEL, "%u", o);
	}
	chart_begin(c, &(struct chart_text){ heading, NULL, x->x_name, "order" }, keys, 6);
	for (unsigned o = 0; o < r->orders; o++)
		heat_row(x, r, c, o);
	chart_end(c);
}

/* ---- pageblocks ---- */

static const char *const type_names[SERIES_TYPES] = {
	"Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate", "Unknown",
};

/* From the top of the stack down: what is rare stands on the axis, where its change shows. */
static const uint8_t type_layers[SERIES_TYPES] = { 1, 6, 0, 2, 3, 4, 5 };

bool plot_has_pageblocks(const struct figures *x, const struct series *r)
{
	(void)x;
	return r->samples && r->pageblocks;
}

static double blocks_of_layer(const struct figures *x, const struct series *r, uint32_t i,
			      unsigned layer)
{
	(void)x;
	return r->pageblocks[i][type_layers[layer]];
}

double plot_top_pageblocks(const struct figures *x, const struct series *r)
{
	double top = 0;

	for (uint32_t i = 0; i < r->samples; i++) {
		double sum = 0;

		for (unsigned k = 0; k < SERIES_TYPES; k++)
			sum += blocks_of_layer(x, r, i, k);
		top = fmax(top, sum);
	}
	return top;
}

static struct colour layer_colour(const struct figures *x, unsigned layer)
{
	(void)x;
	return colour_type(type_layers[layer]);
}

static bool type_seen(const struct figures *x, unsigned type)
{
	for (unsigned k = 0; k < x->count; k++)
		for (uint32_t i = 0; x->runs[k].pageblocks && i < x->runs[k].samples; i++)
			if (x->runs[k].pageblocks[i][type])
				return true;
	return false;
}

void plot_pageblocks(const struct figures *x, const struct series *r, struct chart *c,
		     const char *heading, double top)
{
	struct chart_key keys[SERIES_TYPES];
	unsigned n = 0;

	for (unsigned t = 0; t < SERIES_TYPES; t++) {
		if (!type_seen(x, t))
			continue;
		keys[n] = (struct chart_key){ .colour = colour_type(t) };
		snprintf(keys[n++].label, sizeof(keys[0].label), "%s", type_names[t]);
	}
	axis_from_zero(&c->y, top, 5);
	chart_begin(c, &(struct chart_text){ heading, NULL, x->x_name, "pageblocks" }, keys, n);
	stack(x, c, r, SERIES_TYPES, blocks_of_layer, layer_colour, 1);
	chart_end(c);
}

/* ---- rates ---- */

static const struct {
	unsigned counter;
	uint8_t colour;
	enum figure_dash dash;
} rate_lines[SERIES_COUNTERS] = {
	{ SERIES_ALLOCS, 5, FIGURE_SOLID },    { SERIES_FREES, 1, FIGURE_DASHED },
	{ SERIES_REFILLS, 3, FIGURE_SOLID },   { SERIES_DRAINS, 7, FIGURE_DASHED },
	{ SERIES_FALLBACKS, 6, FIGURE_SOLID }, { SERIES_FAILED, 0, FIGURE_DOTTED },
};

/* The sample that ends the step begun at `from`: with more than a hundred steps a line is a hedge. */
static uint32_t step_end(const struct series *r, uint32_t from)
{
	uint32_t to = from + 1 + r->samples / 100;

	return to < r->samples ? to : r->samples - 1;
}

/* Events between sample `from` and `to`, per second or per thousand clock units. */
static double rate(const struct figures *x, const struct series *r, uint32_t from, uint32_t to,
		   unsigned counter)
{
	double dt = r->time[to] - r->time[from];
	double dv = r->counters[to][counter] - r->counters[from][counter];

	return dt > 0 && dv >= 0 ? dv / dt * (x->c->clock_is_time ? 1 : 1000) : NAN;
}

bool plot_has_rates(const struct figures *x, const struct series *r)
{
	(void)x;
	for (unsigned k = 0; r->samples > 1 && k < SERIES_COUNTERS; k++)
		if (!isnan(r->counters[r->samples - 1][k]))
			return true;
	return false;
}

double plot_top_rates(const struct figures *x, const struct series *r)
{
	double top = 0;

	for (uint32_t i = 0; i + 1 < r->samples; i = step_end(r, i))
		for (unsigned k = 0; k < SERIES_COUNTERS; k++)
			top = fmax(top, rate(x, r, i, step_end(r, i), k)); /* passes over NaN */
	return top;
}

void plot_rates(const struct figures *x, const struct series *r, struct chart *c,
		const char *heading, double top)
{
	struct pen p = { .c = c, .width = 1.6 };
	struct chart_key keys[SERIES_COUNTERS];

	for (unsigned k = 0; k < SERIES_COUNTERS; k++) {
		keys[k] = (struct chart_key){ .colour = colour_category(rate_lines[k].colour),
					      .dash = rate_lines[k].dash,
					      .line = true };
		snprintf(keys[k].label, sizeof(keys[k].label), "%s",
			 series_counter_names[rate_lines[k].counter]);
	}
	axis_from_zero_log(&c->y, top);
	chart_begin(c,
		    &(struct chart_text){ heading, NULL, x->x_name,
					  x->c->clock_is_time ? "events per second" :
								"events per 1,000 clock units" },
		    keys, SERIES_COUNTERS);
	if (!pen_begin(&p, r))
		return;
	for (unsigned k = 0; k < SERIES_COUNTERS; k++) {
		p.colour = keys[k].colour;
		p.dash = keys[k].dash;
		for (uint32_t i = 0, to; i + 1 < r->samples; i = to) {
			to = step_end(r, i);
			pen_to(&p, (r->time[i] + r->time[to]) / 2,
			       rate(x, r, i, to, rate_lines[k].counter));
		}
		pen_flush(&p);
	}
	free(p.xy);
	chart_end(c);
}

/* ---- per-CPU lists ---- */

bool plot_has_pcp(const struct figures *x, const struct series *r)
{
	(void)x;
	return r->samples && r->pcp_pages;
}

double plot_top_pcp(const struct figures *x, const struct series *r)
{
	double top = 0;

	(void)x;
	for (uint32_t i = 0; i < r->samples; i++)
		top = fmax(top, (double)r->pcp_pages[i]);
	return top;
}

void plot_pcp(const struct figures *x, const struct series *r, struct chart *c, const char *heading,
	      double top)
{
	struct pen p = { .c = c, .width = 1.6, .colour = colour_category(5) };

	axis_from_zero(&c->y, top, 5);
	chart_begin(c, &(struct chart_text){ heading, NULL, x->x_name, "pages" }, NULL, 0);
	if (!(plot_top_pcp(x, r) > 0))
		chart_say(c, "none throughout");
	if (!pen_begin(&p, r))
		return;
	for (uint32_t i = 0; i < r->samples; i++)
		pen_to(&p, r->time[i], (double)r->pcp_pages[i]);
	pen_flush(&p);
	free(p.xy);
	chart_end(c);
}
