// SPDX-License-Identifier: GPL-2.0-or-later
/* Building the starting state, and what is refused there. */
#include <errno.h>

#include "mm_machine.h"

static void test_lists_in_order(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 64, 3, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 8, 3, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 3, KMM_RECLAIMABLE), 0);
	CHECK_LIST(mm, 3, KMM_RECLAIMABLE, 64, 8, 512);
	assert_int_equal(kmm_seed_pcp(mm, 1, 1000, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 1, 1001, 0, KMM_MOVABLE), 0);
	CHECK_PCP(mm, 1, 0, KMM_MOVABLE, 1000, 1001);
	assert_int_equal(kmm_pcp_pages(mm, 0, 1), 2);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 24);
	machine_done(mm);
}

static void test_refusals(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4000);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 4, 3, KMM_MOVABLE), -EINVAL);
	assert_int_equal(kmm_seed_free(mm, 0, 11, KMM_MOVABLE), -EINVAL);
	assert_int_equal(kmm_seed_free(mm, 0, 0, KMM_MIGRATETYPES), -EINVAL);
	assert_int_equal(kmm_seed_free(mm, UINT32_MAX, 0, KMM_MOVABLE), -EINVAL);
	assert_int_equal(kmm_seed_free(mm, 4000, 5, KMM_MOVABLE), -EBUSY); /* outside the zone */
	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 4, 0, KMM_MOVABLE), -EBUSY);
	assert_int_equal(kmm_seed_pcp(mm, 0, 4, 0, KMM_MOVABLE), -EBUSY);
	assert_int_equal(kmm_seed_pcp(mm, 2, 100, 0, KMM_MOVABLE), -EINVAL);
	assert_int_equal(kmm_seed_pcp(mm, 0, 112, 4, KMM_MOVABLE), -EINVAL);
	assert_int_equal(kmm_seed_pageblock(mm, 1 << 20, KMM_MOVABLE), -EINVAL);
	assert_int_equal(kmm_seed_pcp_factors(mm, 0, 1, 0, 0, 0), -EINVAL);
	assert_int_equal(kmm_seed_pcp_factors(mm, 0, 0, 6, 0, 0), -EINVAL);
	assert_int_equal(kmm_seed_boot(mm, 0, 64, KMM_MOVABLE), -EBUSY);
	assert_int_equal(kmm_seed_boot(mm, 64, 64, KMM_MOVABLE), -EINVAL);
	assert_int_equal(kmm_seed_used(mm, 0, 0, KMM_MOVABLE), -EBUSY);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 8);
	machine_done(mm);
}

/* memblock's release: maximal aligned blocks, each put at the tail. */
static void test_boot_memory(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);

	(void)state;
	assert_int_equal(kmm_seed_boot(mm, 3, 3000, KMM_MOVABLE), 0);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 3);
	CHECK_LIST(mm, 2, KMM_MOVABLE, 4);
	CHECK_LIST(mm, 3, KMM_MOVABLE, 8, 2992);
	CHECK_LIST(mm, 9, KMM_MOVABLE, 512, 2048);
	CHECK_LIST(mm, 10, KMM_MOVABLE, 1024);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 2997);
	machine_done(mm);
}

/* The page block's tag tells what type a page of a shared list was freed with. */
static void test_cached_types(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 0, KMM_HIGHATOMIC), 0);
	assert_int_equal(kmm_seed_pageblock(mm, 512, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 1, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 600, 0, KMM_MOVABLE), 0);
	kmm_drain_pages(mm, 0, 0, 0);
	CHECK_LIST(mm, 0, KMM_HIGHATOMIC, 1);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 600); /* refilled by a movable request, then */
	machine_done(mm);
}

/* A machine without mobility grouping keeps all that is ordinary on one list. */
static void test_no_grouping(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	(void)state;
	c.policy.mobility_grouping = false;
	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 4096);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_pageblock(mm, 0, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 8, 0, KMM_MOVABLE), 0);
	CHECK_LIST(mm, 3, KMM_UNMOVABLE, 0);
	assert_int_equal(kmm_pageblocks(mm, 0, KMM_UNMOVABLE), 8);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_in_order), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_boot_memory),    cmocka_unit_test(test_cached_types),
		cmocka_unit_test(test_no_grouping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
