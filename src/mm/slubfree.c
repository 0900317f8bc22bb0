// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slubfree.h"

#include "mm/sheaf.h"
#include "mm/slabpage.h"
#include "mm/slub.h"

#define PROMOTE_MOST 32 /* SHRINK_PROMOTE_MAX, 4.0 and later */

static void discard(struct kmm_cache *s, unsigned cpu, struct slab *slab)
{
	s->node[slab->node].nr_slabs--;
	s->node[slab->node].nr_objects -= slab->objects;
	slabpage_discard(s, cpu, slab);
}

/* Does a node keep another empty slab? */
static bool node_has_enough(const struct kmm_cache *s, const struct slub_node *n)
{
	unsigned v = s->sl->policy.version;

	/* The kernel kept one more from 3.1 to 3.16. */
	if (v >= KMM_VERSION(3, 1, 0) && v < KMM_VERSION(3, 17, 0))
		return n->nr_partial > s->min_partial;
	return n->nr_partial >= s->min_partial;
}

/* ---- the CPU's partial list ---- */

struct slab *slub_pop_cpu_partial(struct slub_cpu *c)
{
	struct slab *slab = c->partial;

	c->partial = slab->next;
	c->partial_slabs--;
	if (!c->partial)
		c->partial_objects = 0;
	return slab;
}

/* From its head on; the empty ones that nobody needs go afterwards, last first. */
static void drain_cpu_partial(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu)
{
	struct slab *slab, *surplus = NULL;

	if (!c->partial)
		return;
	s->sl->stats.cpu_partial_drains++;
	while (c->partial) {
		struct slub_node *n;

		slab = slub_pop_cpu_partial(c);
		n = &s->node[slab->node];
		if (!slab->inuse && node_has_enough(s, n)) {
			slab->place = PLACE_NONE;
			slab->next = surplus;
			surplus = slab;
		} else {
			slub_add_partial(n, slab, true);
		}
	}
	while ((slab = surplus)) {
		surplus = slab->next;
		discard(s, cpu, slab);
	}
}

bool kmm_slab_given_back(struct kmm_slab *sl, unsigned cpu, kmm_pfn pfn)
{
	struct slab *slab = sl->kind == KMM_SLUB && cpu < sl->cpus ?
				    slab_of(sl, kmm_slab_address(sl, pfn)) :
				    NULL;

	if (slab && !slab->inuse && slab->place == PLACE_CPU_PARTIAL)
		drain_cpu_partial(slab->cache, &slab->cache->cpu[slab->cpu], cpu);
	if (!slab || slab_of(sl, kmm_slab_address(sl, pfn)) != slab || slab->place != PLACE_WAITING)
		return false;
	slabpage_free_waiting(sl, cpu, slab);
	return true;
}

static bool cpu_partial_full(const struct kmm_cache *s, const struct slub_cpu *c)
{
	if (s->cpu_partial_slabs)
		return c->partial_slabs >= s->cpu_partial_slabs;
	return c->partial_objects > s->cpu_partial;
}

void slub_put_cpu_partial(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu, struct slab *slab,
			  bool drain)
{
	if (drain && c->partial && cpu_partial_full(s, c))
		drain_cpu_partial(s, c, cpu);
	slab->place = PLACE_CPU_PARTIAL;
	slab->cpu = (uint16_t)cpu;
	slab->next = c->partial;
	c->partial = slab;
	c->partial_slabs++;
	c->partial_objects += slab->objects - slab->inuse;
}

/* ---- a CPU lets go ---- */

/* The CPU's free objects return to the slab: in front of its own; reversed before 5.12. */
static void return_freelist(struct kmm_cache *s, struct slub_cpu *c, struct slab *slab)
{
	bool reversed = s->sl->policy.version < KMM_VERSION(5, 12, 0);
	uint16_t index = c->free, last = LINK_END, n = 0;

	if (index == LINK_END)
		return;
	for (uint16_t next; index != LINK_END; index = next, n++) {
		next = slab->link[index];
		if (reversed) {
			slab_link(s, slab, index, slab->free);
			slab->free = index;
		}
		last = index;
	}
	if (!reversed) {
		slab_link(s, slab, last, slab->free);
		slab->free = c->free;
	}
	slab->inuse = (uint16_t)(slab->inuse - n);
	c->free = LINK_END;
}

/*
 * At which end of the node's list a slab comes that its CPU lets go: at the tail
 * if others freed into it (3.1), or if the CPU itself had nothing left of it
 * (2.6.26), or if it is empty (before).
 */
static bool to_tail(const struct kmm_cache *s, const struct slab *slab, bool own, bool remote)
{
	if (s->sl->policy.version >= KMM_VERSION(3, 1, 0))
		return remote;
	if (!slab->inuse)
		return true;
	return s->sl->policy.version >= KMM_VERSION(2, 6, 26) && !own;
}

void slub_deactivate(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu)
{
	struct slab *slab = c->slab;
	struct slub_node *n = &s->node[slab->node];
	bool own = c->free != LINK_END, remote = slab->free != LINK_END;

	s->sl->stats.deactivations++;
	return_freelist(s, c, slab);
	c->slab = NULL;
	slab->place = PLACE_NONE;
	if (!slab->inuse && node_has_enough(s, n))
		discard(s, cpu, slab);
	else if (slab->free != LINK_END)
		slub_add_partial(n, slab, to_tail(s, slab, own, remote));
}

static void flush_slabs(struct kmm_cache *s, unsigned caller, unsigned cpu)
{
	struct slub_cpu *c = &s->cpu[cpu];

	if (c->slab)
		slub_deactivate(s, c, caller);
	drain_cpu_partial(s, c, caller);
}

void slub_flush_cpu(struct kmm_cache *s, unsigned caller, unsigned cpu)
{
	if (s->sheaf_capacity)
		sheaf_flush_cpu(s, caller, cpu);
	flush_slabs(s, caller, cpu);
}

/* The sheaves first: their objects go to slabs that CPUs hold. */
static void flush_all(struct kmm_cache *s, unsigned caller)
{
	if (s->sheaf_capacity) {
		for (unsigned cpu = 0; cpu < s->sl->cpus; cpu++)
			sheaf_flush_cpu(s, caller, cpu);
		sheaf_flush_barns(s, caller);
	}
	for (unsigned cpu = 0; cpu < s->sl->cpus; cpu++)
		flush_slabs(s, caller, cpu);
}

/* ---- an object comes back ---- */

/* Was full: it can serve again. */
static void now_partial(struct kmm_cache *s, unsigned cpu, struct slab *slab)
{
	struct slub_node *n = &s->node[slab->node];

	if (slub_has_cpu_partial(s))
		slub_put_cpu_partial(s, &s->cpu[cpu], cpu, slab, true);
	else if (!slab->inuse && node_has_enough(s, n))
		discard(s, cpu, slab);
	else
		slub_add_partial(n, slab, true);
}

static void now_empty(struct kmm_cache *s, unsigned cpu, struct slab *slab)
{
	struct slub_node *n = &s->node[slab->node];

	/* Before 3.1 an empty slab went whatever the node had. */
	if (s->sl->policy.version >= KMM_VERSION(3, 1, 0) && !node_has_enough(s, n))
		return;
	slub_remove_partial(n, slab);
	discard(s, cpu, slab);
}

void slub_free_slow(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	bool was_full = slab->free == LINK_END;

	slab_link(s, slab, index, slab->free);
	slab->free = (uint16_t)index;
	slab->inuse--;
	if (slab->place == PLACE_CPU || slab->place == PLACE_CPU_PARTIAL)
		return;
	if (was_full)
		now_partial(s, cpu, slab);
	else if (!slab->inuse)
		now_empty(s, cpu, slab);
}

/* ---- the cache as a whole ---- */

/*
 * Empty slabs out, and to the head of the list those with the fewest free
 * objects (with all of them sorted before 4.0).
 */
static void shrink_node(struct kmm_cache *s, unsigned cpu, struct slub_node *n)
{
	unsigned most = s->sl->policy.version < KMM_VERSION(4, 0, 0) ? s->objects : PROMOTE_MOST;
	struct slab_list empty = { NULL, NULL };
	struct slab *slab, *next;

	for (slab = n->partial.head; slab; slab = next) {
		next = slab->next;
		if (slab->inuse)
			continue;
		slub_remove_partial(n, slab);
		slab_list_add(&empty, slab, false);
	}
	/* Of those with as many free objects the last comes first. */
	for (unsigned free = most; free; free--)
		for (slab = n->partial.head; slab; slab = next) {
			next = slab->next;
			if ((unsigned)(slab->objects - slab->inuse) != free)
				continue;
			slab_list_del(&n->partial, slab);
			slab_list_add(&n->partial, slab, false);
		}
	while ((slab = empty.head)) {
		slab_list_del(&empty, slab);
		discard(s, cpu, slab);
	}
}

int slub_shrink(struct kmm_cache *s, unsigned cpu)
{
	uint64_t slabs = 0;

	flush_all(s, cpu);
	for (unsigned node = 0; node < s->sl->nodes; node++) {
		shrink_node(s, cpu, &s->node[node]);
		slabs += s->node[node].nr_slabs;
	}
	return slabs != 0;
}

bool slub_shutdown(struct kmm_cache *s, unsigned cpu)
{
	bool left = false;

	flush_all(s, cpu);
	for (unsigned i = 0; i < s->sl->nodes; i++) {
		struct slub_node *n = &s->node[i];
		struct slab *slab, *next;

		for (slab = n->partial.head; slab; slab = next) {
			next = slab->next;
			if (slab->inuse)
				continue;
			slub_remove_partial(n, slab);
			discard(s, cpu, slab);
		}
		left |= n->nr_slabs != 0;
	}
	return left;
}
