// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/colouring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The lines of one cache's objects (UINT32_MAX: of all); how many objects. */
static uint64_t load(const struct places *p, enum place_source source, uint32_t cache, uint64_t hot,
		     struct setload *s)
{
	const struct place_list *l = &p->at[source];
	uint64_t objects = 0, last = UINT64_MAX;

	setload_clear(s);
	for (uint64_t i = 0; i < l->count; i++) {
		const struct place *x = &l->p[i];
		uint32_t size = p->sizes[x->cache], line = s->g.line;
		uint64_t first = x->address / line;
		uint64_t end = (x->address + (size ? size : 1) - 1) / line + 1;

		if (cache != UINT32_MAX && x->cache != cache)
			continue;
		objects++;
		if (hot && end - first > hot)
			end = first + hot;
		/* Neighbours in order of addresses may share a line. */
		for (uint64_t at = first == last ? first + 1 : first; at < end; at++)
			setload_add(s, at * line);
		last = end - 1;
	}
	return objects;
}

struct ranked {
	uint32_t cache;
	uint64_t objects;
};

static int by_objects(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->objects != y->objects)
		return x->objects < y->objects ? 1 : -1;
	return x->cache < y->cache ? -1 : x->cache > y->cache;
}

/* The caches by the objects that were recorded or, where none were, of SLUB. */
static struct ranked *rank(const struct places *p)
{
	const struct place_list *l =
		&p->at[p->at[PLACE_RECORDED].count ? PLACE_RECORDED : PLACE_SLUB];
	struct ranked *r = calloc(p->caches.count + 1ull, sizeof(*r));

	for (uint32_t i = 0; r && i < p->caches.count; i++)
		r[i].cache = i;
	for (uint64_t i = 0; r && i < l->count; i++)
		r[l->p[i].cache].objects++;
	if (r && p->caches.count)
		qsort(r, p->caches.count, sizeof(*r), by_objects);
	return r;
}

static int one_cache(const struct places *p, uint32_t cache, const struct colouring_options *o,
		     struct setload *s,
		     int (*row)(void *, const struct colouring_row *, struct err *), void *arg,
		     struct err *e)
{
	bool all = cache == UINT32_MAX;
	struct colouring_row r = { .cache = all ? COLOURING_ALL : intern_str(&p->caches, cache),
				   .object_size = all ? 0 : p->sizes[cache] };
	int ret = 0;

	for (unsigned l = 0; l < o->levels; l++)
		for (unsigned v = 0; v < PLACE_SOURCES && ret >= 0; v++) {
			if (!p->at[v].count)
				continue;
			r.source = (enum place_source)v;
			r.load = &s[l];
			r.objects = load(p, r.source, cache, o->hot, &s[l]);
			setload_figures(&s[l], &r.f);
			ret = row(arg, &r, e);
		}
	return ret;
}

int colouring_each(const struct places *p, const struct colouring_options *o,
		   int (*row)(void *arg, const struct colouring_row *r, struct err *e), void *arg,
		   struct err *e)
{
	struct ranked *r = rank(p);
	struct setload s[COLOURING_LEVELS];
	bool found = false;
	int ret = r ? 0 : err_set(e, ENOMEM, "out of memory");

	memset(s, 0, sizeof(s));
	for (unsigned i = 0; i < o->levels && ret >= 0; i++)
		if (setload_init(&s[i], &o->g[i]))
			ret = err_set(e, ENOMEM, "out of memory for %u cache sets", o->g[i].sets);
	if (ret >= 0 && p->caches.count > 1 && r[1].objects && !o->only)
		ret = one_cache(p, UINT32_MAX, o, s, row, arg, e);
	for (uint32_t i = 0; i < p->caches.count && ret >= 0; i++) {
		if (!r[i].objects || (!o->only && o->top && i >= o->top))
			break;
		if (o->only && strcmp(o->only, intern_str(&p->caches, r[i].cache)))
			continue;
		found = true;
		ret = one_cache(p, r[i].cache, o, s, row, arg, e);
	}
	if (ret >= 0 && o->only && !found)
		ret = err_set(e, ENOENT, "no object of the cache '%.60s' lives in the end",
			      o->only);
	for (unsigned i = 0; i < o->levels; i++)
		setload_free(&s[i]);
	free(r);
	return ret;
}
