// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Eight bytes a step, the last ones again where they do not fill a step. */
static uint32_t hash_bytes(const char *s, size_t len)
{
	const uint64_t odd = 0x9e3779b97f4a7c15; /* 2^64 by the golden ratio */
	uint64_t h = len, v = 0;

	if (len < 8) {
		memcpy(&v, s, len);
		h = (h ^ v) * odd;
	} else {
		for (size_t at = 0; at + 8 < len; at += 8) {
			memcpy(&v, s + at, 8);
			h = (h ^ v) * odd;
			h ^= h >> 32;
		}
		memcpy(&v, s + len - 8, 8);
		h = (h ^ v) * odd;
	}
	return (uint32_t)(h >> 32);
}

int intern_init(struct intern *in)
{
	memset(in, 0, sizeof(*in));
	in->mask = 255;
	in->table = calloc(in->mask + 1, sizeof(*in->table));
	if (!in->table)
		return -ENOMEM;
	if (intern_add(in, "", 0) == UINT32_MAX) {
		intern_free(in);
		return -ENOMEM;
	}
	return 0;
}

void intern_free(struct intern *in)
{
	for (uint32_t i = 0; i < in->count; i++)
		free(in->strings[i]);
	free(in->strings);
	free(in->table);
	memset(in, 0, sizeof(*in));
}

/* The place of the string, or the free place where it belongs. */
static uint32_t place_of(const struct intern *in, uint32_t hash, const char *s, size_t len)
{
	uint32_t i = hash & in->mask;

	for (; in->table[i].number; i = (i + 1) & in->mask) {
		const struct intern_place *at = &in->table[i];

		if (at->hash == hash && at->len == len &&
		    !memcmp(in->strings[at->number - 1], s, len))
			break;
	}
	return i;
}

static int grow_table(struct intern *in)
{
	uint32_t mask = in->mask * 2 + 1;
	struct intern_place *table = calloc((size_t)mask + 1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (uint32_t n = 0; n <= in->mask; n++) {
		uint32_t i = in->table[n].hash & mask;

		if (!in->table[n].number)
			continue;
		while (table[i].number)
			i = (i + 1) & mask;
		table[i] = in->table[n];
	}
	free(in->table);
	in->table = table;
	in->mask = mask;
	return 0;
}

uint32_t intern_find(const struct intern *in, const char *s, size_t len)
{
	uint32_t id;

	len = strnlen(s, len);
	id = in->table[place_of(in, hash_bytes(s, len), s, len)].number;
	return id ? id - 1 : UINT32_MAX;
}

uint32_t intern_add(struct intern *in, const char *s, size_t len)
{
	uint32_t i, hash;
	char *copy;

	len = strnlen(s, len);
	hash = hash_bytes(s, len);
	i = place_of(in, hash, s, len);
	if (in->table[i].number)
		return in->table[i].number - 1;
	if (in->count == in->room) {
		uint32_t room = in->room ? in->room * 2 : 64;
		char **more = realloc(in->strings, room * sizeof(*more));

		if (!more)
			return UINT32_MAX;
		in->strings = more;
		in->room = room;
	}
	if ((in->count + 1) * 2 > in->mask) {
		if (grow_table(in))
			return UINT32_MAX;
		i = place_of(in, hash, s, len);
	}
	copy = strndup(s, len);
	if (!copy)
		return UINT32_MAX;
	in->strings[in->count] = copy;
	in->table[i] = (struct intern_place){ ++in->count, hash, (uint32_t)len };
	return in->count - 1;
}

const char *intern_str(const struct intern *in, uint32_t id)
{
	return id < in->count ? in->strings[id] : "";
}
