// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages of the contiguous memory allocator's blocks: lent to movable requests alone. */
#include "mm_machine.h"

/* So many single pages of a MOVABLE block and of a CMA block are free, none of which merge. */
static struct kmm *machine_cma(enum kmm_generation g, unsigned movable, unsigned cma)
{
	struct kmm_config c = config_of(g);
	struct kmm *mm;

	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 4096);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_pageblock(mm, 2048, KMM_CMA), 0);
	for (unsigned i = 0; i < movable; i++)
		assert_int_equal(kmm_seed_free(mm, 2 * i, 0, KMM_MOVABLE), 0);
	for (unsigned i = 0; i < cma; i++)
		assert_int_equal(kmm_seed_free(mm, 2048 + 2 * i, 0, KMM_CMA), 0);
	return mm;
}

static bool is_cma(kmm_pfn pfn)
{
	return pfn >= 2048 && pfn < 2560;
}

/* First while they are more than half of what is free; then the own lists, and CMA once those are empty. */
static void check_order(enum kmm_generation g)
{
	struct kmm *mm = machine_cma(g, 4, 8);

	/* 8 of 12, 7 of 11, 6 of 10, 5 of 9: more than half; 4 of 8 is not. */
	for (unsigned i = 0; i < 4; i++)
		assert_true(is_cma(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0)));
	assert_false(is_cma(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0)));
	/* 4 of 7. */
	assert_true(is_cma(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0)));
	for (unsigned i = 0; i < 5; i++)
		assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), KMM_NO_PFN);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 1); /* the mark */
	machine_done(mm);
}

static void test_movable(void **state)
{
	(void)state;
	check_order(KMM_LINUX_6_1);
	check_order(KMM_LINUX_6_18);
}

/* Others never get one, not even as a fallback, and their watermarks do not count them. */
static void check_others(enum kmm_generation g)
{
	struct kmm *mm = machine_cma(g, 3, 8);
	const kmm_gfp gfp[] = { GFP_KERNEL, GFP_KERNEL | KMM_GFP_RECLAIMABLE, GFP_ATOMIC };
	unsigned given = 0;

	for (unsigned i = 0; i < 9; i++) {
		kmm_pfn pfn = kmm_alloc_pages(mm, 0, gfp[i % 3], 0);

		assert_false(is_cma(pfn));
		given += pfn != KMM_NO_PFN;
	}
	assert_in_range(given, 2, 3);
	assert_int_equal(kmm_nr_free(mm, 0, 0, KMM_CMA), 8);
	machine_done(mm);
}

static void test_others(void **state)
{
	(void)state;
	check_others(KMM_LINUX_5_10);
	check_others(KMM_LINUX_6_1);
	check_others(KMM_LINUX_6_18);
}

/* 100 free pages, 60 of them CMA's, and a mark of 50. */
static void test_watermark(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, 4096);
	struct kmm *mm;

	(void)state;
	c.policy.pcp_batch = 0;
	z->min = z->low = z->high = 50;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_pageblock(mm, 2048, KMM_CMA), 0);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(kmm_seed_free(mm, 2 * i, 0, KMM_UNMOVABLE), 0);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(kmm_seed_free(mm, 2048 + 2 * i, 0, KMM_CMA), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), KMM_NO_PFN);
	machine_done(mm);
}

/* Freed pages go back to the CMA lists; a CPU's list keeps them among the movable ones. */
static void test_freed(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;
	kmm_pfn pfn;

	(void)state;
	c.policy.pcp_batch = 4;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 4096);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_pageblock(mm, 2048, KMM_CMA), 0);
	assert_int_equal(kmm_seed_free(mm, 2048, 3, KMM_CMA), 0);
	pfn = kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	assert_true(is_cma(pfn));
	kmm_free_pages(mm, 0, pfn, 0);
	assert_int_equal(kmm_pcp_list_next(mm, 0, 0, 0, KMM_MOVABLE, KMM_NO_PFN), pfn);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	assert_int_equal(kmm_nr_free(mm, 0, 3, KMM_CMA), 1);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_movable),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_watermark),
		cmocka_unit_test(test_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
