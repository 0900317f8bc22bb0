/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_arena: the memory that packed perf records are unpacked into, in pieces
 * that are given back as soon as no record in them is waiting any more.
 */
#ifndef TRACE_PERF_ARENA_H
#define TRACE_PERF_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ARENA_SIZE (1u << 20) /* and so the longest record (64 KiB) fits many times */

struct arena {
	struct arena *next; /* in the list of free ones */
	uint32_t users;	    /* runs of records in it, and the unpacker while it fills it */
	size_t len;	    /* unpacked so far */
	uint8_t data[ARENA_SIZE];
};

struct arenas {
	struct arena *filling; /* NULL before the first record */
	struct arena *spare;   /* given back */
	void *zstd;	       /* ZSTD_DCtx: the packed records of a file are one stream */
	size_t held;	       /* bytes of arenas that are in use */
};

void arena_hold(struct arena *a);
void arena_drop(struct arenas *s, struct arena *a);
/* Start a new arena with the last `keep` bytes of the one that was being filled. */
int arenas_turn(struct arenas *s, size_t keep, struct err *e);
/*
 * Unpack from *p to end, or until the arena is full; *p is moved on.  1: room was
 * filled and there may be more; 0: all of the input is unpacked.
 */
int arenas_unpack(struct arenas *s, const uint8_t **p, const uint8_t *end, struct err *e);
void arenas_free(struct arenas *s);

#endif
