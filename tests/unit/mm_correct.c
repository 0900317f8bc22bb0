// SPDX-License-Identifier: GPL-2.0-or-later
/* Taking exact blocks, and correcting an answer after the fact. */
#include <errno.h>

#include "mm_machine.h"

static void test_take_splits(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 0, 4, KMM_MOVABLE), 0);
	assert_int_equal(kmm_take(mm, 5, 0), 0);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 4);
	CHECK_LIST(mm, 1, KMM_MOVABLE, 6);
	CHECK_LIST(mm, 2, KMM_MOVABLE, 0);
	CHECK_LIST(mm, 3, KMM_MOVABLE, 8);
	assert_int_equal(kmm_frame_state(mm, 5), KMM_FRAME_USED);
	assert_int_equal(kmm_take(mm, 5, 0), -EBUSY);
	assert_int_equal(kmm_take(mm, 4, 1), -EBUSY); /* half of it is in use */
	assert_int_equal(kmm_take(mm, 4096, 0), -EBUSY);
	machine_done(mm);
}

/* Free blocks and per-CPU pages together make the wanted block. */
static void test_take_joins(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 0, 1, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 2, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 1, 3, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_take(mm, 0, 2), 0);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	/* A part of a larger block in a per-CPU list: the rest goes to the buddy lists. */
	assert_int_equal(kmm_seed_pcp(mm, 0, 8, 3, KMM_MOVABLE), 0);
	assert_int_equal(kmm_take(mm, 9, 0), 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 8);
	CHECK_LIST(mm, 2, KMM_MOVABLE, 12);
	machine_done(mm);
}

static void test_swap_in_a_pcp_list(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);
	kmm_pfn got;

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 1024, 4, KMM_MOVABLE), 0); /* above the marks */
	for (kmm_pfn pfn = 10; pfn < 14; pfn++)
		assert_int_equal(kmm_seed_pcp(mm, 0, pfn, 0, KMM_MOVABLE), 0);
	got = kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	assert_int_equal(got, 10);
	assert_int_equal(kmm_swap_allocation(mm, got, 12, 0), 0);
	CHECK_PCP(mm, 0, 0, KMM_MOVABLE, 11, 10, 13);
	assert_int_equal(kmm_frame_state(mm, 12), KMM_FRAME_USED);
	assert_int_equal(kmm_swap_allocation(mm, 12, 12, 0), 0);
	assert_int_equal(kmm_swap_allocation(mm, 12, 100, 0), -EBUSY);
	assert_int_equal(kmm_swap_allocation(mm, 11, 13, 0), -EBUSY); /* nobody was given 11 */
	machine_done(mm);
}

static void test_swap_in_a_free_list(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	(void)state;
	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 4096);
	mm = machine_create(&c);
	for (kmm_pfn pfn = 0; pfn < 256; pfn += 64)
		assert_int_equal(kmm_seed_free(mm, pfn, 2, KMM_MOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 2), 0);
	/* Same order: it takes the place of what should have been given. */
	assert_int_equal(kmm_swap_allocation(mm, 0, 128, 2), 0);
	CHECK_LIST(mm, 2, KMM_MOVABLE, 64, 0, 192);
	/* Inside a larger block: that is split, and the wrong one merges with what it can. */
	assert_int_equal(kmm_seed_free(mm, 1024, 5, KMM_MOVABLE), 0);
	assert_int_equal(kmm_swap_allocation(mm, 128, 1040, 2), 0);
	CHECK_LIST(mm, 4, KMM_MOVABLE, 1024);
	CHECK_LIST(mm, 3, KMM_MOVABLE, 1048);
	assert_int_equal(kmm_frame_state(mm, 128), KMM_FRAME_FREE);
	assert_int_equal(kmm_frame_state(mm, 1043), KMM_FRAME_USED);
	machine_done(mm);
}

/* What comes back must merge: two free buddies would break the lists. */
static void test_swap_merges(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 4, 2, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 2, KMM_MOVABLE), 0);
	assert_int_equal(kmm_swap_allocation(mm, 0, 512, 2), 0);
	CHECK_LIST(mm, 3, KMM_MOVABLE, 0);
	machine_done(mm);
}

/* What a CPU's list gave goes back to its head, or behind the others; `want` comes from another CPU's. */
static void test_pass_over(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);
	kmm_pfn got;

	(void)state;
	for (kmm_pfn p = 10; p < 13; p++)
		assert_int_equal(kmm_seed_pcp(mm, 0, p, 0, KMM_MOVABLE), 0);
	for (kmm_pfn p = 20; p < 23; p++)
		assert_int_equal(kmm_seed_pcp(mm, 1, p, 0, KMM_MOVABLE), 0);
	got = kmm_alloc_pages_in_zone(mm, 0, GFP_USER_MOVABLE, 0, 0);
	assert_int_equal(got, 10);
	assert_int_equal(kmm_pass_over(mm, 0, got, 21, 0, false), 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 3);
	assert_int_equal(kmm_pcp_pages(mm, 0, 1), 2);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_USER_MOVABLE, 0, 0), 10);
	assert_int_equal(kmm_pass_over(mm, 0, 10, 11, 0, true), 0);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_USER_MOVABLE, 0, 0), 12);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_USER_MOVABLE, 0, 0), 10);
	assert_int_equal(kmm_pass_over(mm, 0, 10, 10, 0, true), -EINVAL);
	assert_int_equal(kmm_pass_over(mm, 0, 10, 11, 0, true), -EBUSY);
	assert_int_equal(kmm_pass_over(mm, 9, 10, 20, 0, true), -EINVAL);
	assert_int_equal(kmm_pass_over(mm, 0, 10, 20, 5, true), -EINVAL);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass_over),
		cmocka_unit_test(test_take_splits),
		cmocka_unit_test(test_take_joins),
		cmocka_unit_test(test_swap_in_a_pcp_list),
		cmocka_unit_test(test_swap_in_a_free_list),
		cmocka_unit_test(test_swap_merges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
