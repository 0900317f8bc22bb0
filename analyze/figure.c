// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/figure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/libplot.h"
#include "analyze/svg.h"

#ifdef __SANITIZE_ADDRESS__
/* libplot keeps its parameters, and in PNG its paths and libpng's header, for ever. */
const char *__lsan_default_suppressions(void);

__attribute__((weak)) const char *__lsan_default_suppressions(void)
{
	return "leak:libplot\nleak:libpng\n";
}
#endif

const char *const figure_formats[] = { "svg", "png", NULL };

struct figure {
	struct figure_options o;
	struct libplot lib;
	FILE *out;
	FILE *raw; /* what libplot writes; for PNG it is `out` itself */
	char *raw_text;
	size_t raw_len;
	plPlotter *pl;
	plPlotterParams *params;
	struct svg_label *labels;
	size_t label_count, label_room;
	bool no_memory, broken;
};

static void figure_free(struct figure *f)
{
	if (f->pl)
		f->lib.deletepl(f->pl);
	if (f->params)
		f->lib.deleteplparams(f->params);
	if (f->raw && f->raw != f->out)
		fclose(f->raw);
	for (size_t i = 0; i < f->label_count; i++)
		free(f->labels[i].text);
	free(f->labels);
	free(f->raw_text);
	free(f);
}

static bool open_plotter(struct figure *f)
{
	char bitmap[64];

	f->params = f->lib.newplparams();
	if (!f->params)
		return false;
	snprintf(bitmap, sizeof(bitmap), "%.0fx%.0f", f->o.width * 3, f->o.height * 3);
	f->lib.setplparam(f->params, "BITMAPSIZE", bitmap);
	/* libplot cuts longer lines in two, which shows at the joint. */
	f->lib.setplparam(f->params, "MAX_LINE_LENGTH", (void *)"1000000");
	f->pl = f->lib.newpl(figure_formats[f->o.format], NULL, f->raw, NULL, f->params);
	if (!f->pl || f->lib.openpl(f->pl) < 0)
		return false;
	f->lib.bgcolor(f->pl, 0xffff, 0xffff, 0xffff);
	f->lib.erase(f->pl);
	/* y downwards, as SVG has it; but stroked letters would be mirrored, see down(). */
	if (f->o.format == FIGURE_SVG)
		f->lib.fspace(f->pl, 0, f->o.height, f->o.width, 0);
	else
		f->lib.fspace(f->pl, 0, 0, f->o.width, f->o.height);
	f->lib.joinmod(f->pl, "round");
	return true;
}

struct figure *figure_begin(const struct figure_options *o, FILE *out, struct err *e)
{
	struct figure *f = calloc(1, sizeof(*f));

	if (!f) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	f->o = *o;
	f->out = out;
	if (libplot_load(&f->lib, e) < 0) {
		figure_free(f);
		return NULL;
	}
	f->raw = o->format == FIGURE_PNG ? out : open_memstream(&f->raw_text, &f->raw_len);
	if (!f->raw || !open_plotter(f)) {
		err_set(e, ENOMEM, "libplot could not begin a figure");
		figure_free(f);
		return NULL;
	}
	return f;
}

int figure_end(struct figure *f, struct err *e)
{
	struct svg_options o = { .width = f->o.width,
				 .height = f->o.height,
				 .id = f->o.id,
				 .title = f->o.title,
				 .document = f->o.document,
				 .crisp = f->o.crisp };
	int ret = 0;

	if (f->lib.closepl(f->pl) < 0 || f->lib.deletepl(f->pl) < 0 || f->broken)
		ret = err_set(e, EIO, "libplot could not draw a figure");
	f->pl = NULL;
	if (f->no_memory || fflush(f->raw))
		ret = err_set(e, f->no_memory ? ENOMEM : errno, "a figure could not be drawn");
	if (ret >= 0 && f->o.format == FIGURE_SVG)
		ret = svg_clean(f->raw_text, f->raw_len, &o, f->labels, f->label_count, f->out, e);
	figure_free(f);
	return ret;
}

/* A tenth of a point is all that can be seen, and keeps the file small. */
static double tenth(double v)
{
	return isfinite(v) ? round(v * 10) / 10 : 0;
}

/* A height counted from the top, in the plotter's direction. */
static double down(const struct figure *f, double y)
{
	return f->o.format == FIGURE_SVG ? tenth(y) : tenth(f->o.height - y);
}

static void set_pen(struct figure *f, struct colour c)
{
	f->lib.pentype(f->pl, 1);
	f->lib.filltype(f->pl, 0);
	f->lib.pencolor(f->pl, c.r * 257, c.g * 257, c.b * 257);
}

static void set_fill(struct figure *f, struct colour c)
{
	f->lib.pentype(f->pl, 0);
	f->lib.filltype(f->pl, 1);
	f->lib.fillcolor(f->pl, c.r * 257, c.g * 257, c.b * 257);
}

static void path(struct figure *f, const double *xy, size_t n)
{
	f->lib.fmove(f->pl, tenth(xy[0]), down(f, xy[1]));
	for (size_t i = 1; i < n; i++) {
		bool between = i + 1 < n;

		/* A point on a straight level line adds nothing. */
		if (between && tenth(xy[2 * i + 1]) == tenth(xy[2 * i - 1]) &&
		    tenth(xy[2 * i + 1]) == tenth(xy[2 * i + 3]))
			continue;
		f->lib.fcont(f->pl, tenth(xy[2 * i]), down(f, xy[2 * i + 1]));
	}
	if (f->lib.endpath(f->pl) < 0)
		f->broken = true;
}

void figure_line(struct figure *f, struct colour c, double width, enum figure_dash dash,
		 const double *xy, size_t n)
{
	static const double dashes[] = { 5, 3 }, dots[] = { 1, 3 };

	if (n < 2)
		return;
	set_pen(f, c);
	f->lib.flinewidth(f->pl, width);
	if (dash == FIGURE_SOLID)
		f->lib.linemod(f->pl, "solid");
	else
		f->lib.flinedash(f->pl, 2, dash == FIGURE_DASHED ? dashes : dots, 0);
	path(f, xy, n);
}

void figure_area(struct figure *f, struct colour c, const double *xy, size_t n)
{
	if (n < 3)
		return;
	set_fill(f, c);
	path(f, xy, n);
}

void figure_rects(struct figure *f, struct colour c, const struct figure_rect *r, size_t n)
{
	if (!n)
		return;
	set_fill(f, c);
	for (size_t i = 0; i < n; i++) {
		if (i)
			f->lib.endsubpath(f->pl);
		f->lib.fbox(f->pl, tenth(r[i].x0), down(f, r[i].y0), tenth(r[i].x1),
			    down(f, r[i].y1));
	}
	if (f->lib.endpath(f->pl) < 0)
		f->broken = true;
}

void figure_frame(struct figure *f, struct colour c, double width, const struct figure_rect *r)
{
	set_pen(f, c);
	f->lib.linemod(f->pl, "solid");
	f->lib.flinewidth(f->pl, width);
	f->lib.fbox(f->pl, tenth(r->x0), down(f, r->y0), tenth(r->x1), down(f, r->y1));
	f->lib.endpath(f->pl);
}

/*
 * libplot takes Latin-1 and reads backslashes as commands.  Its copy serves for
 * measuring and for PNG; SVG gets the label itself.
 */
static char *latin1(const char *utf8)
{
	char *out = malloc(strlen(utf8) + 1), *o = out;
	const unsigned char *p = (const unsigned char *)utf8;

	if (!out)
		return NULL;
	while (*p) {
		if ((*p == 0xc2 || *p == 0xc3) && (p[1] & 0xc0) == 0x80) {
			unsigned v = (unsigned)(*p & 3) << 6 | (p[1] & 0x3f);

			*o++ = v < 0xa0 ? '?' : (char)v;
			p += 2;
		} else if (*p >= 0x80) {
			bool dash = p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0x93 || p[2] == 0x94);

			*o++ = dash ? '-' : '?';
			for (p++; (*p & 0xc0) == 0x80; p++)
				;
		} else {
			*o++ = *p == '\\' ? '/' : *p < 0x20 || *p == 0x7f ? '?' : (char)*p;
			p++;
		}
	}
	*o = 0;
	return out;
}

static void set_font(struct figure *f, double size, bool bold)
{
	static const char *const names[2][2] = { { "Helvetica", "Helvetica-Bold" },
						 { "HersheySans", "HersheySans-Bold" } };

	f->lib.fontname(f->pl, names[f->o.format == FIGURE_PNG][bold]);
	f->lib.ffontsize(f->pl, size);
}

static bool keep_label(struct figure *f, const struct svg_label *l)
{
	if (f->label_count == f->label_room) {
		size_t room = f->label_room ? 2 * f->label_room : 32;
		struct svg_label *more = realloc(f->labels, room * sizeof(*more));

		if (!more)
			return false;
		f->labels = more;
		f->label_room = room;
	}
	f->labels[f->label_count] = *l;
	f->labels[f->label_count].text = strdup(l->text);
	if (!f->labels[f->label_count].text)
		return false;
	f->label_count++;
	return true;
}

void figure_text(struct figure *f, double x, double y, char anchor, double size, bool bold,
		 struct colour c, const char *text)
{
	struct svg_label l = { tenth(x), tenth(y), anchor, size, bold, c, (char *)text };
	char *copy = *text ? latin1(text) : NULL;

	if (!*text)
		return;
	if (!copy || !keep_label(f, &l)) {
		f->no_memory = true;
		free(copy);
		return;
	}
	set_pen(f, c);
	set_font(f, size, bold);
	f->lib.linemod(f->pl, "solid");
	f->lib.flinewidth(f->pl, bold ? 0.9 : 0.6);
	f->lib.fmove(f->pl, tenth(x), down(f, y));
	f->lib.alabel(f->pl, anchor, 'x', copy);
	free(copy);
}

double figure_text_width(struct figure *f, double size, bool bold, const char *text)
{
	char *copy = latin1(text);
	double w = 0;

	if (copy) {
		set_font(f, size, bold);
		w = f->lib.flabelwidth(f->pl, copy);
	}
	free(copy);
	return fabs(w);
}
