// SPDX-License-Identifier: GPL-2.0-or-later
/* figure, svg: what libplot draws comes out as an element that can stand in a page. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/figure.h"
#include "analyze/svg.h"

static const struct colour blue = { 0, 0x72, 0xb2 }, black = { 0, 0, 0 };

static char *draw(enum figure_format format, const char *id, size_t *len)
{
	static const double xy[] = { 10, 10, 50, 20, 60, 90 };
	static const struct figure_rect boxes[] = { { 100, 10, 110, 20 }, { 120, 30, 130, 50 } };
	struct figure_options o = { .format = format,
				    .width = 200,
				    .height = 100,
				    .id = id,
				    .title = "A <title>",
				    .document = !id };
	struct err e = { 0 };
	char *text = NULL;
	FILE *f = open_memstream(&text, len);
	struct figure *fig;

	assert_non_null(f);
	fig = figure_begin(&o, f, &e);
	assert_non_null(fig);
	figure_line(fig, blue, 1.5, FIGURE_DASHED, xy, 3);
	figure_line(fig, black, 1, FIGURE_SOLID, xy, 3);
	figure_area(fig, blue, xy, 3);
	figure_rects(fig, blue, boxes, 2);
	figure_text(fig, 100, 80, 'c', 12, false, black, "\xc2\xb5s \\f <b> \xe2\x82\xac");
	figure_text(fig, 190, 95, 'r', 12, true, blue, "right");
	assert_int_equal(figure_end(fig, &e), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

static unsigned times(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
		n++;
	return n;
}

static void svg_can_stand_in_a_page(void **state)
{
	size_t len;
	char *s = draw(FIGURE_SVG, "fig-a", &len);

	(void)state;
	assert_int_equal(strncmp(s, "<svg ", 5), 0);
	assert_non_null(strstr(s, "viewBox=\"0 0 200 100\""));
	assert_non_null(strstr(s, "width=\"100%\""));
	assert_int_equal(times(s, "id=\""), 1);
	assert_non_null(strstr(s, "id=\"fig-a\""));
	assert_null(strstr(s, "ISO-8859-1"));
	assert_null(strstr(s, "cm\""));
	assert_non_null(strstr(s, "<title>A &lt;title&gt;</title>"));
	/* y goes down, so a label stands where it was put */
	assert_non_null(strstr(s, "<text x=\"100\" y=\"80\" text-anchor=\"middle\""));
	assert_non_null(strstr(s, ">\xc2\xb5s \\f &lt;b&gt; \xe2\x82\xac</text>"));
	assert_non_null(strstr(s, "font-weight=\"600\""));
	assert_non_null(strstr(s, "d=\"M100,10H110V20H100ZM120,30H130V50H120Z\""));
	/* black is libplot's own default and must not be lost */
	assert_non_null(strstr(s, "stroke=\"#000\""));
	assert_non_null(strstr(s, "stroke-dasharray=\"5, 3\""));
	free(s);
}

static void a_file_is_a_document(void **state)
{
	size_t len;
	char *s = draw(FIGURE_SVG, NULL, &len);

	(void)state;
	assert_int_equal(strncmp(s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", 38), 0);
	assert_non_null(strstr(s, "xmlns=\"http://www.w3.org/2000/svg\""));
	free(s);
}

static void png_is_a_png(void **state)
{
	size_t len;
	char *s = draw(FIGURE_PNG, NULL, &len);

	(void)state;
	assert_true(len > 100);
	assert_memory_equal(s, "\x89PNG\r\n\x1a\n", 8);
	assert_memory_equal(s + 16, "\0\0\x02\x58\0\0\x01\x2c", 8); /* 600 by 300 */
	free(s);
}

static void refuses_what_libplot_would_not_write(void **state)
{
	static const char *const bad[] = {
		"",
		"<svg></svg>",
		"<g id=\"content\"><path d=\"M0",
		"<g id=\"content\"><path d=M0 /></g>",
		"<g id=\"content\"><text>one too many</text></g>",
	};
	struct svg_options o = { .width = 1, .height = 1, .title = "" };

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = { 0 };
		char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);
		int ret = svg_clean(bad[i], strlen(bad[i]), &o, NULL, 0, f, &e);

		fclose(f);
		if (i == 2) /* cut inside a tag: ends there */
			assert_true(ret == 0 && strstr(text, "</svg>"));
		else
			assert_true(ret < 0 && e.text[0]);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(svg_can_stand_in_a_page),
		cmocka_unit_test(a_file_is_a_document),
		cmocka_unit_test(png_is_a_png),
		cmocka_unit_test(refuses_what_libplot_would_not_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
