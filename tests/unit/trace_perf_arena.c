// SPDX-License-Identifier: GPL-2.0-or-later
/* perf_arena: one zstd stream in pieces, longer than an arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "trace/perf_arena.h"

#define LONG (3 * ARENA_SIZE + 12345)

static void pieces(void **state)
{
	struct arenas s = { 0 };
	size_t bound = ZSTD_compressBound(LONG), packed, seen = 0;
	uint8_t *plain = malloc(LONG), *zst = malloc(bound);
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < LONG; i++)
		plain[i] = (uint8_t)(i * i >> 7);
	packed = ZSTD_compress(zst, bound, plain, LONG, 1);
	assert_int_equal(arenas_turn(&s, 0, &e), 0);
	for (size_t at = 0; at < packed; at += 1000) {
		const uint8_t *p = zst + at;
		const uint8_t *end = zst + (packed - at < 1000 ? packed : at + 1000);
		int more = 1;

		while (more) {
			size_t had = s.filling->len;

			more = arenas_unpack(&s, &p, end, &e);
			assert_true(more >= 0);
			assert_memory_equal(s.filling->data + had, plain + seen,
					    s.filling->len - had);
			seen += s.filling->len - had;
			if (s.filling->len == ARENA_SIZE)
				assert_int_equal(arenas_turn(&s, 0, &e), 0);
		}
		assert_ptr_equal(p, end);
	}
	assert_int_equal(seen, LONG);
	assert_int_equal(s.held, ARENA_SIZE); /* the others were given back */
	arenas_free(&s);
	free(plain);
	free(zst);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pieces) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
