// SPDX-License-Identifier: GPL-2.0-or-later
/* In which order zones are tried. */
#include "mm_machine.h"

/* Empty the machine by single pages of a kind; the zones as first met, as digits. */
static void zones_met(struct kmm *mm, unsigned cpu, kmm_gfp gfp, char *out)
{
	char *at = out;

	*at = '\0';
	for (;;) {
		kmm_pfn pfn = kmm_alloc_pages(mm, cpu, gfp | KMM_GFP_MEMALLOC, 0);
		char zone;

		if (pfn == KMM_NO_PFN)
			break;
		zone = (char)('0' + kmm_zone_of(mm, pfn));
		if (!strchr(out, zone)) {
			*at++ = zone;
			*at = '\0';
		}
	}
}

static struct kmm *seeded(const struct kmm_config *c)
{
	struct kmm *mm = machine_create(c);

	for (unsigned i = 0; i < c->zones; i++)
		if (c->zone[i].spanned)
			assert_int_equal(kmm_seed_free(mm, c->zone[i].start, 4, KMM_MOVABLE), 0);
	return mm;
}

static void check_order(const struct kmm_config *c, unsigned cpu, kmm_gfp gfp, const char *want)
{
	struct kmm *mm = seeded(c);
	char met[64];

	zones_met(mm, cpu, gfp, met);
	assert_string_equal(met, want);
	machine_done(mm);
}

static void test_x86_64(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);

	(void)state;
	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA, 0, 16);
	config_zone(&c, 0, KMM_ZONE_DMA32, 16, 16);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 32, 16);
	config_zone(&c, 0, KMM_ZONE_MOVABLE, 48, 16);
	check_order(&c, 0, GFP_USER_MOVABLE, "3210");
	check_order(&c, 0, KMM_GFP_MOVABLE, "210");
	check_order(&c, 0, KMM_GFP_HIGHMEM, "210");
	check_order(&c, 0, 0, "210");
	check_order(&c, 0, KMM_GFP_DMA32, "10");
	check_order(&c, 0, KMM_GFP_DMA, "0");
}

/* No DMA32 there: such a request may use NORMAL. */
static void test_i386(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);

	(void)state;
	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA, 0, 16);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 16, 16);
	config_zone(&c, 0, KMM_ZONE_HIGHMEM, 32, 16);
	check_order(&c, 0, KMM_GFP_HIGHMEM, "210");
	check_order(&c, 0, GFP_USER_MOVABLE, "210");
	check_order(&c, 0, KMM_GFP_DMA32, "10");
	check_order(&c, 0, 0, "10");
}

/* Nearest node first, all its zones; the ring order among equals; THISNODE stays at home. */
static void test_numa(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);

	(void)state;
	c.policy.pcp_batch = 0;
	c.nodes = 3;
	c.cpus = 3;
	for (unsigned i = 0; i < 3; i++)
		c.cpu_node[i] = (uint8_t)i;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 16);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 16, 16);
	config_zone(&c, 1, KMM_ZONE_NORMAL, 32, 16);
	config_zone(&c, 2, KMM_ZONE_NORMAL, 48, 16);
	check_order(&c, 0, 0, "1023");
	check_order(&c, 2, 0, "3102");
	check_order(&c, 2, KMM_GFP_THISNODE, "3");
	check_order(&c, 1, KMM_GFP_THISNODE | KMM_GFP_DMA32, "");
	/* Distances outweigh numbers. */
	memset(c.distance, 40, sizeof(c.distance));
	for (unsigned i = 0; i < 3; i++)
		c.distance[i][i] = 10;
	c.distance[0][2] = c.distance[2][0] = 20;
	check_order(&c, 0, 0, "1032");
	check_order(&c, 2, 0, "3102");
}

static void test_empty_zones_are_left_out(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_6_1);

	(void)state;
	c.policy.pcp_batch = 0;
	config_zone(&c, 0, KMM_ZONE_DMA32, 0, 16);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 0);
	config_zone(&c, 0, KMM_ZONE_MOVABLE, 0, 0);
	check_order(&c, 0, GFP_USER_MOVABLE, "0");
}

/* numa_zonelist_order=zone: NORMAL of both nodes before DMA of the first. */
static void test_zone_order(void **state)
{
	struct kmm_config c = config_of(KMM_LINUX_5_10);

	(void)state;
	c.policy.pcp_batch = 0;
	c.nodes = 2;
	c.cpu_node[1] = 1;
	config_zone(&c, 0, KMM_ZONE_DMA, 0, 16);
	config_zone(&c, 0, KMM_ZONE_NORMAL, 16, 16);
	config_zone(&c, 1, KMM_ZONE_NORMAL, 32, 16);
	check_order(&c, 0, 0, "102");
	check_order(&c, 1, 0, "210");
	c.policy.zone_order = true;
	check_order(&c, 0, 0, "120");
	check_order(&c, 1, 0, "210");
	check_order(&c, 0, KMM_GFP_DMA, "0");
	/* The own node's zones alone, also where another's stands between. */
	check_order(&c, 0, KMM_GFP_THISNODE, "10");
	check_order(&c, 1, KMM_GFP_THISNODE, "2");
	check_order(&c, 1, KMM_GFP_THISNODE | KMM_GFP_DMA, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_64),
		cmocka_unit_test(test_i386),
		cmocka_unit_test(test_numa),
		cmocka_unit_test(test_zone_order),
		cmocka_unit_test(test_empty_zones_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
