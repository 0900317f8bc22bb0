// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workload/sites.h"

static void one_site_serves_caches_by_size(void **state)
{
	struct sites t;
	uint32_t a, b;

	(void)state;
	assert_int_equal(sites_init(&t), 0);
	a = sites_get(&t, 0xffffffff81000010, 0, 64);
	b = sites_get(&t, 0xffffffff81000010, 0, 128);
	assert_int_not_equal(a, b);
	assert_int_equal(sites_get(&t, 0xffffffff81000010, 0, 64), a);
	/* Caches of one size that differ in what is asked of them; kmalloc (0) is apart. */
	assert_int_not_equal(sites_get(&t, 0xffffffff81000010, 50, 64), a);
	assert_int_not_equal(sites_get(&t, 0xffffffff81000010, 50, 64),
			     sites_get(&t, 0xffffffff81000010, 64, 64));
	sites_learn(&t, a, 7);
	assert_int_equal(t.s[a].cache, 7);
	assert_int_equal(t.s[b].cache, 0);
	sites_free(&t);
}

static void a_second_name_counts_as_mixed(void **state)
{
	struct sites t;
	uint32_t a;

	(void)state;
	assert_int_equal(sites_init(&t), 0);
	a = sites_get(&t, 0x1000, 64, 64);
	sites_learn(&t, a, 3);
	sites_learn(&t, a, 3);
	sites_learn(&t, a, 4);
	sites_learn(&t, a, 0); /* a free without a name says nothing */
	assert_int_equal(t.s[a].cache, 3);
	assert_int_equal(t.s[a].named, 2);
	assert_int_equal(t.s[a].other, 1);
	sites_free(&t);
}

static void many_sites(void **state)
{
	struct sites t;

	(void)state;
	assert_int_equal(sites_init(&t), 0);
	for (uint32_t i = 0; i < 20000; i++)
		assert_int_equal(sites_get(&t, 0xffffffff81000000 + 4 * i, 32, 32), i);
	for (uint32_t i = 0; i < 20000; i++)
		assert_int_equal(sites_get(&t, 0xffffffff81000000 + 4 * i, 32, 32), i);
	sites_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_site_serves_caches_by_size),
		cmocka_unit_test(a_second_name_counts_as_mixed),
		cmocka_unit_test(many_sites),
	};

	return cmocka_run_group_tests_name("sites", tests, NULL, NULL);
}
