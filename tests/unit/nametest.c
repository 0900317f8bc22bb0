// SPDX-License-Identifier: GPL-2.0-or-later
/* A cache by its sizes: where they are one cache's alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/nametest.h"

static void test_sizes(void **state)
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
	assert_int_equal(nametest_by_sizes(&m, 608, 616), 1);
	assert_int_equal(nametest_by_sizes(&m, 608, 608), -1);
	assert_int_equal(nametest_by_sizes(&m, 192, 192), 0);
	/* Two caches of these sizes; and kmalloc's own are asked for by other functions. */
	assert_int_equal(nametest_by_sizes(&m, 64, 64), -1);
	assert_int_equal(nametest_by_sizes(&m, 256, 256), -1);
	assert_int_equal(nametest_by_sizes(&m, 1, 1), -1);
}

/* A name that sysfs links to another's folder is that cache. */
static void test_aliases(void **state)
{
	char dentry[] = "dentry", filp[] = "filp", merged[] = "kiocb";
	char *aliases[] = { merged };
	struct machine_slab slabs[] = {
		{ .name = dentry },
		{ .name = filp, .aliases = aliases, .alias_count = 1 },
	};
	struct machine m = { .slabs = slabs, .slab_count = 2 };

	(void)state;
	assert_true(nametest_same(&m, "filp", "kiocb"));
	assert_true(nametest_same(&m, "new", "new"));
	assert_false(nametest_same(&m, "dentry", "kiocb"));
	assert_false(nametest_same(&m, "new", "other"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sizes),
					    cmocka_unit_test(test_aliases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
