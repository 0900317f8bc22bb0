// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/trace_file.h"

#include <errno.h>

#include "trace/datfile.h"

static void expect_refused(const char *path, const void *data, size_t n)
{
	FILE *f = fopen(path, "wb");
	struct datfile d;
	struct err e = { 0 };

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	fclose(f);
	assert_true(datfile_open(&d, path, &e) < 0);
	assert_true(e.text[0]);
	assert_null(strchr(e.text, '\n'));
}

static void what_is_no_trace(void **state)
{
	static const uint8_t magic[] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };
	uint8_t head[16];
	char path[] = "/tmp/kmemlab-datfile-XXXXXX";

	(void)state;
	close(mkstemp(path));
	expect_refused(path, "not a trace at all", 18);
	expect_refused(path, magic, sizeof(magic));
	memcpy(head, magic, sizeof(magic));
	memcpy(head + 10, "9\0\0\b\0\0", 6); /* a version of the future */
	expect_refused(path, head, sizeof(head));
	unlink(path);
}

/* Wherever a file is cut: it is refused with a word, or it says that it was cut. */
static void cut_anywhere(void **state)
{
	struct trace_file f;
	struct datfile d;
	struct err e;
	long size;
	FILE *file;

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 2 });
	for (unsigned i = 0; i < 200; i++)
		page_alloc(&f, i & 1, 10 + i, i, 0, 0xcc0);
	file_end(&f);
	file = fopen(f.path, "rb");
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	fclose(file);
	for (long n = size - 1; n > 0; n -= 101) {
		assert_int_equal(truncate(f.path, n), 0);
		e = (struct err){ 0 };
		if (datfile_open(&d, f.path, &e) < 0) {
			assert_true(e.text[0]);
			continue;
		}
		assert_true(d.truncated);
		datfile_close(&d);
	}
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_trace),
		cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests_name("trace_datfile", tests, NULL, NULL);
}
