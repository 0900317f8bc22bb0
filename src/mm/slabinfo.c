// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slabinfo: what a cache is and holds, in numbers: the files of /sys/kernel/slab
 * and the file /proc/slabinfo, counted as the kernel counts (SLUB's
 * active_objs takes all that CPUs hold for active; 2.6.24 to 6.18).
 */
#include <stdio.h>

#include "mm/cache.h"

static unsigned list_length(const struct slab *slab, unsigned at)
{
	unsigned n = 0;

	for (; at != LINK_END; at = slab->link[at])
		n++;
	return n;
}

static void count_slub(const struct kmm_cache *s, struct kmm_cache_figures *f)
{
	uint64_t idle = 0; /* free, but held by a CPU or a barn */

	for (unsigned i = 0; i < s->sl->nodes; i++) {
		const struct slub_node *n = &s->node[i];

		f->slabs += n->nr_slabs;
		f->objects += n->nr_objects;
		f->partial_slabs += n->nr_partial;
		f->active_objects += n->nr_objects;
		for (const struct slab *slab = n->partial.head; slab; slab = slab->next)
			f->active_objects -= slab->objects - slab->inuse;
		for (const struct sheaf *sheaf = n->full; sheaf; sheaf = sheaf->next)
			idle += sheaf->count;
	}
	for (unsigned i = 0; i < s->sl->cpus; i++) {
		const struct slub_cpu *c = &s->cpu[i];

		if (c->slab) {
			f->cpu_slabs++;
			idle += list_length(c->slab, c->free) + list_length(c->slab, c->slab->free);
		}
		f->cpu_partials += c->partial_slabs;
		for (const struct slab *slab = c->partial; slab; slab = slab->next)
			idle += slab->objects - slab->inuse;
		idle += (c->main ? c->main->count : 0) + (c->spare ? c->spare->count : 0) +
			(c->rcu ? c->rcu->count : 0);
	}
	f->active_slabs = f->slabs;
	f->in_use = f->active_objects - idle;
}

static void count_slab(const struct kmm_cache *s, struct kmm_cache_figures *f)
{
	uint64_t idle = 0;

	for (unsigned i = 0; i < s->sl->cpus; i++)
		idle += s->arrays[i]->avail;
	for (unsigned i = 0; i < s->sl->nodes; i++) {
		const struct slab_node *n = &s->lists[i];

		f->slabs += n->nr_slabs;
		f->active_slabs += n->nr_slabs;
		for (const struct slab *slab = n->free.head; slab; slab = slab->next)
			f->active_slabs--;
		for (const struct slab *slab = n->partial.head; slab; slab = slab->next)
			f->partial_slabs++;
		f->active_objects += n->nr_slabs * s->objects - n->free_objects;
		if (n->shared)
			idle += n->shared->avail;
		for (unsigned other = 0; n->alien && other < s->sl->nodes; other++)
			idle += n->alien[other] ? n->alien[other]->avail : 0;
	}
	f->objects = f->slabs * s->objects;
	f->in_use = f->active_objects - idle;
}

void kmm_kmem_cache_figures(const struct kmm_cache *s, struct kmm_cache_figures *f)
{
	memset(f, 0, sizeof(*f));
	f->object_size = s->object_size;
	f->size = s->size;
	f->align = s->align;
	f->inuse = s->inuse;
	f->order = s->order;
	f->objs_per_slab = s->objects;
	f->min_order = s->min_order;
	f->min_objs_per_slab = s->min_objects;
	f->min_partial = s->min_partial;
	f->cpu_partial = s->cpu_partial;
	f->cpu_partial_slabs = s->cpu_partial_slabs;
	f->sheaf_capacity = s->sheaf_capacity;
	f->colours = s->colours;
	f->colour_off = s->colour_off;
	f->limit = s->limit;
	f->batchcount = s->batchcount;
	f->shared = s->shared;
	f->leftover = s->kind == KMM_SLAB ? s->leftover :
					    (PAGE_BYTES << s->order) - s->objects * s->size;
	f->management = s->management;
	f->off_slab = s->off_slab;
	f->aliases = s->users - 1;
	f->made = s->made;
	f->gone = s->gone;
	if (s->kind == KMM_SLUB)
		count_slub(s, f);
	else if (s->kind == KMM_SLAB)
		count_slab(s, f);
}

void kmm_kmem_cache_counts(const struct kmm_cache *s, struct kmm_cache_counts *c)
{
	static const struct kmm_cache_counts none;

	*c = s->kind == KMM_SLAB && s->sl->policy.slab_stats ? s->counts : none;
}

/* ---- the text ---- */

static bool has_statistics(const struct kmm_slab *sl)
{
	return sl->kind == KMM_SLAB && sl->policy.slab_stats;
}

/* Full alien arrays are counted since 2.6.17. */
static bool has_overflow(const struct kmm_slab *sl)
{
	return sl->policy.version >= KMM_VERSION(2, 6, 17);
}

static void put_statistics(const struct kmm_cache *s, char *text, size_t n)
{
	const struct kmm_cache_counts *c = &s->counts;
	char overflow[24] = "";

	if (has_overflow(s->sl))
		snprintf(overflow, sizeof(overflow), " %4llu",
			 (unsigned long long)c->alienoverflow);
	/* A line of the kernel's source that went on after its end: until 2.6.34. */
	snprintf(text, n,
		 " : globalstat %7llu %6llu %5llu %4llu %s%4llu %4llu %4llu %4llu%s"
		 " : cpustat %6llu %6llu %6llu %6llu",
		 (unsigned long long)c->listallocs, (unsigned long long)c->maxobjs,
		 (unsigned long long)c->grown, (unsigned long long)c->reaped,
		 s->sl->policy.version < KMM_VERSION(2, 6, 35) ? "\t\t\t\t" : "",
		 (unsigned long long)c->error, (unsigned long long)c->maxfreeable,
		 (unsigned long long)c->nodeallocs, (unsigned long long)c->remotefrees, overflow,
		 (unsigned long long)c->allochit, (unsigned long long)c->allocmiss,
		 (unsigned long long)c->freehit, (unsigned long long)c->freemiss);
}

int kmm_kmem_cache_slabinfo(const struct kmm_cache *s, char *line, size_t n)
{
	struct kmm_cache_figures f;
	uint64_t shared = 0;
	char more[200] = "";

	kmm_kmem_cache_figures(s, &f);
	for (unsigned i = 0; s->kind == KMM_SLAB && i < s->sl->nodes; i++)
		shared += s->lists[i].shared ? s->lists[i].shared->avail : 0;
	if (has_statistics(s->sl))
		put_statistics(s, more, sizeof(more));
	return snprintf(line, n,
			"%-17s %6llu %6llu %6u %4u %4d : tunables %4u %4u %4u : slabdata %6llu "
			"%6llu %6llu%s",
			s->name, (unsigned long long)f.active_objects,
			(unsigned long long)f.objects, f.size, f.objs_per_slab, 1 << f.order,
			f.limit, f.batchcount, f.shared, (unsigned long long)f.active_slabs,
			(unsigned long long)f.slabs, (unsigned long long)shared, more);
}

void kmm_slabinfo(const struct kmm_slab *sl, void (*line)(void *arg, const char *text), void *arg)
{
	bool statistics = has_statistics(sl);
	char text[512];

	line(arg, statistics ? "slabinfo - version: 2.1 (statistics)" : "slabinfo - version: 2.1");
	snprintf(text, sizeof(text),
		 "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
		 " : tunables <limit> <batchcount> <sharedfactor>"
		 " : slabdata <active_slabs> <num_slabs> <sharedavail>%s%s%s",
		 statistics ? " : globalstat <listallocs> <maxobjs> <grown> <reaped> <error>"
			      " <maxfreeable> <nodeallocs> <remotefrees>" :
			      "",
		 statistics && has_overflow(sl) ? " <alienoverflow>" : "",
		 statistics ? " : cpustat <allochit> <allocmiss> <freehit> <freemiss>" : "");
	line(arg, text);
	for (const struct kmm_cache *s = sl->last; s; s = s->prev) {
		kmm_kmem_cache_slabinfo(s, text, sizeof(text));
		line(arg, text);
	}
}
