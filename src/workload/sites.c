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

uint64_t sites_key(uint64_t addr, uint32_t bytes_req, uint32_t bytes)
{
	uint64_t sizes = (uint64_t)bytes_req << 32 | bytes;

	sizes *= 0x9e3779b97f4a7c15ull; /* 2^64 by the golden ratio, odd */
	return addr ^ sizes ^ sizes >> 32;
}

static bool is_site(const struct sites *t, uint32_t n, uint64_t addr, uint32_t bytes_req,
		    uint32_t bytes)
{
	return t->s[n].addr == addr && t->s[n].bytes_req == bytes_req && t->s[n].bytes == bytes;
}

static uint32_t look_up(struct sites *t, uint64_t addr, uint32_t bytes_req, uint32_t bytes)
{
	uint64_t key = sites_key(addr, bytes_req, bytes);
	uint32_t n;

	for (; (n = map_get(&t->index, key)) != MAP_NONE; key++)
		if (is_site(t, n, addr, bytes_req, bytes))
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
	t->s[t->count] = (struct site){ .addr = addr, .bytes_req = bytes_req, .bytes = bytes };
	return t->count++;
}

uint32_t sites_get(struct sites *t, uint64_t addr, uint32_t bytes_req, uint32_t bytes)
{
	uint32_t *memo = &t->memo[(addr ^ addr >> 9 ^ bytes >> 3) & (SITES_MEMO - 1)];
	uint32_t n;

	if (*memo && is_site(t, *memo - 1, addr, bytes_req, bytes))
		return *memo - 1;
	n = look_up(t, addr, bytes_req, bytes);
	*memo = n + 1; /* none where there is no memory: UINT32_MAX + 1 */
	return n;
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
