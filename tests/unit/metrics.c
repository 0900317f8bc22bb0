// SPDX-License-Identifier: GPL-2.0-or-later
/* metrics: docs/metrics.md is what the table prints, and every figure has its definition. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/figures.h"
#include "analyze/metrics.h"
#include "base/file.h"

static void the_page_is_the_table(void **state)
{
	struct blob b;
	struct err e = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	metrics_print_markdown(f);
	fclose(f);
	if (file_read("docs/metrics.md", 1 << 20, &b, &e) < 0) {
		free(text);
		print_message("not run from the top of the source tree: %s\n", e.text);
		skip();
	}
	/* Differs?  build/tests/gen/metrics > docs/metrics.md */
	assert_string_equal(text, (const char *)b.data);
	blob_free(&b);
	free(text);
}

static void every_figure_is_defined(void **state)
{
	(void)state;
	for (const struct figure_kind *k = figure_kinds; k->id; k++) {
		unsigned found = 0;

		for (const struct metric *m = metrics; m->id; m++)
			found += !strcmp(m->id, k->metric);
		assert_int_equal(found, 1);
		assert_true(strlen(k->caption) > 40 && k->missing[0]);
	}
}

static void rows_find_their_definition(void **state)
{
	(void)state;
	assert_string_equal(metrics_of_row("placement")->id, "placement");
	assert_string_equal(metrics_of_row("placement, anchored")->id, "anchored");
	assert_string_equal(metrics_of_row("fallbacks")->id, "counts");
	assert_null(metrics_of_row("place"));
	assert_null(metrics_of_row(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_is_the_table),
		cmocka_unit_test(every_figure_is_defined),
		cmocka_unit_test(rows_find_their_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
