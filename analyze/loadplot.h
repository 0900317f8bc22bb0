/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loadplot: set-load histograms: how many sets of a processor's cache hold how
 * many lines of live objects, a panel a level, a stepped line a source of
 * addresses.  What colouring does to it is to draw a comb (few sets with many
 * lines, the rest empty) together around the mean.
 */
#ifndef ANALYZE_LOADPLOT_H
#define ANALYZE_LOADPLOT_H

#include <stdint.h>
#include <stdio.h>

#include "analyze/figure.h"

#define LOADPLOT_LEVELS 4
#define LOADPLOT_SOURCES 8

struct loadplot {
	struct loadplot_level {
		char name[16];
		unsigned ways;
		uint32_t most; /* lines of the fullest set */
		struct loadplot_curve {
			char source[40];
			uint64_t *sets; /* [room] sets with so many lines */
			uint32_t room;
		} curve[LOADPLOT_SOURCES];
		unsigned curves;
	} level[LOADPLOT_LEVELS];
	unsigned levels;
};

/* `sets` more sets with so many lines.  0 or -ENOMEM; what is beyond the limits is left out. */
int loadplot_add(struct loadplot *p, const char *level, unsigned ways, const char *source,
		 uint64_t lines, uint64_t sets);
void loadplot_free(struct loadplot *p);
/* One level's panel.  id: of the element in a page, NULL in a file of its own. */
int loadplot_draw(const struct loadplot *p, unsigned level, const char *cache,
		  enum figure_format format, const char *id, FILE *out, struct err *e);
/* The first level's, as an SVG file. */
int loadplot_file(const struct loadplot *p, const char *cache, const char *path, struct err *e);

#endif
