/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * svg: libplot's SVG made fit to stand inside a page.  libplot writes Latin-1,
 * a size in centimetres, a scaled unit square and ids that are the same in every
 * file; out comes a <svg> element in UTF-8 with a viewBox, no ids but the one
 * given, and its labels as plain text in the reader's font.
 */
#ifndef ANALYZE_SVG_H
#define ANALYZE_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "analyze/colour.h"
#include "base/err.h"

/* One label: libplot's SVG has a <text> for each, in the same order. */
struct svg_label {
	double x, y; /* of the baseline, y downwards */
	char anchor; /* 'l', 'c', 'r' */
	double size;
	bool bold;
	struct colour colour;
	char *text; /* UTF-8 */
};

struct svg_options {
	double width, height; /* of the drawing */
	const char *id;	      /* unique in the page; NULL: none */
	const char *title;    /* for screen readers */
	bool document;	      /* a file of its own, with XML declaration and name space */
	bool crisp;	      /* no antialiasing between the cells of a map */
};

/* `raw` was drawn in a user space of width by height with y downwards. */
int svg_clean(const char *raw, size_t len, const struct svg_options *o,
	      const struct svg_label *labels, size_t label_count, FILE *out, struct err *e);

#endif
