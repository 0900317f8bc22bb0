// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slub.h"

#include <errno.h>
#include <stdlib.h>

#include "mm/sheaf.h"
#include "mm/slabdebug.h"
#include "mm/slabpage.h"
#include "mm/slubfree.h"
#include "mm/slubsize.h"

#define DEFRAG_RATIO 1000 /* remote_node_defrag_ratio of 100, as the kernel keeps it */

/* xorshift64* (Vigna) */
static uint64_t next_random(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 2685821657736338717ull;
}

/* The one permutation that all slabs of the cache follow, each from another start. */
static bool init_sequence(struct kmm_cache *s)
{
	uint64_t hash = 14695981039346656037ull; /* FNV-1a of the name */

	for (const char *c = s->name; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 1099511628211ull;
	s->random = (s->sl->policy.seed ^ hash) | 1;
	s->sequence = malloc(s->objects * sizeof(*s->sequence));
	if (!s->sequence)
		return false;
	s->sl->memory += s->objects * sizeof(*s->sequence);
	for (uint32_t i = 0; i < s->objects; i++)
		s->sequence[i] = (uint16_t)i;
	for (uint32_t i = s->objects - 1; i > 0; i--) { /* Fisher and Yates */
		uint32_t j = (uint32_t)(next_random(&s->random) % (i + 1));
		uint16_t other = s->sequence[j];

		s->sequence[j] = s->sequence[i];
		s->sequence[i] = other;
	}
	return true;
}

/* Link the objects of a new slab in the cache's random order. */
static void shuffle(struct kmm_cache *s, struct slab *slab)
{
	uint32_t at, left = slab->objects;
	uint16_t *to = &slab->free;

	if (left < 2)
		return;
	at = (uint32_t)(next_random(&s->random) % s->objects);
	while (left) {
		uint16_t index = s->sequence[at];

		at = at + 1 == s->objects ? 0 : at + 1;
		if (index >= slab->objects)
			continue; /* a slab of the smaller order */
		*to = index;
		to = &slab->link[index];
		left--;
	}
	*to = LINK_END;
}

int slub_init(struct kmm_cache *s, const struct kmm_cache_args *a)
{
	struct kmm_slab *sl = s->sl;
	unsigned top = sl->mm->max_order < SLAB_MAX_ORDER ? sl->mm->max_order : SLAB_MAX_ORDER;
	size_t cpus = sl->cpus * sizeof(*s->cpu), nodes = sl->nodes * sizeof(*s->node);
	struct slub_size g;
	int ret = slub_size_compute(&sl->policy, sl->cpus, top, a, &g);

	if (ret)
		return ret;
	s->size = g.size;
	s->inuse = g.inuse;
	s->align = g.align;
	s->offset = g.offset;
	s->free_at = g.free_at;
	s->track_at = g.track_at;
	s->order = (uint8_t)g.order;
	s->min_order = (uint8_t)g.min_order;
	s->objects = g.objects;
	s->min_objects = g.min_objects;
	s->min_partial = g.min_partial;
	s->cpu_partial = g.cpu_partial;
	s->cpu_partial_slabs = g.cpu_partial_slabs;
	s->backed = sl->policy.memory;
	if (s->order)
		s->gfp |= KMM_GFP_COMP;
	s->cpu = aligned_alloc(64, cpus);
	s->node = calloc(sl->nodes, sizeof(*s->node));
	if (!s->cpu || !s->node)
		return -ENOMEM;
	sl->memory += cpus + nodes;
	memset(s->cpu, 0, cpus);
	for (unsigned cpu = 0; cpu < sl->cpus; cpu++)
		s->cpu[cpu].free = LINK_END;
	if (sl->policy.freelist_random && !init_sequence(s))
		return -ENOMEM;
	if (a->sheaf_capacity && sl->policy.sheaves && !s->debug)
		return sheaf_init(s, a->sheaf_capacity);
	return 0;
}

void slub_fini(struct kmm_cache *s)
{
	sheaf_fini(s);
	if (s->cpu)
		s->sl->memory -= s->sl->cpus * sizeof(*s->cpu);
	if (s->node)
		s->sl->memory -= s->sl->nodes * sizeof(*s->node);
	if (s->sequence)
		s->sl->memory -= s->objects * sizeof(*s->sequence);
	free(s->cpu);
	free(s->node);
	free(s->sequence);
}

/* ---- where the next slab comes from ---- */

/* All that a slab has free becomes the CPU's. */
static void take_all(struct slub_cpu *c, struct slab *slab)
{
	c->free = slab->free;
	slab->free = LINK_END;
	slab->inuse = slab->objects;
}

/* Enough was moved from a node to the CPU's partial list? */
static bool enough(const struct kmm_cache *s, unsigned slabs, unsigned objects)
{
	if (s->cpu_partial_slabs)
		return slabs > s->cpu_partial_slabs / 2;
	return objects > s->cpu_partial / 2;
}

/*
 * The first of the node's partial slabs, and some more for this CPU's partial
 * list.  Before 5.16 free objects were counted, those of the first slab too.
 */
static struct slab *take_partial(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu,
				 unsigned node)
{
	struct slub_node *n = &s->node[node];
	struct slab *got = NULL, *slab;
	unsigned slabs = 0, objects = 0;

	while ((slab = n->partial.head)) {
		slub_remove_partial(n, slab);
		objects += slab->objects - slab->inuse;
		if (!got) {
			got = slab;
		} else {
			slub_put_cpu_partial(s, c, cpu, slab, false);
			slabs++;
		}
		if (!slub_has_cpu_partial(s) || enough(s, slabs, objects))
			break;
	}
	return got;
}

/* Another node's slab, where that has more than it needs, and mostly if at all. */
static struct slab *take_remote(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu)
{
	const struct kmm *mm = s->sl->mm;
	const struct zonelist *zl = &mm->zonelist[mm->config.cpu_node[cpu]][KMM_ZONE_NORMAL];

	if (s->defrag_clock++ % 1024 > DEFRAG_RATIO)
		return NULL;
	for (unsigned i = 0; i < zl->n; i++) {
		unsigned node = zl->zone[i]->node;
		struct slab *slab;

		if (s->node[node].nr_partial <= s->min_partial)
			continue;
		slab = take_partial(s, c, cpu, node);
		if (slab)
			return slab;
	}
	return NULL;
}

static struct slab *any_partial(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu, kmm_gfp gfp,
				int node)
{
	unsigned local = s->sl->mm->config.cpu_node[cpu];
	struct slab *slab = take_partial(s, c, cpu, node < 0 ? local : (unsigned)node);
	bool strict = gfp & KMM_GFP_THISNODE || s->sl->policy.version < KMM_VERSION(6, 8, 0);

	if (slab || s->sl->nodes == 1 || (node >= 0 && strict))
		return slab;
	return take_remote(s, c, cpu);
}

static struct slab *new_slab(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	struct slab *slab = slabpage_new(s, cpu, gfp, node, s->offset);

	if (!slab)
		return NULL;
	s->node[slab->node].nr_slabs++;
	s->node[slab->node].nr_objects += slab->objects;
	if (s->sequence)
		shuffle(s, slab);
	for (unsigned i = 0; s->backed && i < slab->objects; i++)
		slabdebug_write_link(s, slab, i);
	return slab;
}

static bool node_has_memory(const struct kmm *mm, unsigned node)
{
	for (unsigned i = 0; i < mm->zones; i++)
		if (mm->zone[i].node == node && mm->zone[i].managed &&
		    mm->zone[i].type <= KMM_ZONE_NORMAL)
			return true;
	return false;
}

/* One object of the node's first partial slab, or of a new one. */
static kmm_addr alloc_single(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	unsigned home = node < 0 ? s->sl->mm->config.cpu_node[cpu] : (unsigned)node;
	struct slab *slab = s->node[home].partial.head;
	unsigned index;

	if (!slab) {
		slab = new_slab(s, cpu, gfp, node);
		if (!slab)
			return KMM_NULL;
		slub_add_partial(&s->node[slab->node], slab, false);
	}
	index = slab->free;
	slab->free = slab->link[index];
	slab->link[index] = LINK_USED;
	slab->inuse++;
	if (slab->free == LINK_END)
		slub_remove_partial(&s->node[slab->node], slab);
	slabdebug_alloc(s, slab, index, cpu);
	return slab_object(slab, s, index);
}

/* The CPU's slab has something free again, on this node, or it has none any more. */
static bool refill_from_own(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu, int node)
{
	while (c->slab || c->partial) {
		struct slab *slab = c->slab;

		if (!slab) {
			slab = slub_pop_cpu_partial(c);
			slab->place = PLACE_CPU;
			c->slab = slab;
		}
		if (node >= 0 && slab->node != node) {
			slub_deactivate(s, c, cpu);
			continue;
		}
		if (c->free != LINK_END)
			return true;
		take_all(c, slab);
		if (c->free != LINK_END)
			return true;
		slab->place = PLACE_NONE;
		c->slab = NULL;
	}
	return false;
}

bool kmm_slab_comes_next(const struct kmm_slab *sl, unsigned cpu, kmm_addr at)
{
	const struct slab *slab = sl->kind == KMM_SLUB && cpu < sl->cpus ? slab_of(sl, at) : NULL;
	const struct kmm_cache *s = slab ? slab->cache : NULL;
	const struct slub_cpu *c = s && !s->debug ? &s->cpu[cpu] : NULL;

	if (!c)
		return false;
	if (c->slab && (c->free != LINK_END || c->slab->free != LINK_END))
		return c->slab == slab;
	if (c->partial)
		return c->partial == slab;
	return s->node[sl->mm->config.cpu_node[cpu]].partial.head == slab;
}

bool kmm_slab_full(const struct kmm_slab *sl, kmm_addr at)
{
	const struct slab *slab = sl->kind == KMM_SLUB ? slab_of(sl, at) : NULL;

	return slab && slab->place == PLACE_NONE && slab->free == LINK_END;
}

kmm_addr slub_alloc_slow(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	struct slub_cpu *c = &s->cpu[cpu];
	struct slab *slab;

	if (node >= 0 &&
	    ((unsigned)node >= s->sl->nodes || !node_has_memory(s->sl->mm, (unsigned)node)))
		node = -1;
	if (s->debug)
		return alloc_single(s, cpu, gfp, node);
	if (refill_from_own(s, c, cpu, node))
		return slub_pop(s, c);
	slab = any_partial(s, c, cpu, gfp, node);
	if (!slab)
		slab = new_slab(s, cpu, gfp, node);
	if (!slab)
		return KMM_NULL;
	/* Freeing during reclaim may have put one there in the meantime. */
	if (c->slab)
		slub_deactivate(s, c, cpu);
	slab->place = PLACE_CPU;
	slab->cpu = (uint16_t)cpu;
	c->slab = slab;
	take_all(c, slab);
	return slub_pop(s, c);
}
