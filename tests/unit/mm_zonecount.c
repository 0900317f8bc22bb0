// SPDX-License-Identifier: GPL-2.0-or-later
/* The counter of free pages, of which CPUs keep something back. */
#include "mm_machine.h"

/* 100 pages free, in blocks of 4; the low mark is 60. */
static struct kmm *machine_counting(unsigned threshold)
{
	struct kmm_config c = config_of(KMM_LINUX_6_18);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 1024);
	struct kmm *mm;

	c.policy.pcp_batch = 0;
	z->min = 1;
	z->low = z->high = 60;
	mm = machine_create(&c);
	for (kmm_pfn pfn = 0; pfn < 200; pfn += 8)
		assert_int_equal(kmm_seed_free(mm, pfn, 2, KMM_UNMOVABLE), 0);
	kmm_count_threshold(mm, 0, threshold);
	return mm;
}

/* How many requests go by before kswapd is woken, which the low mark does. */
static unsigned until_low(struct kmm *mm)
{
	unsigned n = 0;

	while (!kmm_stats(mm)->slowpaths && n < 100) {
		kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
		n++;
	}
	return n;
}

/* The request that finds 60 pages does not get one by the low mark. */
static void test_exact(void **state)
{
	struct kmm *mm = machine_counting(0);

	(void)state;
	assert_int_equal(until_low(mm), 41);
	machine_done(mm);
}

/* Ten pages are not in the counter until the eleventh is taken: at 44 taken it still says 67, from 55 on 45. */
static void test_keeps_back(void **state)
{
	struct kmm *mm = machine_counting(10);

	(void)state;
	assert_int_equal(until_low(mm), 45);
	machine_done(mm);
}

/* What is kept back goes into the counter now: the next request finds it as it is. */
static void test_fold(void **state)
{
	struct kmm *mm = machine_counting(100);

	(void)state;
	for (unsigned n = 0; n < 50; n++)
		kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
	assert_int_equal(kmm_stats(mm)->slowpaths, 0);
	kmm_count_fold(mm, 0);
	kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
	assert_int_equal(kmm_stats(mm)->slowpaths, 1);
	machine_done(mm);
}

/* What compaction isolates is kept back likewise. */
static void test_isolated(void **state)
{
	struct kmm *mm = machine_counting(100);

	(void)state;
	for (kmm_pfn pfn = 0; pfn < 104; pfn += 8)
		assert_int_equal(kmm_isolate_block(mm, 0, pfn), 2);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 48);
	kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
	assert_int_equal(kmm_stats(mm)->slowpaths, 0);
	kmm_count_fold(mm, 0);
	kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
	assert_int_equal(kmm_stats(mm)->slowpaths, 1);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_keeps_back),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_isolated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
