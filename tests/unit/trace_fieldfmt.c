// SPDX-License-Identifier: GPL-2.0-or-later
/* Fields as kernels write them pass; brackets that are not closed and other characters do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/fieldfmt.h"

#define LINE(decl) "name: x\nID: 1\nformat:\n\tfield:" decl ";\toffset:8;\tsize:8;\tsigned:0;\n"

static bool sane(const char *text)
{
	return fieldfmt_sane(text, strlen(text));
}

static void test_kernels(void **state)
{
	static const char *const good[] = {
		LINE("unsigned long pfn"),
		LINE("char comm[16]"),
		LINE("__data_loc char[] name"),
		LINE("const void * ptr"),
		LINE("u8 name[sizeof(int) * 4]"),
		LINE("const char __attribute__((user)) * path"),
		LINE("int x") "\nprint fmt: \"[%d\", REC->x\n",
		LINE("int x") "\nprint fmt: \"\xc3\xa4\", '['\n",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!sane(good[i]))
			fail_msg("refused: %s", good[i]);
}

static void test_others(void **state)
{
	static const char *const bad[] = {
		LINE("unsigned int["), LINE("unsigned int x[4"), LINE("int x]"),
		LINE("int x[[4]]"),    LINE("int x[(4]"),	 LINE("int (x"),
		LINE("int x)"),	       LINE("char *x = \"a"),	 LINE("char x['a']"),
		LINE("int \xb8\x01"),  LINE("int x\r"),		 "\tfield:int x[",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (sane(bad[i]))
			fail_msg("passed: %s", bad[i]);
	assert_false(fieldfmt_sane("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
