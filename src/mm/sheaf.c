// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/sheaf.h"

#include <errno.h>
#include <stdlib.h>

#include "mm/slub.h"
#include "mm/slubfree.h"

static size_t sheaf_bytes(const struct kmm_cache *s)
{
	return sizeof(struct sheaf) + s->sheaf_capacity * sizeof(struct array_entry);
}

static struct sheaf *sheaf_new(struct kmm_cache *s)
{
	struct sheaf *sheaf = malloc(sheaf_bytes(s));

	if (sheaf) {
		sheaf->next = NULL;
		sheaf->count = 0;
		s->sl->memory += sheaf_bytes(s);
	}
	return sheaf;
}

static void sheaf_delete(struct kmm_cache *s, struct sheaf *sheaf)
{
	if (!sheaf)
		return;
	s->sl->memory -= sheaf_bytes(s);
	free(sheaf);
}

int sheaf_init(struct kmm_cache *s, unsigned capacity)
{
	s->sheaf_capacity = (uint16_t)(capacity < 1024 ? capacity : 1024);
	for (unsigned cpu = 0; cpu < s->sl->cpus; cpu++) {
		s->cpu[cpu].main = sheaf_new(s);
		if (!s->cpu[cpu].main)
			return -ENOMEM;
	}
	return 0;
}

void sheaf_fini(struct kmm_cache *s)
{
	if (!s->sheaf_capacity || !s->cpu || !s->node)
		return;
	for (unsigned cpu = 0; cpu < s->sl->cpus; cpu++) {
		sheaf_delete(s, s->cpu[cpu].main);
		sheaf_delete(s, s->cpu[cpu].spare);
		sheaf_delete(s, s->cpu[cpu].rcu);
	}
	for (unsigned i = 0; i < s->sl->nodes; i++) {
		struct slub_node *n = &s->node[i];

		while (n->full) {
			struct sheaf *next = n->full->next;

			sheaf_delete(s, n->full);
			n->full = next;
		}
		while (n->empty) {
			struct sheaf *next = n->empty->next;

			sheaf_delete(s, n->empty);
			n->empty = next;
		}
	}
}

/* ---- the barn ---- */

static struct slub_node *barn_of(const struct kmm_cache *s, unsigned cpu)
{
	return &s->node[s->sl->mm->config.cpu_node[cpu]];
}

static struct sheaf *take_full(struct slub_node *barn)
{
	struct sheaf *sheaf = barn->full;

	if (sheaf) {
		barn->full = sheaf->next;
		barn->nr_full--;
	}
	return sheaf;
}

static struct sheaf *take_empty(struct slub_node *barn)
{
	struct sheaf *sheaf = barn->empty;

	if (sheaf) {
		barn->empty = sheaf->next;
		barn->nr_empty--;
	}
	return sheaf;
}

static void put_full(struct slub_node *barn, struct sheaf *sheaf)
{
	sheaf->next = barn->full;
	barn->full = sheaf;
	barn->nr_full++;
}

static void put_empty(struct kmm_cache *s, struct slub_node *barn, struct sheaf *sheaf)
{
	if (barn->nr_empty >= BARN_MOST) {
		sheaf_delete(s, sheaf);
		return;
	}
	sheaf->next = barn->empty;
	barn->empty = sheaf;
	barn->nr_empty++;
}

/* ---- between sheaves and slabs ---- */

static void flush(struct kmm_cache *s, unsigned cpu, struct sheaf *sheaf)
{
	for (uint32_t i = 0; i < sheaf->count; i++)
		slub_free(s, cpu, sheaf->entry[i].slab, sheaf->entry[i].index);
	sheaf->count = 0;
}

static void refill(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, struct sheaf *sheaf)
{
	while (sheaf->count < s->sheaf_capacity) {
		kmm_addr at = slub_alloc(s, cpu, gfp, -1);
		struct slab *slab;

		if (at == KMM_NULL)
			return;
		slab = slab_of(s->sl, at);
		sheaf_push(sheaf, slab, slab_index(slab, s, at));
	}
}

/* ---- one object ---- */

/* A sheaf that was filled; reclaim may have brought objects to the CPU's others meanwhile. */
static void install(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu, struct sheaf *sheaf)
{
	struct slub_node *barn = barn_of(s, cpu);
	struct sheaf *old = c->main;

	if (!old->count && sheaf->count) {
		c->main = sheaf;
		sheaf = old;
	}
	if (!c->spare) {
		c->spare = sheaf;
	} else if (sheaf->count == s->sheaf_capacity && barn->nr_full < BARN_MOST) {
		put_full(barn, sheaf);
	} else {
		flush(s, cpu, sheaf);
		put_empty(s, barn, sheaf);
	}
}

/* Make the main sheaf one that is not empty. */
static bool replace_empty_main(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu, kmm_gfp gfp)
{
	struct slub_node *barn = barn_of(s, cpu);
	struct sheaf *other = c->spare;

	if (other && other->count) {
		c->spare = c->main;
		c->main = other;
		return true;
	}
	other = take_full(barn);
	if (other) {
		put_empty(s, barn, c->main);
		c->main = other;
		return true;
	}
	other = c->spare ? c->spare : take_empty(barn);
	c->spare = NULL;
	if (!other)
		other = sheaf_new(s);
	if (!other)
		return false;
	refill(s, cpu, gfp, other);
	install(s, c, cpu, other);
	return c->main->count != 0;
}

kmm_addr sheaf_alloc_slow(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	struct slub_cpu *c = &s->cpu[cpu];

	/* What is in the sheaves comes from this CPU's node, but for a fallback. */
	if (node >= 0 && node != s->sl->mm->config.cpu_node[cpu])
		return slub_alloc(s, cpu, gfp, node);
	if (unlikely(!c->main->count) && !replace_empty_main(s, c, cpu, gfp))
		return slub_alloc(s, cpu, gfp, node);
	if (node >= 0 && c->main->entry[c->main->count - 1].slab->node != node)
		return slub_alloc(s, cpu, gfp, node);
	return sheaf_pop(s, c->main);
}

/* Make the main sheaf one with room. */
static void replace_full_main(struct kmm_cache *s, struct slub_cpu *c, unsigned cpu)
{
	struct slub_node *barn = barn_of(s, cpu);
	struct sheaf *other = c->spare;

	if (other && other->count < s->sheaf_capacity) {
		c->spare = c->main;
		c->main = other;
		return;
	}
	if (barn->nr_full >= BARN_MOST) {
		flush(s, cpu, c->main);
		return;
	}
	other = take_empty(barn);
	if (!other)
		other = sheaf_new(s);
	if (!other) {
		flush(s, cpu, c->main);
		return;
	}
	if (c->spare)
		put_full(barn, c->main);
	else
		c->spare = c->main;
	c->main = other;
}

void sheaf_free_slow(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	struct slub_cpu *c = &s->cpu[cpu];

	if (slab->node != s->sl->mm->config.cpu_node[cpu]) {
		slub_free(s, cpu, slab, index);
		return;
	}
	replace_full_main(s, c, cpu);
	sheaf_push(c->main, slab, index);
}

void sheaf_free_rcu(struct kmm_cache *s, unsigned cpu, struct slab *slab, unsigned index)
{
	struct slub_cpu *c = &s->cpu[cpu];
	struct slub_node *barn = barn_of(s, cpu);

	if (!c->rcu)
		c->rcu = take_empty(barn);
	if (!c->rcu)
		c->rcu = sheaf_new(s);
	if (!c->rcu || slab->node != s->sl->mm->config.cpu_node[cpu]) {
		slub_free(s, cpu, slab, index);
		return;
	}
	sheaf_push(c->rcu, slab, index);
	if (c->rcu->count < s->sheaf_capacity)
		return;
	if (barn->nr_full < BARN_MOST) {
		put_full(barn, c->rcu);
	} else {
		flush(s, cpu, c->rcu);
		put_empty(s, barn, c->rcu);
	}
	c->rcu = NULL;
}

/* ---- flushing ---- */

static void flush_and_delete(struct kmm_cache *s, unsigned caller, struct sheaf **sheaf)
{
	if (!*sheaf)
		return;
	flush(s, caller, *sheaf);
	sheaf_delete(s, *sheaf);
	*sheaf = NULL;
}

void sheaf_flush_cpu(struct kmm_cache *s, unsigned caller, unsigned cpu)
{
	struct slub_cpu *c = &s->cpu[cpu];

	flush(s, caller, c->main);
	flush_and_delete(s, caller, &c->spare);
	flush_and_delete(s, caller, &c->rcu);
}

void sheaf_flush_barns(struct kmm_cache *s, unsigned caller)
{
	for (unsigned i = 0; i < s->sl->nodes; i++) {
		struct slub_node *n = &s->node[i];
		struct sheaf *sheaf;

		while ((sheaf = take_full(n))) {
			flush(s, caller, sheaf);
			sheaf_delete(s, sheaf);
		}
		while ((sheaf = take_empty(n)))
			sheaf_delete(s, sheaf);
	}
}
