/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bits: maps of bits with searches for runs, shared by the allocators that keep
 * one: per-CPU areas, bootmem, the pages of a per-CPU chunk.  Positions are
 * bits; a search that finds nothing returns its end.
 */
#ifndef MM_BITS_H
#define MM_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define BITS_WORDS(n) (((size_t)(n) + 63) / 64)

static inline uint64_t *bits_new(size_t n)
{
	return calloc(BITS_WORDS(n) ? BITS_WORDS(n) : 1, sizeof(uint64_t));
}

static inline bool bits_test(const uint64_t *map, size_t at)
{
	return map[at / 64] >> (at % 64) & 1;
}

static inline void bits_set(uint64_t *map, size_t at, size_t n)
{
	for (size_t end = at + n; at < end; at++)
		map[at / 64] |= UINT64_C(1) << (at % 64);
}

static inline void bits_clear(uint64_t *map, size_t at, size_t n)
{
	for (size_t end = at + n; at < end; at++)
		map[at / 64] &= ~(UINT64_C(1) << (at % 64));
}

/* The first bit of that value in [at, end); end if there is none. */
static inline size_t bits_find(const uint64_t *map, bool value, size_t at, size_t end)
{
	uint64_t flip = value ? 0 : ~UINT64_C(0);

	while (at < end) {
		uint64_t word = (map[at / 64] ^ flip) >> (at % 64);

		if (word) {
			at += (size_t)__builtin_ctzll(word);
			return at < end ? at : end;
		}
		at = (at / 64 + 1) * 64;
	}
	return end;
}

/* Where the run of clear bits that ends before `at` begins; not below `from`. */
static inline size_t bits_run_start(const uint64_t *map, size_t from, size_t at)
{
	while (at > from && !bits_test(map, at - 1))
		at--;
	return at;
}

static inline size_t bits_count(const uint64_t *map, size_t at, size_t end)
{
	size_t n = 0;

	for (; at < end && at % 64; at++)
		n += bits_test(map, at);
	for (; at + 64 <= end; at += 64)
		n += (size_t)__builtin_popcountll(map[at / 64]);
	for (; at < end; at++)
		n += bits_test(map, at);
	return n;
}

#endif
