// SPDX-License-Identifier: GPL-2.0-or-later
/* Making machines: what is refused, and that two of them do not know of each other. */
#include "mm_machine.h"

static void check_refused(const struct kmm_config *c, const char *word)
{
	char why[200];

	assert_null(kmm_create(c, why, sizeof(why)));
	if (!strstr(why, word))
		fail_msg("\"%s\" does not say \"%s\"", why, word);
	assert_null(kmm_create(c, NULL, 0));
}

static void test_refusals(void **state)
{
	struct kmm_config good = config_of(KMM_LINUX_6_1), c;

	(void)state;
	config_zone(&good, 0, KMM_ZONE_NORMAL, 0, 1024);
	c = good;
	c.zones = 0;
	check_refused(&c, "zones");
	c.zones = KMM_ZONES + 1;
	check_refused(&c, "zones");
	c = good;
	c.cpus = 0;
	check_refused(&c, "CPUs");
	c = good;
	c.cpu_node[1] = 1;
	check_refused(&c, "CPU 1");
	c = good;
	c.zone[0].node = 1;
	check_refused(&c, "node 1");
	c = good;
	c.zone[0].start = UINT32_MAX;
	check_refused(&c, "frame");
	c = good;
	c.zone[0].managed = 2048;
	check_refused(&c, "spans");
	c = good;
	c.zone[0].managed = 0;
	check_refused(&c, "no zone has memory");
	c = good;
	c.zone[0].pcp_batch = -1;
	check_refused(&c, "batch");
	c = good;
	c.policy.max_order = KMM_ORDERS;
	check_refused(&c, "order");
	c = good;
	c.policy.pageblock_order = 11;
	check_refused(&c, "page block order");
	c = good;
	c.policy.pcp_orders = 5;
	check_refused(&c, "per-CPU");
	c = good;
	c.policy.generation = KMM_LINUX_5_10;
	check_refused(&c, "before 6.1");
	c.policy.generation = 77;
	check_refused(&c, "generation");
}

static void test_two_machines(void **state)
{
	struct kmm *a = machine_of(KMM_LINUX_6_1, 4096), *b = machine_of(KMM_LINUX_2_6, 4096);

	(void)state;
	assert_int_equal(kmm_seed_boot(a, 0, 4096, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_boot(b, 2048, 4096, KMM_MOVABLE), 0);
	assert_int_equal(kmm_alloc_pages(a, 0, GFP_KERNEL, 0), 0);
	assert_int_equal(kmm_alloc_pages(b, 0, GFP_KERNEL, 0), 3072);
	assert_int_equal(kmm_stats(a)->allocs, 1);
	assert_int_equal(kmm_zone_free_pages(b, 0), 2048 - 31);
	machine_done(a);
	machine_done(b);
	kmm_destroy(NULL);
}

/* Queries about what is not there answer with nothing. */
static void test_out_of_range(void **state)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 4096);

	(void)state;
	assert_int_equal(kmm_nr_free(mm, 1, 0, 0), 0);
	assert_int_equal(kmm_nr_free(mm, 0, KMM_ORDERS, 0), 0);
	assert_int_equal(kmm_nr_free(mm, 0, 0, KMM_MIGRATETYPES), 0);
	assert_int_equal(kmm_zone_free_pages(mm, 9), 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 2), 0);
	assert_int_equal(kmm_pageblocks(mm, 0, KMM_MIGRATETYPES), 0);
	assert_int_equal(kmm_free_list_next(mm, 1, 0, 0, KMM_NO_PFN), KMM_NO_PFN);
	assert_int_equal(kmm_pcp_list_next(mm, 0, 0, 4, 0, KMM_NO_PFN), KMM_NO_PFN);
	kmm_drain_pages(mm, 0, 5, KMM_ZONES);
	kmm_drain_some(mm, 0, 0, 7, 1);
	kmm_boost_clear(mm, 7, 1);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_two_machines),
		cmocka_unit_test(test_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
