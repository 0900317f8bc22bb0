// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/vmap_area.h"

#include <stdlib.h>

#define MOST_POOLS 128

/* ---- free ranges ---- */

/* Into the free tree, joined with its neighbours. */
static void give_range(struct kmm_vmalloc *v, struct vmap *area)
{
	struct vmap *low = vmap_tree_before(v->free, area->start);
	struct vmap *high = vmap_tree_from(v->free, area->start);

	if (high && high->start == area->start + area->size) {
		vmap_tree_remove(&v->free, high);
		area->size += high->size;
		free(high);
	}
	if (low && low->start + low->size == area->start) {
		low->size += area->size;
		vmap_tree_resized(v->free, low);
		free(area);
		return;
	}
	vmap_tree_insert(&v->free, area);
}

/*
 * Cut [at, at + size) out of a free range into `area`; `spare` takes what may
 * remain above, and is freed if nothing does.
 */
static void cut_range(struct kmm_vmalloc *v, struct vmap *from, uint64_t at, uint64_t size,
		      struct vmap *area, struct vmap *spare)
{
	uint64_t end = from->start + from->size, low = at - from->start;

	area->start = at;
	area->size = size;
	if (at + size < end) {
		spare->start = at + size;
		spare->size = end - spare->start;
	}
	if (low) {
		from->size = low;
		vmap_tree_resized(v->free, from);
	} else {
		vmap_tree_remove(&v->free, from);
		free(from);
	}
	if (at + size < end)
		vmap_tree_insert(&v->free, spare);
	else
		free(spare);
	vmap_tree_insert(&v->busy, area);
}

/* ---- pools ---- */

static bool pool_eligible(const struct kmm_vmalloc *v, uint64_t size, uint64_t align,
			  uint64_t vstart, uint64_t vend)
{
	return v->pools && align <= VMAP_PAGE && size <= POOL_SIZES * VMAP_PAGE &&
	       vstart == v->config.start && vend == v->config.end;
}

static struct vmap *pool_take(struct kmm_vmalloc *v, unsigned pool, uint64_t size)
{
	size_t i = (size_t)(size / VMAP_PAGE) - 1;
	struct vmap *area = v->pool[pool].head[i];

	if (!area)
		return NULL;
	v->pool[pool].head[i] = area->next;
	v->pool[pool].n[i]--;
	v->stats.pooled_pages -= size / VMAP_PAGE;
	v->stats.pool_hits++;
	area->next = NULL;
	vmap_tree_insert(&v->busy, area);
	return area;
}

static void pool_give(struct kmm_vmalloc *v, struct vmap *area)
{
	struct vmap_pool *p = &v->pool[area->pool - 1];
	size_t i = (size_t)(area->size / VMAP_PAGE) - 1;

	area->next = p->head[i];
	p->head[i] = area;
	p->n[i]++;
	v->stats.pooled_pages += area->size / VMAP_PAGE;
}

/* A quarter of each pool goes back, or all of it. */
static void pools_decay(struct kmm_vmalloc *v, bool all)
{
	for (unsigned pool = 0; pool < v->pools; pool++) {
		struct vmap_pool *p = &v->pool[pool];

		for (unsigned i = 0; i < POOL_SIZES; i++) {
			uint32_t n = all ? p->n[i] : p->n[i] / 4;

			for (; n; n--) {
				struct vmap *area = p->head[i];

				p->head[i] = area->next;
				p->n[i]--;
				v->stats.pooled_pages -= i + 1;
				give_range(v, area);
			}
		}
	}
}

/* ---- taking ---- */

struct vmap *vmap_area_alloc(struct kmm_vmalloc *v, unsigned cpu, uint64_t size, uint64_t align,
			     uint64_t vstart, uint64_t vend)
{
	bool pooled = pool_eligible(v, size, align, vstart, vend);
	unsigned pool = pooled ? cpu % v->pools : 0;
	struct vmap *area = pooled ? pool_take(v, pool, size) : NULL, *spare, *from;
	uint64_t at = 0;

	if (area)
		goto taken;
	area = calloc(1, sizeof(*area));
	spare = calloc(1, sizeof(*spare));
	if (!area || !spare)
		goto fail;
	from = vmap_tree_fit(v->free, size, align, vstart, vend, &at);
	if (!from && v->config.generation != KMM_LINUX_2_6) {
		VMAP_OBSERVE(v, alloc_vmap_area, 0, size, align, vstart, vend, true);
		vmap_block_purge(v);
		vmap_area_purge(v, true);
		from = vmap_tree_fit(v->free, size, align, vstart, vend, &at);
	}
	if (!from)
		goto fail;
	cut_range(v, from, at, size, area, spare);
	area->pool = pooled ? (uint16_t)(pool + 1) : 0;
taken:
	v->stats.areas++;
	v->stats.used += size;
	VMAP_OBSERVE(v, alloc_vmap_area, area->start, size, align, vstart, vend, false);
	return area;
fail:
	VMAP_OBSERVE(v, alloc_vmap_area, 0, size, align, vstart, vend, true);
	free(area);
	free(spare);
	return NULL;
}

/*
 * The highest base, at or below this one, from which [offset, offset + size) lies in a
 * free range; 0: there is none.
 */
static uint64_t lower_to_fit(const struct kmm_vmalloc *v, uint64_t base, uint64_t offset,
			     uint64_t size, uint64_t align)
{
	const struct vmap *from = vmap_tree_before(v->free, base + offset + 1);

	for (; from; from = vmap_tree_before(v->free, from->start)) {
		uint64_t end = from->start + from->size;

		if (end < offset + size)
			return 0;
		end = (end - offset - size) & ~(align - 1);
		if (end < base)
			base = end;
		if (base && base + offset >= from->start)
			return base;
	}
	return 0;
}

bool vmap_area_alloc_congruent(struct kmm_vmalloc *v, const uint64_t *offsets,
			       const uint64_t *sizes, unsigned n, uint64_t align, uint64_t *base)
{
	uint64_t at = v->config.end & ~(align - 1);
	struct {
		struct vmap *area, *rest;
	} spare[KMM_NODES];
	unsigned made = 0, fit = 0;

	for (; made < n; made++) {
		spare[made].area = calloc(1, sizeof(struct vmap));
		spare[made].rest = calloc(1, sizeof(struct vmap));
		if (!spare[made].area || !spare[made].rest) {
			made++;
			goto fail;
		}
	}
	/* Whoever does not fit lowers the base for all; until nobody does. */
	for (unsigned i = 0; fit < n; i = (i + 1) % n) {
		uint64_t lower = lower_to_fit(v, at, offsets[i], sizes[i], align);

		if (!lower)
			goto fail;
		fit = lower == at ? fit + 1 : 1;
		at = lower;
	}
	for (unsigned i = 0; i < n; i++) {
		struct vmap *from = vmap_tree_before(v->free, at + offsets[i] + 1);

		cut_range(v, from, at + offsets[i], sizes[i], spare[i].area, spare[i].rest);
		spare[i].area->kind = KMM_VM_PERCPU;
		v->stats.areas++;
		v->stats.used += sizes[i];
	}
	*base = at;
	return true;
fail:
	while (made) {
		free(spare[--made].area);
		free(spare[made].rest);
	}
	return false;
}

/* ---- giving back ---- */

void vmap_area_free(struct kmm_vmalloc *v, struct vmap *area)
{
	uint64_t start = area->start;

	vmap_tree_remove(&v->busy, area);
	free(area->page);
	area->page = NULL;
	area->pages = 0;
	vmap_block_free(area->block);
	area->block = NULL;
	area->deferred = false;
	v->stats.areas--;
	v->stats.used -= area->size;
	if (v->config.generation == KMM_LINUX_2_6) {
		v->stats.tlb_flushes++;
		give_range(v, area);
		return;
	}
	area->next = NULL;
	*v->lazy_end = area;
	v->lazy_end = &area->next;
	v->stats.lazy_areas++;
	v->stats.lazy_pages += area->size / VMAP_PAGE;
	VMAP_OBSERVE(v, free_vmap_area_noflush, start, v->stats.lazy_pages, v->stats.lazy_max);
	if (v->stats.lazy_pages > v->stats.lazy_max)
		vmap_area_purge(v, false);
}

void vmap_area_purge(struct kmm_vmalloc *v, bool decay)
{
	uint64_t start = UINT64_MAX, end = 0, n = 0;
	struct vmap *area = v->lazy, *next;

	pools_decay(v, decay);
	if (!area)
		return;
	v->lazy = NULL;
	v->lazy_end = &v->lazy;
	v->stats.lazy_areas = v->stats.lazy_pages = 0;
	for (; area; area = next, n++) {
		next = area->next;
		if (area->start < start)
			start = area->start;
		if (area->start + area->size > end)
			end = area->start + area->size;
		if (area->pool && !decay)
			pool_give(v, area);
		else
			give_range(v, area);
	}
	v->stats.tlb_flushes++;
	v->stats.purges++;
	v->stats.purged_areas += n;
	VMAP_OBSERVE(v, purge_vmap_area_lazy, start, end, n);
}

/* ---- setting up ---- */

bool vmap_area_init(struct kmm_vmalloc *v)
{
	v->lazy_end = &v->lazy;
	v->cpu = calloc(v->mm->cpus, sizeof(*v->cpu));
	if (!v->cpu)
		return false;
	for (unsigned i = 0; i < v->mm->cpus; i++)
		v->cpu[i].end = &v->cpu[i].block;
	v->free = calloc(1, sizeof(*v->free));
	if (!v->free)
		return false;
	v->free->start = v->config.start;
	v->free->size = v->free->largest = v->config.end - v->config.start;
	if (v->config.generation != KMM_LINUX_6_18)
		return true;
	/* 6.9: as many vmap nodes as CPUs, within bounds; a single CPU has one. */
	v->pools = v->mm->cpus < MOST_POOLS ? v->mm->cpus : MOST_POOLS;
	v->pool = calloc(v->pools, sizeof(*v->pool));
	return v->pool;
}

static void free_tree(struct vmap *t)
{
	if (!t)
		return;
	free_tree(t->left);
	free_tree(t->right);
	free(t->page);
	vmap_block_free(t->block);
	free(t);
}

static void free_queue(struct vmap *area)
{
	while (area) {
		struct vmap *next = area->next;

		free(area);
		area = next;
	}
}

void vmap_area_exit(struct kmm_vmalloc *v)
{
	for (unsigned pool = 0; v->pool && pool < v->pools; pool++)
		for (unsigned i = 0; i < POOL_SIZES; i++)
			free_queue(v->pool[pool].head[i]);
	free_queue(v->lazy);
	free_tree(v->free);
	free_tree(v->busy);
	free(v->pool);
	free(v->cpu);
}
