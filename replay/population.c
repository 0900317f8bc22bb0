// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/population.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/population_inside.h"
#include "workload/sites.h"

bool population_known(const struct population *p)
{
	return p->s && p->s->have_slabpages && p->m->direct_map_base;
}

int population_init(struct population *p, const struct machine *m, const struct machine_state *s,
		    const struct attribution *names, const struct intern *strings)
{
	uint64_t objects = 0;

	memset(p, 0, sizeof(*p));
	p->m = m;
	p->s = s;
	p->names = names;
	p->strings = strings;
	p->ending = NO_SLOT;
	p->caches = m->slab_count + strings->count + 1;
	if (!population_known(p))
		return 0;
	p->first = malloc((s->slabpage_count + 1ull) * sizeof(*p->first));
	p->slab = calloc(s->slabpage_count + 1ull, sizeof(*p->slab));
	p->life_of = calloc(m->max_pfn + 1, sizeof(*p->life_of));
	p->life_room = s->slabpage_count + 1024;
	p->life = malloc(p->life_room * sizeof(*p->life));
	p->cache_of_string = calloc(strings->count + 1ull, sizeof(*p->cache_of_string));
	p->hand = calloc((size_t)p->caches * (m->cpus + 1), sizeof(*p->hand));
	p->cpu = calloc(m->cpus + 1, sizeof(*p->cpu));
	if (!p->first || !p->slab || !p->life_of || !p->life || !p->hand || !p->cpu ||
	    !p->cache_of_string || map_init(&p->site_at, 64) || map_init(&p->implied.at, 64) ||
	    map_init(&p->freed.at, 64) || map_init(&p->late.at, 64) || map_init(&p->page_site, 64))
		return -ENOMEM;
	for (uint32_t i = 0; i < s->slabpage_count; i++) {
		const struct machine_slabpage *x = &s->slabpages[i];

		p->life[i] = (struct population_life){
			.pfn = x->pfn, .order = x->order, .start = i, .cache = x->cache, .cpu = -1
		};
		for (uint64_t f = x->pfn; f < x->pfn + (1ull << x->order) && f < m->max_pfn; f++)
			p->life_of[f] = i + 1;
		p->first[i] = (uint32_t)objects;
		objects += x->objects;
	}
	p->life_count = s->slabpage_count;
	p->first[s->slabpage_count] = (uint32_t)objects;
	if (objects > UINT32_MAX)
		return -ENOMEM;
	p->seen = calloc(objects + 1, 1);
	p->state = calloc(objects + 1, 1);
	p->when = calloc(objects + 1, sizeof(*p->when));
	return p->seen && p->state && p->when ? 0 : -ENOMEM;
}

/* What only the first reading needs. */
static void free_reading(struct population *p)
{
	free(p->seen);
	free(p->when);
	free(p->life);
	free(p->life_of);
	free(p->hand);
	free(p->cpu);
	free(p->cache_of_string);
	objaddr_free(&p->addr);
	map_free(&p->page_site);
	p->seen = NULL;
	p->when = NULL;
	p->life = NULL;
	p->life_of = NULL;
	p->hand = NULL;
	p->cpu = NULL;
	p->cache_of_string = NULL;
}

void population_free(struct population *p)
{
	free_reading(p);
	free(p->first);
	free(p->state);
	free(p->slab);
	free(p->implied.entry);
	free(p->freed.entry);
	free(p->late.entry);
	free(p->sites);
	map_free(&p->site_at);
	map_free(&p->implied.at);
	map_free(&p->freed.at);
	map_free(&p->late.at);
	memset(p, 0, sizeof(*p));
}

void population_start(struct population *p)
{
	p->started = true;
}

/* ---- tables ---- */

/* Room for one more entry of `bytes`; NULL: out of memory. */
static void *add(struct population_table *t, size_t bytes)
{
	if (!(t->count & (t->count - 1))) {
		void *more = realloc(t->entry, (t->count ? t->count * 2ull : 1) * bytes);

		if (!more)
			return NULL;
		t->entry = more;
	}
	return (char *)t->entry + t->count++ * bytes;
}

int population_imply(struct population *p, uint64_t after, uint64_t addr)
{
	struct population_implied *x = add(&p->implied, sizeof(*x));

	if (!x)
		return -ENOMEM;
	*x = (struct population_implied){ after, addr };
	return 0;
}

int population_free_before(struct population *p, uint64_t before, uint32_t slot, uint32_t turn,
			   uint64_t addr)
{
	struct population_freed *x = add(&p->freed, sizeof(*x));

	if (!x)
		return -ENOMEM;
	*x = (struct population_freed){ before, slot, turn, addr };
	return 0;
}

int population_late_one(struct population *p, uint64_t before, uint64_t seq)
{
	struct population_late *x = add(&p->late, sizeof(*x));

	if (!x)
		return -ENOMEM;
	*x = (struct population_late){ before, seq };
	return 0;
}

/* All kinds of entry begin with the ordinal that they are looked up by. */
static uint64_t ordinal(const struct population_table *t, size_t bytes, uint32_t n)
{
	uint64_t v;

	memcpy(&v, (const char *)t->entry + n * bytes, sizeof(v));
	return v;
}

static const void *entries(const struct population_table *t, size_t bytes, uint64_t seq,
			   uint32_t *n)
{
	unsigned bit = seq % POPULATION_FILTER;
	uint32_t at;

	*n = 0;
	if (!(t->filter[bit / 64] >> bit % 64 & 1))
		return NULL;
	at = map_get(&t->at, seq);
	if (at == MAP_NONE)
		return NULL;
	while (at + *n < t->count && ordinal(t, bytes, at + *n) == seq)
		++*n;
	return (const char *)t->entry + at * bytes;
}

static int index_table(struct population_table *t, size_t bytes,
		       int (*order)(const void *, const void *))
{
	if (t->count)
		qsort(t->entry, t->count, bytes, order);
	for (uint32_t i = t->count; i--;) {
		uint64_t seq = ordinal(t, bytes, i);
		unsigned bit = seq % POPULATION_FILTER;

		t->filter[bit / 64] |= 1ull << bit % 64;
		if (map_put(&t->at, seq, i))
			return -ENOMEM;
	}
	return 0;
}

static int by_after(const void *a, const void *b)
{
	const struct population_implied *x = a, *y = b;

	if (x->after != y->after)
		return x->after < y->after ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_before(const void *a, const void *b)
{
	const struct population_freed *x = a, *y = b;

	if (x->before != y->before)
		return x->before < y->before ? -1 : 1;
	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_first(const void *a, const void *b)
{
	const struct population_late *x = a, *y = b;

	if (x->before != y->before)
		return x->before < y->before ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

const struct population_late *population_late(const struct population *p, uint64_t seq, uint32_t *n)
{
	return entries(&p->late, sizeof(struct population_late), seq, n);
}

const struct population_implied *population_implied(const struct population *p, uint64_t seq,
						    uint32_t *n)
{
	return entries(&p->implied, sizeof(struct population_implied), seq, n);
}

const struct population_freed *population_freed(const struct population *p, uint64_t seq,
						uint32_t *n)
{
	return entries(&p->freed, sizeof(struct population_freed), seq, n);
}

/* ---- the start ---- */

int population_settle(struct population *p)
{
	int ret = population_settle_slabs(p);

	if (!ret)
		ret = population_settle_sites(p);
	free_reading(p);
	if (!ret)
		ret = index_table(&p->implied, sizeof(struct population_implied), by_after);
	if (!ret)
		ret = index_table(&p->freed, sizeof(struct population_freed), by_before);
	if (!ret)
		ret = index_table(&p->late, sizeof(struct population_late), by_first);
	return ret;
}

struct population_site *population_site(const struct population *p, const struct request_sig *sig,
					uint64_t *key)
{
	uint32_t n;

	*key = sites_key(sig->site, sig->bytes_req, sig->bytes_alloc);
	for (; (n = map_get(&p->site_at, *key)) != MAP_NONE; ++*key)
		if (p->sites[n].site == sig->site && p->sites[n].bytes_req == sig->bytes_req &&
		    p->sites[n].bytes_alloc == sig->bytes_alloc)
			return &p->sites[n];
	return NULL;
}

const char *population_cache(const struct population *p, const struct request_sig *sig)
{
	const struct population_site *x;
	uint64_t key;

	if (!p->site_count)
		return NULL;
	x = population_site(p, sig, &key);
	return !x || x->cache == UINT32_MAX ? NULL :
	       x->cache < p->m->slab_count  ? p->m->slabs[x->cache].name :
					      intern_str(p->strings, x->cache - p->m->slab_count);
}

unsigned population_slab(const struct population *p, uint32_t slab, uint8_t *object,
			 enum kmm_slab_place *place, unsigned *cpu)
{
	memcpy(object, p->state + p->first[slab], p->s->slabpages[slab].objects);
	*place = (enum kmm_slab_place)p->slab[slab].place;
	*cpu = p->slab[slab].cpu;
	return p->slab[slab].silent;
}
