// SPDX-License-Identifier: GPL-2.0-or-later
/* What compaction does to the free lists: blocks taken whole, lists turned, blocks captured. */
#include "mm_machine.h"

static void test_isolate(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 8, 3, KMM_MOVABLE), 0);
	assert_int_equal(kmm_isolate_block(mm, 0, 9), -1); /* inside of a block */
	assert_int_equal(kmm_isolate_block(mm, 0, 1 << 30), -1);
	assert_int_equal(kmm_isolate_block(mm, 0, 8), 3);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 0);
	assert_int_equal(kmm_frame_state(mm, 15), KMM_FRAME_USED);
	/* What is taken of nearly a whole page block makes it movable (6.1, __isolate_free_page). */
	kmm_seed_pageblock(mm, 512, KMM_UNMOVABLE);
	assert_int_equal(kmm_seed_free(mm, 512, 7, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_isolate_block(mm, 0, 512), 7);
	assert_int_equal(kmm_pageblock_type(mm, 512), KMM_UNMOVABLE);
	assert_int_equal(kmm_seed_free(mm, 768, 8, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_isolate_block(mm, 0, 768), 8);
	assert_int_equal(kmm_pageblock_type(mm, 512), KMM_MOVABLE);
	machine_done(mm);
}

/*
 * From 6.10 on the other free blocks of a page block of which half is taken go to the tails of their
 * lists, by ascending address, even if it is MOVABLE (6.12, __isolate_free_page).
 */
static void test_isolate_moves(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_18, 2048);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 514, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 4, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 640, 7, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 768, 8, KMM_MOVABLE), 0);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 514, 512, 4);
	assert_int_equal(kmm_isolate_block(mm, 0, 640), 7);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 514, 512, 4);
	assert_int_equal(kmm_isolate_block(mm, 0, 768), 8);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 4, 512, 514);
	/* Those of another type change lists; a reserve is left alone. */
	kmm_seed_pageblock(mm, 1024, KMM_UNMOVABLE);
	assert_int_equal(kmm_seed_free(mm, 1024, 0, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 1280, 8, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_isolate_block(mm, 0, 1280), 8);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 4, 512, 514, 1024);
	kmm_seed_pageblock(mm, 1536, KMM_HIGHATOMIC);
	assert_int_equal(kmm_seed_free(mm, 1536, 0, KMM_HIGHATOMIC), 0);
	assert_int_equal(kmm_seed_free(mm, 1792, 8, KMM_HIGHATOMIC), 0);
	assert_int_equal(kmm_isolate_block(mm, 0, 1792), 8);
	CHECK_LIST(mm, 0, KMM_HIGHATOMIC, 1536);
	assert_int_equal(kmm_pageblock_type(mm, 1536), KMM_HIGHATOMIC);
	machine_done(mm);
}

static void test_turn(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);

	(void)state;
	for (kmm_pfn pfn = 0; pfn < 10; pfn += 2)
		assert_int_equal(kmm_seed_free(mm, pfn, 0, KMM_MOVABLE), 0);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 0, 2, 4, 6, 8);
	assert_int_equal(kmm_free_list_prev(mm, 0, 0, KMM_MOVABLE, KMM_NO_PFN), 8);
	assert_int_equal(kmm_free_list_prev(mm, 0, 0, KMM_MOVABLE, 8), 6);
	assert_int_equal(kmm_free_list_prev(mm, 0, 0, KMM_MOVABLE, 0), KMM_NO_PFN);
	kmm_free_list_turn(mm, 0, 0, KMM_MOVABLE, 6);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 6, 8, 0, 2, 4);
	kmm_free_list_turn(mm, 0, 0, KMM_MOVABLE, 6);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 6, 8, 0, 2, 4);
	machine_done(mm);
}

/* A task that wants order 2 gets the block that its free makes whole, before it joins order 3. */
static void test_capture(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 4, 2, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 2, 1, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 1, 0, KMM_MOVABLE), 0);
	kmm_capture(mm, 0, 2, KMM_MOVABLE);
	kmm_free_pages_direct(mm, 0, 0, 0, false);
	assert_int_equal(kmm_captured(mm), 0);
	assert_int_equal(kmm_captured(mm), KMM_NO_PFN);
	kmm_capture(mm, -1, 0, 0);
	CHECK_LIST(mm, 2, KMM_MOVABLE, 4);
	assert_int_equal(kmm_frame_state(mm, 3), KMM_FRAME_USED);
	kmm_free_pages_direct(mm, 0, 0, 2, false);
	CHECK_LIST(mm, 3, KMM_MOVABLE, 0);
	/* Not of another zone, nor movable pages for a request that would mix them. */
	kmm_take(mm, 0, 2);
	kmm_capture(mm, 1, 2, KMM_MOVABLE);
	kmm_free_pages_direct(mm, 0, 0, 2, false);
	assert_int_equal(kmm_captured(mm), KMM_NO_PFN);
	kmm_take(mm, 0, 2);
	kmm_capture(mm, 0, 2, KMM_UNMOVABLE);
	kmm_free_pages_direct(mm, 0, 0, 2, false);
	assert_int_equal(kmm_captured(mm), KMM_NO_PFN);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isolate),
		cmocka_unit_test(test_isolate_moves),
		cmocka_unit_test(test_turn),
		cmocka_unit_test(test_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
