// SPDX-License-Identifier: GPL-2.0-or-later
/* plain: each element of the report as text and as Markdown, counted out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/plain.h"

/* The other form; freed by the caller. */
static char *plain(const char *html, bool markdown, unsigned width)
{
	struct err e = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	if (plain_write(html, strlen(html), markdown, width, f, &e) < 0)
		fail_msg("%s", e.text);
	fclose(f);
	return text;
}

static void has(const char *html, bool markdown, const char *want)
{
	char *text = plain(html, markdown, 40);

	if (!strstr(text, want))
		fail_msg("no \"%s\" in \"%s\"", want, text);
	free(text);
}

static void headings(void **state)
{
	(void)state;
	has("<h2>What if</h2>", true, "## What if\n");
	has("<h3>One &amp; two</h3>", true, "### One & two\n");
	has("<h2>What if</h2>", false, "What if\n");
}

static void paragraphs_are_wrapped(void **state)
{
	char *text = plain("<p>one two three four five six seven eight nine ten eleven twelve "
			   "thirteen fourteen</p>",
			   false, 40);
	unsigned longest = 0, lines = 0;

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		longest = strlen(line) > longest ? (unsigned)strlen(line) : longest;
		lines += *line != 0;
	}
	assert_true(longest <= 40);
	assert_int_equal(lines, 2); /* of 39 and of 40 letters */
	free(text);
}

static void entities(void **state)
{
	(void)state;
	has("<p>a &lt; b &gt; c &quot;d&quot;</p>", false, "a < b > c \"d\"");
}

static void lists(void **state)
{
	(void)state;
	has("<ul><li>first</li><li>second</li></ul>", false, "first");
	has("<ul>\n<li>first</li>\n<li>second</li>\n</ul>", true, "* second");
	has("<ol>\n<li>first</li>\n<li>second</li>\n</ol>", true, "2. second");
}

static void tables(void **state)
{
	static const char html[] =
		"<table><thead><tr><th>Run</th><th class=\"n\">Value</th></tr></thead>\n<tbody>"
		"<tr><th scope=\"row\">native</th><td class=\"n\">12</td></tr>\n"
		"<tr><th scope=\"row\">a</th><td class=\"n\">3,456</td></tr>\n</tbody></table>";

	(void)state;
	has(html, true, "| Run");
	has(html, true, "| native");
	has(html, false, "3,456");
}

/* Too wide: headings and names are broken at blanks, else behind a sign; numbers stand right. */
static void narrow_tables(void **state)
{
	static const char html[] =
		"<table><thead><tr><th>Run</th><th class=\"n\">Free at end</th></tr></thead>\n<tbody>"
		"<tr><th scope=\"row\">native, as what-if</th><td class=\"n\">12</td></tr>\n"
		"<tr><th colspan=\"2\">This heading stands over all columns</th></tr>\n"
		"<tr><th scope=\"row\">native+buddy.mobility_grouping=off</th><td class=\"n\">3,456</td></tr>\n"
		"</tbody></table>";
	char *text = plain(html, false, 24);

	(void)state;
	assert_string_equal(text, "Run                 Free\n"
				  "                      at\n"
				  "                     end\n"
				  "native, as            12\n"
				  "what-if\n"
				  "This heading stands over\n"
				  "all columns\n"
				  "native+buddy.      3,456\n"
				  "mobility_\n"
				  "grouping=off\n\n");
	free(text);
}

/* Numbers alone are too wide: a row is a paragraph. */
static void cards(void **state)
{
	static const char html[] =
		"<table><thead><tr><th>Run</th><th class=\"n\">Requests</th><th class=\"n\">Refills</th>"
		"<th class=\"n\">Drains</th></tr></thead>\n<tbody><tr><th scope=\"row\">native</th>"
		"<td class=\"n\">123,456</td><td class=\"n\">7</td><td class=\"n\">89</td></tr></tbody></table>";
	char *text = plain(html, false, 32);

	(void)state;
	assert_string_equal(text, "native\n    Requests 123,456; Refills 7;\n    Drains 89\n\n");
	free(text);
}

/* A figure is its caption; what is drawn or run is left out. */
static void no_drawing(void **state)
{
	static const char html[] =
		"<figure><figcaption><h3>Free</h3><p>Slice: all.</p></figcaption><svg><title>t</title>"
		"<text>123456</text></svg></figure><script>let x = 1;</script><style>p{}</style>";
	char *text = plain(html, false, 40);

	(void)state;
	assert_non_null(strstr(text, "Slice: all."));
	assert_null(strstr(text, "123456"));
	assert_null(strstr(text, "let x"));
	assert_null(strstr(text, "p{}"));
	free(text);
}

/* What is cut off anywhere ends, and puts out no more than it was given. */
static void cut_off(void **state)
{
	static const char html[] =
		"<h2>A &amp; b</h2><p>c <b>d</b> <a href=\"#e\">f</a></p><table><tr><th>g</th>"
		"<td>h</td></tr></table><ul><li>i</li></ul><svg><text>j</text></svg>";

	(void)state;
	for (size_t n = 0; n <= strlen(html); n++)
		for (int markdown = 0; markdown < 2; markdown++) {
			char *copy = malloc(n + 1), *text = NULL;
			size_t len = 0;
			FILE *f = open_memstream(&text, &len);

			assert_true(copy && f);
			memcpy(copy, html, n);
			copy[n] = 0;
			plain_write(copy, n, markdown, 40, f, &(struct err){ 0 });
			fclose(f);
			assert_true(len <= 4 * n + 64);
			free(text);
			free(copy);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headings), cmocka_unit_test(paragraphs_are_wrapped),
		cmocka_unit_test(entities), cmocka_unit_test(lists),
		cmocka_unit_test(tables),   cmocka_unit_test(narrow_tables),
		cmocka_unit_test(cards),    cmocka_unit_test(no_drawing),
		cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
