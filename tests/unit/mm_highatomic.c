// SPDX-License-Identifier: GPL-2.0-or-later
/* Page blocks set aside for high-order atomic requests: reserved, used, released. */
#include "mm_machine.h"

/* A zone of 100 page blocks: 6.1 may reserve managed/100 + one page block, rounded up to two. */
static struct kmm *machine_reserving(enum kmm_generation g)
{
	struct kmm_config c = config_of(g);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, 51200);
	struct kmm *mm;

	c.policy.pcp_batch = 0;
	z->min = 100;
	z->low = 100000; /* always below low: requests take the slow path */
	z->high = 100001;
	mm = machine_create(&c);
	for (kmm_pfn pfn = 0; pfn < 10240; pfn += 512)
		assert_int_equal(kmm_seed_free(mm, pfn, 8, KMM_MOVABLE), 0);
	return mm;
}

static void test_reserve_and_cap(void **state)
{
	struct kmm *mm = machine_reserving(KMM_LINUX_6_1);
	kmm_pfn pfn[4];

	(void)state;
	/* Order 0 never reserves, nor does a request that may wait. */
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC, 0), KMM_NO_PFN);
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 2), KMM_NO_PFN);
	assert_int_equal(kmm_stats(mm)->highatomic_reserved, 0);
	pfn[0] = kmm_alloc_pages(mm, 0, GFP_ATOMIC, 1);
	assert_int_equal(kmm_stats(mm)->highatomic_reserved, 1);
	assert_int_equal(kmm_pageblock_type(mm, pfn[0]), KMM_HIGHATOMIC);
	/* The next ones come from there, until it is empty. */
	pfn[1] = kmm_alloc_pages(mm, 0, GFP_ATOMIC, 7);
	assert_int_equal(pfn[1] / 512, pfn[0] / 512);
	assert_int_equal(kmm_stats(mm)->highatomic_reserved, 1);
	pfn[2] = kmm_alloc_pages(mm, 0, GFP_ATOMIC, 8);
	assert_int_not_equal(pfn[2] / 512, pfn[0] / 512);
	assert_int_equal(kmm_stats(mm)->highatomic_reserved, 2);
	/* 1024 pages are at the cap, 512 + 512. */
	pfn[3] = kmm_alloc_pages(mm, 0, GFP_ATOMIC, 8);
	assert_int_not_equal(pfn[3], KMM_NO_PFN);
	assert_int_equal(kmm_stats(mm)->highatomic_reserved, 2);
	machine_done(mm);
}

/* From 6.7 on a zone whose hundredth is less than a page block reserves nothing. */
static void test_small_zone_6_18(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_18);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, 51199);
	struct kmm *mm;

	(void)state;
	c.policy.pcp_batch = 0;
	z->low = z->high = 100000;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 0, 8, KMM_MOVABLE), 0);
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC, 1), KMM_NO_PFN);
	assert_int_equal(kmm_stats(mm)->highatomic_reserved, 0);
	machine_done(mm);

	mm = machine_reserving(KMM_LINUX_6_18);
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC, 1), KMM_NO_PFN);
	assert_int_equal(kmm_stats(mm)->highatomic_reserved, 1);
	machine_done(mm);
}

/* How many of three requests for all that is free of a page block reserve it. */
static uint64_t reserved_of_three(enum kmm_generation g, unsigned frames)
{
	struct kmm_config c = config_of(g);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, frames);
	struct kmm *mm;
	uint64_t n;

	c.policy.pcp_batch = 0;
	z->min = 100;
	z->low = z->high = 100000;
	mm = machine_create(&c);
	for (kmm_pfn pfn = 0; pfn < 10240; pfn += 512)
		assert_int_equal(kmm_seed_free(mm, pfn, 8, KMM_MOVABLE), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC, 8), KMM_NO_PFN);
	n = kmm_stats(mm)->highatomic_reserved;
	machine_done(mm);
	return n;
}

/* 6.7: a hundredth, rounded up to page blocks: 512 pages are one, 600 two. */
static void test_cap_6_18(void **state)
{
	(void)state;
	assert_int_equal(reserved_of_three(KMM_LINUX_6_18, 51200), 1);
	assert_int_equal(reserved_of_three(KMM_LINUX_6_18, 60416), 2);
	assert_int_equal(reserved_of_three(KMM_LINUX_6_1, 51200), 2);
}

/* Any type that merges may be reserved. */
static void test_reclaimable_block(void **state)
{
	struct kmm *mm = machine_reserving(KMM_LINUX_6_1);

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 20480, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 20480, 4, KMM_RECLAIMABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC | KMM_GFP_RECLAIMABLE, 1), 20480);
	assert_int_equal(kmm_pageblock_type(mm, 20480), KMM_HIGHATOMIC);
	machine_done(mm);
}

struct giver {
	struct kmm *mm;
	kmm_pfn next;
};

/* Reclaim that makes progress, one page at a time, but never a free block of order 4. */
static uint64_t give_one(void *arg, unsigned cpu, unsigned zone, uint64_t pages)
{
	struct giver *g = arg;

	(void)zone;
	assert_true(pages >= 32);
	kmm_free_pages(g->mm, cpu, g->next, 0);
	g->next += 2;
	return 1;
}

/* One block is given back when reclaim alone does not help, but the last one stays. */
static void test_release(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	static const struct kmm_observer o = { .reclaim_pages = give_one };
	struct giver g = { NULL, 4097 };

	(void)state;
	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 51200);
	g.mm = machine_create(&c);
	for (kmm_pfn pfn = 0; pfn < 1024; pfn += 512) {
		assert_int_equal(kmm_seed_pageblock(g.mm, pfn, KMM_HIGHATOMIC), 0);
		assert_int_equal(kmm_seed_free(g.mm, pfn, pfn ? 6 : 5, KMM_HIGHATOMIC), 0);
	}
	kmm_observe(g.mm, &o, &g);
	assert_int_equal(kmm_alloc_pages(g.mm, 0, GFP_USER_MOVABLE, 3), KMM_NO_PFN);
	/* With both reserved no mark is reached while 1024 pages count as out of reach. */
	assert_true(kmm_stats(g.mm)->direct_reclaims > 0);
	assert_int_equal(kmm_pageblock_type(g.mm, 0), KMM_MOVABLE);
	assert_int_equal(kmm_pageblock_type(g.mm, 512), KMM_HIGHATOMIC);
	CHECK_LIST(g.mm, 5, KMM_MOVABLE, 0);
	CHECK_LIST(g.mm, 6, KMM_HIGHATOMIC, 512);
	machine_done(g.mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reserve_and_cap), cmocka_unit_test(test_small_zone_6_18),
		cmocka_unit_test(test_cap_6_18),	cmocka_unit_test(test_reclaimable_block),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
