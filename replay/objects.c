// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/objects_inside.h"
#include "replay/slaborigin.h"

#define REAP_NS 2000000000ull /* REAPTIMEOUT_CPUC: 2 * HZ */

/* Nothing changed that decides where an object goes? */
static bool same_policy(const struct kmm_slab_policy *a, const struct kmm_slab_policy *b)
{
	return !b->orders && a->kind == b->kind && a->version == b->version && a->word == b->word &&
	       a->base == b->base && a->merge == b->merge && a->debug == b->debug &&
	       a->cpu_partial == b->cpu_partial && a->slub_min_order == b->slub_min_order &&
	       a->slub_max_order == b->slub_max_order &&
	       a->slub_min_objects == b->slub_min_objects &&
	       a->kmalloc_cgroup == b->kmalloc_cgroup && a->kmalloc_reclaim == b->kmalloc_reclaim &&
	       a->kmalloc_dma == b->kmalloc_dma && a->kmalloc_random == b->kmalloc_random &&
	       a->sheaves == b->sheaves;
}

struct objects *objects_new(struct kmm *mm, const struct machine *m,
			    const struct objects_source *src, const struct kmm_slab_policy *policy,
			    bool anew, struct err *e)
{
	struct objects *o = calloc(1, sizeof(*o));
	char why[200] = "out of memory";
	struct kmm_slab_policy own;

	if (!o) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	o->mm = mm;
	o->m = m;
	o->src = src;
	objects_native_policy(m, &own);
	o->native = !anew && same_policy(&own, policy);
	o->hidden = m->slabs_hidden;
	o->in_step = o->native && !o->hidden;
	o->page = KMM_NO_PFN;
	o->reap_soonest = policy->kind == KMM_SLAB ? 0 : UINT64_MAX;
	o->moved_free = MAP_NONE;
	for (unsigned c = 0; c < KMM_CPUS; c++)
		o->early[c].seq = UINT64_MAX;
	o->by_name = calloc(src->strings->count + 1ull, sizeof(*o->by_name));
	o->had = calloc(m->max_pfn / 8 + 1, 1);
	o->rcu = calloc(m->max_pfn / 8 + 1, 1);
	o->sl = o->by_name && o->had && o->rcu && !map_init(&o->moved, 16) ?
			kmm_slab_create(mm, policy, why, sizeof(why)) :
			NULL;
	if (o->sl)
		return o;
	err_set(e, EINVAL, "the slab model cannot be built: %s", why);
	objects_free(o);
	return NULL;
}

/*
 * Every two seconds on each CPU, from when the replay begins: where in them the captured kernel
 * would have been is not known.  A clock that counts no time has no seconds.
 */
void objects_reap(struct objects *o, uint64_t time)
{
	unsigned cpus = kmm_configuration(o->mm)->cpus;

	o->reap_soonest = UINT64_MAX;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		if (!o->reap[cpu])
			o->reap[cpu] = time + REAP_NS;
		for (; o->reap[cpu] <= time; o->reap[cpu] += REAP_NS)
			kmm_slab_reap(o->sl, cpu);
		if (o->reap[cpu] < o->reap_soonest)
			o->reap_soonest = o->reap[cpu];
	}
}

int objects_source_open(struct objects_source *s, struct kmw_reader *k, struct machine *m,
			struct err *e)
{
	s->strings = kmw_strings(k);
	if (attribution_load(&s->attribution, k, e) < 0)
		return err_code(e);
	if (slaborigin_find(k, m, e) < 0)
		return err_code(e);
	if (population_init(&s->population, m, &m->before, &s->attribution, s->strings))
		return err_set(e, ENOMEM, "out of memory for the objects of the start");
	return 0;
}

void objects_source_close(struct objects_source *s)
{
	population_free(&s->population);
	attribution_free(&s->attribution);
}

void objects_free(struct objects *o)
{
	if (!o)
		return;
	kmm_slab_destroy(o->sl);
	map_free(&o->moved);
	free(o->moved_to);
	free(o->held);
	free(o->by_name);
	free(o->had);
	free(o->rcu);
	free(o);
}

const struct objects_stats *objects_stats(const struct objects *o)
{
	return &o->stats;
}

struct kmm_slab *objects_model(struct objects *o)
{
	return o->sl;
}

size_t objects_memory(const struct objects *o)
{
	uint32_t places = o->moved_count ? 1 : 0;

	while (places < o->moved_count)
		places *= 2;
	return kmm_slab_memory(o->sl) + o->slots * sizeof(*o->held) +
	       places * sizeof(*o->moved_to) +
	       (o->moved.mask + 1) * (sizeof(*o->moved.keys) + sizeof(*o->moved.vals)) +
	       o->m->max_pfn / 4;
}

/* Of the start's slabs, those that no event shows: they are as they were. */
static void add_hidden(const struct machine_slab *x, struct objects_cache *c)
{
	c->f.slabs += x->hidden_slabs;
	c->f.active_slabs += x->hidden_slabs;
	c->f.objects += x->hidden_objs;
	c->f.active_objects += x->hidden_active;
	c->f.in_use += x->hidden_active;
}

int objects_caches(const struct objects *o, struct objects_cache **out)
{
	struct kmm_cache *s = NULL;
	int n = 0;

	while ((s = kmm_kmem_cache_next(o->sl, s)))
		n++;
	*out = calloc((size_t)n + o->m->slab_count + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	n = 0;
	while ((s = kmm_kmem_cache_next(o->sl, s))) {
		const char *name = kmm_kmem_cache_name(s);
		struct objects_cache *c = &(*out)[n];

		kmm_kmem_cache_figures(s, &c->f);
		for (uint32_t i = 0; o->hidden && i < o->m->slab_count; i++)
			if (!strcmp(o->m->slabs[i].name, name))
				add_hidden(&o->m->slabs[i], c);
		if (!c->f.slabs)
			continue;
		memccpy(c->name, name, 0, sizeof(c->name) - 1);
		n++;
	}
	for (uint32_t i = 0; o->hidden && i < o->m->slab_count; i++) {
		const struct machine_slab *x = &o->m->slabs[i];
		struct objects_cache *c = &(*out)[n];

		if (!x->hidden_slabs || objects_find_cache(o, x->name))
			continue;
		memccpy(c->name, x->name, 0, sizeof(c->name) - 1);
		c->f.object_size = x->object_size;
		c->f.size = x->size;
		c->f.order = x->order;
		c->f.objs_per_slab = x->objs_per_slab;
		add_hidden(x, c);
		n++;
	}
	return n;
}
