// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workload/slots.h"

static void numbers_are_used_again(void **state)
{
	struct slots t;
	uint32_t a, b;

	(void)state;
	slots_init(&t);
	a = slots_take(&t);
	b = slots_take(&t);
	assert_int_not_equal(a, b);
	slots_give(&t, a);
	assert_int_equal(slots_take(&t), a);
	assert_int_equal(slots_used(&t), 2);
	slots_free(&t);
}

/* Memory follows the live set: a million pairs, never more than three at once. */
static void table_follows_the_live_set(void **state)
{
	struct slots t;

	(void)state;
	slots_init(&t);
	slots_take(&t);
	for (unsigned i = 0; i < 1000000; i++) {
		uint32_t a = slots_take(&t), b = slots_take(&t);

		slots_give(&t, a);
		slots_give(&t, b);
	}
	assert_int_equal(slots_used(&t), 1);
	assert_int_equal(t.count, 3);
	slots_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_used_again),
		cmocka_unit_test(table_follows_the_live_set),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
