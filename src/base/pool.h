/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool: memory for tables that grow with what is looked at and are given back as a whole.  It
 * comes in pieces of 2 MiB, for which the kernel is asked for huge pages: look-ups that hit one
 * table here and another there then find their translation in the TLB, and the kernel clears
 * one page where it would clear, and account for, 512 (under a hypervisor 0.3 ms, not 2).
 *
 * What was taken is named by a number, its place in units of POOL_UNIT bytes.
 * Not safe for use from several threads at once.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_PIECE (2u << 20)
#define POOL_UNIT 32u
#define POOL_PIECE_UNITS (POOL_PIECE / POOL_UNIT)
#define POOL_NONE UINT32_MAX

struct pool {
	uint8_t **piece;
	uint32_t pieces, room;
	uint32_t used; /* units of the last piece */
};

void pool_init(struct pool *p);
void pool_free(struct pool *p);
/* So many bytes, at most a piece, their content undefined; POOL_NONE: out of memory. */
uint32_t pool_take(struct pool *p, uint32_t bytes);

static inline void *pool_at(const struct pool *p, uint32_t at)
{
	return p->piece[at / POOL_PIECE_UNITS] + (size_t)(at % POOL_PIECE_UNITS) * POOL_UNIT;
}

#endif
