// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, 32 bits (Fowler, Noll, Vo). */
static uint32_t hash_bytes(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
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
static uint32_t place_of(const struct intern *in, const char *s, size_t len)
{
	uint32_t i = hash_bytes(s, len) & in->mask;

	for (; in->table[i]; i = (i + 1) & in->mask) {
		const char *have = in->strings[in->table[i] - 1];

		if (!strncmp(have, s, len) && !have[len])
			break;
	}
	return i;
}

static int grow_table(struct intern *in)
{
	uint32_t mask = in->mask * 2 + 1;
	uint32_t *old = in->table;

	in->table = calloc((size_t)mask + 1, sizeof(*in->table));
	if (!in->table) {
		in->table = old;
		return -ENOMEM;
	}
	in->mask = mask;
	for (uint32_t n = 0; n < in->count; n++)
		in->table[place_of(in, in->strings[n], strlen(in->strings[n]))] = n + 1;
	free(old);
	return 0;
}

uint32_t intern_find(const struct intern *in, const char *s, size_t len)
{
	uint32_t id = in->table[place_of(in, s, strnlen(s, len))];

	return id ? id - 1 : UINT32_MAX;
}

uint32_t intern_add(struct intern *in, const char *s, size_t len)
{
	uint32_t i;
	char *copy;

	len = strnlen(s, len);
	i = place_of(in, s, len);
	if (in->table[i])
		return in->table[i] - 1;
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
		i = place_of(in, s, len);
	}
	copy = strndup(s, len);
	if (!copy)
		return UINT32_MAX;
	in->strings[in->count] = copy;
	in->table[i] = ++in->count;
	return in->count - 1;
}

const char *intern_str(const struct intern *in, uint32_t id)
{
	return id < in->count ? in->strings[id] : "";
}
