// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/chart.h"

#include <math.h>
#include <string.h>

#define MARGIN 1.0
#define KEY_BOX 11.0
#define KEY_LINE 18.0
#define ROW 17.0
#define WIDER 1.12  /* the reader's font may be wider than the one measured */
#define BOLDER 1.25 /* its bold more so */

static void draw_key(struct figure *f, const struct chart_key *k, double x, double y, double w)
{
	double xy[4] = { x, y - 4, x + w, y - 4 };
	struct figure_rect box = { x, y - 9, x + w, y + 1 };

	if (k->line) {
		figure_line(f, k->colour, 2.5, k->dash, xy, 2);
	} else {
		figure_rects(f, k->colour, &box, 1);
		figure_frame(f, COLOUR_FRAME, 0.5, &box);
	}
}

/* Keys from left to right, as many rows as it takes.  Returns the baseline of the last row. */
static double draw_legend(struct chart *c, const char *name, const struct chart_key *keys,
			  unsigned n, double y)
{
	double x = MARGIN, start = MARGIN;

	if (!n)
		return y - ROW;
	if (name && *name) {
		figure_text(c->f, x, y, 'l', CHART_FONT, false, COLOUR_MUTED, name);
		start = x += figure_text_width(c->f, CHART_FONT, false, name) * WIDER + 6;
	}
	for (unsigned i = 0; i < n; i++) {
		double box = keys[i].line && keys[i].label[1] ? KEY_LINE : KEY_BOX;
		double w = box + 4 +
			   figure_text_width(c->f, CHART_FONT, false, keys[i].label) * WIDER;

		if (x + w > CHART_WIDTH - 2 && x > start) {
			x = start;
			y += ROW;
		}
		draw_key(c->f, &keys[i], x, y, box);
		figure_text(c->f, x + box + 4, y, 'l', CHART_FONT, false, COLOUR_MUTED,
			    keys[i].label);
		x += w + 7;
	}
	return y;
}

static double widest_label(struct chart *c)
{
	double w = 0;

	for (unsigned i = 0; i < c->y.ticks; i++) {
		double l = figure_text_width(c->f, CHART_FONT, false, c->y.label[i]);

		w = l > w ? l : w;
	}
	return w * BOLDER;
}

static void draw_y_axis(struct chart *c)
{
	double last = CHART_HEIGHT * 2;

	for (unsigned i = 0; i < c->y.ticks; i++) {
		double y = chart_y(c, c->y.at[i]), grid[4] = { c->plot.x0, y, c->plot.x1, y };

		figure_line(c->f, COLOUR_GRID, 0.8, FIGURE_SOLID, grid, 2);
		if (last - y < CHART_FONT)
			continue;
		last = y;
		figure_text(c->f, c->plot.x0 - 6, y + 4, 'r', CHART_FONT, false, COLOUR_MUTED,
			    c->y.label[i]);
	}
}

static void draw_x_axis(struct chart *c, const char *name)
{
	double half_name = figure_text_width(c->f, CHART_FONT, false, name) * WIDER / 2;
	/* Under the middle of the axis, but inside of the figure. */
	double middle = fmax(fmin((c->plot.x0 + c->plot.x1) / 2, CHART_WIDTH - MARGIN - half_name),
			     MARGIN + half_name);
	double last = 0;

	for (unsigned i = 0; i < c->x.ticks; i++) {
		double x = chart_x(c, c->x.at[i]), mark[4] = { x, c->plot.y1, x, c->plot.y1 + 4 };
		double half = figure_text_width(c->f, CHART_FONT, false, c->x.label[i]) * WIDER / 2;

		figure_line(c->f, COLOUR_FRAME, 0.8, FIGURE_SOLID, mark, 2);
		if (x - half < last + 6 || x + half > CHART_WIDTH - 1)
			continue; /* would touch its neighbour or the edge */
		figure_text(c->f, x, c->plot.y1 + 16, 'c', CHART_FONT, false, COLOUR_MUTED,
			    c->x.label[i]);
		last = x + half;
	}
	figure_text(c->f, middle, c->plot.y1 + 32, 'c', CHART_FONT, false, COLOUR_MUTED, name);
}

void chart_begin(struct chart *c, const struct chart_text *t, const struct chart_key *keys,
		 unsigned n)
{
	double size = 14, y, w = figure_text_width(c->f, size, true, t->heading) * BOLDER;

	if (w > CHART_WIDTH - 2 * MARGIN)
		size *= (CHART_WIDTH - 2 * MARGIN) / w;
	figure_text(c->f, MARGIN, 17, 'l', size, true, COLOUR_INK, t->heading);
	y = draw_legend(c, t->legend, keys, n, 37) + 20;
	if (*t->y)
		figure_text(c->f, MARGIN, y, 'l', CHART_FONT, false, COLOUR_MUTED, t->y);
	else
		y -= ROW;
	c->plot.x0 = MARGIN + widest_label(c) + 6;
	c->plot.x1 = CHART_WIDTH - 8;
	c->plot.y0 = y + 13;
	c->plot.y1 = CHART_HEIGHT - 38;
	draw_y_axis(c);
	draw_x_axis(c, t->x);
}

void chart_end(struct chart *c)
{
	double left[] = { c->plot.x0, c->plot.y0, c->plot.x0, c->plot.y1, c->plot.x1, c->plot.y1 };

	figure_line(c->f, COLOUR_FRAME, 1, FIGURE_SOLID, left, 3);
}

void chart_say(struct chart *c, const char *text)
{
	figure_text(c->f, (c->plot.x0 + c->plot.x1) / 2, (c->plot.y0 + c->plot.y1) / 2, 'c',
		    CHART_FONT, false, COLOUR_MUTED, text);
}

double chart_x(const struct chart *c, double v)
{
	return c->plot.x0 + (c->plot.x1 - c->plot.x0) * axis_place(&c->x, v);
}

double chart_y(const struct chart *c, double v)
{
	return c->plot.y1 - (c->plot.y1 - c->plot.y0) * axis_place(&c->y, v);
}
