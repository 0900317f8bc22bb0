// SPDX-License-Identifier: GPL-2.0-or-later
/* A cache by its sizes: where they are one cache's alone, and where the numbers of slabs leave one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/bysizes.h"

static void test_only(void **state)
{
	struct machine_slab slabs[] = {
		{ .name = "dentry", .object_size = 192, .size = 192 },
		{ .name = "inode_cache", .object_size = 608, .size = 616 },
		{ .name = "twin_a", .object_size = 64, .size = 64 },
		{ .name = "twin_b", .object_size = 64, .size = 64 },
		{ .name = "kmalloc-256", .object_size = 256, .size = 256 },
	};
	struct machine m = { .slabs = slabs, .slab_count = 5 };

	(void)state;
	assert_int_equal(bysizes_only(&m, 608, 616), 1);
	assert_int_equal(bysizes_only(&m, 608, 608), -1);
	assert_int_equal(bysizes_only(&m, 192, 192), 0);
	/* Two caches of these sizes; and kmalloc's own are asked for by other functions. */
	assert_int_equal(bysizes_only(&m, 64, 64), -1);
	assert_int_equal(bysizes_only(&m, 256, 256), -1);
	assert_int_equal(bysizes_only(&m, 1, 1), -1);
}

static void test_left(void **state)
{
	struct machine_slab slabs[] = {
		{ .name = "grows", .size = 256, .num_slabs = 20 },
		{ .name = "stays", .size = 256, .num_slabs = 40 },
		{ .name = "small", .size = 256, .num_slabs = 1 },
		{ .name = "empty", .size = 256 },
		{ .name = "kmalloc-256", .size = 256, .num_slabs = 50 },
		{ .name = "wide", .size = 832, .order = 2, .num_slabs = 10 },
		{ .name = "unused", .size = 832, .order = 2 },
	};
	struct machine_slab after[] = {
		{ .name = "grows", .num_slabs = 22 },
		{ .name = "stays", .num_slabs = 40 },
		{ .name = "small", .num_slabs = 1 },
		{ .name = "empty" },
		{ .name = "kmalloc-256", .num_slabs = 60 },
		{ .name = "wide", .num_slabs = 10 },
		{ .name = "unused" },
	};
	struct machine m = { .slabs = slabs,
			     .slab_count = 7,
			     .slabs_of_start = true,
			     .after_slabs = after,
			     .after_slab_count = 7 };
	uint32_t told[7] = { 0 };

	(void)state;
	/* More than one had so many; one alone took new ones. */
	assert_int_equal(bysizes_left(&m, told, 224, 256, 6, 0), -1);
	assert_int_equal(bysizes_left(&m, told, 224, 256, 6, 2), 0);
	assert_int_equal(bysizes_left(&m, told, 224, 256, 30, 0), 1);
	/* Of the others the objects are known to be larger: from events, or from sysfs. */
	told[1] = 256;
	assert_int_equal(bysizes_left(&m, told, 224, 256, 6, 0), 0);
	told[1] = 0;
	slabs[1].from_sysfs = true;
	slabs[1].object_size = 240;
	assert_int_equal(bysizes_left(&m, told, 224, 256, 6, 0), 0);
	/* Slabs of four pages. More than there can be at a time: some went unseen. */
	assert_int_equal(bysizes_left(&m, told, 768, 832, 40, 0), 5);
	assert_int_equal(bysizes_left(&m, told, 768, 832, 120, 8), 5);
	/* Nothing was seen, or one of the two counts is not there. */
	assert_int_equal(bysizes_left(&m, told, 768, 832, 0, 0), -1);
	m.after_slab_count = 0;
	assert_int_equal(bysizes_left(&m, told, 768, 832, 40, 0), -1);
	m.after_slab_count = 7;
	m.slabs_of_start = false;
	assert_int_equal(bysizes_left(&m, told, 768, 832, 40, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_only),
					    cmocka_unit_test(test_left) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
