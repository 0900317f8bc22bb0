// SPDX-License-Identifier: GPL-2.0-or-later
/* plotthp: memory that huge pages can be made of, over time. */
#include <math.h>
#include <stdlib.h>

#include "analyze/plots.h"

static const struct {
	const char *name;
	uint8_t colour;
	enum figure_dash dash;
} lines[SERIES_THP] = {
	[SERIES_THP_FREE] = { "free now", 5, FIGURE_SOLID },
	[SERIES_THP_ABLE] = { "after compaction", 3, FIGURE_DASHED },
	[SERIES_THP_GROUPED] = { "with perfect grouping", 6, FIGURE_DOTTED },
};

bool plot_has_thp(const struct figures *x, const struct series *r)
{
	(void)x;
	return r->samples && r->thp;
}

double plot_top_thp(const struct figures *x, const struct series *r)
{
	double top = 0;

	(void)x;
	for (uint32_t i = 0; i < r->samples; i++)
		for (unsigned k = 0; k < SERIES_THP; k++)
			top = fmax(top, r->thp[i][k]); /* passes over NaN */
	return top;
}

void plot_thp(const struct figures *x, const struct series *r, struct chart *c, const char *heading,
	      double top)
{
	struct chart_key keys[SERIES_THP];
	double *xy = malloc(2 * (size_t)r->samples * sizeof(*xy) + sizeof(*xy));

	for (unsigned k = 0; k < SERIES_THP; k++) {
		keys[k] = (struct chart_key){ .colour = colour_category(lines[k].colour),
					      .dash = lines[k].dash,
					      .line = true };
		snprintf(keys[k].label, sizeof(keys[k].label), "%s", lines[k].name);
	}
	axis_from_zero(&c->y, top, 5);
	chart_begin(c, &(struct chart_text){ heading, NULL, x->x_name, "page blocks" }, keys,
		    SERIES_THP);
	for (unsigned k = 0; k < SERIES_THP && xy; k++) {
		size_t n = 0;

		for (uint32_t i = 0; i < r->samples; i++) {
			if (isnan(r->thp[i][k]))
				continue;
			xy[2 * n] = chart_x(c, r->time[i]);
			xy[2 * n++ + 1] = chart_y(c, r->thp[i][k]);
		}
		figure_line(c->f, keys[k].colour, 1.8, keys[k].dash, xy, n);
	}
	free(xy);
	chart_end(c);
}
