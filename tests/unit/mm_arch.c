// SPDX-License-Identifier: GPL-2.0-or-later
/* Zones by architecture, against /proc/zoneinfo of machines of that much memory. */
#include <errno.h>

#include "mm_machine.h"

#include "mm/kmm_arch.h"

#define MIB(n) ((uint64_t)(n) << 20)

static struct kmm_config flat(enum kmm_arch arch, enum kmm_generation g, uint64_t mib)
{
	struct kmm_config c;

	memset(&c, 0, sizeof(c));
	kmm_policy_init(&c.policy, g);
	c.cpus = 2;
	c.nodes = 1;
	assert_int_equal(kmm_arch_zones(&c, arch, MIB(mib), 0), 0);
	return c;
}

static void check_zone(const struct kmm_config *c, unsigned i, enum kmm_zone_type type,
		       uint64_t start, uint64_t spanned, uint64_t present)
{
	assert_true(i < c->zones);
	assert_int_equal(c->zone[i].type, type);
	assert_int_equal(c->zone[i].start, start);
	assert_int_equal(c->zone[i].spanned, spanned);
	assert_int_equal(c->zone[i].present, present);
}

/* amd64-6.1-files has 1 GiB, host-6.18 24 GiB with a hole from 3 GiB on. */
static void test_x86_64(void **state)
{
	struct kmm_config c = flat(KMM_X86_64, KMM_LINUX_6_1, 1024);

	(void)state;
	assert_int_equal(c.zones, 2);
	check_zone(&c, 0, KMM_ZONE_DMA, 1, 4095, 4095);
	check_zone(&c, 1, KMM_ZONE_DMA32, 4096, 258048, 258048);
	c = flat(KMM_X86_64, KMM_LINUX_6_18, 24576);
	assert_int_equal(c.zones, 3);
	check_zone(&c, 1, KMM_ZONE_DMA32, 4096, 1044480, 782336);
	check_zone(&c, 2, KMM_ZONE_NORMAL, 1048576, 5505024, 5505024);
}

/* i386-6.1-highmem: HIGHMEM begins at 225278; in the books at 896 MiB. */
static void test_i386(void **state)
{
	struct kmm_config c = flat(KMM_X86_32_PAE, KMM_LINUX_6_1, 2048);

	(void)state;
	assert_int_equal(c.zones, 3);
	check_zone(&c, 1, KMM_ZONE_NORMAL, 4096, 221182, 221182);
	check_zone(&c, 2, KMM_ZONE_HIGHMEM, 225278, 524288 - 225278, 524288 - 225278);
	c = flat(KMM_X86_32, KMM_LINUX_2_6, 1024);
	check_zone(&c, 0, KMM_ZONE_DMA, 1, 4095, 4095);
	check_zone(&c, 1, KMM_ZONE_NORMAL, 4096, 229376 - 4096, 229376 - 4096);
	check_zone(&c, 2, KMM_ZONE_HIGHMEM, 229376, 32768, 32768);
	c = flat(KMM_X86_32, KMM_LINUX_2_6, 512);
	assert_int_equal(c.zones, 2);
}

static void test_arm(void **state)
{
	struct kmm_config c = flat(KMM_ARM, KMM_LINUX_6_1, 1024);

	(void)state;
	assert_int_equal(c.zones, 2);
	check_zone(&c, 0, KMM_ZONE_NORMAL, 0x40000, 760 * 256, 760 * 256);
	check_zone(&c, 1, KMM_ZONE_HIGHMEM, 0x40000 + 760 * 256, 264 * 256, 264 * 256);
	c = flat(KMM_ARM64, KMM_LINUX_6_1, 4096);
	assert_int_equal(c.zones, 3);
	check_zone(&c, 0, KMM_ZONE_DMA, 0x40000, 0xc0000, 0xc0000);
	check_zone(&c, 1, KMM_ZONE_DMA32, 0, 0, 0);
	check_zone(&c, 2, KMM_ZONE_NORMAL, 0x100000, 0x40000, 0x40000);
}

/* Two nodes of 512 MiB as in amd64-6.1-numa; and a MOVABLE zone from the top of each. */
static void test_nodes(void **state)
{
	struct kmm_config c;
	struct kmm *mm;

	(void)state;
	memset(&c, 0, sizeof(c));
	kmm_policy_init(&c.policy, KMM_LINUX_6_1);
	c.cpus = 4;
	c.nodes = 2;
	assert_int_equal(kmm_arch_zones(&c, KMM_X86_64, MIB(1024), 0), 0);
	assert_int_equal(c.zones, 3);
	check_zone(&c, 1, KMM_ZONE_DMA32, 4096, 126976, 126976);
	check_zone(&c, 2, KMM_ZONE_DMA32, 131072, 131072, 131072);
	assert_int_equal(c.zone[2].node, 1);
	assert_int_equal(c.cpu_node[1], 0);
	assert_int_equal(c.cpu_node[2], 1);
	assert_int_equal(kmm_arch_zones(&c, KMM_X86_64, MIB(1024), MIB(128)), 0);
	assert_int_equal(c.zones, 5);
	check_zone(&c, 1, KMM_ZONE_DMA32, 4096, 126976 - 32768, 126976 - 32768);
	check_zone(&c, 2, KMM_ZONE_MOVABLE, 98304, 32768, 32768);
	mm = machine_create(&c);
	assert_int_equal(kmm_zone_of(mm, 98304), 2);
	machine_done(mm);
}

static void test_refused(void **state)
{
	struct kmm_config c = flat(KMM_X86_64, KMM_LINUX_6_1, 1024);

	(void)state;
	assert_int_equal(kmm_arch_zones(&c, KMM_X86_64, MIB(8), 0), -EINVAL);
	assert_int_equal(kmm_arch_zones(&c, KMM_X86_32, MIB(8192), 0), -EINVAL);
	assert_int_equal(kmm_arch_zones(&c, KMM_X86_32_PAE, MIB(8192), 0), 0);
	assert_int_equal(kmm_arch_zones(&c, KMM_X86_64, MIB(1024), MIB(600)), -EINVAL);
	c.nodes = 0;
	assert_int_equal(kmm_arch_zones(&c, KMM_X86_64, MIB(1024), 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_64),	cmocka_unit_test(test_i386),
		cmocka_unit_test(test_arm),	cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
