// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replay/callers.h"

static void names(void **state)
{
	(void)state;
	assert_true(callers_is_wrapper("kstrdup"));
	assert_true(callers_is_wrapper("__kmalloc"));
	assert_true(callers_is_wrapper("__kmalloc_node_track_caller_noprof") ==
		    callers_is_wrapper("kmalloc_node_track_caller"));
	assert_true(callers_is_wrapper("kmemdup_noprof"));
	assert_true(callers_is_wrapper("kvmalloc_node.part.0"));
	assert_true(callers_is_wrapper("mempool_alloc.constprop.0"));
	assert_true(callers_is_wrapper("trace_event_raw_event_kmalloc"));
	assert_false(callers_is_wrapper("kstrdup_quotable_file"));
	assert_false(callers_is_wrapper("ext4_alloc_inode"));
	assert_false(callers_is_wrapper("getname_flags.part.0"));
	assert_false(callers_is_wrapper(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names) };

	return cmocka_run_group_tests_name("callers", tests, NULL, NULL);
}
