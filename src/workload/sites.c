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

static uint32_t find_or_add(struct sites *t, uint64_t addr, uint32_t bytes_req, uint32_t bytes)
{
	uint64_t key = sites_key(addr, bytes_req, bytes);
	uint32_t n;

	for (; (n = map_get(&t->index, key)) != MAP_NONE; key++)
		if (sites_is(t, n, addr, bytes_req, bytes))
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

uint32_t sites_look_up(struct sites *t, uint64_t addr, uint32_t bytes_req, uint32_t bytes)
{
	uint32_t n = find_or_add(t, addr, bytes_req, bytes);

	*sites_memo(t, addr, bytes) = n + 1; /* none where there is no memory: UINT32_MAX + 1 */
	return n;
}
