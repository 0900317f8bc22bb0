// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slablife_lists: where the recorded slabs stand, by SLUB's rules (3.2 to 6.18, as
 * written out in mm/slub.h): the slab in a CPU's hand, its partial list, the node's.
 */
#include "replay/slablife_inside.h"

static struct life_list *list_of(struct slablife *l, const struct life_slab *s)
{
	struct life_lists *x = &l->lists[s->cache];

	return s->place == LIFE_CPU_PARTIAL ? &x->partial[s->cpu] :
	       s->place == LIFE_NODE	    ? &x->node[s->node] :
					      NULL;
}

void life_lists_init(struct life_lists *x)
{
	static const struct life_list empty = { LIFE_NONE, LIFE_NONE, 0 };

	for (unsigned c = 0; c < KMM_CPUS; c++) {
		x->cpu[c] = LIFE_NONE;
		x->partial[c] = empty;
	}
	for (unsigned n = 0; n < KMM_NODES; n++)
		x->node[n] = empty;
}

static void link_in(struct slablife *l, uint32_t n, bool head)
{
	struct life_slab *s = &l->slabs[n];
	struct life_list *x = list_of(l, s);

	s->prev = head ? LIFE_NONE : x->tail;
	s->next = head ? x->head : LIFE_NONE;
	if (s->prev != LIFE_NONE)
		l->slabs[s->prev].next = n;
	else
		x->head = n;
	if (s->next != LIFE_NONE)
		l->slabs[s->next].prev = n;
	else
		x->tail = n;
	x->count++;
}

void life_leave(struct slablife *l, uint32_t n)
{
	struct life_slab *s = &l->slabs[n];
	struct life_list *x = list_of(l, s);

	if (s->place == LIFE_CPU && l->lists[s->cache].cpu[s->cpu] == n)
		l->lists[s->cache].cpu[s->cpu] = LIFE_NONE;
	if (s->place == LIFE_NODE)
		l->caches[s->cache].node_free -= s->objects - s->in_use;
	if (s->place == LIFE_WAITING) {
		l->caches[s->cache].waiting_slabs--;
		l->caches[s->cache].waiting_objects -= s->objects;
	}
	if (x) {
		if (s->prev != LIFE_NONE)
			l->slabs[s->prev].next = s->next;
		else
			x->head = s->next;
		if (s->next != LIFE_NONE)
			l->slabs[s->next].prev = s->prev;
		else
			x->tail = s->prev;
		x->count--;
	}
	s->next = s->prev = LIFE_NONE;
	s->place = LIFE_FULL;
}

void life_to_cpu(struct slablife *l, uint32_t n, unsigned cpu)
{
	struct life_slab *s = &l->slabs[n];

	life_leave(l, n);
	s->place = LIFE_CPU;
	s->cpu = (int16_t)cpu;
	l->lists[s->cache].cpu[cpu] = n;
}

void life_to_cpu_partial(struct slablife *l, uint32_t n, unsigned cpu, bool end)
{
	struct life_slab *s = &l->slabs[n];

	life_leave(l, n);
	s->place = LIFE_CPU_PARTIAL;
	s->cpu = (int16_t)cpu;
	link_in(l, n, !end);
}

void life_to_node(struct slablife *l, uint32_t n, bool head)
{
	struct life_slab *s = &l->slabs[n];

	life_leave(l, n);
	s->place = LIFE_NODE;
	l->caches[s->cache].node_free += s->objects - s->in_use;
	link_in(l, n, head);
}

/* Nothing in use, and the node has as many partial slabs as it wants: its pages go back. */
static bool given_up(const struct slablife *l, const struct life_slab *s)
{
	return !s->in_use &&
	       l->lists[s->cache].node[s->node].count >= l->caches[s->cache].min_partial;
}

static void give_up(struct slablife *l, uint32_t n)
{
	struct life_cache *c = &l->caches[l->slabs[n].cache];

	life_leave(l, n);
	l->slabs[n].place = LIFE_WAITING;
	c->waiting_slabs++;
	c->waiting_objects += l->slabs[n].objects;
}

static void to_node_or_go(struct slablife *l, uint32_t n, bool head)
{
	if (given_up(l, &l->slabs[n]))
		give_up(l, n);
	else
		life_to_node(l, n, head);
}

/* Enough of them on the CPU's partial list, before one more comes? (5.16: slabs; before: free objects) */
static bool is_full(const struct slablife *l, uint32_t cache, unsigned cpu)
{
	const struct life_cache *c = &l->caches[cache];
	const struct life_list *x = &l->lists[cache].partial[cpu];
	uint64_t free = 0;

	if (c->cpu_partial_slabs)
		return x->count >= c->cpu_partial_slabs;
	for (uint32_t n = x->head; n != LIFE_NONE; n = l->slabs[n].next)
		free += l->slabs[n].objects - l->slabs[n].in_use;
	return free > c->cpu_partial;
}

static void drain(struct slablife *l, uint32_t cache, unsigned cpu)
{
	struct life_list *x = &l->lists[cache].partial[cpu];

	while (x->head != LIFE_NONE)
		to_node_or_go(l, x->head, false);
}

/* What the CPU had in hand when it took another slab: exhausted, or let go. */
static void put_down(struct slablife *l, uint32_t cache, unsigned cpu)
{
	uint32_t n = l->lists[cache].cpu[cpu];

	if (n == LIFE_NONE)
		return;
	life_leave(l, n);
	if (l->slabs[n].in_use < l->slabs[n].objects) {
		l->stats.deactivated++;
		to_node_or_go(l, n, true);
	}
}

/* The slab was taken from a node: some of those behind it come to the CPU's list with it. */
static void take_more(struct slablife *l, uint32_t cache, unsigned node, unsigned cpu,
		      uint32_t first)
{
	const struct life_cache *c = &l->caches[cache];
	struct life_list *x = &l->lists[cache].node[node];
	unsigned slabs = 0, objects = l->slabs[first].objects - l->slabs[first].in_use;

	while (c->cpu_partial && x->head != LIFE_NONE &&
	       (c->cpu_partial_slabs ? slabs <= c->cpu_partial_slabs / 2 :
				       objects <= c->cpu_partial / 2)) {
		uint32_t n = x->head;

		objects += l->slabs[n].objects - l->slabs[n].in_use;
		life_to_cpu_partial(l, n, cpu, false);
		slabs++;
	}
}

void life_in_hand(struct slablife *l, uint32_t n, unsigned cpu)
{
	struct life_slab *s = &l->slabs[n];
	uint32_t cache = s->cache;
	enum life_place was = (enum life_place)s->place;
	bool first = was == LIFE_NODE && l->lists[cache].node[s->node].head == n;

	if (was == LIFE_CPU && s->cpu == (int)cpu)
		return;
	put_down(l, cache, cpu);
	if (was == LIFE_CPU_PARTIAL ? s->cpu != (int)cpu || l->lists[cache].partial[cpu].head != n :
	    was == LIFE_NODE	    ? !first :
				      s->cpu >= 0 || !s->born)
		l->stats.set_right++;
	life_to_cpu(l, n, cpu);
	if (was != LIFE_NODE)
		return;
	/*
	 * As long as its own list has any, a CPU takes no slab from a node, and then the first.  So
	 * one that is not the first was on that list, and one that we have there is the node's: which
	 * slabs came with one that was taken before, only the order of the node's list tells, and that
	 * is not always known.
	 */
	if (!first && l->lists[cache].partial[cpu].head != LIFE_NONE)
		life_to_node(l, l->lists[cache].partial[cpu].head, false);
	else
		take_more(l, cache, s->node, cpu, n);
}

void life_came_back(struct slablife *l, uint32_t n, unsigned cpu, bool was_full)
{
	struct life_slab *s = &l->slabs[n];

	if (s->place == LIFE_CPU || s->place == LIFE_CPU_PARTIAL || s->place == LIFE_WAITING)
		return;
	if (was_full && s->place == LIFE_FULL) {
		if (!l->caches[s->cache].cpu_partial) {
			to_node_or_go(l, n, false);
			return;
		}
		if (is_full(l, s->cache, cpu))
			drain(l, s->cache, cpu);
		life_to_cpu_partial(l, n, cpu, false);
	} else if (!s->in_use && s->place == LIFE_NODE) {
		/* It is still among those that the node has. */
		if (given_up(l, s))
			give_up(l, n);
	}
}
