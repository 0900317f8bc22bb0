// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workload/pagemap.h"

static void untouched_reads_fill(void **state)
{
	struct pagemap m;
	struct pool p;

	(void)state;
	pool_init(&p);
	pagemap_init(&m, (struct frame){ 77, 78 }, &p);
	assert_int_equal(pagemap_get(&m, 0).slot, 77);
	assert_int_equal(pagemap_get(&m, UINT32_MAX).objects, 78);
	pagemap_free(&m);
	pool_free(&p);
}

static void far_frames_cost_a_leaf(void **state)
{
	struct pagemap m;
	struct pool p;

	(void)state;
	pool_init(&p);
	pagemap_init(&m, (struct frame){ 0, 1 }, &p);
	pagemap_at(&m, 0xfffffff)->slot = 5;
	pagemap_at(&m, 3)->objects = 9;
	assert_int_equal(pagemap_get(&m, 0xfffffff).slot, 5);
	assert_int_equal(pagemap_get(&m, 0xfffffff).objects, 1);
	assert_int_equal(pagemap_get(&m, 3).objects, 9);
	assert_int_equal(pagemap_get(&m, 4).slot, 0);
	assert_int_equal(pagemap_get(&m, 0xffffffe).slot, 0);
	assert_null(m.leaf[1]);
	pagemap_free(&m);
	pool_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untouched_reads_fill),
		cmocka_unit_test(far_frames_cost_a_leaf),
	};

	return cmocka_run_group_tests_name("pagemap", tests, NULL, NULL);
}
