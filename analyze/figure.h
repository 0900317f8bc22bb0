/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figure: one drawing, made by libplot.  Coordinates are in points of the
 * drawing, y downwards.  SVG is cleaned (svg.h) on its way out; PNG is drawn with
 * libplot's stroked fonts, at three times the size.
 */
#ifndef ANALYZE_FIGURE_H
#define ANALYZE_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "analyze/colour.h"
#include "base/err.h"

enum figure_format { FIGURE_SVG, FIGURE_PNG };
extern const char *const figure_formats[]; /* "svg", "png", NULL */

struct figure_options {
	enum figure_format format;
	double width, height;
	const char *id;	   /* of the element in a page; NULL: none */
	const char *title; /* what a screen reader says */
	bool document;	   /* SVG: a file of its own */
	bool crisp;	   /* SVG: cells without soft edges */
};

struct figure;

/* NULL with e on failure.  The drawing goes to `out` at figure_end(). */
struct figure *figure_begin(const struct figure_options *o, FILE *out, struct err *e);
/* Write it out and free it.  0 or a negative errno; also reports what failed while drawing. */
int figure_end(struct figure *f, struct err *e);

enum figure_dash { FIGURE_SOLID, FIGURE_DASHED, FIGURE_DOTTED };

/* A line through n points, x and y by turns. */
void figure_line(struct figure *f, struct colour c, double width, enum figure_dash dash,
		 const double *xy, size_t n);
/* A filled polygon of n points. */
void figure_area(struct figure *f, struct colour c, const double *xy, size_t n);

struct figure_rect {
	double x0, y0, x1, y1;
};

/* Filled rectangles of one colour, as a single path. */
void figure_rects(struct figure *f, struct colour c, const struct figure_rect *r, size_t n);
void figure_frame(struct figure *f, struct colour c, double width, const struct figure_rect *r);
/* anchor: 'l', 'c', 'r' of x; y is the baseline. */
void figure_text(struct figure *f, double x, double y, char anchor, double size, bool bold,
		 struct colour c, const char *text);
/* About how wide a text will be; the reader's font may be a little wider. */
double figure_text_width(struct figure *f, double size, bool bold, const char *text);

#endif
