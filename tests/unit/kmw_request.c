// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of operations and owners: request.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workload/request.h"

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(request_op_name(REQ_PAGE_ALLOC), "page_alloc");
	assert_string_equal(request_op_name(OBS_LOST), "lost");
	assert_string_equal(request_op_name(REQUEST_OP_COUNT), "unknown");
	assert_string_equal(request_op_name((enum request_op) - 1), "unknown");
	assert_string_equal(request_owner_name(OWNER_KERNEL), "kernel");
	assert_string_equal(request_owner_name(REQUEST_OWNER_COUNT), "unknown");
	for (int i = 0; i < REQUEST_OP_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(request_op_name((enum request_op)i),
						request_op_name((enum request_op)k));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
