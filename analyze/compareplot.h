/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compareplot: one question, one figure: a metric of each run as a bar, with the
 * simulation's own error, |native - recorded|, as an error bar on what is simulated.
 */
#ifndef ANALYZE_COMPAREPLOT_H
#define ANALYZE_COMPAREPLOT_H

#include "analyze/compare.h"
#include "analyze/figure.h"

/* Are there two runs with a value of it? */
bool compareplot_has(const struct compare *c, enum compare_metric m);
/* id: of the element in a page, NULL in a file of its own. */
int compareplot_draw(const struct compare *c, enum compare_metric m, enum figure_format format,
		     const char *id, FILE *out, struct err *e);

#endif
