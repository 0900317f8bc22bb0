// SPDX-License-Identifier: GPL-2.0-or-later
/* The map of a chunk: first fit, its hints, and a long random run with every rule checked. */
#include "mm_machine.h"

#include "mm/percpu_area.h"

static int take(struct percpu_area *a, int cells, int align)
{
	int at = percpu_area_find(a, cells, align, false);

	return at < 0 ? -1 : percpu_area_take(a, cells, align, at);
}

static void check(const struct percpu_area *a)
{
	const char *bad = percpu_area_check(a);

	if (bad)
		fail_msg("%s", bad);
}

static void test_first_fit(void **state)
{
	struct percpu_area a;

	(void)state;
	assert_int_equal(percpu_area_init(&a, 4, 0, 4096), 0);
	percpu_area_populate(&a, 0, 4);
	assert_int_equal(take(&a, 3, 1), 0);
	assert_int_equal(take(&a, 4, 4), 4);
	assert_int_equal(take(&a, 1, 1), 3);
	assert_int_equal(take(&a, 1500, 1), 8);	  /* over the end of a page */
	assert_int_equal(take(&a, 64, 64), 1536); /* the best run's start, aligned */
	assert_int_equal(percpu_area_give(&a, 4), 4);
	assert_int_equal(take(&a, 4, 4), 4);
	assert_int_equal(percpu_area_size(&a, 8), 1500);
	assert_int_equal(percpu_area_give(&a, 9), 0);
	assert_int_equal(percpu_area_give(&a, 8), 1500);
	assert_int_equal(percpu_area_give(&a, 8), 0);
	assert_int_equal(take(&a, 4096, 1), -1);
	check(&a);
	percpu_area_free(&a);
}

/* Hidden ends, and populated pages only. */
static void test_bounds(void **state)
{
	struct percpu_area a;

	(void)state;
	assert_int_equal(percpu_area_init(&a, 3, 100, 3000), 0);
	percpu_area_populate(&a, 0, 3);
	assert_int_equal(a.empty_pages, 1);
	assert_int_equal(take(&a, 1, 1), 100);
	assert_int_equal(take(&a, 2899, 1), 101);
	assert_int_equal(take(&a, 1, 1), -1);
	check(&a);
	percpu_area_free(&a);

	assert_int_equal(percpu_area_init(&a, 4, 0, 4096), 0);
	percpu_area_populate(&a, 2, 3);
	assert_int_equal(percpu_area_find(&a, 16, 1, true), 2048);
	assert_int_equal(percpu_area_find(&a, 1025, 1, true), -1);
	percpu_area_depopulate(&a, 2, 3);
	assert_int_equal(percpu_area_find(&a, 16, 1, true), -1);
	percpu_area_free(&a);
}

static uint32_t next_random(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*x >> 33);
}

static void test_random(void **state)
{
	unsigned n = 0, failed = 0;
	struct percpu_area a;
	uint64_t seed = 7;
	int held[512];

	(void)state;
	assert_int_equal(percpu_area_init(&a, 8, 0, 8192), 0);
	percpu_area_populate(&a, 0, 8);
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t r = next_random(&seed);

		if (n < 512 && r % 100 < 55) {
			int cells = r >> 8 & 7 ? 1 + (int)(r >> 12 & 63) :
						 1 + (int)(r >> 12 & 2047);
			int align = 1 << (r >> 24 & 3), at = take(&a, cells, align);

			failed += at < 0;
			if (at >= 0) {
				assert_int_equal(at % align, 0);
				assert_int_equal(percpu_area_size(&a, at), cells);
				held[n++] = at;
			}
		} else if (n) {
			unsigned k = r % n;

			assert_true(percpu_area_give(&a, held[k]) > 0);
			held[k] = held[--n];
		}
		check(&a);
	}
	while (n)
		percpu_area_give(&a, held[--n]);
	check(&a);
	assert_int_equal(a.free, 8192);
	assert_int_equal(a.empty_pages, 8);
	assert_int_equal(a.all.best, 8192);
	assert_true(failed > 100);
	percpu_area_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_fit),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
