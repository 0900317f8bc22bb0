// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/sites.h"

#include <stdlib.h>
#include <string.h>

int sites_init(struct sites *t)
{
	memset(t, 0, sizeof(*t));
	return map_init(&t->index, 1024);
}

void sites_free(struct sites *t)
{
	map_free(&t->index);
	free(t->s);
	memset(t, 0, sizeof(*t));
}

/* Kernel text is far smaller than 2^48, so the size fits beside the address. */
static uint64_t key_of(uint64_t addr, uint32_t bytes)
{
	return addr ^ (uint64_t)bytes << 44;
}

uint32_t sites_get(struct sites *t, uint64_t addr, uint32_t bytes)
{
	uint64_t key = key_of(addr, bytes);
	uint32_t n = map_get(&t->index, key);

	if (n != MAP_NONE)
		return n;
	if (t->count == t->room) {
		uint32_t room = t->room ? t->room * 2 : 256;
		struct site *more = realloc(t->s, room * sizeof(*more));

		if (!more)
			return UINT32_MAX;
		t->s = more;
		t->room = room;
	}
	if (map_put(&t->index, key, t->count))
		return UINT32_MAX;
	t->s[t->count] = (struct site){ .addr = addr, .bytes = bytes };
	return t->count++;
}

void sites_learn(struct sites *t, uint32_t site, uint32_t cache)
{
	struct site *s;

	if (site >= t->count || !cache)
		return;
	s = &t->s[site];
	if (!s->cache)
		s->cache = cache;
	if (s->cache == cache)
		s->named++;
	else
		s->other++;
}
