/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plots: the drawing functions that figure_kinds[] (figures.h) refers to. */
#ifndef ANALYZE_PLOTS_H
#define ANALYZE_PLOTS_H

#include "analyze/figures.h"

typedef bool plot_has_fn(const struct figures *x, const struct series *r);
typedef double plot_top_fn(const struct figures *x, const struct series *r);
typedef void plot_fn(const struct figures *x, const struct series *r, struct chart *c,
		     const char *heading, double top);

plot_has_fn plot_has_free_memory, plot_has_extfrag, plot_has_pageblocks, plot_has_map,
	plot_has_rates, plot_has_pcp, plot_has_thp;
plot_top_fn plot_top_free_memory, plot_top_free_blocks, plot_top_unusable, plot_top_pageblocks,
	plot_top_rates, plot_top_pcp, plot_top_thp;
plot_fn plot_free_memory, plot_free_blocks, plot_unusable, plot_extfrag, plot_pageblocks, plot_map,
	plot_rates, plot_pcp, plot_thp;

#endif
