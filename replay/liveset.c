// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/liveset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST (1u << 14)

static int make(struct liveset *s, uint64_t places, unsigned width)
{
	*s = (struct liveset){ .width = width, .mask = places - 1 };
	s->places = calloc(places, sizeof(*s->places));
	if (s->places && width)
		s->rows = calloc(places, width * sizeof(*s->rows));
	if (s->places && (s->rows || !width))
		return 0;
	liveset_free(s);
	return -ENOMEM;
}

int liveset_init(struct liveset *s, unsigned width)
{
	return make(s, FIRST, width);
}

void liveset_free(struct liveset *s)
{
	free(s->places);
	free(s->rows);
	memset(s, 0, sizeof(*s));
}

/* Fibonacci hashing: the high bits of the product are the mixed ones. */
static uint64_t home(const struct liveset *s, uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15ull >> 20) & s->mask;
}

static struct live *find(const struct liveset *s, uint64_t key)
{
	uint64_t i = home(s, key);

	while (s->places[i].key && s->places[i].key != key)
		i = (i + 1) & s->mask;
	return &s->places[i];
}

struct live *liveset_get(const struct liveset *s, uint64_t key)
{
	struct live *x = find(s, key);

	return x->key ? x : NULL;
}

void liveset_prefetch(const struct liveset *s, uint64_t key)
{
	__builtin_prefetch(&s->places[home(s, key)]);
}

static int grow(struct liveset *s)
{
	struct liveset more;

	if (make(&more, (s->mask + 1) * 2, s->width))
		return -ENOMEM;
	more.used = s->used;
	for (uint64_t i = 0; i <= s->mask; i++) {
		struct live *x;

		if (!s->places[i].key)
			continue;
		x = find(&more, s->places[i].key);
		*x = s->places[i];
		if (s->rows)
			memcpy(liveset_rows(&more, x), liveset_rows(s, &s->places[i]),
			       s->width * sizeof(*s->rows));
	}
	liveset_free(s);
	*s = more;
	return 0;
}

struct live *liveset_put(struct liveset *s, uint64_t key)
{
	struct live *x = find(s, key);

	if (x->key)
		return x;
	if (s->used >= s->mask / 4 * 3) {
		if (grow(s))
			return NULL;
		x = find(s, key);
	}
	s->used++;
	x->key = key;
	return x;
}
