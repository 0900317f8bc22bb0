// SPDX-License-Identifier: GPL-2.0-or-later
/* objects_cache: the caches of the model, and which of them a request is for. */
#include <stdio.h>
#include <string.h>

#include "replay/bysizes.h"
#include "replay/objects_inside.h"

static bool has_cache(const struct machine *m, const char *prefix)
{
	for (uint32_t i = 0; i < m->slab_count; i++)
		if (!strncmp(m->slabs[i].name, prefix, strlen(prefix)))
			return true;
	return false;
}

void objects_native_policy(const struct machine *m, struct kmm_slab_policy *p)
{
	unsigned version = m->kernel_major ? KMM_VERSION(m->kernel_major, m->kernel_minor, 0) :
					     KMM_VERSION(6, 1, 0);

	kmm_slab_policy_init(p, KMM_SLUB, version);
	if (!strcmp(m->arch, "i386"))
		p->word = 4;
	p->base = m->direct_map_base;
	p->merge = false; /* the caches that are left are the machine's own */
	if (m->slab_count) {
		p->kmalloc_cgroup = has_cache(m, "kmalloc-cg-");
		p->kmalloc_reclaim = has_cache(m, "kmalloc-rcl-");
		p->kmalloc_random = has_cache(m, "kmalloc-rnd-");
		p->kmalloc_dma = has_cache(m, "dma-kmalloc-");
	}
	p->rcu_delay = true;
}

struct kmm_cache *objects_find_cache(const struct objects *o, const char *name)
{
	struct kmm_cache *s = NULL;

	while ((s = kmm_kmem_cache_next(o->sl, s)))
		if (!strcmp(kmm_kmem_cache_name(s), name))
			return s;
	return NULL;
}

static void no_constructor(void *arg, kmm_addr at, void *bytes)
{
	(void)arg, (void)at, (void)bytes;
}

/* With the attributes that sysfs shows; a cache that is new in the trace, by its objects' size. */
struct kmm_cache *objects_make_cache(struct objects *o, const char *name, uint32_t bytes)
{
	struct kmm_cache_args a = { .name = name, .object_size = bytes };
	char why[160];

	for (uint32_t i = 0; i < o->m->slab_count; i++) {
		const struct machine_slab *x = &o->m->slabs[i];

		if (strcmp(x->name, name) || !x->object_size)
			continue;
		a.object_size = x->object_size;
		a.align = x->align & (x->align - 1) ? 0 : x->align;
		a.flags = (x->hwcache_align ? KMM_SLAB_HWCACHE_ALIGN : 0) |
			  (x->reclaim_account ? KMM_SLAB_RECLAIM_ACCOUNT : 0) |
			  (x->rcu ? KMM_SLAB_TYPESAFE_BY_RCU : 0) |
			  (x->dma ? KMM_SLAB_CACHE_DMA : 0) | (x->accounted ? KMM_SLAB_ACCOUNT : 0);
		a.ctor = x->has_ctor ? no_constructor : NULL;
		break;
	}
	return kmm_kmem_cache_create(o->sl, &a, why, sizeof(why));
}

bool objects_is_rcu(const struct kmm_cache *c)
{
	return c && kmm_kmem_cache_flags(c) & KMM_SLAB_TYPESAFE_BY_RCU;
}

struct objects_known *objects_known_cache(struct objects *o, uint32_t string, uint32_t bytes)
{
	struct objects_known *c = &o->by_name[string];
	const char *name;

	if (c->asked)
		return c;
	name = intern_str(o->src->strings, string);
	c->asked = true;
	c->kmalloc = attribution_is_kmalloc(name);
	c->cache = objects_find_cache(o, name);
	if (!c->cache && !c->kmalloc)
		c->cache = objects_make_cache(o, name, bytes ? bytes : 8);
	return c;
}

/* What nobody can say the cache of: one cache a size. */
struct kmm_cache *objects_unknown_cache(struct objects *o, uint32_t bytes)
{
	char name[40];

	for (unsigned i = 0; i < o->unknown_count; i++)
		if (o->unknown[i].bytes == bytes)
			return o->unknown[i].cache;
	if (o->unknown_count == UNKNOWN_SIZES)
		return NULL;
	snprintf(name, sizeof(name), "unattributed-%u", bytes);
	o->unknown[o->unknown_count].bytes = bytes;
	return o->unknown[o->unknown_count++].cache = objects_make_cache(o, name,
									 bytes ? bytes : 8);
}

/* A call site whose objects were never freed by name: by the slabs that they were in, or the sizes. */
struct kmm_cache *objects_cache_by_place(struct objects *o, const struct request *q)
{
	const char *name = population_cache(&o->src->population, &q->sig);
	struct kmm_cache *c;

	if (!name) {
		int n = bysizes_only(o->m, q->sig.bytes_req, q->sig.bytes_alloc);

		if (n < 0)
			return NULL;
		name = o->m->slabs[n].name;
	}
	c = objects_find_cache(o, name);
	return c ? c : objects_make_cache(o, name, q->sig.bytes_alloc);
}
