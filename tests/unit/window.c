// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workload/window.h"

static void positions_outlive_their_places(void **state)
{
	struct window w;

	(void)state;
	assert_int_equal(window_init(&w), 0);
	for (uint64_t i = 0; i < 3 * WINDOW_SIZE; i++) {
		if (window_full(&w))
			w.head++;
		window_at(&w, w.tail++)->r.seq = i;
	}
	assert_true(window_full(&w));
	assert_false(window_has(&w, w.head - 1));
	assert_true(window_has(&w, w.head));
	assert_false(window_has(&w, w.tail));
	assert_false(window_has(&w, WINDOW_NONE));
	for (uint64_t p = w.head; p < w.tail; p++)
		assert_int_equal(window_at(&w, p)->r.seq, p);
	window_free(&w);
}

static void a_larger_window_holds_the_same(void **state)
{
	struct window w;
	uint64_t size = WINDOW_SIZE;

	(void)state;
	assert_int_equal(window_init(&w), 0);
	w.head = w.tail = WINDOW_SIZE / 2 + 3;
	for (; size <= WINDOW_MAX; size *= 2) {
		while (!window_full(&w)) {
			window_at(&w, w.tail)->r.seq = w.tail;
			w.tail++;
		}
		assert_int_equal(w.tail - w.head, size);
		assert_true(window_grow(&w) == (size < WINDOW_MAX));
		for (uint64_t p = w.head; p < w.tail; p++)
			assert_int_equal(window_at(&w, p)->r.seq, p);
	}
	window_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions_outlive_their_places),
		cmocka_unit_test(a_larger_window_holds_the_same),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
