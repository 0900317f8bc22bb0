// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "trace/unpack.h"

static uint8_t plain[50000], packed[60000], out[50000];

static size_t pack(enum unpack_method m)
{
	uLongf n = sizeof(packed);

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i >> 7);
	if (m == UNPACK_ZLIB) {
		assert_int_equal(compress(packed, &n, plain, sizeof(plain)), Z_OK);
		return n;
	}
	return ZSTD_compress(packed, sizeof(packed), plain, sizeof(plain), 3);
}

static void whole_blocks(void **state)
{
	const enum unpack_method methods[] = { UNPACK_ZLIB, UNPACK_ZSTD };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct unpacker u = { .method = methods[i] };
		size_t n = pack(methods[i]);
		struct err e = { 0 };

		for (unsigned again = 0; again < 3; again++) {
			memset(out, 0, sizeof(out));
			assert_int_equal(unpack(&u, packed, n, out, sizeof(out), &e), 0);
			assert_memory_equal(out, plain, sizeof(out));
		}
		/* Cut off, of another length than said, changed. */
		assert_true(unpack(&u, packed, n / 2, out, sizeof(out), &e) < 0);
		assert_true(unpack(&u, packed, n, out, sizeof(out) - 1, &e) < 0);
		packed[n / 2] ^= 0x55;
		packed[n / 2 + 1] ^= 0xaa;
		if (!unpack(&u, packed, n, out, sizeof(out), &e))
			assert_int_equal(methods[i], UNPACK_ZSTD); /* has no checksum by default */
		assert_true(e.code < 0 || methods[i] == UNPACK_ZSTD);
		unpack_free(&u);
	}
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(unpack_method("none"), UNPACK_NONE);
	assert_int_equal(unpack_method("zlib"), UNPACK_ZLIB);
	assert_int_equal(unpack_method("zstd"), UNPACK_ZSTD);
	assert_int_equal(unpack_method("lzma"), UNPACK_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_blocks),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("trace_unpack", tests, NULL, NULL);
}
