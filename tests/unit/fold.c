// SPDX-License-Identifier: GPL-2.0-or-later
/* fold: a short table is as it is, a long one says how many rows there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/fold.h"

/* What is written of a table of so many rows; freed by the caller. */
static char *table(unsigned rows)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct fold f;

	assert_non_null(out);
	assert_non_null(fold_begin(&f));
	fputs("<table></table>", f.rows);
	assert_int_equal(fold_end(&f, rows, out), 0);
	fclose(out);
	return text;
}

static void nothing(void **state)
{
	char *text = table(0);

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

static void all_of_few(void **state)
{
	char *text = table(30);

	(void)state;
	assert_non_null(strstr(text, "<table></table>"));
	assert_null(strstr(text, "label"));
	free(text);
}

static void some_of_many(void **state)
{
	char *text = table(1234);

	(void)state;
	assert_non_null(strstr(text, "class=\"fold\""));
	assert_non_null(strstr(text, "The first 20 of 1,234 rows."));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(all_of_few),
		cmocka_unit_test(some_of_many),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
