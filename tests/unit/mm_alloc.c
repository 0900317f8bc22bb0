// SPDX-License-Identifier: GPL-2.0-or-later
/* The way of a request through zones, marks and reclaim. */
#include "mm_machine.h"

/* DMA32 and NORMAL of 4096 frames each, no per-CPU lists. */
static struct kmm_config config_two_zones(void)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);

	c.policy.pcp_batch = 0;
	c.policy.watermark_boost_factor = 0;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 4096);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 4096, 4096);
	return c;
}

/* Rather DMA32 than mixing page blocks in NORMAL; mixing when DMA32 has nothing either. */
static void test_nofragment(void **state)
{
	struct kmm_config c = config_two_zones();
	struct kmm *mm = machine_create(&c);

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 4096, 8, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_UNMOVABLE), 0);
	for (kmm_pfn want = 0; want < 6; want++)
		assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), want);
	assert_int_equal(kmm_stats(mm)->fallbacks, 0);
	/* DMA32 is down to its low mark. */
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 4096);
	assert_int_equal(kmm_stats(mm)->fallbacks, 1);
	machine_done(mm);

	/* A whole page block may change hands at once. */
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 4096, 9, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 4096);
	machine_done(mm);

	c.policy.defrag_noretry_nofragment = false;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 4096, 8, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 0, 3, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 4096);
	machine_done(mm);
}

/* Local memory counts more than unmixed page blocks. */
static void test_nofragment_numa(void **state)
{
	struct kmm_config c = config_two_zones();
	struct kmm *mm;

	(void)state;
	c.nodes = 2;
	config_zone(&c, 1, KMM_ZONE_NORMAL, 8192, 4096);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 4096, 8, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 8192, 8, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 4096);
	/* Another node when asked for it, or when this one has nothing. */
	assert_int_equal(kmm_alloc_pages_node(mm, 0, 1, GFP_KERNEL, 0), 8192);
	assert_int_equal(kmm_alloc_pages_node(mm, 0, 7, GFP_KERNEL, 0), 4097);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL | KMM_GFP_THISNODE, 9), KMM_NO_PFN);
	machine_done(mm);
}

/* kswapd is woken once a node when no zone is above low, and only for those who may wake it. */
static void test_kswapd_wakeups(void **state)
{
	struct kmm_config c = config_two_zones();
	struct kmm *mm;
	struct seen s;

	(void)state;
	c.zone[0].low = c.zone[1].low = 1000;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 4096, 4, KMM_UNMOVABLE), 0);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 4096);
	assert_int_equal(seen_count(&s, 'k'), 1);
	assert_int_equal(s.event[0].kind, 'k');
	assert_int_equal(s.event[0].type, 1); /* the preferred zone */
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, KMM_GFP_DIRECT_RECLAIM, 0), 4097);
	assert_int_equal(seen_count(&s, 'k'), 0);
	assert_int_equal(kmm_stats(mm)->slowpaths, 2);
	machine_done(mm);
}

/* A boost wakes kswapd at the end of the allocation. */
static void test_boost_wakes(void **state)
{
	struct kmm_config c = config_two_zones();
	struct kmm *mm;
	struct seen s;

	(void)state;
	c.policy.watermark_boost_factor = 15000;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 0, 6, KMM_MOVABLE), 0);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), 0);
	assert_int_equal(kmm_zone_boost(mm, 0), 512);
	assert_int_equal(s.n, 4);
	assert_int_equal(s.event[0].kind, 'x');
	assert_int_equal(s.event[1].kind, 'l');
	assert_int_equal(s.event[2].kind, 'k');
	assert_int_equal(s.event[3].kind, 'a');
	machine_done(mm);
}

struct owner {
	struct kmm *mm;
	kmm_pfn next, end;
	unsigned calls;
};

static uint64_t give(void *arg, unsigned cpu, unsigned zone, uint64_t pages)
{
	struct owner *o = arg;
	uint64_t n = 0;

	(void)zone;
	o->calls++;
	for (; n < pages && o->next < o->end; n++)
		kmm_free_pages(o->mm, cpu, o->next++, 0);
	return n;
}

static void test_direct_reclaim(void **state)
{
	static const struct kmm_observer watch = { .reclaim_pages = give };
	struct kmm_config c = config_two_zones();
	struct owner o = { machine_create(&c), 4096, 4096 + 40, 0 };

	(void)state;
	kmm_observe(o.mm, &watch, &o);
	/* Nobody but those who may wait gets anything. */
	assert_int_equal(kmm_alloc_pages(o.mm, 0, GFP_ATOMIC, 0), KMM_NO_PFN);
	assert_int_equal(o.calls, 0);
	assert_int_not_equal(kmm_alloc_pages(o.mm, 0, GFP_USER_MOVABLE, 3), KMM_NO_PFN);
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.next, 4096 + 32);
	/* The owner runs dry: the request fails in the end, NOFAIL or not. */
	assert_int_equal(kmm_alloc_pages(o.mm, 0, GFP_USER_MOVABLE | KMM_GFP_NOFAIL, 8),
			 KMM_NO_PFN);
	assert_int_equal(kmm_stats(o.mm)->failed, 2);
	machine_done(o.mm);

	/* A policy without reclaim does not ask. */
	c.policy.reclaim = false;
	o = (struct owner){ machine_create(&c), 4096, 8192, 0 };
	kmm_observe(o.mm, &watch, &o);
	assert_int_equal(kmm_alloc_pages(o.mm, 0, GFP_USER_MOVABLE, 0), KMM_NO_PFN);
	assert_int_equal(o.calls, 0);
	machine_done(o.mm);
}

/* NORETRY gives up after one round of reclaim. */
static void test_noretry(void **state)
{
	static const struct kmm_observer watch = { .reclaim_pages = give };
	struct kmm_config c = config_two_zones();
	struct owner o;

	(void)state;
	c.zone[1].min = 3000;
	c.zone[1].low = c.zone[1].high = 3000;
	o = (struct owner){ machine_create(&c), 4096, 8192, 0 };
	kmm_observe(o.mm, &watch, &o);
	assert_int_equal(kmm_alloc_pages(o.mm, 0, GFP_KERNEL | KMM_GFP_NORETRY, 0), KMM_NO_PFN);
	assert_int_equal(o.calls, 1);
	assert_int_equal(kmm_alloc_pages(o.mm, 0, GFP_KERNEL, 0), KMM_NO_PFN);
	assert_int_equal(o.calls, 1 + 16);
	machine_done(o.mm);
}

/* A failed request has its event, an impossible one none. */
static void test_failures(void **state)
{
	struct kmm_config c = config_two_zones();
	struct kmm *mm = machine_create(&c);
	struct seen s;

	(void)state;
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages(mm, 0, 0, 0), KMM_NO_PFN);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.event[0].kind, 'a');
	assert_int_equal(s.event[0].pfn, KMM_NO_PFN);
	assert_int_equal(kmm_alloc_pages(mm, 0, 0, 11), KMM_NO_PFN);
	assert_int_equal(kmm_alloc_pages(mm, 2, 0, 0), KMM_NO_PFN);
	assert_int_equal(s.n, 1);
	machine_done(mm);
}

/* The bulk allocator is silent, leaves the free factor alone and respects low + n. */
static void test_bulk(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);
	kmm_pfn out[96];
	struct seen s;

	(void)state;
	assert_int_equal(kmm_seed_free(mm, 1024, 7, KMM_UNMOVABLE), 0);
	seen_watch(mm, &s);
	assert_int_equal(kmm_alloc_pages_bulk(mm, 0, GFP_KERNEL, 4, out), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(out[i], 1024 + i);
	assert_int_equal(seen_count(&s, 'a'), 0);
	assert_int_equal(seen_count(&s, 'l'), 31);
	/* 97 free pages are not more than low (2) + 96: one page, the ordinary way. */
	assert_int_equal(kmm_zone_free_pages(mm, 0), 97);
	assert_int_equal(kmm_alloc_pages_bulk(mm, 0, GFP_KERNEL, 96, out), 1);
	assert_int_equal(seen_count(&s, 'a'), 1);
	assert_int_equal(kmm_alloc_pages_bulk(mm, 0, GFP_KERNEL, 94, out), 94);
	assert_int_equal(seen_count(&s, 'a'), 1);
	assert_int_equal(kmm_alloc_bulk_page_in_zone(mm, 0, GFP_KERNEL, 0), out[93] + 1);
	assert_int_equal(kmm_alloc_bulk_page_in_zone(mm, 0, GFP_KERNEL, 1), KMM_NO_PFN);
	assert_int_equal(seen_count(&s, 'a'), 1);
	machine_done(mm);
}

/*
 * All of a bulk allocation's pages come from one zone: the one that is expected, or where nothing was refilled one that has
 * them on its list, if the rule's has not.
 */
static void test_bulk_expected(void **state)
{
	struct kmm_config c = config_two_zones();
	struct kmm *mm;
	kmm_pfn out[4];
	kmm_gfp gfp = GFP_KERNEL | KMM_GFP_HIGHMEM;

	(void)state;
	c.policy.pcp_batch = 31;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 0, 9, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 4096, 9, KMM_UNMOVABLE), 0);
	kmm_expect_zone(mm, 0);
	assert_int_equal(kmm_alloc_pages_bulk(mm, 0, gfp, 4, out), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(kmm_zone_of(mm, out[i]), 0);
	assert_int_equal(kmm_stats(mm)->zones_expected, 1);
	/* The other zone's list is empty. */
	kmm_expect_zone(mm, KMM_LISTED);
	assert_int_equal(kmm_alloc_pages_bulk(mm, 0, gfp, 4, out), 4);
	assert_int_equal(kmm_zone_of(mm, out[0]), 0);
	assert_int_equal(kmm_stats(mm)->zones_expected, 2);
	/* Told once; by rule it is the upper zone, and now both lists have as many. */
	assert_int_equal(kmm_alloc_pages_bulk(mm, 0, gfp, 4, out), 4);
	assert_int_equal(kmm_zone_of(mm, out[0]), 1);
	kmm_expect_zone(mm, KMM_LISTED);
	assert_int_equal(kmm_alloc_pages_bulk(mm, 0, gfp, 4, out), 4);
	assert_int_equal(kmm_zone_of(mm, out[0]), 1);
	assert_int_equal(kmm_stats(mm)->zones_expected, 2);
	machine_done(mm);
}

static void test_in_zone(void **state)
{
	struct kmm_config c = config_two_zones();
	struct kmm *mm;

	(void)state;
	c.zone[0].min = c.zone[0].low = c.zone[0].high = 4000;
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_free(mm, 0, 1, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_seed_free(mm, 4096, 9, KMM_UNMOVABLE), 0);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_KERNEL, 0, 0), 0);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_USER_MOVABLE, 0, 0), 1);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_KERNEL, 0, 0), KMM_NO_PFN);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_KERNEL, 0, 2), KMM_NO_PFN);
	assert_int_equal(kmm_alloc_pages_in_zone(mm, 0, GFP_KERNEL, 0, 1), 4096);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nofragment),     cmocka_unit_test(test_nofragment_numa),
		cmocka_unit_test(test_kswapd_wakeups), cmocka_unit_test(test_boost_wakes),
		cmocka_unit_test(test_direct_reclaim), cmocka_unit_test(test_noretry),
		cmocka_unit_test(test_failures),       cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_bulk_expected),  cmocka_unit_test(test_in_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
