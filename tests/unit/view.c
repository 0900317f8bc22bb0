// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replay/view.h"

/* Two blocks of order 3 too many, one of order 0 of two types too few. */
static void pages_by_which_a_zone_differs(void **state)
{
	static struct view v = { .zones = 2 };
	uint64_t counts[KMM_ORDERS] = { [0] = 4, [3] = 1 };

	(void)state;
	v.nr_free[1][KMM_UNMOVABLE][0] = 2;
	v.nr_free[1][KMM_MOVABLE][0] = 1;
	v.nr_free[1][KMM_MOVABLE][3] = 3;
	assert_int_equal(view_differs(&v, 1, counts), 2 * 8 + 1);
	assert_int_equal(view_differs(&v, 0, counts), 8 + 4);
	counts[0] = counts[3] = 3;
	assert_int_equal(view_differs(&v, 1, counts), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pages_by_which_a_zone_differs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
