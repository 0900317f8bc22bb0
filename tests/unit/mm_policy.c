// SPDX-License-Identifier: GPL-2.0-or-later
/* The defaults of each generation are what its kernel's sources and documentation say. */
#include "mm_machine.h"

static void test_defaults(void **state)
{
	struct kmm_policy old, mid, six, late;

	(void)state;
	kmm_policy_init(&old, KMM_LINUX_2_6);
	kmm_policy_init(&mid, KMM_LINUX_5_10);
	kmm_policy_init(&six, KMM_LINUX_6_1);
	kmm_policy_init(&late, KMM_LINUX_6_18);
	assert_int_equal(six.max_order, 10);
	assert_int_equal(six.pageblock_order, 9);
	assert_int_equal(six.watermark_scale_factor, 10);
	assert_int_equal(six.watermark_boost_factor, 15000);
	assert_int_equal(six.lowmem_reserve_ratio[KMM_ZONE_DMA], 256);
	assert_int_equal(six.lowmem_reserve_ratio[KMM_ZONE_DMA32], 256);
	assert_int_equal(six.lowmem_reserve_ratio[KMM_ZONE_NORMAL], 32);
	assert_int_equal(six.lowmem_reserve_ratio[KMM_ZONE_HIGHMEM], 0);
	assert_int_equal(old.pcp_orders, 1);
	assert_int_equal(mid.pcp_orders, 1);
	assert_int_equal(six.pcp_orders, 4);
	assert_int_equal(late.pcp_orders, 4);
	assert_false(mid.pcp_thp);
	assert_true(six.pcp_thp);
	assert_false(old.highatomic_reserve);
	assert_true(mid.highatomic_reserve);
	assert_int_equal(old.watermark_boost_factor, 0);
	assert_int_equal(six.pcp_batch, -1);
	assert_int_equal(six.pcp_high, -1);
}

/* Every default must make a machine. */
static void test_all_generations_run(void **state)
{
	(void)state;
	for (unsigned g = KMM_LINUX_2_6; g <= KMM_LINUX_6_18; g++) {
		struct kmm *mm = machine_of(g, 4096);

		assert_int_equal(kmm_seed_boot(mm, 0, 4096, KMM_MOVABLE), 0);
		assert_int_not_equal(kmm_alloc_pages(mm, 0, GFP_KERNEL, 0), KMM_NO_PFN);
		machine_done(mm);
	}
}

static void test_overrides(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm *mm;

	(void)state;
	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 1 << 18)->pcp_high = 500;
	c.policy.pcp_batch = 15;
	mm = machine_create(&c);
	assert_int_equal(kmm_configuration(mm)->zone[0].pcp_batch, 15);
	assert_int_equal(kmm_configuration(mm)->zone[0].pcp_high, 500);
	kmm_destroy(mm);
	/* high is never below 4 * batch, unless the policy says so itself. */
	c.policy.pcp_batch = 200;
	mm = machine_create(&c);
	assert_int_equal(kmm_configuration(mm)->zone[0].pcp_high, 800);
	kmm_destroy(mm);
	c.policy.pcp_high = 300;
	mm = machine_create(&c);
	assert_int_equal(kmm_configuration(mm)->zone[0].pcp_high, 300);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_generations_run),
		cmocka_unit_test(test_overrides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
