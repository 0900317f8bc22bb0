// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/liveset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST (1u << 14)

int liveset_init(struct liveset *s)
{
	memset(s, 0, sizeof(*s));
	s->places = calloc(FIRST, sizeof(*s->places));
	s->mask = FIRST - 1;
	return s->places ? 0 : -ENOMEM;
}

void liveset_free(struct liveset *s)
{
	free(s->places);
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

static int grow(struct liveset *s)
{
	struct liveset more = { calloc((s->mask + 1) * 2, sizeof(*s->places)), s->mask * 2 + 1,
				s->used };

	if (!more.places)
		return -ENOMEM;
	for (uint64_t i = 0; i <= s->mask; i++)
		if (s->places[i].key)
			*find(&more, s->places[i].key) = s->places[i];
	free(s->places);
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
