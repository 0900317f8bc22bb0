// SPDX-License-Identifier: GPL-2.0-or-later
/* objects_start: the slabs of the start, taken over, or given up and their objects allocated anew. */
#include <errno.h>
#include <stdlib.h>

#include "replay/objects_inside.h"

#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)

static void mark_had(struct objects *o, const struct machine_slabpage *x)
{
	for (uint64_t f = x->pfn; f < x->pfn + (1ull << x->order) && f < o->m->max_pfn; f++)
		objects_set_bit(o->had, (uint32_t)f, true);
	if (x->pfn < o->m->max_pfn)
		objects_set_bit(o->rcu, x->pfn, o->m->slabs[x->cache].rcu);
}

/* Slabs of the start come cache by cache. */
static struct kmm_cache *cache_of_slab(struct objects *o, const struct machine_slabpage *x)
{
	const struct machine_slab *s = &o->m->slabs[x->cache];
	struct kmm_cache *c;

	if (o->start_cache && o->start_cache_of == x->cache)
		return o->start_cache;
	c = objects_find_cache(o, s->name);
	o->start_cache_of = x->cache;
	return o->start_cache = c ? c : objects_make_cache(o, s->name, s->object_size);
}

static int adopt(struct objects *o, const struct machine_slabpage *x, uint32_t i, uint8_t *object,
		 struct kmm_cache *c)
{
	struct kmm_slab_start a = {
		.pfn = x->pfn, .order = x->order, .objects = x->objects, .object = object
	};

	o->stats.silent += population_slab(&o->src->population, i, object, &a.place, &a.cpu);
	if (!c || kmm_kmem_cache_adopt(c, &a)) {
		o->stats.not_adopted++;
		return 0;
	}
	o->stats.adopted++;
	mark_had(o, x);
	return 0;
}

/* Another allocator: the pages go back first, all of them, then the objects come. */
static void give_up_pages(struct objects *o, const struct machine_state *s)
{
	for (uint32_t i = 0; i < s->slabpage_count; i++) {
		const struct machine_slabpage *x = &s->slabpages[i];

		for (uint32_t f = 0; o->place && f < 1u << x->order; f++)
			if (x->pfn + f < o->m->max_pfn && o->place[x->pfn + f] != KMM_NO_PFN)
				kmm_free_pages_direct(o->mm, 0, o->place[x->pfn + f], 0, true);
		if (!o->place && kmm_frame_state(o->mm, x->pfn) != KMM_FRAME_USED)
			continue;
		if (!o->place)
			kmm_free_pages_direct(o->mm, 0, x->pfn, x->order, true);
		mark_had(o, x);
	}
}

static int allocate_anew(struct objects *o, const struct machine_slabpage *x, uint32_t i,
			 uint8_t *object)
{
	const struct machine_slab *s = &o->m->slabs[x->cache];
	bool kmalloc = attribution_is_kmalloc(s->name);
	struct kmm_cache *c = kmalloc ? NULL : cache_of_slab(o, x);
	enum kmm_slab_place place;
	unsigned cpu;

	o->stats.silent += population_slab(&o->src->population, i, object, &place, &cpu);
	cpu %= kmm_configuration(o->mm)->cpus;
	for (unsigned k = 0; k < x->objects; k++) {
		uint64_t was = o->m->direct_map_base + ((uint64_t)x->pfn << 12) +
			       (uint64_t)k * s->size;
		struct objects_held h = { KMM_NULL, c };

		if (object[k] != KMM_OBJECT_USED)
			continue;
		if (kmalloc)
			h.at = kmm_kmalloc(o->sl, cpu, s->object_size, GFP_KERNEL);
		else if (c)
			h.at = kmm_kmem_cache_alloc(c, cpu, GFP_KERNEL);
		if (h.at == KMM_NULL) {
			o->stats.left_out++;
			continue;
		}
		if (objects_keep(o, was, h))
			return -ENOMEM;
		o->stats.anew++;
	}
	return 0;
}

int objects_seed(struct objects *o, const struct machine_state *s, struct err *e)
{
	uint8_t *object = malloc(1 << 15);
	int ret = object ? 0 : -ENOMEM;

	o->seeded = true;
	if (!population_known(&o->src->population)) {
		free(object);
		return 0;
	}
	if (!o->native && !ret)
		give_up_pages(o, s);
	for (uint32_t i = 0; i < s->slabpage_count && !ret; i++)
		ret = o->native ? adopt(o, &s->slabpages[i], i, object,
					cache_of_slab(o, &s->slabpages[i])) :
				  allocate_anew(o, &s->slabpages[i], i, object);
	free(object);
	/* What was allocated before the start and lives is among them. */
	for (uint32_t i = 0; i < o->slots && !o->native && !ret; i++) {
		uint32_t n = o->held[i].at == KMM_NULL ? MAP_NONE :
							 map_del(&o->moved, o->held[i].at);

		if (o->held[i].at != KMM_NULL)
			o->held[i] = n == MAP_NONE ? (struct objects_held){ KMM_NULL, NULL } :
						     o->moved_to[n];
	}
	for (uint32_t i = 0; i < o->slots && o->native && !ret; i++)
		if (o->held[i].at != KMM_NULL && !kmm_slab_in_use(o->sl, o->held[i].at))
			o->held[i].at = KMM_NULL;
	o->stats.pages_taken = 0;
	return ret ? err_set(e, ENOMEM, "out of memory for the objects of the start") : 0;
}

bool objects_had(const struct objects *o, uint32_t pfn)
{
	return pfn < o->m->max_pfn && objects_bit(o->had, pfn);
}

void objects_place(struct objects *o, const kmm_pfn *place)
{
	o->place = place;
}
