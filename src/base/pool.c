// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PIECES_MAX (UINT32_MAX / POOL_PIECE_UNITS)

void pool_init(struct pool *p)
{
	memset(p, 0, sizeof(*p));
	p->used = POOL_PIECE_UNITS;
}

void pool_free(struct pool *p)
{
	for (uint32_t i = 0; i < p->pieces; i++)
		free(p->piece[i]);
	free(p->piece);
	pool_init(p);
}

static bool add_piece(struct pool *p)
{
	uint8_t *piece;

	if (p->pieces == p->room) {
		uint32_t room = p->room ? 2 * p->room : 16;
		uint8_t **more = realloc(p->piece, room * sizeof(*more));

		if (!more)
			return false;
		p->piece = more;
		p->room = room;
	}
	piece = p->pieces < PIECES_MAX ? aligned_alloc(POOL_PIECE, POOL_PIECE) : NULL;
	if (!piece)
		return false;
	madvise(piece, POOL_PIECE, MADV_HUGEPAGE); /* a kernel without them has small ones */
	p->piece[p->pieces++] = piece;
	p->used = 0;
	return true;
}

uint32_t pool_take(struct pool *p, uint32_t bytes)
{
	uint32_t units = (bytes + POOL_UNIT - 1) / POOL_UNIT, at;

	if (units > POOL_PIECE_UNITS || (units > POOL_PIECE_UNITS - p->used && !add_piece(p)))
		return POOL_NONE;
	at = (p->pieces - 1) * POOL_PIECE_UNITS + p->used;
	p->used += units;
	return at;
}
