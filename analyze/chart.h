/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chart: the frame that all figures share: a heading, a legend, axes with ticks
 * and grid, and a plot area that data coordinates are mapped into.
 */
#ifndef ANALYZE_CHART_H
#define ANALYZE_CHART_H

#include "analyze/axis.h"
#include "analyze/figure.h"

#define CHART_WIDTH 400.0
#define CHART_HEIGHT 286.0
#define CHART_FONT 12.0

struct chart_key {
	char label[28];
	struct colour colour;
	enum figure_dash dash;
	bool line; /* a stroke, not a box */
};

struct chart {
	struct figure *f;
	struct figure_rect plot;
	struct axis x, y;
};

struct chart_text {
	const char *heading; /* "Simulated: native" */
	const char *legend;  /* before the keys: "order"; may be NULL */
	const char *x, *y;   /* what the axes measure, with the unit */
};

/* Draw heading, legend, grid and tick labels.  c->f, c->x and c->y must be set. */
void chart_begin(struct chart *c, const struct chart_text *t, const struct chart_key *keys,
		 unsigned n);
/* The frame over the data. */
void chart_end(struct chart *c);
/* In the middle of an empty plot. */
void chart_say(struct chart *c, const char *text);

double chart_x(const struct chart *c, double v);
double chart_y(const struct chart *c, double v);

#endif
