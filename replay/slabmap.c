// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slabmap.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

/* ---- as /proc/slabinfo ---- */

static const struct kmm_cache_figures *figures_of(const struct objects_cache *c, int n,
						  const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(c[i].name, name))
			return &c[i].f;
	return NULL;
}

/* A line as the kernel prints it; SLUB has no tunables, and slabs are all active. */
static void print_line(FILE *out, const char *name, const struct kmm_cache_figures *f)
{
	fprintf(out,
		"%-17s %6" PRIu64 " %6" PRIu64 " %6u %4u %4d : tunables %4u %4u %4u : slabdata "
		"%6" PRIu64 " %6" PRIu64 " %6u\n",
		name, f->active_objects, f->objects, f->size, f->objs_per_slab, 1 << f->order,
		f->limit, f->batchcount, f->shared, f->active_slabs, f->slabs, 0u);
}

int slabmap_slabinfo(const struct machine *m, const struct replay_run *run, bool at_mark, FILE *out)
{
	struct objects_cache *now = NULL;
	const struct objects_cache *c = run->caches;
	int n = run->cache_count;

	if (!at_mark) {
		n = run->life ? slablife_all(run->life, &now) :
				objects_caches(simulated_objects(run->simulated), &now);
		c = now;
	}
	if (n < 0)
		return -ENOMEM;
	fprintf(out,
		"slabinfo - version: 2.1\n"
		"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> "
		": tunables <limit> <batchcount> <sharedfactor> "
		": slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (uint32_t i = 0; i < m->slab_count; i++) {
		const struct machine_slab *s = &m->slabs[i];
		const struct kmm_cache_figures none = { .size = s->size,
							.objs_per_slab = s->objs_per_slab,
							.order = s->order },
					       *f = figures_of(c, n, s->name);

		if (s->from_slabinfo || f)
			print_line(out, s->name, f ? f : &none);
	}
	for (int i = 0; i < n; i++) {
		bool known = false;

		for (uint32_t k = 0; k < m->slab_count && !known; k++)
			known = !strcmp(m->slabs[k].name, c[i].name);
		if (!known)
			print_line(out, c[i].name, &c[i].f);
	}
	free(now);
	return 0;
}

/* ---- who holds slabs open ---- */

static bool is_open(const struct life_slab *s)
{
	return s->pfn != KMM_NO_PFN && s->cache != LIFE_NONE && s->in_use &&
	       s->in_use < s->objects && s->whole;
}

static int by_alone(const void *a, const void *b)
{
	const struct slab_opener *x = a, *y = b;

	if (x->alone != y->alone)
		return x->alone < y->alone ? 1 : -1;
	if (x->slabs != y->slabs)
		return x->slabs < y->slabs ? 1 : -1;
	if (x->cache != y->cache)
		return x->cache < y->cache ? -1 : 1;
	return x->site < y->site ? -1 : x->site > y->site;
}

static struct slab_opener *opener_of(struct map *at, struct slab_opener **all, uint32_t *count,
				     uint32_t cache, uint32_t site)
{
	uint64_t key = (uint64_t)cache << 32 | site;
	uint32_t n = map_get(at, key);

	if (n != MAP_NONE)
		return &(*all)[n];
	if (!(*count & (*count - 1))) {
		struct slab_opener *more = realloc(*all,
						   (*count ? *count * 2ull : 1) * sizeof(*more));

		if (!more)
			return NULL;
		*all = more;
	}
	if (map_put(at, key, *count))
		return NULL;
	(*all)[*count] = (struct slab_opener){ .cache = cache, .site = site, .oldest = UINT64_MAX };
	return &(*all)[(*count)++];
}

static uint64_t birth(const struct life_object *o)
{
	return o->site == LIFE_BEFORE ? 0 : o->time;
}

static int add_slab(struct map *at, struct slab_opener **all, uint32_t *count,
		    const struct life_slab *s)
{
	for (uint32_t i = 0; i < s->objects; i++) {
		const struct life_object *o = &s->object[i];
		struct slab_opener *x;
		bool first = true, alone = true;

		if (o->site == LIFE_FREE)
			continue;
		for (uint32_t k = 0; k < s->objects; k++) {
			if (s->object[k].site == LIFE_FREE || k == i)
				continue;
			alone &= s->object[k].site == o->site;
			first &= k > i || s->object[k].site != o->site;
		}
		x = opener_of(at, all, count, s->cache, o->site);
		if (!x)
			return -ENOMEM;
		x->objects++;
		x->slabs += first;
		x->alone += first && alone;
		if (birth(o) < x->oldest)
			x->oldest = birth(o);
	}
	return 0;
}

int slabmap_openers(const struct slablife *l, struct slab_opener **out)
{
	struct map at;
	uint32_t count = 0;
	int ret = map_init(&at, 256);

	*out = NULL;
	for (uint32_t n = 0; n < slablife_slabs(l) && !ret; n++)
		if (is_open(slablife_slab(l, n)))
			ret = add_slab(&at, out, &count, slablife_slab(l, n));
	map_free(&at);
	if (ret) {
		free(*out);
		*out = NULL;
		return -ENOMEM;
	}
	if (count)
		qsort(*out, count, sizeof(**out), by_alone);
	return (int)count;
}

/* ---- tables ---- */

void slabmap_site(const struct slablife *l, uint32_t site, const struct kallsyms *k, char out[80])
{
	*out = '\0';
	if (site < LIFE_BEFORE)
		kallsyms_print(k, slablife_site(l, site), out, 80);
}

static const struct column slab_columns[] = {
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache" },
	{ "frame", "frame", COLUMN_HEX, 0, "page frame of the slab's first page" },
	{ "order", "order", COLUMN_UINT, 0, "2^order pages" },
	{ "node", "node", COLUMN_UINT, 0, "of its memory" },
	{ "place", "place", COLUMN_STRING, 0,
	  "where it stands: cpu (in its hand), cpu-partial, partial (the node's list), full (on no list), "
	  "waiting (its page goes after a grace period)" },
	{ "cpu", "CPU", COLUMN_INT, 0, "that has it, or had it last; -1 not known" },
	{ "objects", "objects", COLUMN_UINT, 0, "that fit" },
	{ "in_use", "in use", COLUMN_UINT, 0, "that somebody has" },
	{ "age", "age", COLUMN_REAL, 6,
	  "seconds since its page was taken; none: before the start" },
	{ "partial_age", "partial for", COLUMN_REAL, 6,
	  "seconds that it has had both users and room; from the start on at most" },
	{ "oldest", "oldest", COLUMN_REAL, 6,
	  "seconds since its oldest object was allocated; none: before the start" },
	{ "site", "held by", COLUMN_STRING, 0, "call site that has most of its objects" },
	{ "site_objects", "of it", COLUMN_UINT, 0, "how many; empty site: from before the start" },
};

/* The site with most of a slab's objects, the first of several; how many; and the oldest object. */
static uint32_t holder_of(const struct life_slab *s, uint32_t *most, uint64_t *oldest)
{
	uint32_t best = LIFE_BEFORE;

	*most = 0;
	*oldest = UINT64_MAX;
	for (uint32_t i = 0; i < s->objects; i++) {
		uint32_t n = 0;

		if (s->object[i].site == LIFE_FREE)
			continue;
		for (uint32_t k = 0; k < s->objects; k++)
			n += s->object[k].site == s->object[i].site;
		if (n > *most) {
			*most = n;
			best = s->object[i].site;
		}
		if (birth(&s->object[i]) < *oldest)
			*oldest = birth(&s->object[i]);
	}
	return best;
}

static double age(uint64_t now, uint64_t since, double unit)
{
	return since && since != UINT64_MAX ? (double)(now - since) * unit : NAN;
}

struct table *slabmap_slabs(const struct replay_run *run, const struct kallsyms *k, double unit)
{
	struct table *t = table_new(slab_columns, sizeof(slab_columns) / sizeof(*slab_columns));
	const struct slablife *l = run->life;
	uint64_t now = slablife_now(l);

	for (uint32_t n = 0; t && n < slablife_slabs(l); n++) {
		const struct life_slab *s = slablife_slab(l, n);
		uint32_t most, site;
		uint64_t oldest;
		char name[80];

		if (s->pfn == KMM_NO_PFN || s->cache == LIFE_NONE)
			continue;
		site = holder_of(s, &most, &oldest);
		slabmap_site(l, site, k, name);
		table_row(t);
		table_string(t, slablife_cache(l, s->cache)->name);
		table_uint(t, s->pfn);
		table_uint(t, s->order);
		table_uint(t, s->node);
		table_string(t, life_place_name((enum life_place)s->place));
		table_int(t, s->cpu);
		table_uint(t, s->objects);
		table_uint(t, s->in_use);
		table_real(t, age(now, s->born, unit));
		table_real(t, age(now, s->partial_since, unit));
		table_real(t, age(now, oldest, unit));
		table_string(t, name);
		table_uint(t, most);
	}
	return t;
}

static const struct column holder_columns[] = {
	{ "cache", "cache", COLUMN_STRING, 0, "slab cache" },
	{ "site", "held by", COLUMN_STRING, 0, "call site; empty: from before the start" },
	{ "slabs", "slabs", COLUMN_UINT, 0, "with room in them, that have such an object" },
	{ "alone", "alone", COLUMN_UINT, 0, "of them those that nobody else has an object in" },
	{ "objects", "objects", COLUMN_UINT, 0, "such objects in them" },
	{ "pages", "pages", COLUMN_UINT, 0, "of the slabs held alone" },
	{ "oldest", "oldest", COLUMN_REAL, 6,
	  "seconds since the oldest was allocated; none: before the start" },
};

struct table *slabmap_holders(const struct replay_run *run, const struct kallsyms *k, double unit)
{
	const struct slablife *l = run->life;
	struct slab_opener *x;
	int n = slabmap_openers(l, &x);
	struct table *t = n < 0 ? NULL :
				  table_new(holder_columns,
					    sizeof(holder_columns) / sizeof(*holder_columns));

	for (int i = 0; t && i < n; i++) {
		const struct life_cache *c = slablife_cache(l, x[i].cache);
		char name[80];

		slabmap_site(l, x[i].site, k, name);
		table_row(t);
		table_string(t, c->name);
		table_string(t, name);
		table_uint(t, x[i].slabs);
		table_uint(t, x[i].alone);
		table_uint(t, x[i].objects);
		table_uint(t, x[i].alone << c->order);
		table_real(t, age(slablife_now(l), x[i].oldest, unit));
	}
	free(x);
	return t;
}
