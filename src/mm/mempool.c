// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mempool: a reserve of elements in front of an allocator, so that a few are
 * always to be had (mm/mempool.c of 2.6.24 to 6.1, which agree in this).
 */
#include <errno.h>
#include <stdlib.h>

#include "mm/cache.h"

#define GFP_KERNEL \
	(KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_WAIT | KMM_GFP_IO | KMM_GFP_FS)

/* What the pools of the usual kinds draw from. */
struct source {
	struct kmm_slab *sl;
	struct kmm_cache *cache;
	size_t size;
	unsigned order;
};

struct kmm_mempool {
	struct kmm_mempool_ops ops;
	void *data;
	struct source source;
	kmm_addr *element; /* the reserve: a stack */
	struct kmm_mempool_stats stats;
};

static void put_in(struct kmm_mempool *pool, kmm_addr element)
{
	pool->element[pool->stats.curr_nr++] = element;
}

static kmm_addr take_out(struct kmm_mempool *pool)
{
	return pool->element[--pool->stats.curr_nr];
}

static void delete_pool(struct kmm_mempool *pool, unsigned cpu)
{
	while (pool->stats.curr_nr)
		pool->ops.free(pool->data, cpu, take_out(pool));
	free(pool->element);
	free(pool);
}

static bool fill(struct kmm_mempool *pool, unsigned cpu)
{
	while (pool->stats.curr_nr < pool->stats.min_nr) {
		kmm_addr element = pool->ops.alloc(pool->data, cpu, GFP_KERNEL);

		if (element == KMM_NULL)
			return false;
		put_in(pool, element);
	}
	return true;
}

static struct kmm_mempool *create(unsigned min_nr, const struct kmm_mempool_ops *ops, void *data,
				  const struct source *source, unsigned cpu)
{
	struct kmm_mempool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->ops = *ops;
	if (source)
		pool->source = *source;
	pool->data = source ? &pool->source : data;
	pool->element = calloc(min_nr ? min_nr : 1, sizeof(*pool->element));
	pool->stats.min_nr = min_nr;
	if (!pool->element || !fill(pool, cpu)) {
		delete_pool(pool, cpu);
		return NULL;
	}
	return pool;
}

struct kmm_mempool *kmm_mempool_create(unsigned min_nr, const struct kmm_mempool_ops *ops,
				       void *data, unsigned cpu)
{
	return create(min_nr, ops, data, NULL, cpu);
}

static kmm_addr slab_element(void *data, unsigned cpu, kmm_gfp gfp)
{
	return kmm_kmem_cache_alloc(((struct source *)data)->cache, cpu, gfp);
}

static void free_slab_element(void *data, unsigned cpu, kmm_addr element)
{
	kmm_kmem_cache_free(((struct source *)data)->cache, cpu, element);
}

struct kmm_mempool *kmm_mempool_create_slab_pool(unsigned min_nr, struct kmm_cache *s, unsigned cpu)
{
	static const struct kmm_mempool_ops ops = { slab_element, free_slab_element };
	struct source source = { .cache = s };

	return create(min_nr, &ops, NULL, &source, cpu);
}

static kmm_addr kmalloc_element(void *data, unsigned cpu, kmm_gfp gfp)
{
	const struct source *from = data;

	return kmm_kmalloc(from->sl, cpu, from->size, gfp);
}

static void free_kmalloc_element(void *data, unsigned cpu, kmm_addr element)
{
	kmm_kfree(((struct source *)data)->sl, cpu, element);
}

struct kmm_mempool *kmm_mempool_create_kmalloc_pool(struct kmm_slab *sl, unsigned min_nr,
						    size_t size, unsigned cpu)
{
	static const struct kmm_mempool_ops ops = { kmalloc_element, free_kmalloc_element };
	struct source source = { .sl = sl, .size = size };

	return create(min_nr, &ops, NULL, &source, cpu);
}

static kmm_addr page_element(void *data, unsigned cpu, kmm_gfp gfp)
{
	const struct source *from = data;
	kmm_pfn pfn = kmm_alloc_pages(from->sl->mm, cpu, gfp, from->order);

	return pfn == KMM_NO_PFN ? KMM_NULL : kmm_slab_address(from->sl, pfn);
}

static void free_page_element(void *data, unsigned cpu, kmm_addr element)
{
	const struct source *from = data;

	kmm_free_pages(from->sl->mm, cpu, kmm_slab_frame(from->sl, element), from->order);
}

struct kmm_mempool *kmm_mempool_create_page_pool(struct kmm_slab *sl, unsigned min_nr,
						 unsigned order, unsigned cpu)
{
	static const struct kmm_mempool_ops ops = { page_element, free_page_element };
	struct source source = { .sl = sl, .order = order };

	return create(min_nr, &ops, NULL, &source, cpu);
}

kmm_addr kmm_mempool_alloc(struct kmm_mempool *pool, unsigned cpu, kmm_gfp gfp)
{
	kmm_gfp wait = KMM_GFP_DIRECT_RECLAIM | KMM_GFP_WAIT;
	kmm_gfp full = gfp | KMM_GFP_NOMEMALLOC | KMM_GFP_NORETRY | KMM_GFP_NOWARN;
	kmm_gfp light = full & ~(wait | (kmm_gfp)KMM_GFP_IO), with = light;
	kmm_addr element;

	for (;;) {
		element = pool->ops.alloc(pool->data, cpu, with);
		if (element != KMM_NULL) {
			pool->stats.from_allocator++;
			break;
		}
		if (pool->stats.curr_nr) {
			element = take_out(pool);
			pool->stats.from_reserve++;
			break;
		}
		if (with == full) {
			if (gfp & wait)
				pool->stats.sleeps++;
			else
				pool->stats.failed++;
			return KMM_NULL;
		}
		with = full;
	}
	pool->stats.out++;
	return element;
}

void kmm_mempool_free(struct kmm_mempool *pool, unsigned cpu, kmm_addr element)
{
	if (element == KMM_NULL)
		return;
	if (pool->stats.out)
		pool->stats.out--;
	if (pool->stats.curr_nr < pool->stats.min_nr) {
		put_in(pool, element);
		pool->stats.to_reserve++;
	} else {
		pool->ops.free(pool->data, cpu, element);
		pool->stats.to_allocator++;
	}
}

int kmm_mempool_resize(struct kmm_mempool *pool, unsigned new_min_nr, unsigned cpu)
{
	kmm_addr *more;

	if (!new_min_nr)
		return -EINVAL;
	while (pool->stats.curr_nr > new_min_nr)
		pool->ops.free(pool->data, cpu, take_out(pool));
	more = realloc(pool->element, new_min_nr * sizeof(*more));
	if (!more)
		return -ENOMEM;
	pool->element = more;
	pool->stats.min_nr = new_min_nr;
	fill(pool, cpu);
	return 0;
}

int kmm_mempool_destroy(struct kmm_mempool *pool, unsigned cpu)
{
	int ret;

	if (!pool)
		return 0;
	ret = pool->stats.out ? -EBUSY : 0;
	delete_pool(pool, cpu);
	return ret;
}

void kmm_mempool_stats(const struct kmm_mempool *pool, struct kmm_mempool_stats *st)
{
	*st = pool->stats;
}
