// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/pool.h"

/* What is taken never overlaps, whatever its size, over many pieces. */
static void taken_is_ones_own(void **state)
{
	enum { N = 4000 };
	static uint32_t at[N], size[N];
	struct pool p;

	(void)state;
	pool_init(&p);
	for (uint32_t i = 0; i < N; i++) {
		size[i] = 1 + i * 7919 % 5000;
		at[i] = pool_take(&p, size[i]);
		assert_int_not_equal(at[i], POOL_NONE);
		memset(pool_at(&p, at[i]), (int)(i % 251), size[i]);
	}
	assert_true(p.pieces > 1);
	for (uint32_t i = 0; i < N; i++) {
		const uint8_t *b = pool_at(&p, at[i]);

		assert_int_equal((uintptr_t)b % POOL_UNIT, 0);
		assert_int_equal(b[0], i % 251);
		assert_int_equal(b[size[i] - 1], i % 251);
	}
	pool_free(&p);
}

static void a_piece_at_most(void **state)
{
	struct pool p;

	(void)state;
	pool_init(&p);
	assert_int_equal(pool_take(&p, POOL_PIECE + 1), POOL_NONE);
	assert_int_equal(pool_take(&p, POOL_PIECE), 0);
	assert_int_equal(pool_take(&p, 1), POOL_PIECE_UNITS);
	pool_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_is_ones_own),
		cmocka_unit_test(a_piece_at_most),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
