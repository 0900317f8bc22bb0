// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slubadopt: slabs that were there before the model: a machine that starts in
 * the middle of its life is given them one by one.
 */
#include <errno.h>

#include "mm/slabpage.h"
#include "mm/slub.h"
#include "mm/slubfree.h"

/* Every frame of the block is in use and of no slab. */
static bool block_is_free_to_take(const struct kmm_slab *sl, kmm_pfn pfn, unsigned order)
{
	for (kmm_pfn end = pfn + (1u << order); pfn < end; pfn++)
		if (owner_of(sl, pfn) || kmm_frame_state(sl->mm, pfn) != KMM_FRAME_USED)
			return false;
	return true;
}

static bool fits(const struct kmm_cache *s, const struct kmm_slab_start *a)
{
	const struct kmm_slab *sl = s->sl;

	if (s->kind != KMM_SLUB || s->debug || s->sheaf_capacity)
		return false;
	if ((a->order != s->order || a->objects != s->objects) &&
	    (a->order != s->min_order || a->objects != s->min_objects))
		return false;
	if (a->pfn & ((1u << a->order) - 1) || a->pfn >= sl->frames ||
	    sl->frames - a->pfn < 1u << a->order)
		return false;
	if (a->place == KMM_SLAB_CPU_PARTIAL && !slub_has_cpu_partial(s))
		return false;
	if (a->place >= KMM_SLAB_CPU_PARTIAL && a->cpu >= sl->cpus)
		return false;
	return a->place != KMM_SLAB_CPU || !s->cpu[a->cpu].slab;
}

/* Do the objects agree with the place? */
static bool objects_fit(const struct kmm_slab_start *a)
{
	unsigned used = 0, of_cpu = 0;

	for (unsigned i = 0; i < a->objects; i++) {
		used += a->object[i] == KMM_OBJECT_USED;
		of_cpu += a->object[i] == KMM_OBJECT_CPU_FREE;
	}
	if (of_cpu && a->place != KMM_SLAB_CPU)
		return false;
	if (a->place == KMM_SLAB_FULL)
		return used == a->objects;
	return a->place == KMM_SLAB_CPU || used < a->objects;
}

/* Link the objects that are `which` in their order; returns the first. */
static uint16_t link_free(struct kmm_cache *s, struct slab *slab, const struct kmm_slab_start *a,
			  uint8_t which)
{
	uint16_t head = LINK_END;

	for (unsigned i = a->objects; i--;)
		if (a->object[i] == which) {
			slab_link(s, slab, i, head);
			head = (uint16_t)i;
		}
	return head;
}

static void append_cpu_partial(struct slub_cpu *c, struct slab *slab, unsigned cpu)
{
	struct slab **at = &c->partial;

	while (*at)
		at = &(*at)->next;
	slab->next = NULL;
	*at = slab;
	slab->place = PLACE_CPU_PARTIAL;
	slab->cpu = (uint16_t)cpu;
	c->partial_slabs++;
	c->partial_objects += slab->objects - slab->inuse;
}

static void put_in_place(struct kmm_cache *s, struct slab *slab, const struct kmm_slab_start *a)
{
	switch (a->place) {
	case KMM_SLAB_PARTIAL:
		slub_add_partial(&s->node[slab->node], slab, true);
		break;
	case KMM_SLAB_CPU_PARTIAL:
		append_cpu_partial(&s->cpu[a->cpu], slab, a->cpu);
		break;
	case KMM_SLAB_CPU:
		slab->place = PLACE_CPU;
		slab->cpu = (uint16_t)a->cpu;
		s->cpu[a->cpu].slab = slab;
		s->cpu[a->cpu].free = link_free(s, slab, a, KMM_OBJECT_CPU_FREE);
		break;
	default:
		break;
	}
}

int kmm_kmem_cache_adopt(struct kmm_cache *s, const struct kmm_slab_start *a)
{
	struct slab *slab;
	unsigned used = 0;

	if (!fits(s, a) || !objects_fit(a))
		return -EINVAL;
	if (!block_is_free_to_take(s->sl, a->pfn, a->order))
		return -EBUSY;
	slab = slabpage_of_block(s, a->pfn, a->order, s->offset);
	if (!slab)
		return -ENOMEM;
	slab->inuse = slab->objects;
	for (unsigned i = 0; i < a->objects; i++) {
		if (a->object[i] == KMM_OBJECT_USED) {
			slab->link[i] = LINK_USED;
			used++;
		}
		slab->inuse = (uint16_t)(slab->inuse - (a->object[i] == KMM_OBJECT_FREE));
	}
	slab->free = link_free(s, slab, a, KMM_OBJECT_FREE);
	s->node[slab->node].nr_slabs++;
	s->node[slab->node].nr_objects += slab->objects;
	s->sl->stats.adopted += used;
	put_in_place(s, slab, a);
	return 0;
}
