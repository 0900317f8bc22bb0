// SPDX-License-Identifier: GPL-2.0-or-later
/* A small machine that is asked for one page and gives another: where it had the right one. */
#include "mm_machine.h"

#include "replay/miss.h"

static struct kmm *mm;

static int set_up(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);

	(void)state;
	config_zone(&c, 0, KMM_ZONE_DMA, 0, 4096);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 4096, 4096);
	c.cpus = 2;
	mm = machine_create(&c);
	for (kmm_pfn p = 0; p < 8192; p += 1024)
		assert_int_equal(kmm_seed_free(mm, p, 10, KMM_MOVABLE), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	machine_done(mm);
	return 0;
}

static enum miss ask(kmm_pfn want, bool refilled, kmm_pfn got)
{
	struct request q = { .pfn = want, .cpu = 0, .sig = { .own_obs = refilled } };

	return miss_of(mm, &q, got);
}

static void in_free_lists(void **state)
{
	(void)state;
	assert_int_equal(ask(5000, true, 6000), MISS_FREE_ORDER);
	assert_int_equal(ask(5000, false, 6000), MISS_OFF_LIST);
	assert_int_equal(ask(5000, true, 100), MISS_ZONE);
	assert_int_equal(ask(5000, true, KMM_NO_PFN), MISS_NO_PAGE);
}

static void on_cpu_lists(void **state)
{
	(void)state;
	assert_int_equal(kmm_take(mm, 4096, 10), 0);
	assert_int_equal(kmm_seed_pcp(mm, 0, 4097, 0, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_pcp(mm, 1, 4098, 0, KMM_MOVABLE), 0);
	assert_int_equal(ask(4097, false, 6000), MISS_LIST_ORDER);
	assert_int_equal(ask(4097, true, 6000), MISS_ON_LIST);
	assert_int_equal(ask(4098, false, 6000), MISS_OTHER_CPU);
	assert_int_equal(ask(4099, false, 6000), MISS_IN_USE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_free_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(on_cpu_lists, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
