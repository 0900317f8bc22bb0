/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bytes: numbers in the byte order of the file that they come from, and a
 * cursor that cannot run past the end of its range.
 */
#ifndef TRACE_BYTES_H
#define TRACE_BYTES_H

#include <byteswap.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER == __BIG_ENDIAN
#define HOST_BIG_ENDIAN true
#else
#define HOST_BIG_ENDIAN false
#endif

static inline uint16_t bytes_u16(const uint8_t *p, bool swap)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? bswap_16(v) : v;
}

static inline uint32_t bytes_u32(const uint8_t *p, bool swap)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? bswap_32(v) : v;
}

static inline uint64_t bytes_u64(const uint8_t *p, bool swap)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? bswap_64(v) : v;
}

/* Are n bytes the same?  For short ones, where a call would cost more than the answer. */
static inline bool bytes_same(const uint8_t *a, const uint8_t *b, uint32_t n)
{
	uint64_t x = 0, y = 0;
	uint32_t v = 0, w = 0;

	if (n >= 8) {
		for (uint32_t i = 0; i + 8 <= n; i += 8) {
			memcpy(&x, a + i, 8);
			memcpy(&y, b + i, 8);
			if (x != y)
				return false;
		}
		memcpy(&x, a + n - 8, 8);
		memcpy(&y, b + n - 8, 8);
		return x == y;
	}
	if (n >= 4) {
		memcpy(&v, a, 4);
		memcpy(&w, b, 4);
		if (v != w)
			return false;
		memcpy(&v, a + n - 4, 4);
		memcpy(&w, b + n - 4, 4);
		return v == w;
	}
	while (n--)
		if (a[n] != b[n])
			return false;
	return true;
}

/* Once a read would pass the end, `bad` is set and everything reads as zero. */
struct cursor {
	const uint8_t *start, *p, *end;
	bool swap, bad;
};

static inline bool cursor_has(struct cursor *c, uint64_t n)
{
	if (c->bad || (uint64_t)(c->end - c->p) < n)
		c->bad = true;
	return !c->bad;
}

static inline const uint8_t *cursor_bytes(struct cursor *c, uint64_t n)
{
	const uint8_t *p = c->p;

	if (!cursor_has(c, n))
		return NULL;
	c->p += n;
	return p;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 1);

	return p ? *p : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 2);

	return p ? bytes_u16(p, c->swap) : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 4);

	return p ? bytes_u32(p, c->swap) : 0;
}

static inline uint64_t cursor_u64(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 8);

	return p ? bytes_u64(p, c->swap) : 0;
}

/* A terminated string; "" where there is no terminator before the end. */
static inline const char *cursor_string(struct cursor *c)
{
	const uint8_t *p = c->p, *nul = c->bad ? NULL : memchr(p, 0, (size_t)(c->end - p));

	if (!nul) {
		c->bad = true;
		return "";
	}
	c->p = nul + 1;
	return (const char *)p;
}

#endif
