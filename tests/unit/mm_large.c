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

/* Objects have addresses: none comes from high memory, whoever asks. */
static void test_no_highmem(void **state)
{
	(void)state;
	for (unsigned kind = KMM_SLUB; kind <= KMM_SLOB; kind++) {
		struct kmm_config c = config_of(KMM_LINUX_6_1);
		struct kmm_slab_policy p;
		struct kmm_slab *sl;
		struct kmm *mm;

		config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 512);
		config_zone(&c, 0, KMM_ZONE_HIGHMEM, 512, 512);
		mm = machine_create(&c);
		assert_int_equal(kmm_seed_boot(mm, 0, 512, KMM_MOVABLE), 0);
		assert_int_equal(kmm_seed_boot(mm, 512, 1024, KMM_MOVABLE), 0);
		kmm_slab_policy_init(&p, (enum kmm_slab_kind)kind, KMM_VERSION(6, 1, 0));
		sl = slab_create(mm, &p);
		for (size_t size = 10; size < 40000; size *= 3) {
			kmm_addr at = kmm_kmalloc(sl, 0, size, GFP_KERNEL | KMM_GFP_HIGHMEM);

			assert_true(kmm_slab_frame(sl, at) < 512);
		}
		slab_done(sl);
		kmm_destroy(mm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_no_highmem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
