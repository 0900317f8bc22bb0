// SPDX-License-Identifier: GPL-2.0-or-later
/* The ways back: through the per-CPU lists, past them, in pieces, and refused. */
#include "mm_machine.h"

static void test_orders_take_their_way(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);
	struct seen s;

	(void)state;
	seen_watch(mm, &s);
	kmm_free_pages(mm, 1, 0, 0);
	kmm_free_pages(mm, 1, 8, 3);
	kmm_free_pages(mm, 1, 512, 9);
	kmm_free_page_batched(mm, 1, 100);
	/* The huge page overflowed the lists, and left again. */
	assert_int_equal(kmm_pcp_pages(mm, 0, 1), 1 + 8 + 1);
	assert_int_equal(kmm_frame_state(mm, 100), KMM_FRAME_PCP);
	kmm_free_pages(mm, 1, 64, 4);
	kmm_free_pages(mm, 1, 1024, 10);
	assert_int_equal(kmm_frame_state(mm, 79), KMM_FRAME_FREE);
	assert_int_equal(kmm_nr_free(mm, 0, 10, KMM_MOVABLE), 1);
	assert_int_equal(seen_count(&s, 'f'), 6);
	assert_int_equal(kmm_stats(mm)->frees, 6);
	machine_done(mm);
}

/* alloc_pages_exact() gives its unused tail back page by page, to the list tails. */
static void test_exact_tails(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 512, 0, KMM_MOVABLE), 0);
	for (kmm_pfn pfn = 5; pfn < 8; pfn++)
		kmm_free_pages_direct(mm, 0, pfn, 0, true);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 512, 5);
	CHECK_LIST(mm, 1, KMM_MOVABLE, 6);
	machine_done(mm);
}

static void test_pieces(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);
	kmm_pfn pfn;

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 0, 10, KMM_UNMOVABLE), 0);
	pfn = kmm_alloc_pages(mm, 0, GFP_KERNEL, 4);
	kmm_free_pages(mm, 0, pfn + 1, 0);
	kmm_free_pages(mm, 0, pfn + 8, 3);
	assert_int_equal(kmm_frame_state(mm, pfn), KMM_FRAME_USED);
	assert_int_equal(kmm_frame_state(mm, pfn + 1), KMM_FRAME_PCP);
	kmm_free_pages(mm, 0, pfn + 8, 3); /* again: refused */
	kmm_free_pages(mm, 0, pfn, 1);	   /* half of it is free */
	kmm_free_pages(mm, 0, pfn + 3, 1); /* not a block */
	kmm_free_pages(mm, 0, 1 << 20, 0);
	kmm_free_pages(mm, 2, pfn, 0); /* no such CPU */
	kmm_free_pages_direct(mm, 0, 100, 11, false);
	assert_int_equal(kmm_stats(mm)->bad_frees, 6);
	machine_done(mm);
}

/* From 6.10 a block above page block size returns in parts, each to its own type. */
static void test_large_block_6_18(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_18, 4096), *old = machine_of(KMM_LINUX_6_1, 4096);

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 0, KMM_CMA), 0);
	kmm_free_pages(mm, 0, 0, 10);
	CHECK_LIST(mm, 9, KMM_CMA, 0);
	CHECK_LIST(mm, 9, KMM_MOVABLE, 512);
	machine_done(mm);
	assert_int_equal(kmm_seed_pageblock(old, 0, KMM_CMA), 0);
	kmm_free_pages(old, 0, 0, 10);
	CHECK_LIST(old, 10, KMM_CMA, 0);
	machine_done(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders_take_their_way),
		cmocka_unit_test(test_exact_tails),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_large_block_6_18),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
