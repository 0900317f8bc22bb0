/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * varint: numbers of 7 bits a byte, low bits first, the top bit set on all
 * bytes but the last (LEB128); signed ones in zigzag order (0, -1, 1, -2, ...).
 */
#ifndef WORKLOAD_VARINT_H
#define WORKLOAD_VARINT_H

#include <stdbool.h>
#include <stdint.h>

#define VARINT_MAX 10 /* bytes of the longest */

static inline uint8_t *varint_put(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)v | 0x80;
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static inline uint64_t varint_zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t varint_unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* A run of encoded numbers; reading past its end gives zeros and sets `bad`. */
struct varints {
	const uint8_t *p, *end;
	bool bad;
};

static inline uint64_t varint_get(struct varints *c)
{
	uint64_t v = 0;

	if (c->p < c->end && !(*c->p & 0x80))
		return *c->p++;
	for (unsigned shift = 0; shift < 70 && c->p < c->end; shift += 7) {
		uint8_t b = *c->p++;

		v |= (uint64_t)(b & 0x7f) << (shift < 63 ? shift : 63);
		if (!(b & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

#endif
