// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/living.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int living_init(struct living *l, const struct machine *m, const struct objects_source *src)
{
	memset(l, 0, sizeof(*l));
	l->m = m;
	l->src = src;
	return map_init(&l->objects, 1024) || intern_init(&l->caches) ? -ENOMEM : 0;
}

void living_free(struct living *l)
{
	map_free(&l->objects);
	intern_free(&l->caches);
	free(l->addr);
	memset(l, 0, sizeof(*l));
}

static int lives(struct living *l, uint64_t addr, const char *cache)
{
	uint32_t n = intern_add(&l->caches, cache, strlen(cache));

	return n == UINT32_MAX || map_put(&l->objects, addr, n) ? -ENOMEM : 0;
}

int living_start(struct living *l)
{
	const struct population *p = &l->src->population;
	uint8_t *object = malloc(1 << 15);
	int ret = object ? 0 : -ENOMEM;

	for (uint32_t i = 0; population_known(p) && i < p->s->slabpage_count && !ret; i++) {
		const struct machine_slabpage *x = &p->s->slabpages[i];
		const struct machine_slab *s = &l->m->slabs[x->cache];
		enum kmm_slab_place place;
		unsigned cpu;

		population_slab(p, i, object, &place, &cpu);
		for (unsigned k = 0; k < x->objects && !ret; k++)
			if (object[k] == KMM_OBJECT_USED)
				ret = lives(l,
					    l->m->direct_map_base + ((uint64_t)x->pfn << 12) +
						    (uint64_t)k * s->size,
					    s->name);
	}
	free(object);
	l->started = true;
	return ret;
}

static const char *cache_name(const struct living *l, const struct request *q, char out[48])
{
	uint32_t string = attribution_cache(&l->src->attribution, &q->sig);
	const char *known = string ? NULL : population_cache(&l->src->population, &q->sig);

	if (string)
		return intern_str(l->src->strings, string);
	if (known)
		return known;
	snprintf(out, 48, "not named: %u bytes", q->sig.bytes_alloc);
	return out;
}

int living_record(struct living *l, const struct request *q)
{
	char name[48];

	if (q->sig.op == REQ_OBJ_ALLOC) {
		if (q->slot == NO_SLOT || !q->addr)
			return 0;
		if (q->slot >= l->slots) {
			uint32_t n = q->slot + q->slot / 2 + 1024;
			uint64_t *more = realloc(l->addr, n * sizeof(*more));

			if (!more)
				return -ENOMEM;
			memset(more + l->slots, 0, (n - l->slots) * sizeof(*more));
			l->addr = more;
			l->slots = n;
		}
		l->addr[q->slot] = q->addr;
		return l->started ? lives(l, q->addr, cache_name(l, q, name)) : 0;
	}
	if (q->sig.op != REQ_OBJ_FREE)
		return 0;
	if (q->slot == NO_SLOT) {
		map_del(&l->objects, q->addr);
	} else if (q->slot < l->slots) {
		map_del(&l->objects, l->addr[q->slot]);
		l->addr[q->slot] = 0;
	}
	return 0;
}

const char *living_cache(const struct living *l, uint32_t val)
{
	return intern_str(&l->caches, val);
}
