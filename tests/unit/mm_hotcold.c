// SPDX-License-Identifier: GPL-2.0-or-later
/* The hot and cold lists of 2.6.24, worked by hand. */
#include "mm_machine.h"

/* batch 5: hot refills 5 and holds 30, cold refills 2 and holds 10. */
static struct kmm *machine_hotcold(void)
{
	struct kmm_config c = config_of(KMM_LINUX_2_6);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 4096);
	struct kmm *mm;

	z->pcp_batch = 5;
	z->pcp_high = 30;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 2048, 10, KMM_MOVABLE), 0);
	return mm;
}

static void test_refill_ascending(void **state)
{
	struct kmm *mm = machine_hotcold();
	struct seen s;

	(void)state;
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 2048);
	assert_int_equal(seen_count(&s, 'l'), 5);
	CHECK_PCP(mm, 0, 0, 0, 2049, 2050, 2051, 2052);
	/* What the user noted for a page is gone with the page. */
	kmm_set_frame_words(mm, 2048, 0, 7);
	assert_int_equal(kmm_frame_word(mm, 2048), 7);
	kmm_free_pages(mm, 0, 2048, 0);
	assert_int_equal(kmm_frame_word(mm, 2048), 0);
	machine_done(mm);
}

static void test_cold_side(void **state)
{
	struct kmm *mm = machine_hotcold();
	struct seen s;

	(void)state;
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE | KMM_GFP_COLD, 0), 2048);
	assert_int_equal(seen_count(&s, 'l'), 2);
	CHECK_PCP(mm, 0, 0, 1, 2049);
	kmm_free_page_cold(mm, 0, 100);
	kmm_free_pages(mm, 0, 200, 0);
	CHECK_PCP(mm, 0, 0, 1, 100, 2049);
	CHECK_PCP(mm, 0, 0, 0, 200);
	/* The tenth cold page: two go back, the oldest first. */
	seen_watch(mm, &s);
	for (kmm_pfn pfn = 300; pfn < 308; pfn++)
		kmm_free_page_cold(mm, 0, pfn);
	assert_int_equal(seen_count(&s, 'd'), 2);
	assert_int_equal(s.event[s.n - 2].pfn, 2049);
	assert_int_equal(s.event[s.n - 1].pfn, 100);
	machine_done(mm);
}

/* A page of another type is passed over; if there is none of this type, a further batch. */
static void test_types_mix_in_one_list(void **state)
{
	struct kmm *mm = machine_hotcold();
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 0, KMM_UNMOVABLE), 0);
	kmm_free_pages(mm, 0, 600, 0);
	kmm_free_pages(mm, 0, 100, 0);
	kmm_free_pages(mm, 0, 700, 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 100);
	seen_watch(mm, &s);
	/* No unmovable page is left: the largest block is taken over, and its first pages come. */
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 2048);
	assert_int_equal(seen_count(&s, 'x'), 1);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 2 + 4);
	machine_done(mm);
}

static void test_drain_takes_both_sides(void **state)
{
	struct kmm *mm = machine_hotcold();

	(void)state;
	kmm_free_pages(mm, 0, 10, 0);
	kmm_free_page_cold(mm, 0, 11);
	kmm_drain_pages(mm, 1, 0, KMM_ZONES);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	CHECK_LIST(mm, 1, KMM_MOVABLE, 10);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refill_ascending),
		cmocka_unit_test(test_cold_side),
		cmocka_unit_test(test_types_mix_in_one_list),
		cmocka_unit_test(test_drain_takes_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
