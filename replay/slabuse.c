// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slabuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/request.h"

/* The first frame of the slab that holds a frame. */
uint32_t slabuse_head(const struct slabuse *u, uint32_t frame)
{
	const struct life_slab *s = slablife_of_frame(u->life, frame);

	return s ? s->pfn : frame;
}

int slabuse_init(struct slabuse *u, const struct makers *w, const struct slablife *life,
		 const struct intern *strings)
{
	*u = (struct slabuse){ .w = w, .life = life, .strings = strings };
	u->site = malloc(UINT16_MAX * sizeof(*u->site));
	return u->site ? 0 : -ENOMEM;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The call site of most of its objects that the trace shows; 0: it shows none. */
static uint64_t site_of_most(const struct slabuse *u, const struct life_slab *s)
{
	uint32_t n = 0, best = 0, most = 0;

	for (uint32_t i = 0; s->object && i < s->objects; i++)
		if (s->object[i].site < LIFE_BEFORE)
			u->site[n++] = s->object[i].site;
	if (!n)
		return 0;
	qsort(u->site, n, sizeof(*u->site), by_number);
	for (uint32_t i = 0, k; i < n; i += k) {
		for (k = 0; i + k < n && u->site[i + k] == u->site[i]; k++)
			;
		if (k > best) {
			best = k;
			most = u->site[i];
		}
	}
	return slablife_site(u->life, most);
}

static const struct machine_slab *cache_of(const struct machine *m, const char *name)
{
	for (uint32_t i = 0; i < m->slab_count; i++) {
		if (!strcmp(m->slabs[i].name, name))
			return &m->slabs[i];
		for (uint32_t a = 0; a < m->slabs[i].alias_count; a++)
			if (!strcmp(m->slabs[i].aliases[a], name))
				return &m->slabs[i];
	}
	return NULL;
}

/* A name that lives as long as the workload; "" where it has none of its own. */
static const char *lasting(const struct slabuse *u, const char *name)
{
	uint32_t n = intern_find(u->strings, name, strlen(name));

	return n == UINT32_MAX ? "" : intern_str(u->strings, n);
}

struct slab slabuse_slab(const struct slabuse *u, uint32_t head)
{
	const struct life_slab *l = slablife_of_frame(u->life, head);
	const struct made *x = makers_page(u->w, head);
	struct slab s = { .cache = "", .objects = SLABUSE_UNKNOWN };
	const struct machine_slab *c;

	if (x) {
		s.cache = intern_str(u->strings, makers_of(u->w, x)->cache);
		s.site = makers_of(u->w, x)->site;
	}
	if (l && l->cache != LIFE_NONE) {
		const char *name = slablife_cache(u->life, l->cache)->name;
		uint64_t site = site_of_most(u, l);

		c = cache_of(u->w->m, name);
		s.cache = c ? c->name : lasting(u, name);
		s.reclaimable = c && c->reclaim_account;
		s.room = l->objects;
		s.site = site ? site : s.site;
		if (l->whole)
			s.objects = l->in_use;
	}
	return s;
}

/* ---- all of them ---- */

static struct occupancy *cache_row(struct occupancy **list, uint32_t *count, const struct slab *s)
{
	struct occupancy *x;

	for (uint32_t i = 0; i < *count; i++)
		if ((*list)[i].room == s->room && !strcmp((*list)[i].cache, s->cache))
			return &(*list)[i];
	if (!(*count & (*count - 1))) {
		x = realloc(*list, (*count ? *count * 2ull : 1) * sizeof(*x));
		if (!x)
			return NULL;
		*list = x;
	}
	x = &(*list)[*count];
	*x = (struct occupancy){ .cache = s->cache, .room = s->room };
	x->by = calloc(s->room + 1ull, sizeof(*x->by));
	if (!x->by)
		return NULL;
	++*count;
	return x;
}

static int by_name(const void *a, const void *b)
{
	const struct occupancy *x = a, *y = b;
	int c = strcmp(x->cache, y->cache);

	return c ? c : x->room < y->room ? -1 : x->room > y->room;
}

int slabuse_count(const struct slabuse *u, struct occupancy **list, uint32_t *count)
{
	*list = NULL;
	*count = 0;
	for (uint32_t i = 0; i < slablife_slabs(u->life); i++) {
		const struct life_slab *l = slablife_slab(u->life, i);
		struct occupancy *x;
		struct slab s;

		if (l->pfn == KMM_NO_PFN || l->cache == LIFE_NONE || !l->whole)
			continue;
		s = slabuse_slab(u, l->pfn);
		x = cache_row(list, count, &s);
		if (!x)
			return -ENOMEM;
		x->slabs++;
		x->objects += s.objects;
		x->by[s.objects]++;
	}
	if (*count)
		qsort(*list, *count, sizeof(**list), by_name);
	return 0;
}

void slabuse_free(struct slabuse *u)
{
	free(u->site);
	u->site = NULL;
}
