// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slabseries.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void slabseries_init(struct slabseries *s, uint32_t samples)
{
	memset(s, 0, sizeof(*s));
	s->samples = samples;
}

void slabseries_free(struct slabseries *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		free(s->cache[i].point);
	free(s->cache);
	memset(s, 0, sizeof(*s));
}

/* Caches come in the same order each time, with a new one now and then: the place is guessed. */
static struct slabseries_cache *place_of(struct slabseries *s, const char *name, uint32_t guess)
{
	struct slabseries_cache *c;

	for (uint32_t i = guess; i < s->count; i++)
		if (!strcmp(s->cache[i].name, name))
			return &s->cache[i];
	for (uint32_t i = 0; i < guess && i < s->count; i++)
		if (!strcmp(s->cache[i].name, name))
			return &s->cache[i];
	if (!(s->count & (s->count - 1))) {
		struct slabseries_cache *more = realloc(s->cache, (s->count ? s->count * 2ull : 1) *
									  sizeof(*more));

		if (!more)
			return NULL;
		s->cache = more;
	}
	c = &s->cache[s->count];
	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->point = calloc(s->samples + 1ull, sizeof(*c->point));
	if (!c->point)
		return NULL;
	s->count++;
	return c;
}

int slabseries_take(struct slabseries *s, uint32_t n, const struct objects_cache *caches, int count)
{
	uint32_t guess = 0;

	for (int i = 0; i < count && n < s->samples; i++) {
		struct slabseries_cache *c = place_of(s, caches[i].name, guess);

		if (!c)
			return -ENOMEM;
		c->order = caches[i].f.order;
		c->point[n] = (struct slabseries_point){
			(uint32_t)caches[i].f.slabs, (uint32_t)caches[i].f.active_objects,
			(uint32_t)caches[i].f.in_use, caches[i].partial, caches[i].partial_since
		};
		guess = (uint32_t)(c - s->cache) + 1;
	}
	return 0;
}

const struct slabseries_cache *slabseries_find(const struct slabseries *s, const char *name)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (!strcmp(s->cache[i].name, name))
			return &s->cache[i];
	return NULL;
}
