// SPDX-License-Identifier: GPL-2.0-or-later
/* A set of addresses that grows and forgets none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/liveset.h"

#define MANY 100000u

static void test_many(void **state)
{
	struct liveset s;

	(void)state;
	assert_int_equal(liveset_init(&s, 1), 0);
	assert_null(liveset_get(&s, 64));
	for (uint64_t i = 1; i <= MANY; i++) {
		struct live *x = liveset_put(&s, 0xffff888000000000ull + i * 64);

		assert_non_null(x);
		assert_int_equal(x->time, 0);
		x->time = i;
	}
	assert_int_equal(s.used, MANY);
	for (uint64_t i = 1; i <= MANY; i++) {
		struct live *x = liveset_get(&s, 0xffff888000000000ull + i * 64);

		assert_non_null(x);
		assert_int_equal(x->time, i);
		assert_ptr_equal(liveset_put(&s, x->key), x);
	}
	assert_null(liveset_get(&s, 0xffff888000000000ull + (MANY + 1) * 64));
	assert_int_equal(s.used, MANY);
	liveset_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_many) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
