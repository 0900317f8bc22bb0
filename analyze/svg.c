// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "analyze/svg.h"

#include <errno.h>
#include <string.h>

#include "analyze/html.h"

struct scan {
	const char *p, *end;
};

static const char *find(struct scan *s, const char *what)
{
	return memmem(s->p, (size_t)(s->end - s->p), what, strlen(what));
}

static bool is(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && !memcmp(s, word, n);
}

/* Attributes that carry the drawing; values that the root element sets once are left out. */
static bool wanted(const char *name, size_t n, const char *value, size_t len)
{
	static const char *const names[] = {
		"x",
		"y",
		"x1",
		"y1",
		"x2",
		"y2",
		"cx",
		"cy",
		"r",
		"width",
		"height",
		"points",
		"d",
		"fill",
		"stroke",
		"stroke-width",
		"stroke-dasharray",
		"stroke-linecap",
		"stroke-linejoin",
	};
	bool known = false;

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		known |= is(name, n, names[i]);
	if (is(name, n, "fill") || is(name, n, "stroke"))
		return !is(value, len, "none");
	if (is(name, n, "stroke-linecap"))
		return !is(value, len, "butt");
	if (is(name, n, "stroke-linejoin"))
		return !is(value, len, "round");
	return known;
}

/* A list of coordinates without the spaces that SVG can do without. */
static void put_compact(FILE *out, const char *v, size_t n)
{
	while (n && v[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++) {
		bool letter_before = i && v[i - 1] >= 'A' && v[i - 1] <= 'Z';
		bool letter_after = i + 1 < n && v[i + 1] >= 'A' && v[i + 1] <= 'Z';

		if (v[i] != ' ' || !(letter_before || letter_after))
			fputc(v[i], out);
	}
}

/*
 * <NAME a="b" ... />: p stands behind '<'.  Black is what libplot's group begins
 * with, so that a black line has no stroke of its own.
 */
static int put_element(const char *p, const char *end, FILE *out, struct err *e)
{
	size_t n = strcspn(p, " />");
	bool stroke = false;

	fprintf(out, "<%.*s", (int)n, p);
	p += n;
	for (;;) {
		const char *eq, *close;

		while (p < end && (*p == ' ' || *p == '/'))
			p++;
		if (p >= end)
			break;
		eq = memchr(p, '=', (size_t)(end - p));
		if (!eq || eq + 1 >= end || eq[1] != '"' ||
		    !(close = memchr(eq + 2, '"', (size_t)(end - eq - 2))))
			return err_set(e, EINVAL,
				       "libplot wrote an attribute that was not expected");
		stroke |= is(p, (size_t)(eq - p), "stroke");
		if (wanted(p, (size_t)(eq - p), eq + 2, (size_t)(close - eq - 2))) {
			fprintf(out, " %.*s=\"", (int)(eq - p), p);
			put_compact(out, eq + 2, (size_t)(close - eq - 2));
			fputc('"', out);
		}
		p = close + 1;
	}
	fputs(stroke ? "/>\n" : " stroke=\"#000\"/>\n", out);
	return 0;
}

static void put_label(FILE *out, const struct svg_label *l)
{
	fprintf(out, "<text x=\"%.5g\" y=\"%.5g\"", l->x, l->y);
	if (l->anchor != 'l')
		fprintf(out, " text-anchor=\"%s\"", l->anchor == 'c' ? "middle" : "end");
	fprintf(out, " font-size=\"%.3g\"%s fill=\"#%02x%02x%02x\">", l->size,
		l->bold ? " font-weight=\"600\"" : "", l->colour.r, l->colour.g, l->colour.b);
	html_text(out, l->text);
	fputs("</text>\n", out);
}

static void put_root(FILE *out, const struct svg_options *o)
{
	if (o->document)
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.5g %.5g\"",
		o->width, o->height);
	if (o->document)
		fprintf(out, " width=\"%.5g\" height=\"%.5g\"", o->width * 2, o->height * 2);
	else
		fputs(" width=\"100%\"", out);
	fputs(" role=\"img\"", out);
	if (o->id) {
		fputs(" id=\"", out);
		html_text(out, o->id);
		fputc('"', out);
	}
	fputs(" fill=\"none\" fill-rule=\"evenodd\" stroke-linejoin=\"round\" "
	      "font-family=\"system-ui,-apple-system,&quot;Segoe UI&quot;,Roboto,&quot;Helvetica "
	      "Neue&quot;,Arial,sans-serif\"",
	      out);
	if (o->crisp)
		fputs(" shape-rendering=\"crispEdges\"", out);
	fputs(">\n<title>", out);
	html_text(out, o->title);
	fputs("</title>\n", out);
	if (o->document)
		fprintf(out, "<rect width=\"%.5g\" height=\"%.5g\" fill=\"#fff\"/>\n", o->width,
			o->height);
}

int svg_clean(const char *raw, size_t len, const struct svg_options *o,
	      const struct svg_label *labels, size_t label_count, FILE *out, struct err *e)
{
	struct scan s = { raw, raw + len };
	const char *content = find(&s, "<g id=\"content\""), *end;
	size_t texts = 0;
	int ret = 0;

	if (!content)
		return err_set(e, EINVAL, "libplot wrote an SVG file without its content group");
	put_root(out, o);
	s.p = content + 1;
	while (ret >= 0 && (s.p = find(&s, "<")) != NULL) {
		s.p++;
		end = memchr(s.p, '>', (size_t)(s.end - s.p));
		if (!end || !strncmp(s.p, "/g", 2))
			break;
		if (!strncmp(s.p, "text", 4)) {
			if (texts < label_count)
				put_label(out, &labels[texts]);
			texts++;
		} else if (*s.p != '/') {
			ret = put_element(s.p, end, out, e);
		}
		s.p = end;
	}
	if (ret >= 0 && texts != label_count)
		ret = err_set(e, EINVAL, "libplot wrote %zu labels where %zu were drawn", texts,
			      label_count);
	fputs("</svg>\n", out);
	return ret < 0 ? ret : ferror(out) ? err_set(e, EIO, "a figure could not be written") : 0;
}
