// SPDX-License-Identifier: GPL-2.0-or-later
/* symbols: a list found by the kernel's build id, put where that kernel lay. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "trace/symbols.h"

#define ID "[kernel.kallsyms]/0102030405060708090a0b0c0d0e0f1011121314"

static const char text[] = "0000000000001000 A fixed_percpu_data\n"
			   "ffffffff81000000 T _text\n"
			   "ffffffff81000100 t kmalloc_user\n"
			   "ffffffff81000200 t last\n"
			   "ffffffffc0000000 t in_module\t[module]\n"
			   "ffffffffc0000100 t after\t[module]\n";

static char dir[64];

static int setup(void **state)
{
	static const char *const parts[] = { "", "/[kernel.kallsyms]", "/" ID };
	char path[256];
	FILE *f;

	(void)state;
	strcpy(dir, "/tmp/kmemlab-symbols.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	for (int i = 1; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
		if (mkdir(path, 0700))
			return -1;
	}
	snprintf(path, sizeof(path), "%s/" ID "/kallsyms", dir);
	f = fopen(path, "w");
	return f && fputs(text, f) >= 0 && !fclose(f) && !setenv("PERF_BUILDID_DIR", dir, 1) ? 0 :
											       -1;
}

static int teardown(void **state)
{
	static const char *const parts[] = { "/" ID "/kallsyms", "/" ID, "/[kernel.kallsyms]", "" };
	char path[256];
	int ret = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
		ret |= remove(path);
	}
	return ret;
}

static struct kernel_id kernel_at(uint64_t ref)
{
	struct kernel_id id = { .build_len = 20, .ref = "_text", .ref_addr = ref };

	for (unsigned i = 0; i < 20; i++)
		id.build[i] = (uint8_t)(i + 1);
	return id;
}

static void a_kernel_where_it_lay(void **state)
{
	struct kernel_id id = kernel_at(0xffffffff81000000);
	struct symbols s = { 0 };
	uint64_t off;

	(void)state;
	symbols_find(&s, &id);
	assert_true(s.by_id);
	assert_non_null(strstr(s.from, ID "/kallsyms"));
	assert_string_equal(kallsyms_lookup(symbols_table(&s), 0xffffffff81000110, &off),
			    "kmalloc_user");
	assert_int_equal(off, 0x10);
	assert_string_equal(kallsyms_lookup(symbols_table(&s), 0xffffffffc0000010, &off),
			    "in_module");
	symbols_free(&s);
}

/* A boot later the kernel is elsewhere, and its modules nobody knows where. */
static void a_kernel_that_was_moved(void **state)
{
	struct kernel_id id = kernel_at(0xffffffffa7000000);
	struct symbols s = { 0 };
	uint64_t off;

	(void)state;
	symbols_find(&s, &id);
	assert_true(s.by_id);
	assert_string_equal(kallsyms_lookup(symbols_table(&s), 0xffffffffa7000110, &off),
			    "kmalloc_user");
	assert_int_equal(off, 0x10);
	assert_null(kallsyms_lookup(symbols_table(&s), 0xffffffff81000110, &off));
	assert_null(strstr(s.text, "module"));
	symbols_free(&s);
}

static void nothing_is_guessed(void **state)
{
	struct kernel_id id = kernel_at(0xffffffff81000000);
	struct symbols s = { 0 };

	(void)state;
	id.ref[0] = '\0'; /* where it lay is not told */
	symbols_find(&s, &id);
	assert_null(s.text);
	id = kernel_at(0xffffffff81000000);
	strcpy(id.ref, "_stext"); /* which that list has not */
	symbols_find(&s, &id);
	assert_null(s.text);
	id = kernel_at(0xffffffff81000000);
	id.build[0] = 99;
	symbols_find(&s, &id);
	assert_null(s.text);
	id.build_len = 0;
	symbols_find(&s, &id);
	assert_null(s.text);
	assert_null(symbols_table(&s));
	symbols_free(&s);
}

static void a_named_file(void **state)
{
	char path[256];
	struct symbols s = { 0 };
	struct err e = { 0 };

	(void)state;
	snprintf(path, sizeof(path), "%s/" ID "/kallsyms", dir);
	assert_int_equal(symbols_read(&s, path, &e), 0);
	assert_false(s.by_id);
	assert_int_equal(kallsyms_count(symbols_table(&s)), 5);
	symbols_free(&s);
	assert_true(symbols_read(&s, "/no/such/file", &e) < 0);
	assert_null(s.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_where_it_lay),
		cmocka_unit_test(a_kernel_that_was_moved),
		cmocka_unit_test(nothing_is_guessed),
		cmocka_unit_test(a_named_file),
	};

	return cmocka_run_group_tests_name("symbols", tests, setup, teardown);
}
