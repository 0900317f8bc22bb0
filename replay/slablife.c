// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slablife.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/slablife_inside.h"

#define PAGE_SHIFT 12
#define KMALLOC_MAX_CACHE 8192 /* larger ones are pages */

static const char *const places[LIFE_PLACES] = {
	[LIFE_FULL] = "full",	 [LIFE_CPU] = "cpu",	     [LIFE_CPU_PARTIAL] = "cpu-partial",
	[LIFE_NODE] = "partial", [LIFE_WAITING] = "waiting",
};

const char *life_place_name(enum life_place p)
{
	return places[p];
}

/* ---- addresses ---- */

/* The frame of an address in the direct map; KMM_NO_PFN: elsewhere. */
static uint32_t frame_of(const struct slablife *l, uint64_t addr)
{
	uint64_t frame = (addr - l->m->direct_map_base) >> PAGE_SHIFT;

	return !l->m->direct_map_base || addr < l->m->direct_map_base || frame >= l->m->max_pfn ?
		       KMM_NO_PFN :
		       (uint32_t)frame;
}

static uint32_t site_number(struct slablife *l, uint64_t site)
{
	uint32_t n = map_get(&l->site_at, site);

	if (n != MAP_NONE)
		return n;
	if (!(l->site_count & (l->site_count - 1))) {
		uint64_t *more = realloc(l->sites, (l->site_count ? l->site_count * 2ull : 1) *
							   sizeof(*more));

		if (!more)
			return LIFE_BEFORE;
		l->sites = more;
	}
	if (map_put(&l->site_at, site, l->site_count))
		return LIFE_BEFORE;
	l->sites[l->site_count] = site;
	return l->site_count++;
}

/* An object's place in its slab; false: there is none. */
static bool object_at(struct slablife *l, uint32_t n, uint64_t addr, uint32_t *index)
{
	const struct life_slab *s = &l->slabs[n];
	uint64_t offset = addr - l->m->direct_map_base - ((uint64_t)s->pfn << PAGE_SHIFT);
	uint32_t size = l->caches[s->cache].size;

	if (!size || (uint32_t)offset % size || (uint32_t)offset / size >= s->objects) {
		l->stats.misplaced++;
		return false;
	}
	*index = (uint32_t)offset / size;
	return true;
}

/* ---- objects ---- */

static void note_partial(struct slablife *l, struct life_slab *s)
{
	bool partial = s->in_use && s->in_use < s->objects;

	if (!partial)
		s->partial_since = 0;
	else if (!s->partial_since)
		s->partial_since = l->now;
}

static void take(struct slablife *l, uint32_t n, uint32_t index, uint64_t site)
{
	struct life_slab *s = &l->slabs[n];

	s->object[index].time = l->now;
	if (s->object[index].site == LIFE_FREE) {
		s->in_use++;
		l->caches[s->cache].in_use++;
		life_node_free(l, s, -1);
	} else if (s->whole) {
		l->stats.twice++;
	}
	s->object[index].site = site_number(l, site);
	note_partial(l, s);
}

static void give(struct slablife *l, uint32_t n, uint32_t index, unsigned cpu)
{
	struct life_slab *s = &l->slabs[n];
	bool was_full = s->in_use == s->objects;

	if (s->object[index].site == LIFE_FREE) {
		l->stats.twice++;
		return;
	}
	s->object[index].site = LIFE_FREE;
	s->in_use--;
	l->caches[s->cache].in_use--;
	life_node_free(l, s, 1);
	note_partial(l, s);
	if (was_full || !s->in_use)
		life_came_back(l, n, cpu, was_full);
}

/* A slab of the start that was known as a number only shows itself. */
static uint32_t discover(struct slablife *l, uint32_t frame, uint32_t cache)
{
	struct life_cache *c = &l->caches[cache];
	uint32_t n;

	if (!c->unseen_slabs)
		return LIFE_NONE;
	n = life_slab_new(l, frame & ~((1u << c->order) - 1), c->order);
	if (n == LIFE_NONE || life_slab_of_cache(l, n, cache, 0, LIFE_BEFORE))
		return LIFE_NONE;
	c = &l->caches[cache];
	l->slabs[n].born = 0;
	c->unseen_slabs--;
	c->unseen_objects -= l->slabs[n].objects < c->unseen_objects ? l->slabs[n].objects :
								       c->unseen_objects;
	c->unseen_in_use -= l->slabs[n].objects < c->unseen_in_use ? l->slabs[n].objects :
								     c->unseen_in_use;
	return n;
}

/* What was allocated in bulk behind this object, without an event. */
static void take_implied(struct slablife *l, const struct request *q)
{
	uint32_t count, index;
	const struct population_implied *x = population_implied(&l->src->population, q->seq,
								&count);

	for (; count--; x++) {
		uint32_t frame = frame_of(l, x->addr);

		if (frame == KMM_NO_PFN || !l->slab_of[frame] ||
		    l->slabs[l->slab_of[frame] - 1].cache == LIFE_NONE ||
		    !object_at(l, l->slab_of[frame] - 1, x->addr, &index))
			continue;
		l->stats.implied++;
		take(l, l->slab_of[frame] - 1, index, q->sig.site);
	}
}

/* What was freed before this without an event. */
static void give_silent(struct slablife *l, const struct request *q)
{
	uint32_t count, index;
	const struct population_freed *x = population_freed(&l->src->population, q->seq, &count);

	for (; count--; x++) {
		uint32_t frame = frame_of(l, x->addr);

		if (x->slot != NO_SLOT && (objaddr_get(&l->addr, x->slot) != x->addr))
			continue;
		if (frame == KMM_NO_PFN || !l->slab_of[frame] ||
		    l->slabs[l->slab_of[frame] - 1].cache == LIFE_NONE ||
		    !object_at(l, l->slab_of[frame] - 1, x->addr, &index))
			continue;
		if (x->slot != NO_SLOT)
			objaddr_clear(&l->addr, x->slot);
		l->stats.implied++;
		give(l, l->slab_of[frame] - 1, index, q->cpu);
	}
}

/*
 * A slab is new.  Its node's partial list was empty then, or the CPU had taken one of those:
 * once that is so of all nodes, no slab that was not seen since the start has room.
 */
static void taken(struct slablife *l, uint32_t n)
{
	struct life_cache *c = &l->caches[l->slabs[n].cache];
	unsigned nodes = l->m->nodes ? l->m->nodes : 1; /* nothing said of nodes: one */

	l->slabs[n].whole = true;
	c->taken++;
	c->exhausted |= 1ull << l->slabs[n].node;
	if (c->exhausted == UINT64_MAX >> (KMM_NODES - nodes))
		c->unseen_free = 0;
}

static int follow_alloc(struct slablife *l, const struct request *q)
{
	uint32_t frame = frame_of(l, q->addr), n, index, cache;

	if (q->slot != NO_SLOT && objaddr_set(&l->addr, q->slot, q->addr))
		return -ENOMEM;
	if (!l->started || q->sig.flags & REQ_FAILED)
		return 0;
	l->stats.allocs++;
	if (q->sig.bytes_alloc > KMALLOC_MAX_CACHE && !q->sig.cache) {
		l->stats.large++;
		return 0;
	}
	if (frame == KMM_NO_PFN) {
		l->stats.outside++;
		return 0;
	}
	n = l->slab_of[frame] ? l->slab_of[frame] - 1 : LIFE_NONE;
	if (n == LIFE_NONE || l->slabs[n].cache == LIFE_NONE) {
		cache = life_cache_asked(l, q);
		if (cache == LIFE_NONE)
			return -ENOMEM;
		if (n == LIFE_NONE)
			n = discover(l, frame, cache);
		else if (life_slab_of_cache(l, n, cache, 0, LIFE_FREE))
			return -ENOMEM;
		else
			taken(l, n);
		if (n == LIFE_NONE) {
			l->stats.no_slab++;
			return 0;
		}
	}
	give_silent(l, q);
	if (!object_at(l, n, q->addr, &index))
		return 0;
	l->stats.in_slabs++;
	life_in_hand(l, n, q->cpu);
	take(l, n, index, q->sig.site);
	take_implied(l, q);
	return 0;
}

static void follow_free(struct slablife *l, const struct request *q)
{
	uint64_t addr = q->slot == NO_SLOT ? q->addr : objaddr_get(&l->addr, q->slot);
	uint32_t frame = frame_of(l, addr), n, index;

	objaddr_clear(&l->addr, q->slot);
	if (!l->started)
		return;
	l->stats.frees++;
	l->stats.implied += (q->sig.flags & REQ_IMPLIED) != 0;
	if (frame == KMM_NO_PFN)
		return;
	n = l->slab_of[frame] ? l->slab_of[frame] - 1 : LIFE_NONE;
	if (n == LIFE_NONE && q->sig.cache) {
		uint32_t cache = life_cache_named(l, q->sig.cache, 0, 0);

		n = cache == LIFE_NONE ? LIFE_NONE : discover(l, frame, cache);
	}
	if (n == LIFE_NONE || l->slabs[n].cache == LIFE_NONE || !object_at(l, n, addr, &index))
		return;
	give(l, n, index, q->cpu);
}

/* ---- pages ---- */

static void gone(struct slablife *l, uint32_t n)
{
	struct life_slab *s = &l->slabs[n];

	for (uint64_t f = s->pfn; f < s->pfn + (1ull << s->order) && f < l->m->max_pfn; f++)
		l->slab_of[f] = 0;
	if (s->cache != LIFE_NONE) {
		struct life_cache *c = &l->caches[s->cache];

		life_leave(l, n);
		c->slabs--;
		c->objects -= s->objects;
		c->in_use -= s->in_use;
		c->given_back++;
	}
	free(s->object);
	*s = (struct life_slab){ .pfn = KMM_NO_PFN, .next = l->slab_free };
	l->slab_free = n;
}

int slablife_record(struct slablife *l, const struct request *q)
{
	l->now = q->time;
	switch (q->sig.op) {
	case REQ_OBJ_ALLOC:
		return follow_alloc(l, q);
	case REQ_OBJ_FREE:
		follow_free(l, q);
		return 0;
	case REQ_PAGE_ALLOC:
		if (!l->started || q->sig.owner != OWNER_SLAB || q->sig.flags & REQ_FAILED ||
		    q->pfn >= l->m->max_pfn)
			return 0;
		if (l->slab_of[q->pfn])
			gone(l, l->slab_of[q->pfn] - 1);
		return life_slab_new(l, q->pfn, q->sig.order) == LIFE_NONE ? -ENOMEM : 0;
	case REQ_PAGE_FREE:
		if (l->started && q->pfn < l->m->max_pfn && l->slab_of[q->pfn])
			gone(l, l->slab_of[q->pfn] - 1);
		return 0;
	default:
		return 0;
	}
}

/* ---- what is known ---- */

uint32_t slablife_caches(const struct slablife *l)
{
	return l->cache_count;
}

const struct life_cache *slablife_cache(const struct slablife *l, uint32_t n)
{
	return &l->caches[n];
}

void slablife_figures(const struct slablife *l, uint32_t cache, struct objects_cache *c)
{
	const struct life_cache *x = &l->caches[cache];

	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "%s", x->name);
	c->f.object_size = x->object_size;
	c->f.size = x->size;
	c->f.order = x->order;
	c->f.objs_per_slab = x->objects_per_slab;
	c->f.slabs = c->f.active_slabs = x->slabs + x->unseen_slabs - x->waiting_slabs;
	c->f.objects = x->objects + x->unseen_objects - x->waiting_objects;
	c->f.active_objects = c->f.objects - x->node_free - x->unseen_free;
	c->f.in_use = x->in_use + x->unseen_in_use;
	c->f.made = x->taken;
	c->f.gone = x->given_back;
}

/* Slabs of each cache that have both users and room, and since when, in the mean; c[cache_count]. */
static void count_partial(const struct slablife *l, struct objects_cache *c)
{
	for (uint32_t n = 0; n < l->slab_count; n++) {
		const struct life_slab *s = &l->slabs[n];

		if (s->pfn == KMM_NO_PFN || s->cache == LIFE_NONE || !s->partial_since)
			continue;
		c[s->cache].partial++;
		c[s->cache].partial_since += l->now - s->partial_since; /* their ages for now */
	}
	for (uint32_t i = 0; i < l->cache_count; i++)
		if (c[i].partial)
			c[i].partial_since = l->now - c[i].partial_since / c[i].partial;
}

int slablife_all(const struct slablife *l, struct objects_cache **out)
{
	int n = 0;

	*out = calloc(l->cache_count + 1ull, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->cache_count; i++)
		slablife_figures(l, i, &(*out)[i]);
	count_partial(l, *out);
	for (uint32_t i = 0; i < l->cache_count; i++)
		if ((*out)[i].f.slabs)
			(*out)[n++] = (*out)[i];
	return n;
}

uint32_t slablife_slabs(const struct slablife *l)
{
	return l->slab_count;
}

const struct life_slab *slablife_slab(const struct slablife *l, uint32_t n)
{
	return &l->slabs[n];
}

const struct life_slab *slablife_of_frame(const struct slablife *l, uint32_t pfn)
{
	return pfn < l->m->max_pfn && l->slab_of[pfn] ? &l->slabs[l->slab_of[pfn] - 1] : NULL;
}

uint64_t slablife_site(const struct slablife *l, uint32_t n)
{
	return n < l->site_count ? l->sites[n] : 0;
}

uint64_t slablife_now(const struct slablife *l)
{
	return l->now;
}

const struct slablife_stats *slablife_stats(const struct slablife *l)
{
	return &l->stats;
}

int slablife_validate(const struct slablife *l, struct err *e)
{
	for (uint32_t i = 0; i < l->cache_count; i++) {
		const struct life_cache *c = &l->caches[i];
		uint64_t slabs = 0, objects = 0, in_use = 0, node_free = 0;

		for (uint32_t n = 0; n < l->slab_count; n++) {
			const struct life_slab *s = &l->slabs[n];
			uint32_t used = 0;

			if (s->pfn == KMM_NO_PFN || s->cache != i)
				continue;
			for (uint32_t k = 0; k < s->objects; k++)
				used += s->object[k].site != LIFE_FREE;
			if (used != s->in_use)
				return err_set(e, EUCLEAN,
					       "slab at frame %#x: %u objects in use, %u counted",
					       s->pfn, used, s->in_use);
			slabs++;
			objects += s->objects;
			in_use += s->in_use;
			node_free += s->place == LIFE_NODE ? s->objects - s->in_use : 0;
		}
		if (slabs != c->slabs || objects != c->objects || in_use != c->in_use ||
		    node_free != c->node_free)
			return err_set(e, EUCLEAN, "cache %s: its sums do not match its slabs",
				       c->name);
	}
	return 0;
}
