// SPDX-License-Identifier: GPL-2.0-or-later
/* May a zone give pages away?  Worked examples of the check, by generation. */
#include "mm_machine.h"

/* min 1000, low 1250, high 1500, and so many free pages in blocks of one order. */
static struct kmm *machine_at(enum kmm_generation g, unsigned pages, unsigned order)
{
	struct kmm_config c = config_of(g);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, 8192);
	struct kmm *mm;

	c.policy.pcp_batch = 0;
	z->min = 1000;
	z->low = 1250;
	z->high = 1500;
	mm = machine_create(&c);
	/* Every other block, so that none of them merge. */
	for (kmm_pfn pfn = 0; pages; pfn += 2u << order, pages -= 1u << order)
		assert_int_equal(kmm_seed_free(mm, pfn, order, KMM_UNMOVABLE), 0);
	return mm;
}

/* How many single pages a kind of request can get out of 1300 before it fails. */
static unsigned pages_for(enum kmm_generation g, kmm_gfp gfp)
{
	struct kmm *mm = machine_at(g, 1300, 0);
	unsigned n = 0;

	while (kmm_alloc_pages(mm, 0, gfp, 0) != KMM_NO_PFN)
		n++;
	machine_done(mm);
	return n;
}

/*
 * The zone keeps as many pages as the mark: GFP_KERNEL min, a high-priority
 * request half of it, GFP_ATOMIC three eighths (500 - 125), NOWAIT all of min
 * in 6.1 but three quarters in 2.6.24, where the lack of waiting alone counts.
 */
static void test_reserves(void **state)
{
	(void)state;
	assert_int_equal(pages_for(KMM_LINUX_6_1, GFP_KERNEL), 300);
	assert_int_equal(pages_for(KMM_LINUX_6_1, GFP_KERNEL | KMM_GFP_HIGH), 800);
	assert_int_equal(pages_for(KMM_LINUX_6_1, GFP_ATOMIC), 925);
	assert_int_equal(pages_for(KMM_LINUX_6_1, KMM_GFP_KSWAPD_RECLAIM), 300);
	assert_int_equal(pages_for(KMM_LINUX_6_1, KMM_GFP_MEMALLOC), 1300);
	assert_int_equal(pages_for(KMM_LINUX_6_1, KMM_GFP_MEMALLOC | KMM_GFP_NOMEMALLOC), 300);
	assert_int_equal(pages_for(KMM_LINUX_5_10, GFP_ATOMIC), 925);
	assert_int_equal(pages_for(KMM_LINUX_5_10, KMM_GFP_HIGH), 800);
	assert_int_equal(pages_for(KMM_LINUX_6_18, KMM_GFP_HIGH), 925);
	assert_int_equal(pages_for(KMM_LINUX_2_6, KMM_GFP_IO), 550);
	assert_int_equal(pages_for(KMM_LINUX_2_6, KMM_GFP_HIGH), 925);
}

/* 2^order - 1 pages count as gone already. */
static void test_order_counts(void **state)
{
	struct kmm *mm = machine_at(KMM_LINUX_6_1, 1008, 3);

	(void)state;
	/* 1008 - 7 = 1001 > 1000, and after it 1000 - 7 is not. */
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 3), KMM_NO_PFN);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 3), KMM_NO_PFN);
	machine_done(mm);
}

/* Since 4.4 one large enough block suffices; before, each order had to keep its share. */
static void test_block_or_halving(void **state)
{
	struct kmm *mm = machine_at(KMM_LINUX_6_1, 1400, 0);

	(void)state;
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 1), KMM_NO_PFN);
	assert_int_equal(kmm_seed_free(mm, 8000, 1, KMM_MOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 1), 8000);
	machine_done(mm);

	/* 2.6: without its order 0 pages the zone would have 2, but must keep 500. */
	mm = machine_at(KMM_LINUX_2_6, 1400, 0);
	assert_int_equal(kmm_seed_free(mm, 8000, 1, KMM_MOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 1), KMM_NO_PFN);
	for (kmm_pfn pfn = 4000; pfn < 6000; pfn += 4)
		assert_int_equal(kmm_seed_free(mm, pfn, 1, KMM_UNMOVABLE), 0);
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 1), KMM_NO_PFN);
	machine_done(mm);
}

/*
 * 2.6, order 2: of 1200 pages 300 stand alone and 700 in pairs.  1197 > 1000 and 897 > 500,
 * but without the pairs 197 are left of 250; with 56 pages more 253.
 */
static void test_halving_by_order(void **state)
{
	struct kmm *mm = machine_at(KMM_LINUX_2_6, 300, 0);
	kmm_pfn pfn = 4000;

	(void)state;
	for (unsigned i = 0; i < 350; i++)
		assert_int_equal(kmm_seed_free(mm, 1000 + 4 * i, 1, KMM_UNMOVABLE), 0);
	for (; pfn < 4000 + 50 * 8; pfn += 8)
		assert_int_equal(kmm_seed_free(mm, pfn, 2, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 2), KMM_NO_PFN);
	for (; pfn < 4000 + 64 * 8; pfn += 8)
		assert_int_equal(kmm_seed_free(mm, pfn, 2, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 2), 4000);
	machine_done(mm);
}

/* The only block that is large enough is reserved: who may have it, finds it. */
static void test_highatomic_block(void **state)
{
	(void)state;
	for (enum kmm_generation g = KMM_LINUX_5_10; g <= KMM_LINUX_6_18; g++) {
		struct kmm *mm = machine_at(g, 2000, 0);

		assert_int_equal(kmm_seed_pageblock(mm, 7680, KMM_HIGHATOMIC), 0);
		assert_int_equal(kmm_seed_free(mm, 7680, 3, KMM_HIGHATOMIC), 0);
		assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 3), KMM_NO_PFN);
		assert_int_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC, 3), 7680);
		machine_done(mm);
	}
}

/* lowmem_reserve keeps a zone's pages from requests that could be served above it. */
static void test_lowmem_reserve(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	(void)state;
	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA, 0, 1024)->reserve[KMM_ZONE_NORMAL] = 933;
	config_zone(&c, 0, KMM_ZONE_NORMAL, 1024, 1024);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 0, 9, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL | KMM_GFP_DMA, 0), 0);
	machine_done(mm);
}

/* Reserved page blocks are out of reach, wholly in 6.1, as far as they are free in 6.18. */
static void test_highatomic_is_unusable(void **state)
{
	struct kmm *mm = machine_at(KMM_LINUX_6_1, 1300, 0);

	(void)state;
	assert_int_equal(kmm_seed_pageblock(mm, 7680, KMM_HIGHATOMIC), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC, 0), KMM_NO_PFN);
	machine_done(mm);

	mm = machine_at(KMM_LINUX_6_18, 1300, 0);
	assert_int_equal(kmm_seed_pageblock(mm, 7680, KMM_HIGHATOMIC), 0);
	assert_int_equal(kmm_seed_free(mm, 7680, 7, KMM_HIGHATOMIC), 0);
	assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0) == KMM_NO_PFN, 0);
	machine_done(mm);
}

/* A boosted zone still serves a single atomic page by its plain mark. */
static void test_boost(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_DMA32, 0, 8192);
	struct kmm *mm;

	(void)state;
	c.policy.pcp_batch = 0;
	z->min = 100;
	z->low = z->high = 150;
	z->boost = 600;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 0, 8, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_ATOMIC, 0), 0);
	kmm_boost_clear(mm, 0, 600);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 1);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reserves),
		cmocka_unit_test(test_order_counts),
		cmocka_unit_test(test_block_or_halving),
		cmocka_unit_test(test_halving_by_order),
		cmocka_unit_test(test_highatomic_block),
		cmocka_unit_test(test_lowmem_reserve),
		cmocka_unit_test(test_highatomic_is_unusable),
		cmocka_unit_test(test_boost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
