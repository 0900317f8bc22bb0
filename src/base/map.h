/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map: a hash table from a 64-bit key to a 32-bit value, open addressing with
 * linear probing and deletion by shifting back, so that it has no tombstones
 * and its memory follows the number of live keys.  Any key is allowed.
 * 12 bytes a place would be unaligned, so keys and values stand in two arrays.
 * Not safe for use from several threads at once.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
	uint64_t *keys;
	uint32_t *vals; /* MAP_NONE marks a free place */
	size_t mask;	/* places - 1; a power of two minus one */
	size_t used;
};

#define MAP_NONE UINT32_MAX /* no such key; never a legal value */

/* Returns 0, or -ENOMEM. */
int map_init(struct map *m, size_t expect);
void map_free(struct map *m);

/* The value of key, or MAP_NONE. */
uint32_t map_get(const struct map *m, uint64_t key);
/* Insert or replace.  Returns 0, or -ENOMEM (the map is then unchanged). */
int map_put(struct map *m, uint64_t key, uint32_t val);
/* Remove; returns the value that was there, or MAP_NONE. */
uint32_t map_del(struct map *m, uint64_t key);

/* Walk all pairs: start with *at = 0; false at the end.  Do not change the map meanwhile. */
bool map_next(const struct map *m, size_t *at, uint64_t *key, uint32_t *val);

#endif
