// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Multiplicative hashing by the golden ratio (Knuth, TAOCP vol. 3, 6.4). */
static size_t place_of(const struct map *m, uint64_t key)
{
	uint64_t h = key * 0x9e3779b97f4a7c15ULL;

	return (size_t)(h ^ (h >> 32)) & m->mask;
}

static int map_alloc(struct map *m, size_t places)
{
	m->keys = malloc(places * sizeof(*m->keys));
	m->vals = malloc(places * sizeof(*m->vals));
	if (!m->keys || !m->vals) {
		free(m->keys);
		free(m->vals);
		return -ENOMEM;
	}
	memset(m->vals, 0xff, places * sizeof(*m->vals));
	m->mask = places - 1;
	m->used = 0;
	return 0;
}

int map_init(struct map *m, size_t expect)
{
	size_t places = 64;

	while (places / 2 < expect)
		places *= 2;
	return map_alloc(m, places);
}

void map_free(struct map *m)
{
	free(m->keys);
	free(m->vals);
	memset(m, 0, sizeof(*m));
}

uint32_t map_get(const struct map *m, uint64_t key)
{
	size_t i;

	for (i = place_of(m, key); m->vals[i] != MAP_NONE; i = (i + 1) & m->mask)
		if (m->keys[i] == key)
			return m->vals[i];
	return MAP_NONE;
}

static void insert_new(struct map *m, uint64_t key, uint32_t val)
{
	size_t i = place_of(m, key);

	while (m->vals[i] != MAP_NONE)
		i = (i + 1) & m->mask;
	m->keys[i] = key;
	m->vals[i] = val;
	m->used++;
}

static int map_resize(struct map *m, size_t places)
{
	struct map bigger;
	size_t i;

	if (map_alloc(&bigger, places))
		return -ENOMEM;
	for (i = 0; i <= m->mask; i++)
		if (m->vals[i] != MAP_NONE)
			insert_new(&bigger, m->keys[i], m->vals[i]);
	free(m->keys);
	free(m->vals);
	*m = bigger;
	return 0;
}

int map_put(struct map *m, uint64_t key, uint32_t val)
{
	size_t i;

	for (i = place_of(m, key); m->vals[i] != MAP_NONE; i = (i + 1) & m->mask)
		if (m->keys[i] == key) {
			m->vals[i] = val;
			return 0;
		}
	if (m->used + 1 > (m->mask + 1) / 2) {
		if (map_resize(m, (m->mask + 1) * 2))
			return -ENOMEM;
		insert_new(m, key, val);
		return 0;
	}
	m->keys[i] = key;
	m->vals[i] = val;
	m->used++;
	return 0;
}

uint32_t map_del(struct map *m, uint64_t key)
{
	size_t i = place_of(m, key), hole;
	uint32_t val;

	while (m->vals[i] != MAP_NONE && m->keys[i] != key)
		i = (i + 1) & m->mask;
	val = m->vals[i];
	if (val == MAP_NONE)
		return MAP_NONE;
	/* Move later members of the cluster up, so that no search breaks off at the hole. */
	hole = i;
	for (i = (i + 1) & m->mask; m->vals[i] != MAP_NONE; i = (i + 1) & m->mask) {
		size_t home = place_of(m, m->keys[i]);

		if (((i - home) & m->mask) >= ((i - hole) & m->mask)) {
			m->keys[hole] = m->keys[i];
			m->vals[hole] = m->vals[i];
			hole = i;
		}
	}
	m->vals[hole] = MAP_NONE;
	m->used--;
	return val;
}

bool map_next(const struct map *m, size_t *at, uint64_t *key, uint32_t *val)
{
	for (; *at <= m->mask; (*at)++)
		if (m->vals[*at] != MAP_NONE) {
			*key = m->keys[*at];
			*val = m->vals[*at];
			(*at)++;
			return true;
		}
	return false;
}
