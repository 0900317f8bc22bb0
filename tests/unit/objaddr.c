// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replay/objaddr.h"
#include "workload/request.h"

static void test_ids_name_addresses(void **state)
{
	struct objaddr a = { 0 };

	(void)state;
	assert_int_equal(objaddr_get(&a, 0), 0);
	assert_int_equal(objaddr_get(&a, NO_SLOT), 0);
	objaddr_clear(&a, NO_SLOT);
	assert_int_equal(objaddr_set(&a, 3, 0x1000), 0);
	assert_int_equal(objaddr_set(&a, 100000, 0x2000), 0);
	assert_int_equal(objaddr_get(&a, 3), 0x1000);
	assert_int_equal(objaddr_get(&a, 99999), 0);
	assert_int_equal(objaddr_get(&a, 100000), 0x2000);
	objaddr_clear(&a, 3);
	assert_int_equal(objaddr_get(&a, 3), 0);
	objaddr_free(&a);
	assert_int_equal(objaddr_get(&a, 100000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ids_name_addresses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
