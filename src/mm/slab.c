// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slab.h"

#include <errno.h>
#include <stdlib.h>

#include "mm/slabdebug.h"
#include "mm/slabpage.h"
#include "mm/slabsize.h"

#define REFILL_UNTOUCHED 16u /* BATCHREFILL_LIMIT: of an array that was idle */

static size_t array_bytes(uint32_t limit)
{
	return sizeof(struct array) + limit * sizeof(struct array_entry);
}

static struct array *array_new(struct kmm_cache *s, uint32_t limit, uint32_t batchcount)
{
	struct array *a = malloc(array_bytes(limit));

	if (!a)
		return NULL;
	s->sl->memory += array_bytes(limit);
	a->avail = 0;
	a->limit = limit;
	a->batchcount = batchcount;
	a->touched = false;
	return a;
}

static void array_delete(struct kmm_cache *s, struct array *a)
{
	if (!a)
		return;
	s->sl->memory -= array_bytes(a->limit);
	free(a);
}

static int init_node(struct kmm_cache *s, unsigned node)
{
	struct slab_node *n = &s->lists[node];
	const struct kmm_config *c = &s->sl->mm->config;
	unsigned cpus = 0;

	for (unsigned cpu = 0; cpu < s->sl->cpus; cpu++)
		cpus += c->cpu_node[cpu] == node;
	n->free_limit = (1 + cpus) * s->batchcount + s->objects;
	if (s->shared) {
		n->shared = array_new(s, s->shared * s->batchcount, 0);
		if (!n->shared)
			return -ENOMEM;
	}
	if (s->sl->nodes == 1)
		return 0;
	n->alien = calloc(s->sl->nodes, sizeof(struct array *));
	if (!n->alien)
		return -ENOMEM;
	for (unsigned other = 0; other < s->sl->nodes; other++) {
		if (other == node)
			continue;
		n->alien[other] = array_new(s, ALIEN_LIMIT, 0);
		if (!n->alien[other])
			return -ENOMEM;
	}
	return 0;
}

int slab_init(struct kmm_cache *s, const struct kmm_cache_args *a)
{
	struct kmm_slab *sl = s->sl;
	unsigned top = sl->mm->max_order < SLAB_MAX_ORDER ? sl->mm->max_order : SLAB_MAX_ORDER;
	struct slab_size g;
	int ret = slab_size_compute(&sl->policy, sl->cpus, top, a, !sl->first, &g);

	if (ret)
		return ret;
	s->flags = g.flags;
	s->debug = g.flags & KMM_SLAB_DEBUG;
	s->size = g.size;
	s->align = g.align;
	s->inuse = round_up_to(s->object_size, sl->policy.word);
	s->offset = g.offset;
	s->track_at = g.track_at;
	s->order = s->min_order = (uint8_t)g.order;
	s->objects = s->min_objects = g.objects;
	s->colours = sl->policy.slab_no_colour ? 0 : g.colours;
	s->colour_off = g.colour_off;
	s->leftover = g.leftover;
	s->management = g.management;
	s->management_last = g.management_last;
	s->off_slab = g.off_slab;
	s->limit = g.limit;
	s->batchcount = g.batchcount;
	s->shared = g.shared;
	if (s->order && sl->policy.version >= KMM_VERSION(3, 1, 0))
		s->gfp |= KMM_GFP_COMP;
	if (g.off_slab) {
		s->descriptors = kmm_kmalloc_slab(sl, g.management, 0, 0);
		/* The first caches of all have none to lean on. */
		if (!s->descriptors)
			return -E2BIG;
	}
	s->arrays = calloc(sl->cpus, sizeof(struct array *));
	s->lists = calloc(sl->nodes, sizeof(*s->lists));
	if (!s->arrays || !s->lists)
		return -ENOMEM;
	sl->memory += sl->cpus * sizeof(struct array *) + sl->nodes * sizeof(*s->lists);
	for (unsigned cpu = 0; cpu < sl->cpus; cpu++) {
		s->arrays[cpu] = array_new(s, s->limit, s->batchcount);
		if (!s->arrays[cpu])
			return -ENOMEM;
	}
	for (unsigned node = 0; node < sl->nodes; node++)
		if (init_node(s, node))
			return -ENOMEM;
	return 0;
}

void slab_fini(struct kmm_cache *s)
{
	for (unsigned cpu = 0; s->arrays && cpu < s->sl->cpus; cpu++)
		array_delete(s, s->arrays[cpu]);
	for (unsigned node = 0; s->lists && node < s->sl->nodes; node++) {
		struct slab_node *n = &s->lists[node];

		array_delete(s, n->shared);
		for (unsigned other = 0; n->alien && other < s->sl->nodes; other++)
			array_delete(s, n->alien[other]);
		free(n->alien);
	}
	if (s->arrays && s->lists)
		s->sl->memory -= s->sl->cpus * sizeof(struct array *) +
				 s->sl->nodes * sizeof(*s->lists);
	free(s->arrays);
	free(s->lists);
}

/* ---- slabs ---- */

static void place(struct slab_node *n, struct slab *slab, enum slab_place where, bool to_tail)
{
	struct slab_list *l = where == PLACE_FULL    ? &n->full :
			      where == PLACE_PARTIAL ? &n->partial :
						       &n->free;

	slab->place = (uint8_t)where;
	slab_list_add(l, slab, to_tail);
}

void slab_unplace(struct slab_node *n, struct slab *slab)
{
	struct slab_list *l = slab->place == PLACE_FULL	   ? &n->full :
			      slab->place == PLACE_PARTIAL ? &n->partial :
							     &n->free;

	slab_list_del(l, slab);
	slab->place = PLACE_NONE;
}

/* The colour of a node's next slab. */
static unsigned next_colour(const struct kmm_cache *s, struct slab_node *n)
{
	unsigned colour = n->colour_next++;

	if (n->colour_next >= s->colours)
		n->colour_next = 0;
	/* From 4.6 the number is advanced first: the first slab has colour 1. */
	if (s->sl->policy.version >= KMM_VERSION(4, 6, 0))
		colour = n->colour_next;
	return colour < s->colours ? colour : 0;
}

/* A new slab, on the tail of the free list of its node; node -1: anywhere. */
static struct slab *grow(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	unsigned home = node < 0 ? s->sl->mm->config.cpu_node[cpu] : (unsigned)node;
	unsigned offset = next_colour(s, &s->lists[home]) * s->colour_off + s->offset;
	struct slab_node *n;
	struct slab *slab;
	kmm_addr descriptor = KMM_NULL;

	if (!s->off_slab && !s->management_last)
		offset += s->management;
	if (s->off_slab) {
		descriptor = cache_alloc(s->descriptors, cpu, gfp & ~(kmm_gfp)KMM_GFP_ZERO, node);
		if (descriptor == KMM_NULL)
			return NULL;
	}
	slab = slabpage_new(s, cpu, node < 0 ? gfp : gfp | KMM_GFP_THISNODE, node, offset);
	if (!slab) {
		if (s->off_slab)
			cache_free(s->descriptors, cpu, descriptor);
		return NULL;
	}
	slab->descriptor = descriptor;
	n = &s->lists[slab->node];
	n->nr_slabs++;
	n->free_objects += s->objects;
	s->counts.grown++;
	place(n, slab, PLACE_FREE, true);
	return slab;
}

void slab_destroy(struct kmm_cache *s, unsigned cpu, struct slab *slab)
{
	kmm_addr descriptor = slab->descriptor;

	s->lists[slab->node].nr_slabs--;
	slabpage_discard(s, cpu, slab);
	if (descriptor != KMM_NULL)
		cache_free(s->descriptors, cpu, descriptor);
}

static unsigned take_object(struct slab *slab)
{
	unsigned index = slab->free;

	slab->free = slab->link[index];
	slab->inuse++;
	return index;
}

static void count_out(struct kmm_cache *s, uint64_t n)
{
	s->out += n;
	if (s->out > s->counts.maxobjs)
		s->counts.maxobjs = s->out;
}

/* A slab that has something free: partial ones first. */
static struct slab *serving_slab(struct slab_node *n)
{
	if (n->partial.head)
		return n->partial.head;
	n->free_touched = true;
	return n->free.head;
}

static void after_taking(struct slab_node *n, struct slab *slab)
{
	slab_unplace(n, slab);
	place(n, slab, slab->free == LINK_END ? PLACE_FULL : PLACE_PARTIAL, false);
}

/* ---- arrays ---- */

unsigned slab_array_transfer(struct array *to, struct array *from, unsigned most)
{
	unsigned n = from->avail < most ? from->avail : most;

	if (n > to->limit - to->avail)
		n = to->limit - to->avail;
	memcpy(&to->entry[to->avail], &from->entry[from->avail - n], n * sizeof(*to->entry));
	from->avail -= n;
	to->avail += n;
	return n;
}

void slab_array_shift(struct array *a, unsigned n)
{
	a->avail -= n;
	memmove(a->entry, &a->entry[n], a->avail * sizeof(*a->entry));
}

void slab_free_block(struct kmm_cache *s, unsigned cpu, const struct array_entry *e, unsigned n)
{
	for (; n--; e++) {
		struct slab *slab = e->slab;
		struct slab_node *home = &s->lists[slab->node];

		slab_unplace(home, slab);
		slab->link[e->index] = slab->free;
		slab->free = (uint16_t)e->index;
		slab->inuse--;
		home->free_objects++;
		s->out--;
		if (slab->inuse) {
			place(home, slab, PLACE_PARTIAL, true);
		} else if (home->free_objects > home->free_limit) {
			home->free_objects -= s->objects;
			slab_destroy(s, cpu, slab);
		} else {
			place(home, slab, PLACE_FREE, false);
		}
	}
}

/* To the home node's shared array first, then to its slabs. */
void slab_drain_alien(struct kmm_cache *s, unsigned cpu, struct array *alien, unsigned node)
{
	struct array *shared = s->lists[node].shared;

	if (shared)
		slab_array_transfer(shared, alien, alien->limit);
	slab_free_block(s, cpu, alien->entry, alien->avail);
	alien->avail = 0;
}

/* Fill an empty array from the shared one, else from slabs, else from a new slab. */
static bool refill(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, struct array *a)
{
	unsigned node = s->sl->mm->config.cpu_node[cpu];
	struct slab_node *n = &s->lists[node];
	unsigned want = a->batchcount;
	bool grown = false;

	s->sl->stats.array_refills++;
	if (!a->touched && want > REFILL_UNTOUCHED)
		want = REFILL_UNTOUCHED;
	if (n->shared && slab_array_transfer(a, n->shared, want)) {
		if (s->sl->policy.version >= KMM_VERSION(2, 6, 34))
			n->shared->touched = true;
		return true;
	}
	for (;;) {
		struct slab *slab;

		while (a->avail < want && (slab = serving_slab(n))) {
			while (slab->free != LINK_END && a->avail < want) {
				unsigned index = take_object(slab);

				slab->link[index] = LINK_HELD;
				a->entry[a->avail++] = (struct array_entry){ slab, index };
			}
			after_taking(n, slab);
		}
		n->free_objects -= a->avail;
		s->counts.listallocs += a->avail;
		count_out(s, a->avail);
		if (a->avail)
			return true;
		if (grown || !grow(s, cpu, gfp, (int)node))
			return a->avail != 0;
		grown = true;
		/* Making room may have freed objects into this array. */
		if (a->avail)
			return true;
	}
}

static kmm_addr give(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	slab->link[index] = LINK_USED;
	if (s->debug)
		slabdebug_alloc(s, slab, index, cpu);
	return slab_object(slab, s, index);
}

/* One object of that node's slabs, past all arrays. */
static kmm_addr alloc_from_node(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, unsigned node)
{
	struct slab_node *n = &s->lists[node];
	struct slab *slab = serving_slab(n);
	unsigned index;

	if (!slab) {
		if (!grow(s, cpu, gfp, (int)node))
			return KMM_NULL;
		slab = serving_slab(n);
		if (!slab)
			return KMM_NULL;
	}
	index = take_object(slab);
	n->free_objects--;
	s->counts.nodeallocs++;
	count_out(s, 1);
	after_taking(n, slab);
	return give(s, cpu, slab, index);
}

/* The node cannot: another one that has free objects, else pages from anywhere. */
static kmm_addr fall_back(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp)
{
	const struct kmm *mm = s->sl->mm;
	const struct zonelist *zl = &mm->zonelist[mm->config.cpu_node[cpu]][KMM_ZONE_NORMAL];
	struct slab *slab;

	if (gfp & KMM_GFP_THISNODE)
		return KMM_NULL;
	for (unsigned i = 0; i < zl->n; i++) {
		unsigned node = zl->zone[i]->node;

		if (s->lists[node].free_objects)
			return alloc_from_node(s, cpu, gfp, node);
	}
	slab = grow(s, cpu, gfp, -1);
	return slab ? alloc_from_node(s, cpu, gfp, slab->node) : KMM_NULL;
}

/* Something in the CPU's array. */
static bool find_object(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, struct array *a)
{
	if (a->avail) {
		s->counts.allochit++;
		return true;
	}
	s->counts.allocmiss++;
	return refill(s, cpu, gfp, a);
}

kmm_addr slab_alloc_slow(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	struct array *a = s->arrays[cpu];
	unsigned local = s->sl->mm->config.cpu_node[cpu];
	kmm_addr at = KMM_NULL;

	if (node >= 0 && (unsigned)node < s->sl->nodes && (unsigned)node != local) {
		at = alloc_from_node(s, cpu, gfp, (unsigned)node);
	} else if (find_object(s, cpu, gfp, a)) {
		const struct array_entry *e = &a->entry[--a->avail];

		a->touched = true;
		return give(s, cpu, e->slab, e->index);
	}
	if (at == KMM_NULL)
		at = fall_back(s, cpu, gfp);
	return at;
}

/* As many as there ever were at such a moment. */
static void count_free_slabs(struct kmm_cache *s, const struct slab_node *n)
{
	uint64_t have = 0;

	for (const struct slab *slab = n->free.head; slab; slab = slab->next)
		have++;
	if (have > s->counts.maxfreeable)
		s->counts.maxfreeable = have;
}

/* Full, or of another node. */
void slab_free_slow(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	unsigned local = s->sl->mm->config.cpu_node[cpu];
	struct slab_node *n = &s->lists[local];
	struct array *a = s->arrays[cpu];
	unsigned batch = a->batchcount;

	if (slab->node != local) {
		struct array *alien = n->alien[slab->node];

		s->sl->stats.alien_frees++;
		s->counts.remotefrees++;
		if (alien->avail == alien->limit) {
			s->counts.alienoverflow++;
			slab_drain_alien(s, cpu, alien, slab->node);
		}
		slab->link[index] = LINK_HELD;
		alien->entry[alien->avail++] = (struct array_entry){ slab, index };
		return;
	}
	s->sl->stats.array_flushes++;
	s->counts.freemiss++;
	/* The oldest go: into the shared array as far as that has room, else to their slabs. */
	if (n->shared && n->shared->avail < n->shared->limit) {
		if (batch > n->shared->limit - n->shared->avail)
			batch = n->shared->limit - n->shared->avail;
		memcpy(&n->shared->entry[n->shared->avail], a->entry, batch * sizeof(*a->entry));
		n->shared->avail += batch;
	} else {
		slab_free_block(s, cpu, a->entry, batch);
	}
	if (s->sl->policy.slab_stats)
		count_free_slabs(s, n);
	slab_array_shift(a, batch);
	slab->link[index] = LINK_HELD;
	a->entry[a->avail++] = (struct array_entry){ slab, index };
}
