// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slubsize.h"

#include <errno.h>

#define TRACK_BYTES(word) \
	((word) == 8 ? 32u : 20u) /* struct track: address, stack, cpu, pid, when */

static unsigned bit_length(unsigned v)
{
	unsigned n = 0;

	for (; v; v >>= 1)
		n++;
	return n;
}

static unsigned min_u(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned max_u(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned clamp_u(unsigned v, unsigned least, unsigned most)
{
	return min_u(max_u(v, least), most);
}

static unsigned order_objects(unsigned order, unsigned size)
{
	return (PAGE_BYTES << order) / size;
}

/* calculate_sizes(): object, right red zone, free pointer, users, size asked, left red zone. */
static void lay_out(const struct kmm_slab_policy *p, const struct kmm_cache_args *a, unsigned flags,
		    struct slub_size *g)
{
	bool red = flags & KMM_SLAB_RED_ZONE;
	unsigned size = round_up_to(a->object_size, p->word);

	if (red && size == a->object_size)
		size += p->word;
	g->inuse = size;
	/* In the middle of the object from 5.7 on, out of the way of small overruns. */
	g->free_at = p->version >= KMM_VERSION(5, 7, 0) ? a->object_size / 2 / p->word * p->word :
							  0;
	if (!a->freeptr_inside && (flags & (KMM_SLAB_TYPESAFE_BY_RCU | KMM_SLAB_POISON) ||
				   a->ctor || (red && a->object_size < p->word))) {
		g->free_at = size;
		size += p->word;
	}
	if (flags & KMM_SLAB_STORE_USER) {
		g->track_at = size;
		size += 2 * TRACK_BYTES(p->word);
		if (flags & KMM_SLAB_KMALLOC && p->version >= KMM_VERSION(6, 1, 0))
			size += (unsigned)sizeof(unsigned);
	}
	if (red) {
		size += p->word;
		/* The left one came with 4.6. */
		if (p->version >= KMM_VERSION(4, 6, 0)) {
			g->offset = round_up_to(p->word, g->align);
			size += g->offset;
		}
	}
	g->size = round_up_to(size, g->align);
}

/* The smallest order from that of `want` objects on which wastes at most 1/fraction. */
static unsigned fitting_order(const struct kmm_slab_policy *p, unsigned size, unsigned want,
			      unsigned most, unsigned fraction)
{
	unsigned order;

	if (order_objects(p->slub_min_order, size) > LINK_MOST) {
		order = order_for((uint64_t)size * LINK_MOST);
		return order ? order - 1 : 0;
	}
	order = max_u(p->slub_min_order, order_for((uint64_t)want * size));
	for (; order <= most; order++) {
		unsigned bytes = PAGE_BYTES << order;

		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

static unsigned wanted_objects(const struct kmm_slab_policy *p, unsigned cpus, unsigned possible)
{
	if (p->slub_min_objects)
		return p->slub_min_objects;
	if (p->version < KMM_VERSION(2, 6, 26))
		return 4;
	if (p->version < KMM_VERSION(5, 12, 0) || cpus <= 1)
		cpus = possible;
	return 4 * (bit_length(cpus) + 1);
}

/* calculate_order(); more than `top` if nothing does. */
static unsigned best_order(const struct kmm_slab_policy *p, unsigned cpus, unsigned top,
			   unsigned size)
{
	unsigned possible = p->possible_cpus ? p->possible_cpus : cpus;
	unsigned most = min_u(p->slub_max_order, top);
	unsigned want = wanted_objects(p, cpus, possible);
	unsigned order;

	if (p->version >= KMM_VERSION(2, 6, 30))
		want = min_u(want, max_u(order_objects(most, size), 1));
	if (p->version >= KMM_VERSION(6, 8, 0)) {
		for (unsigned fraction = 16; fraction > 1; fraction /= 2) {
			order = fitting_order(p, size, want, most, fraction);
			if (order <= most)
				return order;
		}
		return order_for(size);
	}
	while (want > 1) {
		unsigned fraction = p->version >= KMM_VERSION(2, 6, 26) ? 16 : 8;

		for (; fraction >= 4; fraction /= 2) {
			order = fitting_order(p, size, want, most, fraction);
			if (order <= most)
				return order;
		}
		want = p->version >= KMM_VERSION(2, 6, 30) ? want - 1 : want / 2;
	}
	order = fitting_order(p, size, 1, most, 1);
	return order <= most ? order : fitting_order(p, size, 1, top, 1);
}

static unsigned min_partial(const struct kmm_slab_policy *p, unsigned size)
{
	unsigned log = bit_length(size) - 1;

	if (p->version < KMM_VERSION(2, 6, 25))
		return 2;
	if (p->version < KMM_VERSION(2, 6, 30))
		return 5;
	return clamp_u(p->version < KMM_VERSION(3, 2, 0) ? log : log / 2, 5, 10);
}

static void cpu_partial(const struct kmm_slab_policy *p, unsigned flags, struct slub_size *g)
{
	bool slabs = p->version >= KMM_VERSION(5, 16, 0);

	if (!p->cpu_partial || p->version < KMM_VERSION(3, 2, 0) || flags & KMM_SLAB_DEBUG)
		return;
	if (g->size >= PAGE_BYTES)
		g->cpu_partial = slabs ? 6 : 2;
	else if (g->size >= 1024)
		g->cpu_partial = slabs ? 24 : 6;
	else if (g->size >= 256)
		g->cpu_partial = slabs ? 52 : 13;
	else
		g->cpu_partial = slabs ? 120 : 30;
	if (slabs)
		g->cpu_partial_slabs = (2 * g->cpu_partial + g->objects - 1) / g->objects;
}

/* Its own order where the policy has one for it, or as much as an object needs. */
static unsigned order_for_cache(const struct kmm_slab_policy *p, unsigned cpus, unsigned top,
				const char *name, unsigned size)
{
	unsigned order;

	if (!slab_own_order(p, name, &order))
		return best_order(p, cpus, top, size);
	return max_u(order, order_for(size));
}

int slub_size_compute(const struct kmm_slab_policy *p, unsigned cpus, unsigned max_order,
		      const struct kmm_cache_args *a, struct slub_size *g)
{
	unsigned flags = a->flags | p->debug;

	memset(g, 0, sizeof(*g));
	g->align = cache_alignment(p, a->flags, a->align, a->object_size);
	lay_out(p, a, flags, g);
	g->order = order_for_cache(p, cpus, max_order, a->name, g->size);
	g->min_order = order_for(g->size);
	if (g->order > max_order || g->min_order > max_order)
		return -E2BIG;
	if (g->min_order > g->order)
		g->min_order = g->order;
	g->objects = order_objects(g->order, g->size);
	g->min_objects = order_objects(g->min_order, g->size);
	if (!g->objects || g->objects > LINK_MOST)
		return -E2BIG;
	g->min_partial = min_partial(p, g->size);
	cpu_partial(p, flags, g);
	return 0;
}
