// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The per-CPU lists of 5.10 and 6.1.  Refill runs (31, 15, 7, 3 by order with
 * batch 31; 63, 31, 15, 7 with batch 63; 2 huge pages; 1 in zone DMA) are those
 * seen in real 6.1 traces; drains are worked by hand from the rules.
 */
#include "mm_machine.h"

static struct kmm *machine_with(enum kmm_generation g, int batch, int high)
{
	struct kmm_config c = config_of(g);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, 8192);
	struct kmm *mm;

	z->pcp_batch = batch;
	z->pcp_high = high;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(mm, 1024, 8192, KMM_MOVABLE), 0);
	return mm;
}

/* Blocks that one refill takes. */
static unsigned refill_run(int batch, unsigned order)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, batch, 8 * batch);
	struct seen s;
	unsigned n;

	seen_watch(mm, &s);
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, order), KMM_NO_PFN);
	n = seen_count(&s, 'l');
	assert_int_equal(s.event[n].kind, 'a');
	for (unsigned i = 0; i < n; i++)
		assert_true(s.event[i].flag);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), (n - 1) << order);
	machine_done(mm);
	return n;
}

static void test_refill_runs(void **state)
{
	static const unsigned of_31[] = { 31, 15, 7, 3 }, of_63[] = { 63, 31, 15, 7 };

	(void)state;
	for (unsigned order = 0; order < 4; order++) {
		assert_int_equal(refill_run(31, order), of_31[order]);
		assert_int_equal(refill_run(63, order), of_63[order]);
		assert_int_equal(refill_run(1, order), 1);
	}
	assert_int_equal(refill_run(31, 9), 2);
	assert_int_equal(refill_run(3, 3), 2);
}

/* Refilled pages come out in the order in which the buddy lists gave them: ascending here. */
static void test_refill_keeps_buddy_order(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 7, 100);

	(void)state;
	/* Boot memory was put at tails: the first block is the lowest. */
	for (kmm_pfn want = 1024; want < 1024 + 20; want++)
		assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), want);
	kmm_free_pages(mm, 0, 1024, 0);
	kmm_free_pages(mm, 0, 1030, 0);
	CHECK_PCP(mm, 0, 0, KMM_MOVABLE, 1030, 1024, 1044);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 1030);
	machine_done(mm);
}

/* The tag at the time of the free decides where a drained page goes, not today's. */
static void test_type_is_cached_at_free(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 31, 407);
	struct seen s;

	(void)state;
	kmm_free_pages(mm, 0, 8, 0);
	assert_int_equal(kmm_seed_pageblock(mm, 0, KMM_UNMOVABLE), 0);
	kmm_free_pages(mm, 0, 80, 0);
	CHECK_PCP(mm, 0, 0, KMM_MOVABLE, 8);
	CHECK_PCP(mm, 0, 0, KMM_UNMOVABLE, 80);
	seen_watch(mm, &s);
	kmm_drain_pages(mm, 1, 0, KMM_ZONES);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.event[0].pfn, 80);
	assert_int_equal(s.event[0].type, KMM_UNMOVABLE);
	assert_int_equal(s.event[1].pfn, 8);
	assert_int_equal(s.event[1].type, KMM_MOVABLE);
	assert_int_equal(s.event[1].cpu, 1); /* the drainer's */
	CHECK_LIST(mm, 0, KMM_MOVABLE, 8);
	machine_done(mm);
}

/* The coldest page goes first, each to the head: the last one drained is the next given out. */
static void test_drained_to_head(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 31, 407);

	(void)state;
	kmm_free_pages(mm, 0, 8, 0);
	kmm_free_pages(mm, 0, 20, 0);
	kmm_drain_pages(mm, 0, 0, 0);
	CHECK_LIST(mm, 0, KMM_MOVABLE, 20, 8);
	machine_done(mm);
}

/* Types without lists of their own share the movable one, and are remembered. */
static void test_highatomic_page_in_movable_list(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 31, 407);

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 0, KMM_HIGHATOMIC), 0);
	kmm_free_pages(mm, 0, 8, 0);
	CHECK_PCP(mm, 0, 0, KMM_MOVABLE, 8);
	kmm_drain_pages(mm, 0, 0, 0);
	CHECK_LIST(mm, 0, KMM_HIGHATOMIC, 8);
	/* ISOLATE goes past the lists. */
	assert_int_equal(kmm_seed_pageblock(mm, 512, KMM_ISOLATE), 0);
	kmm_free_pages(mm, 0, 520, 0);
	CHECK_LIST(mm, 0, KMM_ISOLATE, 520);
	machine_done(mm);
}

/*
 * batch 10, high 100: the 100th page drains batch << factor, with the factor
 * growing while that stays below high - batch: 10, 20, 40, 80, 90 (80 << 1 is
 * above, so the factor stays).
 */
static void test_free_factor(void **state)
{
	static const unsigned runs[] = { 10, 20, 40, 80, 90, 90 };
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 10, 100);
	kmm_pfn pfn = 0;
	struct seen s;

	(void)state;
	seen_watch(mm, &s);
	for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		unsigned before = seen_count(&s, 'd');

		while (seen_count(&s, 'd') == before)
			kmm_free_pages(mm, 0, pfn++, 0);
		assert_int_equal(seen_count(&s, 'd') - before, runs[i]);
		assert_int_equal(kmm_pcp_pages(mm, 0, 0), 100 - runs[i]);
	}
	/* The factor was raised at 10, 20, 40 and 80: 4 by now; allocations halve it: 2, 1, 0. */
	for (unsigned i = 0; i < 3; i++)
		kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	seen_watch(mm, &s);
	while (!seen_count(&s, 'd'))
		kmm_free_pages(mm, 0, pfn++, 0);
	assert_int_equal(seen_count(&s, 'd'), 10);
	machine_done(mm);
}

/* From the list just freed to, coldest page first, then the next lists in a cycle. */
static void test_drain_order(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 4, 8);
	static const kmm_pfn want[] = { 600, 700, 10, 20 };
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 0, KMM_RECLAIMABLE), 0);
	kmm_free_pages(mm, 0, 10, 0); /* list 2 */
	kmm_free_pages(mm, 0, 20, 0);
	kmm_free_pages(mm, 0, 30, 0);
	kmm_free_pages(mm, 0, 40, 0);
	kmm_free_pages(mm, 0, 50, 0);
	kmm_free_pages(mm, 0, 60, 0);
	kmm_free_pages(mm, 0, 600, 0); /* list 1 */
	seen_watch(mm, &s);
	kmm_free_pages(mm, 0, 700, 0); /* the 8th page */
	assert_int_equal(seen_count(&s, 'd'), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(s.event[1 + i].pfn, want[i]);
	machine_done(mm);
}

/* An order 1 to 3 free after a drain empties everything, and leaves the factor as it is. */
static void test_high_order_free_empties(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 10, 100);
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_pcp_factors(mm, 0, 0, 1, 0, 0), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 3, 0, KMM_MOVABLE), 0);
	seen_watch(mm, &s);
	kmm_free_pages(mm, 0, 8, 1);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	assert_int_equal(s.event[1].pfn, 8); /* its own list first */
	assert_int_equal(s.event[2].pfn, 3);
	kmm_free_pages(mm, 0, 16, 2);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	/* Not without a factor, and never for huge pages. */
	assert_int_equal(kmm_seed_pcp_factors(mm, 0, 0, 0, 0, 0), 0);
	kmm_free_pages(mm, 0, 32, 3);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 8);
	machine_done(mm);
}

/* While kswapd works the limit is 4 * batch. */
static void test_kswapd_lowers_limit(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 10, 1000);

	(void)state;
	kmm_kswapd(mm, 0, KMM_ZONE_MOVABLE);
	for (kmm_pfn pfn = 0; pfn < 39; pfn++)
		kmm_free_pages(mm, 0, pfn, 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 39);
	kmm_free_pages(mm, 0, 39, 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 30);
	kmm_kswapd(mm, 0, -1);
	for (kmm_pfn pfn = 100; pfn < 200; pfn++)
		kmm_free_pages(mm, 0, pfn, 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 130);
	machine_done(mm);
}

/* A huge page counts 512, so that a drain of a few pages takes it whole. */
static void test_huge_page_lists(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 10, 1000);
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 512, KMM_RECLAIMABLE), 0);
	kmm_free_pages(mm, 0, 0, 9);
	CHECK_PCP(mm, 0, 9, KMM_MOVABLE, 0);
	seen_watch(mm, &s);
	kmm_free_pages(mm, 0, 512, 9); /* 1024 pages: the unmovable list, then drained */
	assert_int_equal(seen_count(&s, 'd'), 1);
	assert_int_equal(s.event[1].pfn, 512);
	assert_int_equal(s.event[1].type, KMM_RECLAIMABLE);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 512);
	machine_done(mm);
}

/* The whole is drained in chunks of batch << 5, each starting at the first list. */
static void test_explicit_drain(void **state)
{
	struct kmm *mm = machine_with(KMM_LINUX_6_1, 1, 1000);

	(void)state;
	for (kmm_pfn pfn = 0; pfn < 100; pfn++)
		kmm_free_pages(mm, 0, pfn, 0);
	kmm_drain_some(mm, 0, 0, 0, 30);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 70);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 0);
	/* All came together again: 64 + 32 + 4. */
	assert_int_equal(kmm_nr_free(mm, 0, 6, KMM_MOVABLE), 1);
	assert_int_equal(kmm_nr_free(mm, 0, 5, KMM_MOVABLE), 1);
	assert_int_equal(kmm_nr_free(mm, 0, 2, KMM_MOVABLE), 1);
	machine_done(mm);
}

/*
 * 5.10: order 0 only, a drain of exactly batch, round robin from the second list
 * with one page more for each list passed: 1 of movable, 2 steps to unmovable
 * (reclaimable is empty) give 2, then movable again.
 */
static void test_round_robin_5_10(void **state)
{
	static const kmm_pfn want[] = { 600, 10, 20, 610 };
	struct kmm *mm = machine_with(KMM_LINUX_5_10, 4, 8);
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 0, KMM_UNMOVABLE), 0);
	for (kmm_pfn pfn = 10; pfn <= 40; pfn += 10)
		kmm_free_pages(mm, 0, pfn, 0);
	for (kmm_pfn pfn = 600; pfn <= 620; pfn += 10)
		kmm_free_pages(mm, 0, pfn, 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 7);
	seen_watch(mm, &s);
	kmm_free_pages(mm, 0, 630, 0);
	assert_int_equal(seen_count(&s, 'd'), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(s.event[1 + i].pfn, want[i]);
	/* Order 1 goes straight to the buddy lists. */
	kmm_free_pages(mm, 0, 700, 1);
	assert_int_equal(kmm_frame_state(mm, 701), KMM_FRAME_FREE);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refill_runs),
		cmocka_unit_test(test_refill_keeps_buddy_order),
		cmocka_unit_test(test_type_is_cached_at_free),
		cmocka_unit_test(test_drained_to_head),
		cmocka_unit_test(test_highatomic_page_in_movable_list),
		cmocka_unit_test(test_free_factor),
		cmocka_unit_test(test_drain_order),
		cmocka_unit_test(test_high_order_free_empties),
		cmocka_unit_test(test_kswapd_lowers_limit),
		cmocka_unit_test(test_huge_page_lists),
		cmocka_unit_test(test_explicit_drain),
		cmocka_unit_test(test_round_robin_5_10),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
