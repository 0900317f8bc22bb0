// SPDX-License-Identifier: GPL-2.0-or-later
/* gunzip, file_read: what zlib packs comes back whole, and what is no such thing is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/gunzip.h"

static char path[] = "/tmp/kmemlab-gunzip-XXXXXX";

/* n zeros, packed: a thousandth of that. */
static struct blob packed(size_t n, const char *mode)
{
	uint8_t *zeros = calloc(1, n + 1);
	gzFile g = gzopen(path, mode);
	struct blob b = { 0 };
	FILE *f;

	assert_non_null(zeros);
	assert_non_null(g);
	assert_int_equal(gzwrite(g, zeros, (unsigned)n), n);
	assert_int_equal(gzclose(g), Z_OK);
	free(zeros);
	f = fopen(path, "rb");
	assert_non_null(f);
	b.data = malloc(1 << 20);
	assert_non_null(b.data);
	b.len = fread(b.data, 1, 1 << 20, f);
	fclose(f);
	return b;
}

static void members_come_back_one_behind_the_other(void **state)
{
	struct blob in, out;
	struct err e = { 0 };

	(void)state;
	in = packed(100000, "wb9");
	assert_int_equal(gunzip(in.data, in.len, 100000, &out), 0);
	assert_int_equal(out.len, 100000);
	assert_int_equal(out.data[100000], 0);
	blob_free(&out);
	blob_free(&in);
	in = packed(5000000, "ab9"); /* larger than the last member says */
	assert_int_equal(gunzip(in.data, in.len, 1 << 24, &out), 0);
	assert_int_equal(out.len, 5100000);
	blob_free(&out);
	blob_free(&in);
	in = packed(10, "ab9");
	memcpy(in.data + in.len, "what follows", 12);
	assert_int_equal(gunzip(in.data, in.len + 12, 1 << 24, &out), 0);
	assert_int_equal(out.len, 5100010);
	blob_free(&out);
	assert_int_equal(file_read(path, 5100010, &out, &e), 0);
	assert_int_equal(out.len, 5100010);
	blob_free(&out);
	assert_int_equal(file_read(path, 5100009, &out, &e), -EFBIG);
	assert_null(out.data);
	blob_free(&in);
}

static void damage_is_refused(void **state)
{
	struct blob in = packed(100000, "wb9"), out;

	(void)state;
	assert_int_equal(gunzip(in.data, in.len, 99999, &out), -EFBIG);
	for (size_t n = 2; n < in.len; n++) {
		assert_int_equal(gunzip(in.data, n, 1 << 20, &out), -EIO);
		assert_null(out.data);
	}
	/* a size that is a lie costs time, not memory; the check sum finds all else */
	for (size_t i = 0; i < in.len; i++) {
		in.data[i] ^= 0xff;
		if (gunzip(in.data, in.len, 1 << 20, &out) == 0) {
			assert_true(i < 10); /* the header's time, and who packed it */
			blob_free(&out);
		}
		in.data[i] ^= 0xff;
	}
	blob_free(&in);
}

static void a_plain_file_is_read_as_it_is(void **state)
{
	struct err e = { 0 };
	struct blob out;
	FILE *f = fopen(path, "wb");

	(void)state;
	fputs("\x1f plain", f);
	fclose(f);
	assert_int_equal(file_read(path, 7, &out, &e), 0);
	assert_string_equal((char *)out.data, "\x1f plain");
	blob_free(&out);
	assert_int_equal(file_read(path, 6, &out, &e), -EFBIG);
	fclose(fopen(path, "wb"));
	assert_int_equal(file_read(path, 6, &out, &e), 0);
	assert_int_equal(out.len, 0);
	blob_free(&out);
	/* says that it has no bytes, and has some */
	assert_int_equal(file_read("/proc/self/status", 1 << 16, &out, &e), 0);
	assert_true(out.len > 100);
	blob_free(&out);
	assert_int_equal(file_read("/nonexistent", 6, &out, &e), -ENOENT);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_back_one_behind_the_other),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test(a_plain_file_is_read_as_it_is),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
