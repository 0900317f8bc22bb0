// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/loadplot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/chart.h"
#include "base/file.h"

#define MOST_LINES 65535 /* of a set: more is counted as that */
#define BINS 48

/* What is drawn, and how; the others are for the table. */
static const struct look {
	const char *source;
	uint8_t colour;
	enum figure_dash dash;
	double width;
} looks[] = {
	{ "slab, no colouring", 6, FIGURE_SOLID, 2.6 },
	{ "slab", 3, FIGURE_SOLID, 2.2 },
	{ "slub", 5, FIGURE_SOLID, 1.8 },
	{ "recorded", 0, FIGURE_DOTTED, 1.4 },
};

#define LOOKS (sizeof(looks) / sizeof(*looks))

static struct loadplot_level *find_level(struct loadplot *p, const char *name, unsigned ways)
{
	struct loadplot_level *l;

	for (unsigned i = 0; i < p->levels; i++)
		if (!strcmp(p->level[i].name, name))
			return &p->level[i];
	if (p->levels == LOADPLOT_LEVELS)
		return NULL;
	l = &p->level[p->levels++];
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->ways = ways;
	return l;
}

static struct loadplot_curve *find_curve(struct loadplot_level *l, const char *source)
{
	struct loadplot_curve *c;

	for (unsigned i = 0; i < l->curves; i++)
		if (!strcmp(l->curve[i].source, source))
			return &l->curve[i];
	if (l->curves == LOADPLOT_SOURCES)
		return NULL;
	c = &l->curve[l->curves++];
	snprintf(c->source, sizeof(c->source), "%s", source);
	return c;
}

int loadplot_add(struct loadplot *p, const char *level, unsigned ways, const char *source,
		 uint64_t lines, uint64_t sets)
{
	struct loadplot_level *l = find_level(p, level, ways);
	struct loadplot_curve *c = l ? find_curve(l, source) : NULL;
	uint32_t n = lines > MOST_LINES ? MOST_LINES : (uint32_t)lines;

	if (!c)
		return 0;
	if (n >= c->room) {
		uint32_t room = n + n / 2 + 64;
		uint64_t *more = realloc(c->sets, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		memset(more + c->room, 0, (room - c->room) * sizeof(*more));
		c->sets = more;
		c->room = room;
	}
	c->sets[n] += sets;
	if (n > l->most)
		l->most = n;
	return 0;
}

void loadplot_free(struct loadplot *p)
{
	for (unsigned i = 0; i < p->levels; i++)
		for (unsigned k = 0; k < p->level[i].curves; k++)
			free(p->level[i].curve[k].sets);
	memset(p, 0, sizeof(*p));
}

static double in_bin(const struct loadplot_curve *c, uint32_t bin, uint32_t width)
{
	double n = 0;

	for (uint32_t i = bin * width; i < (bin + 1) * width && i < c->room; i++)
		n += (double)c->sets[i];
	return n;
}

static const struct loadplot_curve *curve_of(const struct loadplot_level *l, const char *source)
{
	for (unsigned i = 0; i < l->curves; i++)
		if (!strcmp(l->curve[i].source, source))
			return &l->curve[i];
	return NULL;
}

static void draw_curve(const struct chart *c, const struct loadplot_curve *k,
		       const struct look *look, uint32_t width, uint32_t bins)
{
	double xy[4 * (BINS + 2) + 4];
	size_t n = 0;

	for (uint32_t b = 0; b < bins; b++) {
		double y = chart_y(c, in_bin(k, b, width));

		xy[n++] = chart_x(c, b * (double)width);
		xy[n++] = y;
		xy[n++] = chart_x(c, (b + 1) * (double)width);
		xy[n++] = y;
	}
	figure_line(c->f, colour_category(look->colour), look->width, look->dash, xy, n / 2);
}

/* Right of the line a set has more lines than ways, and misses. */
static void draw_ways(const struct chart *c, unsigned ways, double end)
{
	double x = chart_x(c, ways + 1), xy[4] = { x, c->plot.y0, x, c->plot.y1 };

	if (ways + 1 >= end)
		return;
	figure_line(c->f, COLOUR_MUTED, 1.2, FIGURE_DASHED, xy, 2);
}

int loadplot_draw(const struct loadplot *p, unsigned level, const char *cache,
		  enum figure_format format, const char *id, FILE *out, struct err *e)
{
	const struct loadplot_level *l = &p->level[level];
	uint32_t width = l->most / BINS + 1, bins = l->most / width + 2;
	char title[192], heading[160], x_name[96];
	struct figure_options o = { .format = format,
				    .width = CHART_WIDTH,
				    .height = CHART_HEIGHT,
				    .id = id,
				    .title = title,
				    .document = !id };
	struct chart_key keys[LOOKS];
	struct chart c = { 0 };
	unsigned n = 0;
	double top = 0;

	snprintf(heading, sizeof(heading), "%.60s, %s (%u ways)", cache, l->name, l->ways);
	snprintf(title, sizeof(title), "Cache sets by load. %s", heading);
	if (width > 1)
		snprintf(x_name, sizeof(x_name), "lines in a set, %u a step; dashed: %u ways full",
			 width, l->ways);
	else
		snprintf(x_name, sizeof(x_name), "lines in a set; dashed: all %u ways full",
			 l->ways);
	for (unsigned i = LOOKS; i-- > 0;) {
		const struct loadplot_curve *k = curve_of(l, looks[i].source);

		if (!k)
			continue;
		for (uint32_t b = 0; b < bins; b++)
			top = fmax(top, in_bin(k, b, width));
		keys[n] = (struct chart_key){ .colour = colour_category(looks[i].colour),
					      .dash = looks[i].dash,
					      .line = true };
		snprintf(keys[n++].label, sizeof(keys[0].label), "%s", looks[i].source);
	}
	c.f = figure_begin(&o, out, e);
	if (!c.f)
		return err_code(e);
	axis_exact(&c.x, 0, bins * (double)width, 6);
	axis_from_zero_log(&c.y, top);
	chart_begin(&c,
		    &(struct chart_text){ id ? heading : title, NULL, x_name, "number of sets" },
		    keys, n);
	for (unsigned i = 0; i < LOOKS; i++) {
		const struct loadplot_curve *k = curve_of(l, looks[i].source);

		if (k)
			draw_curve(&c, k, &looks[i], width, bins);
	}
	draw_ways(&c, l->ways, bins * (double)width);
	chart_end(&c);
	return figure_end(c.f, e);
}

int loadplot_file(const struct loadplot *p, const char *cache, const char *path, struct err *e)
{
	struct file_out out;
	int ret = p->levels ? file_out_open(&out, path, 0, e) :
			      err_set(e, ENODATA, "there is nothing to draw");

	if (ret < 0)
		return ret;
	ret = loadplot_draw(p, 0, cache, FIGURE_SVG, NULL, out.f, e);
	if (ret >= 0)
		ret = file_out_commit(&out, e);
	file_out_abort(&out);
	return ret;
}
