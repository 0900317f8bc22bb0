// SPDX-License-Identifier: GPL-2.0-or-later
/* Objects that are blocks of pages. */
#include "mm/large.h"

#include "tests/unit/mm_slab_machine.h"

static void test_orders(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 1, 0), 1, 2);

	(void)state;
	for (unsigned order = 0; order <= 6; order++) {
		kmm_addr at = large_alloc(sl, 0, order, GFP_KERNEL, 1);

		assert_true(kmm_slab_frame(sl, at) >= 512);
		assert_int_equal(large_order(sl, at), order);
		assert_int_equal(large_order(sl, at + 4096), -1);
		assert_int_equal(large_order(sl, at + 8), -1);
		assert_false(large_free(sl, 0, at + 4096));
		assert_true(large_free(sl, 0, at));
		assert_false(large_free(sl, 0, at));
	}
	assert_int_equal(large_order(sl, KMM_NULL), -1);
	assert_int_equal(kmm_stats(mm)->bad_frees, 0);
	assert_int_equal(kmm_stats(mm)->allocs, kmm_stats(mm)->frees);
	slab_done(sl);
	kmm_destroy(mm);
}

static void test_no_room(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 1, 0), 1, 1);

	(void)state;
	assert_int_equal(large_alloc(sl, 0, 10, GFP_KERNEL | KMM_GFP_NORETRY, -1), KMM_NULL);
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
