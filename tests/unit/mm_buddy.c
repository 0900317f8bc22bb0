// SPDX-License-Identifier: GPL-2.0-or-later
/* Splitting, merging and the order within free lists: worked by hand from the rules. */
#include "mm_machine.h"

static struct kmm *bare_machine(enum kmm_generation g)
{
	struct kmm_config c = config_of(g);

	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 4096);
	return machine_create(&c);
}

/* The textbook case: one page out of 1024 leaves one block of each smaller order. */
static void test_split_keeps_lower_half(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 0, 10, KMM_MOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 0);
	for (unsigned order = 0; order < 10; order++)
		CHECK_LIST(mm, order, KMM_MOVABLE, 1u << order);
	assert_int_equal(kmm_nr_free(mm, 0, 10, KMM_MOVABLE), 0);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 1023);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 3), 8);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 3), 16);
	CHECK_LIST(mm, 3, KMM_MOVABLE, 24);
	kmm_free_pages(mm, 0, 16, 3);
	kmm_free_pages(mm, 0, 8, 3);
	kmm_free_pages(mm, 0, 0, 0);
	CHECK_LIST(mm, 10, KMM_MOVABLE, 0);
	machine_done(mm);
}

static void test_lists_are_last_in_first_out(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);

	(void)state;
	/* Far apart, so that nothing merges and no larger buddy is free. */
	kmm_free_pages_direct(mm, 0, 0, 0, false);
	kmm_free_pages_direct(mm, 0, 64, 0, false);
	kmm_free_pages_direct(mm, 0, 128, 0, false);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 128, 64, 0);
	kmm_free_pages_direct(mm, 0, 256, 0, true);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 128, 64, 0, 256);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 128);
	machine_done(mm);
}

/* A block goes to the tail if the buddy of the block that it would grow into is free. */
static void test_tail_if_merge_is_likely(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1), *old = bare_machine(KMM_LINUX_2_6);

	(void)state;
	kmm_free_pages_direct(mm, 0, 512, 0, false);
	/* 0 and 1 would make 0-1, whose buddy is 2-3. */
	assert_int_equal(kmm_seed_free(mm, 2, 1, KMM_MOVABLE), 0);
	kmm_free_pages_direct(mm, 0, 1, 0, false);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 512, 1);
	kmm_free_pages_direct(mm, 0, 0, 0, false);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 512);
	CHECK_LIST(mm, 2, KMM_MOVABLE, 0);
	machine_done(mm);

	/* 2.6.24 knew only the head. */
	kmm_free_pages_direct(old, 0, 512, 0, false);
	assert_int_equal(kmm_seed_free(old, 2, 1, KMM_MOVABLE), 0);
	kmm_free_pages_direct(old, 0, 1, 0, false);
	CHECK_LIST(old, 0, KMM_MOVABLE, 1, 512);
	machine_done(old);
}

/* The rule looks at orders up to two below the top, and wants exactly that order. */
static void test_tail_rule_limits(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);

	(void)state;
	/* 0-511 and 512-1023 would make a block whose buddy, 1024-2047, is free. */
	assert_int_equal(kmm_seed_free(mm, 1024, 10, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 2048, 9, KMM_MOVABLE), 0);
	kmm_free_pages_direct(mm, 0, 0, 9, false);
	CHECK_LIST(mm, 9, KMM_MOVABLE, 0, 2048); /* but it is one below the top: head */
	machine_done(mm);

	mm = bare_machine(KMM_LINUX_6_1);
	kmm_free_pages_direct(mm, 0, 512, 0, false);
	assert_int_equal(kmm_seed_free(mm, 0, 2, KMM_MOVABLE), 0); /* 4-5's larger buddy is 6-7 */
	kmm_free_pages_direct(mm, 0, 4, 0, false);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 4, 512);
	machine_done(mm);
}

/* Merging takes the buddy off whatever list it is on. */
static void test_merge_across_types(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 8, 3, KMM_UNMOVABLE), 0);
	kmm_free_pages_direct(mm, 0, 0, 3, false);
	CHECK_LIST(mm, 4, KMM_MOVABLE, 0);
	assert_int_equal(kmm_nr_free(mm, 0, 3, KMM_UNMOVABLE), 0);
	machine_done(mm);
}

/* From page block size on, HIGHATOMIC keeps apart from the rest. */
static void test_special_types_keep_apart(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 512, KMM_HIGHATOMIC), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 9, KMM_HIGHATOMIC), 0);
	kmm_free_pages_direct(mm, 0, 0, 9, false);
	CHECK_LIST(mm, 9, KMM_MOVABLE, 0);
	CHECK_LIST(mm, 9, KMM_HIGHATOMIC, 512);
	machine_done(mm);

	/* Ordinary types do merge there, and the freed block's type wins. */
	mm = bare_machine(KMM_LINUX_6_1);
	assert_int_equal(kmm_seed_pageblock(mm, 512, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 9, KMM_UNMOVABLE), 0);
	kmm_free_pages_direct(mm, 0, 0, 9, false);
	CHECK_LIST(mm, 10, KMM_MOVABLE, 0);
	assert_int_equal(kmm_pageblock_type(mm, 512), KMM_UNMOVABLE);
	machine_done(mm);

	/* 6.10 and later keep the tag equal to the list. */
	mm = bare_machine(KMM_LINUX_6_18);
	assert_int_equal(kmm_seed_pageblock(mm, 512, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 9, KMM_UNMOVABLE), 0);
	kmm_free_pages_direct(mm, 0, 0, 9, false);
	CHECK_LIST(mm, 10, KMM_MOVABLE, 0);
	assert_int_equal(kmm_pageblock_type(mm, 512), KMM_MOVABLE);
	machine_done(mm);
}

static void test_never_across_zones(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	(void)state;
	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA, 0, 4);
	config_zone(&c, 0, KMM_ZONE_DMA32, 4, 60);
	mm = machine_create(&c);
	kmm_free_pages_direct(mm, 0, 0, 2, false);
	kmm_free_pages_direct(mm, 0, 4, 2, false);
	assert_int_equal(kmm_nr_free(mm, 0, 2, KMM_MOVABLE), 1);
	assert_int_equal(kmm_nr_free(mm, 1, 2, KMM_MOVABLE), 1);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_keeps_lower_half),
		cmocka_unit_test(test_lists_are_last_in_first_out),
		cmocka_unit_test(test_tail_if_merge_is_likely),
		cmocka_unit_test(test_tail_rule_limits),
		cmocka_unit_test(test_merge_across_types),
		cmocka_unit_test(test_special_types_keep_apart),
		cmocka_unit_test(test_never_across_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
