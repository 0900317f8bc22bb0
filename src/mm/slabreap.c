// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slabreap: how SLAB's memory goes back: bit by bit through the reaper, from the
 * arrays of a CPU that goes, and all at once when a cache is shrunk (2.6.24:
 * cache_reap, drain_array, drain_freelist, __cache_shrink).
 */
#include "mm/slab.h"

/* Free slabs from the tail of a node's list. */
static unsigned drain_free(struct kmm_cache *s, unsigned cpu, struct slab_node *n, uint64_t most)
{
	unsigned freed = 0;

	while (freed < most && n->free.tail) {
		struct slab *slab = n->free.tail;

		slab_unplace(n, slab);
		n->free_objects -= s->objects;
		slab_destroy(s, cpu, slab);
		freed++;
	}
	return freed;
}

static void reap_array(struct kmm_cache *s, unsigned cpu, struct array *a)
{
	unsigned n;

	if (!a || !a->avail)
		return;
	if (a->touched) {
		a->touched = false;
		return;
	}
	n = (a->limit + 4) / 5;
	if (n > a->avail)
		n = (a->avail + 1) / 2;
	slab_free_block(s, cpu, a->entry, n);
	slab_array_shift(a, n);
	s->sl->stats.reaped += n;
}

void slab_reap(struct kmm_cache *s, unsigned cpu)
{
	unsigned node = s->sl->mm->config.cpu_node[cpu];
	unsigned remote = s->sl->reap_node[cpu], round = s->sl->rounds[cpu];
	struct slab_node *n = &s->lists[node];
	unsigned slabs;

	if (n->alien && n->alien[remote])
		slab_drain_alien(s, cpu, n->alien[remote], remote);
	reap_array(s, cpu, s->arrays[cpu]);
	/* A node's turn comes every 4 s: every second round of 2 s. */
	if (round < n->next_reap)
		return;
	n->next_reap = round + 2;
	reap_array(s, cpu, n->shared);
	if (n->free_touched) {
		n->free_touched = false;
		return;
	}
	slabs = drain_free(s, cpu, n,
			   (n->free_limit + 5ull * s->objects - 1) / (5ull * s->objects));
	s->sl->stats.reaped += (uint64_t)s->objects * slabs;
	s->counts.reaped += slabs;
}

static void empty_array(struct kmm_cache *s, unsigned cpu, struct array *a)
{
	if (!a)
		return;
	slab_free_block(s, cpu, a->entry, a->avail);
	a->avail = 0;
}

void slab_flush_cpu(struct kmm_cache *s, unsigned caller, unsigned cpu)
{
	empty_array(s, caller, s->arrays[cpu]);
}

int slab_shrink(struct kmm_cache *s, unsigned cpu)
{
	bool left = false;

	for (unsigned other = 0; other < s->sl->cpus; other++)
		empty_array(s, cpu, s->arrays[other]);
	for (unsigned node = 0; node < s->sl->nodes; node++) {
		struct slab_node *n = &s->lists[node];

		for (unsigned other = 0; n->alien && other < s->sl->nodes; other++)
			if (n->alien[other])
				slab_drain_alien(s, cpu, n->alien[other], other);
	}
	for (unsigned node = 0; node < s->sl->nodes; node++) {
		struct slab_node *n = &s->lists[node];

		empty_array(s, cpu, n->shared);
		drain_free(s, cpu, n, UINT64_MAX);
		left |= n->full.head || n->partial.head;
	}
	return left;
}
