// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "trace/filemap.h"

static char path[] = "/tmp/kmemlab-filemap-XXXXXX";
static uint8_t data[100000];

static int begin(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i >> 3 ^ i);
	return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void a_plain_file(void **state)
{
	struct filemap m;
	struct err e = { 0 };

	(void)state;
	put(data, sizeof(data));
	assert_int_equal(filemap_open(&m, path, &e), 0);
	assert_int_equal(m.size, sizeof(data));
	assert_memory_equal(m.data, data, sizeof(data));
	assert_false(m.packed || m.cut);
	filemap_close(&m);
}

/* gzip is known by its content, whatever the name, and one that was cut off serves what is there. */
static void a_packed_file(void **state)
{
	gzFile g = gzopen(path, "wb");
	struct filemap m;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(gzwrite(g, data, sizeof(data)), sizeof(data));
	gzclose(g);
	assert_int_equal(filemap_open(&m, path, &e), 0);
	assert_true(m.packed);
	assert_false(m.cut);
	assert_int_equal(m.size, sizeof(data));
	assert_memory_equal(m.data, data, sizeof(data));
	filemap_close(&m);
	assert_int_equal(truncate(path, 200), 0);
	if (!filemap_open(&m, path, &e)) {
		assert_true(m.cut);
		assert_true(m.size < sizeof(data));
		assert_memory_equal(m.data, data, m.size);
		filemap_close(&m);
	}
}

static void what_cannot_be_mapped(void **state)
{
	struct filemap m;
	struct err e = { 0 };

	(void)state;
	put("", 0);
	assert_true(filemap_open(&m, path, &e) < 0);
	assert_true(e.text[0]);
	assert_true(filemap_open(&m, "/tmp", &e) < 0);
	assert_int_equal(filemap_open(&m, "/nonexistent/trace.dat", &e), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_file),
		cmocka_unit_test(a_packed_file),
		cmocka_unit_test(what_cannot_be_mapped),
	};

	return cmocka_run_group_tests_name("trace_filemap", tests, begin, end);
}
