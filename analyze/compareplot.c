// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/compareplot.h"

#include <math.h>
#include <string.h>

#include "analyze/chart.h"

#define MOST_BARS 12

static unsigned bars(const struct compare *c, enum compare_metric m, unsigned run[MOST_BARS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->count && n < MOST_BARS; i++)
		if (isfinite(c->runs[i].value[m]) &&
		    (c->runs[i].recorded || compare_what_if(c, i) || compare_is_control(c, i)))
			run[n++] = i;
	return n;
}

bool compareplot_has(const struct compare *c, enum compare_metric m)
{
	unsigned run[MOST_BARS], n = bars(c, m, run);
	bool some = false;

	/* Nothing but zeros is no figure. */
	for (unsigned i = 0; i < n; i++)
		some |= c->runs[run[i]].value[m] != 0;
	return n > 1 && some;
}

/* "native+buddy.max_order=9" as "buddy.max_order=9", without the section where it is too long. */
static void short_name(const struct compare_run *r, char out[AXIS_LABEL])
{
	const char *name = r->name, *plus;
	int n;

	if (!strncmp(name, "native+", 7))
		name += 7;
	/* The legend says that the control is made as what-ifs are. */
	if (!strcmp(name, "native, with objects, as what-if"))
		name = "native, with objects";
	plus = strchr(name, '.');
	if (strlen(name) >= AXIS_LABEL && plus && strchr(name, '=') && plus < strchr(name, '='))
		name = plus + 1;
	n = snprintf(out, AXIS_LABEL, "%s", name);
	if (n >= AXIS_LABEL)
		memcpy(out + AXIS_LABEL - 4, "...", 4);
}

/* As far as the metric goes: nothing is below 0, nor an index above 1. */
static double bar_end(double v, enum compare_metric m)
{
	v = fmax(v, 0);
	return compare_metric_question(m) == COMPARE_FRAGMENTED ? fmin(v, 1) : v;
}

static void error_bar(const struct chart *c, double v, double error, double y,
		      enum compare_metric m)
{
	double x0 = chart_x(c, bar_end(v - error, m)), x1 = chart_x(c, bar_end(v + error, m));
	double at = chart_y(c, y), top = chart_y(c, y + 0.14), foot = chart_y(c, y - 0.14);
	double line[] = { x0, at, x1, at };
	double left[] = { x0, top, x0, foot };
	double right[] = { x1, top, x1, foot };

	figure_line(c->f, COLOUR_INK, 1.4, FIGURE_SOLID, line, 2);
	figure_line(c->f, COLOUR_INK, 1.4, FIGURE_SOLID, left, 2);
	figure_line(c->f, COLOUR_INK, 1.4, FIGURE_SOLID, right, 2);
}

static void bar(const struct chart *c, const struct compare *all, unsigned run, unsigned row,
		enum compare_metric m)
{
	const struct compare_run *r = &all->runs[run];
	double v = r->value[m], error = r->error[m];
	struct figure_rect box = { chart_x(c, 0), chart_y(c, row + 0.82), chart_x(c, v),
				   chart_y(c, row + 0.18) };

	figure_rects(c->f, colour_category(r->recorded ? 1 : r->own ? 2 : 3), &box, 1);
	if (!r->recorded && isfinite(error))
		error_bar(c, v, error, row + 0.5, m);
}

int compareplot_draw(const struct compare *c, enum compare_metric m, enum figure_format format,
		     const char *id, FILE *out, struct err *e)
{
	static const struct chart_key keys[] = {
		{ .label = "recorded", .colour = { 0xe6, 0x9f, 0x00 } },
		{ .label = "control: native, as what-if", .colour = { 0x56, 0xb4, 0xe9 } },
		{ .label = "what-ifs", .colour = { 0x00, 0x9e, 0x73 } },
	};
	unsigned run[MOST_BARS], n = bars(c, m, run);
	double top = 0;
	const char *name = compare_metric_name(m);
	char title[128], heading[80], unit[80];
	struct figure_options o = { .format = format,
				    .width = CHART_WIDTH,
				    .height = CHART_HEIGHT,
				    .id = id,
				    .title = title,
				    .document = !id };
	struct chart k = { 0 };

	snprintf(heading, sizeof(heading), "%c%s",
		 *name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name, name + 1);
	snprintf(title, sizeof(title), "%s, by run", heading);
	snprintf(unit, sizeof(unit), "%s (lines: error)", compare_metric_unit(m));
	for (unsigned i = 0; i < n; i++) {
		const struct compare_run *r = &c->runs[run[i]];

		top = fmax(top,
			   bar_end(r->value[m] + (isfinite(r->error[m]) ? r->error[m] : 0), m));
	}
	k.f = figure_begin(&o, out, e);
	if (!k.f)
		return err_code(e);
	axis_from_zero(&k.x, top, 5);
	k.y = (struct axis){ .hi = n, .ticks = n };
	for (unsigned i = 0; i < n; i++) {
		k.y.at[i] = i + 0.5; /* from the foot up: the last run */
		short_name(&c->runs[run[n - i - 1]], k.y.label[i]);
	}
	chart_begin(&k, &(struct chart_text){ heading, NULL, unit, "" }, keys, n > 2 ? 3 : 2);
	for (unsigned i = 0; i < n; i++)
		bar(&k, c, run[i], n - i - 1, m);
	chart_end(&k);
	return figure_end(k.f, e);
}
