// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slabuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/request.h"

#define NONE UINT32_MAX

/* The first frame of the slab that holds a frame. */
uint32_t slabuse_head(const struct slabuse *u, uint32_t frame)
{
	const struct makers *w = u->w;
	const struct made *x = makers_page(w, frame);

	if (x)
		return (uint32_t)x->at;
	return w->slab_of[frame] ? w->m->before.slabpages[w->slab_of[frame] - 1].pfn : frame;
}

static int by_slab(const void *a, const void *b)
{
	const struct inhabitant *x = a, *y = b;

	if (x->slab != y->slab)
		return x->slab < y->slab ? -1 : 1;
	return x->maker < y->maker ? -1 : x->maker > y->maker;
}

int slabuse_init(struct slabuse *u, const struct makers *w, const struct intern *strings)
{
	*u = (struct slabuse){ .w = w, .strings = strings };
	u->in = malloc((w->slots + 1ull) * sizeof(*u->in));
	if (!u->in)
		return -ENOMEM;
	for (uint32_t i = 0; i < w->slots; i++) {
		const struct made *x = &w->made[i];
		uint32_t frame;

		if (!x->maker || !makers_of(w, x)->object)
			continue;
		frame = makers_frame(w, x->at);
		if (frame != KMM_NO_PFN)
			u->in[u->in_count++] = (struct inhabitant){ slabuse_head(u, frame),
								    x->maker - 1 };
	}
	qsort(u->in, u->in_count, sizeof(*u->in), by_slab);
	return 0;
}

/* How many objects of a slab the trace shows, and the maker of most of them; NONE. */
static uint32_t inhabitants(const struct slabuse *u, uint32_t head, uint32_t *most)
{
	uint32_t lo = 0, hi = u->in_count, n = 0, best = 0;

	*most = NONE;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (u->in[mid].slab < head)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (uint32_t i = lo; i < u->in_count && u->in[i].slab == head;) {
		uint32_t of = u->in[i].maker, k = 0;

		for (; i < u->in_count && u->in[i].slab == head && u->in[i].maker == of; i++)
			k++;
		n += k;
		if (k > best) {
			best = k;
			*most = of;
		}
	}
	return n;
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

struct slab slabuse_slab(const struct slabuse *u, uint32_t head)
{
	const struct machine *m = u->w->m;
	const struct made *x = makers_page(u->w, head);
	uint32_t start = u->w->slab_of[head], most;
	struct slab s = { .cache = "", .objects = inhabitants(u, head, &most) };
	const struct machine_slab *c = NULL;

	if (x) {
		s.cache = intern_str(u->strings, makers_of(u->w, x)->cache);
		s.site = makers_of(u->w, x)->site;
	} else if (start) {
		const struct machine_slabpage *p = &m->before.slabpages[start - 1];

		s.cache = m->slabs[p->cache].name;
		s.objects += u->w->before[start - 1];
		s.room = p->objects;
	} else {
		s.objects = SLABUSE_UNKNOWN;
	}
	if (most != NONE) {
		if (!*s.cache)
			s.cache = intern_str(u->strings, u->w->makers[most].cache);
		s.site = u->w->makers[most].site;
	}
	c = *s.cache ? cache_of(m, s.cache) : NULL;
	if (c) {
		s.cache = c->name;
		s.reclaimable = c->reclaim_account;
		if (!s.room)
			s.room = c->objs_per_slab;
	}
	if (!s.room || !m->direct_map_base)
		s.objects = SLABUSE_UNKNOWN;
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

/* Does a slab that is known from end to end start here? */
static bool starts_slab(const struct slabuse *u, struct recorded *r, uint32_t pfn)
{
	unsigned type;

	if (recorded_frame(r, pfn) != FRAME_USED || recorded_owner(r, pfn, &type) != OWNER_SLAB)
		return false;
	return (makers_page(u->w, pfn) || u->w->slab_of[pfn]) && slabuse_head(u, pfn) == pfn;
}

int slabuse_count(const struct slabuse *u, struct recorded *r, struct occupancy **list,
		  uint32_t *count)
{
	*list = NULL;
	*count = 0;
	for (uint32_t pfn = 0; pfn < u->w->m->max_pfn; pfn++) {
		struct occupancy *x;
		struct slab s;

		if (!starts_slab(u, r, pfn))
			continue;
		s = slabuse_slab(u, pfn);
		if (s.objects == SLABUSE_UNKNOWN)
			continue;
		x = cache_row(list, count, &s);
		if (!x)
			return -ENOMEM;
		x->slabs++;
		x->objects += s.objects;
		x->by[s.objects < s.room ? s.objects : s.room]++;
	}
	if (*count)
		qsort(*list, *count, sizeof(**list), by_name);
	return 0;
}

void slabuse_free(struct slabuse *u)
{
	free(u->in);
	u->in = NULL;
}
