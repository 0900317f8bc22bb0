// SPDX-License-Identifier: GPL-2.0-or-later
/* Where requests go when their own type is exhausted, in the three algorithms. */
#include "mm_machine.h"

static struct kmm *bare_machine(enum kmm_generation g)
{
	struct kmm_config c = config_of(g);

	c.policy.pcp_batch = 0;
	c.policy.watermark_boost_factor = 0;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 8192);
	return machine_create(&c);
}

static void check_extfrag(const struct seen_event *e, kmm_pfn pfn, unsigned order, unsigned found,
			  unsigned type, unsigned from, bool owner)
{
	assert_int_equal(e->kind, 'x');
	assert_int_equal(e->pfn, pfn);
	assert_int_equal(e->order, order);
	assert_int_equal(e->found, found);
	assert_int_equal(e->type, type);
	assert_int_equal(e->from, from);
	assert_int_equal(e->flag, owner);
}

/*
 * Seen in the capture of a 6.1 machine under pressure: a reclaimable page takes
 * over both page blocks of an order 10 block of movable pages.
 */
static void test_whole_blocks_change_hands(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 0x400, 10, KMM_MOVABLE), 0);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL | KMM_GFP_RECLAIMABLE, 0), 0x400);
	check_extfrag(&s.event[0], 0x400, 0, 10, KMM_RECLAIMABLE, KMM_MOVABLE, true);
	assert_int_equal(s.event[1].kind, 'l');
	assert_int_equal(kmm_pageblock_type(mm, 0x400), KMM_RECLAIMABLE);
	assert_int_equal(kmm_pageblock_type(mm, 0x600), KMM_RECLAIMABLE);
	/* Then a huge page takes the second block back, a single page the rest of the first. */
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 9), 0x600);
	check_extfrag(&s.event[0], 0x600, 9, 9, KMM_MOVABLE, KMM_RECLAIMABLE, true);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 0x401);
	check_extfrag(&s.event[0], 0x500, 0, 8, KMM_MOVABLE, KMM_RECLAIMABLE, true);
	machine_done(mm);
}

/* UNMOVABLE asks RECLAIMABLE before MOVABLE, but order comes first: largest. */
static void test_preference(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 1024, 3, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 2048, 4, KMM_MOVABLE), 0);
	seen_watch(mm, &s);
	kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
	check_extfrag(&s.event[0], 2048, 0, 4, KMM_UNMOVABLE, KMM_MOVABLE, true);
	while (kmm_stats(mm)->fallbacks == 1)
		kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
	assert_int_equal(s.event[s.n - 3].from, KMM_RECLAIMABLE);
	machine_done(mm);
}

/* A movable page that finds only small blocks takes the smallest, and nothing else moves. */
static void test_movable_takes_smallest(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);
	struct seen s;

	(void)state;
	for (kmm_pfn pfn = 0; pfn < 1024; pfn += 512)
		assert_int_equal(kmm_seed_pageblock(mm, pfn, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 1, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 520, 2, KMM_UNMOVABLE), 0);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 512);
	check_extfrag(&s.event[0], 512, 0, 1, KMM_MOVABLE, KMM_UNMOVABLE, false);
	/* The rest of the stolen block stays with the requester though the tag did not change. */
	CHECK_LIST(mm, 0, KMM_MOVABLE, 513);
	CHECK_LIST(mm, 2, KMM_UNMOVABLE, 520);
	CHECK_LIST(mm, 3, KMM_UNMOVABLE, 0);
	machine_done(mm);
}

/*
 * Claiming moves every free block of the page block to the list tails by
 * ascending address, whatever list it was on; the tag follows only if half the
 * block is free or of a like kind.
 */
static void claim_with(bool alike, int expect, bool owner)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_1);
	struct seen s;

	assert_int_equal(kmm_seed_free(mm, 4096, 2, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 64, 3, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 4, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 40, 2, KMM_UNMOVABLE), 0);
	/* 512 - 28 pages of the block are in use: movable ones do not count for the requester. */
	if (!alike)
		for (kmm_pfn pfn = 128; pfn < 512; pfn++)
			assert_int_equal(kmm_seed_used(mm, pfn, 0, KMM_MOVABLE), 0);
	kmm_expect_ownership(mm, expect);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 3), 64);
	check_extfrag(&s.event[0], 0, 3, 4, KMM_UNMOVABLE, KMM_MOVABLE, owner);
	assert_int_equal(kmm_pageblock_type(mm, 0), owner ? KMM_UNMOVABLE : KMM_MOVABLE);
	CHECK_LIST(mm, 4, KMM_UNMOVABLE, 0);
	CHECK_LIST(mm, 2, KMM_UNMOVABLE, 40);
	CHECK_LIST(mm, 2, KMM_RECLAIMABLE, 4096);
	machine_done(mm);
}

static void test_claim(void **state)
{
	(void)state;
	claim_with(true, -1, true);
	claim_with(false, -1, false);
	claim_with(true, 0, false);
	claim_with(false, 1, true);
}

static void test_no_grouping_needs_no_fallback(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	(void)state;
	c.policy.mobility_grouping = false;
	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 4096);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 0, 10, KMM_MOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 1);
	assert_int_equal(kmm_stats(mm)->fallbacks, 0);
	machine_done(mm);
}

/* 6.10+: a block that is not worth claiming is stolen alone, and its rest stays where it was. */
static void test_claim_then_steal(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_6_18);
	struct seen s;

	(void)state;
	for (kmm_pfn pfn = 0; pfn < 8192; pfn++)
		assert_int_equal(kmm_seed_used(mm, pfn, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 4, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 2, KMM_MOVABLE), 0);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 1), 512);
	check_extfrag(&s.event[0], 512, 1, 2, KMM_UNMOVABLE, KMM_MOVABLE, false);
	assert_int_equal(s.event[1].kind, 'a'); /* no zone_locked for a stolen block */
	CHECK_LIST(mm, 1, KMM_MOVABLE, 514);
	assert_int_equal(kmm_pageblock_type(mm, 512), KMM_MOVABLE);
	machine_done(mm);

	/* Half of the page block free: it is claimed, and both events are there. */
	mm = bare_machine(KMM_LINUX_6_18);
	assert_int_equal(kmm_seed_free(mm, 256, 8, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 0, KMM_MOVABLE), 0);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 0);
	assert_int_equal(s.event[0].kind, 'l');
	check_extfrag(&s.event[1], 256, 0, 8, KMM_UNMOVABLE, KMM_MOVABLE, true);
	CHECK_LIST(mm, 8, KMM_UNMOVABLE, 256);
	machine_done(mm);
}

/*
 * Page cache that is not asked for as MOVABLE is on the LRU, and counts as movable: of a MOVABLE page block 16 pages
 * are free, and 288 are such, or the kernel's own, like the other 208.
 */
static void test_page_cache(void **state)
{
	(void)state;
	for (unsigned cache = 0; cache < 2; cache++) {
		struct kmm *mm = bare_machine(KMM_LINUX_6_18);
		kmm_gfp gfp = GFP_KERNEL | KMM_GFP_COMP | (cache ? KMM_GFP_HARDWALL : 0);
		struct seen s;

		assert_int_equal(kmm_seed_free(mm, 0, 8, KMM_UNMOVABLE), 0);
		assert_int_equal(kmm_seed_free(mm, 256, 5, KMM_UNMOVABLE), 0);
		for (kmm_pfn pfn = 512; pfn < 576; pfn += 16)
			assert_int_equal(kmm_seed_free(mm, pfn, 3, KMM_UNMOVABLE), 0);
		assert_int_equal(kmm_alloc_pages(mm, 0, gfp, 8), 0);
		assert_int_equal(kmm_alloc_pages(mm, 0, gfp, 5), 256);
		assert_int_equal(kmm_seed_free(mm, 288, 4, KMM_MOVABLE), 0);
		seen_watch(mm, &s);
		assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 4), 288);
		check_extfrag(&s.event[cache ? 0 : 1], 288, 4, 4, KMM_UNMOVABLE, KMM_MOVABLE,
			      !cache);
		machine_done(mm);
	}
}

/* 2.6.24: the largest block, split in place; small ones leave their rest to the old type. */
static void test_2_6(void **state)
{
	struct kmm *mm = bare_machine(KMM_LINUX_2_6);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 0, 2, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 512, 3, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 1024, 5, KMM_HIGHATOMIC), 0); /* RESERVE */
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 512);
	CHECK_LIST(mm, 2, KMM_UNMOVABLE, 516, 0);
	CHECK_LIST(mm, 0, KMM_UNMOVABLE, 513);
	/* RESERVE only when all else is gone: 11 pages are left besides. */
	for (unsigned i = 0; i < 11; i++)
		assert_true(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0) < 1024);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0), 1024);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_blocks_change_hands),
		cmocka_unit_test(test_preference),
		cmocka_unit_test(test_movable_takes_smallest),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_no_grouping_needs_no_fallback),
		cmocka_unit_test(test_claim_then_steal),
		cmocka_unit_test(test_page_cache),
		cmocka_unit_test(test_2_6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
