// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slablife_start: caches and slabs as they come to be known: from the snapshot, or by
 * the first event that shows them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/bysizes.h"
#include "replay/slablife_inside.h"

#define CPU_PARTIAL_SLABS_SINCE KMM_VERSION(5, 16, 0)

/* Objects on a CPU's partial list where sysfs does not say: by the size, as 5.16 has it. */
static uint32_t usual_cpu_partial(uint32_t size)
{
	return size >= 4096 ? 6 : size >= 1024 ? 24 : size >= 256 ? 52 : 120;
}

static uint32_t usual_min_partial(uint32_t size)
{
	uint32_t log = 0;

	while (size >>= 1)
		log++;
	return log / 2 < 5 ? 5 : log / 2 > 10 ? 10 : log / 2;
}

static uint32_t new_cache(struct slablife *l, const struct life_cache *c)
{
	struct life_cache *caches;
	struct life_lists *lists;

	if (l->cache_count == l->cache_room) {
		uint32_t room = l->cache_room ? l->cache_room * 2 : 64;

		caches = realloc(l->caches, room * sizeof(*caches));
		if (!caches)
			return LIFE_NONE;
		l->caches = caches;
		lists = realloc(l->lists, room * sizeof(*lists));
		if (!lists)
			return LIFE_NONE;
		l->lists = lists;
		l->cache_room = room;
	}
	l->caches[l->cache_count] = *c;
	life_lists_init(&l->lists[l->cache_count]);
	return l->cache_count++;
}

static bool counts_slabs(const struct machine *m)
{
	return !m->kernel_major ||
	       KMM_VERSION(m->kernel_major, m->kernel_minor, 0) >= CPU_PARTIAL_SLABS_SINCE;
}

/* The machine's caches, in its order: place n is machine.slabs[n]. */
static int machine_caches(struct slablife *l)
{
	for (uint32_t i = 0; i < l->m->slab_count; i++) {
		const struct machine_slab *x = &l->m->slabs[i];
		struct life_cache c = {
			.size = x->size,
			.object_size = x->object_size,
			.order = x->order,
			.objects_per_slab = x->objs_per_slab,
			.min_partial = x->from_sysfs ? x->min_partial : usual_min_partial(x->size),
			.cpu_partial = x->from_sysfs ? x->cpu_partial : usual_cpu_partial(x->size),
			.rcu = x->rcu
		};

		snprintf(c.name, sizeof(c.name), "%s", x->name);
		if (c.cpu_partial && counts_slabs(l->m) && c.objects_per_slab)
			c.cpu_partial_slabs = (2 * c.cpu_partial + c.objects_per_slab - 1) /
					      c.objects_per_slab;
		if (new_cache(l, &c) == LIFE_NONE)
			return -ENOMEM;
	}
	return 0;
}

struct slablife *slablife_new(const struct machine *m, const struct objects_source *src,
			      struct err *e)
{
	struct slablife *l = calloc(1, sizeof(*l));

	if (!l)
		goto oom;
	l->m = m;
	l->src = src;
	l->slab_free = LIFE_NONE;
	l->slab_of = calloc(m->max_pfn + 1, sizeof(*l->slab_of));
	l->cache_of_string = calloc(src->strings->count + 1ull, sizeof(*l->cache_of_string));
	if (!l->slab_of || !l->cache_of_string || map_init(&l->site_at, 1024) || machine_caches(l))
		goto oom;
	return l;
oom:
	slablife_free(l);
	err_set(e, ENOMEM, "out of memory for the recorded slabs");
	return NULL;
}

void slablife_free(struct slablife *l)
{
	if (!l)
		return;
	for (uint32_t i = 0; i < l->slab_count; i++)
		free(l->slabs[i].object);
	map_free(&l->site_at);
	free(l->slabs);
	free(l->slab_of);
	free(l->caches);
	free(l->lists);
	free(l->cache_of_string);
	objaddr_free(&l->addr);
	free(l->sites);
	free(l);
}

/* ---- caches ---- */

static uint32_t cache_by_name(const struct slablife *l, const char *name)
{
	for (uint32_t i = 0; i < l->cache_count; i++)
		if (!strcmp(l->caches[i].name, name))
			return i;
	return LIFE_NONE;
}

static uint32_t cache_made_up(struct slablife *l, const char *name, uint32_t bytes_req,
			      uint32_t bytes)
{
	struct life_cache c = { .size = bytes,
				.object_size = bytes_req,
				.min_partial = usual_min_partial(bytes),
				.cpu_partial = usual_cpu_partial(bytes) };

	snprintf(c.name, sizeof(c.name), "%s", name);
	return new_cache(l, &c);
}

uint32_t life_cache_named(struct slablife *l, uint32_t string, uint32_t bytes_req, uint32_t bytes)
{
	const char *name = intern_str(l->src->strings, string);
	uint32_t n = l->cache_of_string[string];

	if (n)
		return n - 1;
	n = cache_by_name(l, name);
	if (n == LIFE_NONE)
		n = cache_made_up(l, name, bytes_req, bytes);
	if (n != LIFE_NONE)
		l->cache_of_string[string] = n + 1;
	return n;
}

uint32_t life_cache_asked(struct slablife *l, const struct request *q)
{
	uint32_t string = attribution_cache(&l->src->attribution, &q->sig), n;
	const char *known;
	char name[40];
	int found;

	if (string)
		return life_cache_named(l, string, q->sig.bytes_req, q->sig.bytes_alloc);
	known = population_cache(&l->src->population, &q->sig);
	if (known) {
		n = cache_by_name(l, known);
		return n != LIFE_NONE ?
			       n :
			       cache_made_up(l, known, q->sig.bytes_req, q->sig.bytes_alloc);
	}
	found = bysizes_only(l->m, q->sig.bytes_req, q->sig.bytes_alloc);
	if (found >= 0)
		return (uint32_t)found;
	snprintf(name, sizeof(name), "unattributed-%u", q->sig.bytes_alloc);
	n = cache_by_name(l, name);
	return n != LIFE_NONE ? n : cache_made_up(l, name, q->sig.bytes_req, q->sig.bytes_alloc);
}

/* ---- slabs ---- */

static unsigned node_of(const struct machine *m, uint32_t pfn)
{
	int zone = machine_zone_of(m, pfn);

	return zone < 0 ? 0 : m->zones[zone].node;
}

uint32_t life_slab_new(struct slablife *l, uint32_t pfn, unsigned order)
{
	uint32_t n = l->slab_free;

	if (n != LIFE_NONE) {
		l->slab_free = l->slabs[n].next;
	} else {
		if (l->slab_count == l->slab_room) {
			uint32_t room = l->slab_room ? l->slab_room * 2 : 1024;
			struct life_slab *more = realloc(l->slabs, room * sizeof(*more));

			if (!more)
				return LIFE_NONE;
			l->slabs = more;
			l->slab_room = room;
		}
		n = l->slab_count++;
	}
	l->slabs[n] = (struct life_slab){ .pfn = pfn,
					  .cache = LIFE_NONE,
					  .order = (uint8_t)order,
					  .node = (uint8_t)node_of(l->m, pfn),
					  .place = LIFE_FULL,
					  .cpu = -1,
					  .born = l->now,
					  .next = LIFE_NONE,
					  .prev = LIFE_NONE };
	for (uint64_t f = pfn; f < pfn + (1ull << order) && f < l->m->max_pfn; f++)
		l->slab_of[f] = n + 1;
	return n;
}

int life_slab_of_cache(struct slablife *l, uint32_t n, uint32_t cache, uint32_t objects,
		       uint32_t state)
{
	struct life_slab *s = &l->slabs[n];
	struct life_cache *c = &l->caches[cache];

	if (!objects)
		objects = c->size ? (uint32_t)((4096ull << s->order) / c->size) : 1;
	if (objects > UINT16_MAX || !objects)
		objects = 1;
	s->object = malloc(objects * sizeof(*s->object));
	if (!s->object)
		return -ENOMEM;
	for (uint32_t i = 0; i < objects; i++)
		s->object[i] = (struct life_object){ 0, state };
	if (!c->objects_per_slab) {
		c->order = s->order;
		c->objects_per_slab = objects;
		if (counts_slabs(l->m))
			c->cpu_partial_slabs = (2 * c->cpu_partial + objects - 1) / objects;
	}
	s->cache = cache;
	s->objects = (uint16_t)objects;
	s->in_use = state == LIFE_FREE ? 0 : (uint16_t)objects;
	c->slabs++;
	c->objects += s->objects;
	c->in_use += s->in_use;
	return 0;
}

/* ---- the snapshot ---- */

static int start_slab(struct slablife *l, const struct machine_slabpage *x, uint32_t i,
		      uint8_t *object)
{
	static const enum life_place places[] = { [KMM_SLAB_FULL] = LIFE_FULL,
						  [KMM_SLAB_PARTIAL] = LIFE_NODE,
						  [KMM_SLAB_CPU_PARTIAL] = LIFE_CPU_PARTIAL,
						  [KMM_SLAB_CPU] = LIFE_CPU };
	uint32_t n = life_slab_new(l, x->pfn, x->order);
	enum kmm_slab_place place;
	struct life_slab *s;
	unsigned cpu;

	population_slab(&l->src->population, i, object, &place, &cpu);
	if (n == LIFE_NONE || life_slab_of_cache(l, n, x->cache, x->objects, LIFE_BEFORE))
		return -ENOMEM;
	s = &l->slabs[n];
	s->born = 0;
	s->whole = true;
	for (uint32_t k = 0; k < s->objects; k++) {
		if (object[k] == KMM_OBJECT_USED)
			continue;
		s->object[k].site = LIFE_FREE;
		s->in_use--;
		l->caches[s->cache].in_use--;
	}
	if (s->in_use && s->in_use < s->objects)
		s->partial_since = l->now;
	switch (places[place]) {
	case LIFE_CPU:
		if (l->lists[s->cache].cpu[cpu] == LIFE_NONE)
			life_to_cpu(l, n, cpu);
		break;
	case LIFE_CPU_PARTIAL:
		life_to_cpu_partial(l, n, cpu, true);
		break;
	case LIFE_NODE:
		life_to_node(l, n, false);
		break;
	default:
		break;
	}
	return 0;
}

int slablife_seed(struct slablife *l, const struct machine_state *s, struct err *e)
{
	uint8_t *object = malloc(1 << 15);
	int ret = object ? 0 : -ENOMEM;

	bool known = population_known(&l->src->population);

	l->started = true;
	for (uint32_t i = 0; l->m->slabs_of_start && i < l->m->slab_count; i++) {
		const struct machine_slab *x = &l->m->slabs[i];
		struct life_cache *c = &l->caches[i];

		c->unseen_slabs = known ? x->hidden_slabs : x->num_slabs;
		c->unseen_objects = known ? x->hidden_objs : x->num_objs;
		c->unseen_in_use = known ? x->hidden_active : x->active_objs;
		c->unseen_free = c->unseen_objects - c->unseen_in_use;
	}
	for (uint32_t i = 0; known && i < s->slabpage_count && !ret; i++)
		ret = start_slab(l, &s->slabpages[i], i, object);
	free(object);
	return ret ? err_set(e, ENOMEM, "out of memory for the slabs of the start") : 0;
}
