// SPDX-License-Identifier: GPL-2.0-or-later
/* cut, units: names stay tellable apart in few columns, and amounts are as people write them. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cut.h"
#include "base/units.h"
#include "base/utf8.h"

static void shows(const char *s, size_t columns, const char *want)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	cut_put_short(f, s, columns);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, want);
	assert_int_equal(utf8_columns(text), columns);
	free(text);
}

static void the_middle_goes(void **state)
{
	(void)state;
	shows("native+pcp.batch=15", 9, "nati\xe2\x80\xa6h=15");
	shows("native+pcp.batch=15", 8, "nati\xe2\x80\xa6=15");
	shows("\x1bnative+pcp.batch=15", 9, "?nat\xe2\x80\xa6h=15");
}

static void names_that_look_the_same(void **state)
{
	const char *apart[] = { "native+a=1+z=9", "native+a=1+z=8", NULL, "native+a=1+z=9" };
	const char *alike[] = { "native+a=1+z=9", NULL, "x", "native+b=1+z=9" };

	(void)state;
	assert_false(cut_alike(apart, 4, 9));
	assert_true(cut_alike(alike, 4, 9));
	/* Nothing is shortened. */
	assert_false(cut_alike(alike, 4, 14));
	assert_false(cut_alike(NULL, 0, 9));
}

/* All of a text comes, in lines that fit. */
static void lines(const char *s, size_t columns, const char *const *want)
{
	for (; *s; want++) {
		size_t n = cut_line(s, columns);

		assert_non_null(*want);
		assert_int_equal(n, strlen(*want));
		assert_memory_equal(s, *want, n);
		s += n;
	}
	assert_null(*want);
}

static void lines_end_at_joints(void **state)
{
	static const char *const policy[] = { "native+buddy.", "mobility_", "grouping=off", NULL };
	static const char *const plain[] = { "abcdefgh", "ij", NULL };
	static const char *const words[] = { "native, as", " what-if", NULL };
	static const char *const wide[] = { "\xe4\xb8\xad", "\xe4\xb8\xad", NULL };

	(void)state;
	lines("native+buddy.mobility_grouping=off", 13, policy);
	lines("abcdefghij", 8, plain);
	lines("native, as what-if", 12, words);
	lines("\xe4\xb8\xad\xe4\xb8\xad", 3, wide);
}

static void is_unit(double amount, enum unit from, double want, const char *unit)
{
	assert_string_equal(units_scale(&amount, from), unit);
	assert_float_equal(amount, want, 1e-9);
}

static void amounts_in_their_unit(void **state)
{
	(void)state;
	is_unit(0, UNIT_B, 0, "B");
	is_unit(1023, UNIT_B, 1023, "B");
	is_unit(1023.6, UNIT_KIB, 1023.6 / 1024, "MiB");
	is_unit(6144, UNIT_KIB, 6, "MiB");
	is_unit(1342177280, UNIT_KIB, 1.25, "TiB");
	is_unit(1024.0 * 1024, UNIT_TIB, 1024.0 * 1024, "TiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_middle_goes),
		cmocka_unit_test(names_that_look_the_same),
		cmocka_unit_test(lines_end_at_joints),
		cmocka_unit_test(amounts_in_their_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
