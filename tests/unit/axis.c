// SPDX-License-Identifier: GPL-2.0-or-later
/* axis: ticks are multiples of 1, 2 or 5, inside the axis, with labels that differ. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/axis.h"

static void labels(void **state)
{
	struct axis a;

	(void)state;
	axis_exact(&a, 8.467971, 27.52, 5);
	assert_int_equal(a.ticks, 4);
	assert_string_equal(a.label[0], "10");
	assert_string_equal(a.label[3], "25");
	axis_exact(&a, 3351.604973, 3351.99757, 5);
	assert_string_equal(a.label[0], "3351.7");
	axis_exact(&a, 4, 351346, 5);
	assert_string_equal(a.label[0], "100k");
	axis_from_zero(&a, 1, 5);
	assert_string_equal(a.label[0], "0.0");
	assert_string_equal(a.label[a.ticks - 1], "1.0");
	axis_from_zero(&a, 4730, 5);
	assert_true(a.hi == 5000);
	assert_string_equal(a.label[1], "1k");
	axis_from_zero_log(&a, 83000);
	assert_string_equal(a.label[0], "0");
	assert_string_equal(a.label[1], "1");
	assert_string_equal(a.label[a.ticks - 1], "10k");
}

static void formats(void **state)
{
	char out[AXIS_LABEL];

	(void)state;
	axis_format(out, 1500, 0);
	assert_string_equal(out, "1.5k");
	axis_format(out, 2000000, 0);
	assert_string_equal(out, "2M");
	axis_format(out, 0.25, 2);
	assert_string_equal(out, "0.25");
	axis_format(out, 999, 0);
	assert_string_equal(out, "999");
	axis_format(out, -1, 1);
	assert_string_equal(out, "-1.0");
}

static void check(const struct axis *a)
{
	assert_in_range(a->ticks, 1, AXIS_TICKS);
	for (unsigned i = 0; i < a->ticks; i++) {
		assert_true(axis_place(a, a->at[i]) >= 0 && axis_place(a, a->at[i]) <= 1);
		assert_true(i == 0 || a->at[i] > a->at[i - 1]);
		assert_true(i == 0 || strcmp(a->label[i], a->label[i - 1]) != 0);
	}
}

static void any_range(void **state)
{
	struct axis a;

	(void)state;
	for (double span = 1e-6; span < 1e15; span *= 1.7) {
		axis_exact(&a, span / 3, span / 3 + span, 5);
		assert_in_range(a.ticks, 2, 12);
		check(&a);
		axis_from_zero(&a, span, 5);
		assert_true(a.hi >= span * 0.999999 && a.hi <= span * 2.6);
		check(&a);
		axis_from_zero_log(&a, span);
		check(&a);
	}
}

static void nonsense(void **state)
{
	static const double bad[] = { NAN, INFINITY, -INFINITY, 0, -5, 1e300 };
	struct axis a;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		for (unsigned k = 0; k < 6; k++) {
			axis_exact(&a, bad[i], bad[k], 5);
			check(&a);
		}
		axis_from_zero(&a, bad[i], 5);
		check(&a);
		axis_from_zero_log(&a, bad[i]);
		check(&a);
		assert_true(axis_place(&a, NAN) == 0);
	}
	axis_exact(&a, 7, 7, 5); /* a single instant */
	check(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels),
		cmocka_unit_test(formats),
		cmocka_unit_test(any_range),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
