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

/*
 * What a piece holds is there when the piece has been read, also where it fills an arena of which
 * the unpacker has read all of the input: nothing may come after the last piece.
 */
static void flushed(void **state)
{
	struct arenas s = { 0 };
	ZSTD_CStream *z = ZSTD_createCStream();
	uint8_t *plain = malloc(LONG), *zst = malloc(LONG);
	size_t lens[] = { ARENA_SIZE - 1000, 50000, 2 * ARENA_SIZE, 3, ARENA_SIZE - 49003 },
	       seen = 0;
	size_t given = 0;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < LONG; i++)
		plain[i] = (uint8_t)(i / 1000);
	assert_int_equal(arenas_turn(&s, 0, &e), 0);
	for (unsigned n = 0; n < sizeof(lens) / sizeof(*lens) && given + lens[n] <= LONG; n++) {
		ZSTD_inBuffer in = { plain + given, lens[n], 0 };
		ZSTD_outBuffer out = { zst, LONG, 0 };
		const uint8_t *p = zst;
		int more = 1;

		assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush), 0);
		given += lens[n];
		while (more) {
			size_t had = s.filling->len;

			more = arenas_unpack(&s, &p, zst + out.pos, &e);
			assert_true(more >= 0);
			assert_memory_equal(s.filling->data + had, plain + seen,
					    s.filling->len - had);
			seen += s.filling->len - had;
			if (s.filling->len == ARENA_SIZE)
				assert_int_equal(arenas_turn(&s, 0, &e), 0);
		}
		assert_int_equal(seen, given);
	}
	arenas_free(&s);
	ZSTD_freeCStream(z);
	free(plain);
	free(zst);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pieces), cmocka_unit_test(flushed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
