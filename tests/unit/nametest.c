// SPDX-License-Identifier: GPL-2.0-or-later
/* Names that mean one cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/nametest.h"

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
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_aliases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
