// SPDX-License-Identifier: GPL-2.0-or-later
/* grid: a query as a table of the report, cell by cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/grid.h"

static const struct grid_column columns[] = {
	{ "Name", GRID_TEXT, NULL },  { "Count", GRID_COUNT, "how <many>" },
	{ "Real", GRID_REAL, NULL },  { "Share", GRID_PERCENT, NULL },
	{ "Size", GRID_BYTES, NULL }, { "Time", GRID_TIME, NULL },
};

/* What grid() writes for a query; freed by the caller. */
static char *written(const char *sql, bool clock_is_time, int want)
{
	char path[] = "/tmp/kmemlab-grid-XXXXXX", *html = NULL, name[64];
	struct series_capture c = { .clock_is_time = clock_is_time };
	struct err e = { 0 };
	struct page p = { .c = &c };
	size_t len;

	assert_non_null(mkdtemp(path));
	snprintf(name, sizeof(name), "%s/x.db", path);
	p.s = store_open(name, true, &e);
	p.out = open_memstream(&html, &len);
	assert_true(p.s && p.out);
	assert_int_equal(grid(&p, "caption", "nothing there", columns, 6, &e, sql, "i", (int64_t)3),
			 want);
	fclose(p.out);
	store_close(p.s, NULL);
	remove(name);
	remove(path);
	return html;
}

static void a_row_a_row(void **state)
{
	char *html = written("SELECT '<b>', 1234567, 0.123456, 0.5, 2048 * ?1, 1500000000 UNION ALL "
			     "SELECT 'z', NULL, NULL, NULL, NULL, NULL",
			     true, 2);

	(void)state;
	assert_non_null(strstr(html, "<p class=\"caption\">caption</p>"));
	assert_non_null(strstr(html, "title=\"how &lt;many&gt;\""));
	assert_non_null(strstr(html, "<th scope=\"row\">&lt;b&gt;</th>"));
	assert_non_null(strstr(html, "data-l=\"Count\">1,234,567</td>"));
	assert_non_null(strstr(html, "data-l=\"Real\">0.1235</td>"));
	assert_non_null(strstr(html, "data-l=\"Share\" data-v=\"0.5\">50.0\xc2\xa0%</td>"));
	assert_non_null(strstr(html, "data-v=\"6144\">6 KiB</td>"));
	assert_non_null(strstr(html, "data-l=\"Time\">1.5\xc2\xa0s</td>"));
	/* what is not known is a dash in each of the five */
	assert_non_null(strstr(html, "data-l=\"Count\">\xe2\x80\x93</td>"));
	assert_non_null(strstr(html, "data-l=\"Time\">\xe2\x80\x93</td>"));
	assert_non_null(strstr(html, "</tbody></table></div>"));
	free(html);
}

static void a_clock_that_counts_no_time(void **state)
{
	char *html = written("SELECT 'a', 1, 1, 1, ?1, 1500000000", false, 1);

	(void)state;
	assert_non_null(strstr(html, "data-l=\"Time\">1,500,000,000</td>"));
	free(html);
}

static void no_row(void **state)
{
	char *html = written("SELECT 1, 1, 1, 1, ?1, 1 WHERE 0", true, 0);

	(void)state;
	assert_string_equal(html, "<p class=\"gap\">nothing there</p>\n");
	free(html);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_a_row),
		cmocka_unit_test(a_clock_that_counts_no_time),
		cmocka_unit_test(no_row),
	};

	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
