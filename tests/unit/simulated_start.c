// SPDX-License-Identifier: GPL-2.0-or-later
/* What a simulation of the captured machine is told before it starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replay/simulated_inside.h"

#define FRAMES 4096

static struct machine m;

/* One zone, its page blocks counted before and after. */
static int begin(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	m.max_pfn = FRAMES;
	m.page_size = 4096;
	m.pageblock_order = 9;
	m.orders = 11;
	m.cpus = m.nodes = m.zone_count = 1;
	m.zones[0].spanned = m.zones[0].present = m.zones[0].managed = FRAMES;
	m.zones[0].type = KMM_ZONE_NORMAL;
	m.have_before = m.have_after = true;
	m.before.have_pagetypeinfo = m.after.have_pagetypeinfo = true;
	m.before.pageblocks[0][KMM_MOVABLE] = m.after.pageblocks[0][KMM_MOVABLE] = 8;
	return 0;
}

/* Does the machine make HIGHATOMIC reserves? */
static bool reserves(bool native)
{
	struct kmm_config c = { .cpus = 1, .nodes = 1, .zones = 1 };
	struct simulated_options o = { .config = &c, .native = native };
	struct simulated *s;
	struct err e = { 0 };
	bool does;

	kmm_policy_init(&c.policy, KMM_LINUX_6_1);
	c.zone[0] = (struct kmm_zone_config){
		.type = KMM_ZONE_NORMAL, .spanned = FRAMES, .present = FRAMES, .managed = FRAMES
	};
	s = simulated_new(&m, &o, &e);
	if (!s)
		fail_msg("%s", e.text);
	does = kmm_configuration(s->mm)->policy.highatomic_reserve;
	simulated_free(s);
	return does;
}

static void test_none_before_and_after(void **state)
{
	(void)state;
	assert_false(reserves(true));
}

/* Another policy might need one where the kernel did not. */
static void test_what_if(void **state)
{
	(void)state;
	assert_true(reserves(false));
}

static void test_one_after(void **state)
{
	(void)state;
	m.after.pageblocks[0][KMM_HIGHATOMIC] = 1;
	assert_true(reserves(true));
}

/* It may have been given up. */
static void test_one_before(void **state)
{
	(void)state;
	m.before.pageblocks[0][KMM_HIGHATOMIC] = 1;
	assert_true(reserves(true));
}

static void test_not_counted(void **state)
{
	(void)state;
	m.after.have_pagetypeinfo = false;
	assert_true(reserves(true));
}

#define TEST(name) cmocka_unit_test_setup(test_##name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(none_before_and_after), TEST(what_if), TEST(one_after), TEST(one_before),
		TEST(not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
