// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slabsize.h"

#include <errno.h>

#define RED_ZONE_BYTES 8u /* an unsigned long long on each side; 2.6.22 and later */
#define OBJECTS_BY_BYTE 255u
#define DEBUG_LIMIT 32u

struct rules {
	unsigned descriptor; /* bytes of struct slab */
	unsigned index;	     /* bytes of one index */
	unsigned most_objects;
	unsigned off_slab_from; /* object size */
	bool never_off;
};

static struct rules rules_of(const struct kmm_slab_policy *p)
{
	struct rules r = { p->word == 8 ? 48 : 28, 4, LINK_MOST, PAGE_BYTES >> 3 };

	if (p->version < KMM_VERSION(2, 6, 14)) {
		/* No node to be told, and short indexes, of which the descriptor has one too. */
		r.descriptor = p->word == 8 ? 40 : 24;
		r.index = 2;
	}
	if (p->version < KMM_VERSION(3, 13, 0))
		return r;
	r.descriptor = 0;
	if (p->version < KMM_VERSION(3, 15, 0))
		return r;
	r.index = 1;
	r.most_objects = OBJECTS_BY_BYTE;
	r.off_slab_from = PAGE_BYTES >> 5;
	return r;
}

static unsigned alignment(const struct kmm_slab_policy *p, const struct kmm_cache_args *a,
			  unsigned size)
{
	unsigned align = p->word, line = p->cache_line;

	if (a->flags & KMM_SLAB_HWCACHE_ALIGN) {
		while (size <= line / 2)
			line /= 2;
		align = line;
	}
	if ((a->flags | p->debug) & KMM_SLAB_RED_ZONE && align < RED_ZONE_BYTES)
		align = RED_ZONE_BYTES;
	if (align < p->min_align)
		align = p->min_align;
	return align < a->align ? a->align : align;
}

/* How objects and management share a slab. */
struct estimate {
	unsigned objects, leftover, management;
};

static struct estimate estimate(const struct rules *r, const struct slab_size *g, unsigned order,
				bool beside)
{
	unsigned bytes = PAGE_BYTES << order;
	struct estimate e = { 0 };

	if (beside) {
		e.objects = bytes / g->size;
	} else {
		e.objects = (bytes - r->descriptor) / (g->size + r->index);
		if (round_up_to(r->descriptor + e.objects * r->index, g->align) +
			    e.objects * g->size >
		    bytes)
			e.objects--;
		e.management = round_up_to(r->descriptor + e.objects * r->index, g->align);
	}
	e.leftover = bytes - e.objects * g->size - e.management;
	return e;
}

/* From 4.6 the indexes stand at the end of the slab, unaligned. */
static struct estimate estimate_4_6(const struct rules *r, const struct slab_size *g,
				    unsigned order, bool beside)
{
	unsigned bytes = PAGE_BYTES << order;
	struct estimate e = { .objects = bytes / (g->size + (beside ? 0 : r->index)) };

	e.management = beside ? 0 : e.objects * r->index;
	e.leftover = bytes - e.objects * g->size - e.management;
	return e;
}

/* Off-slab indexes come from a cache whose objects must be well smaller. */
static bool indexes_fit(const struct kmm_slab_policy *p, const struct rules *r,
			const struct slab_size *g, unsigned objects)
{
	if (p->version >= KMM_VERSION(4, 6, 0))
		return round_up_to(objects * r->index, 32) <= g->size / 2;
	return g->size > r->descriptor && objects <= (g->size - r->descriptor) / r->index;
}

/* calculate_slab_order(); no objects: there is none. */
static void find_order(const struct kmm_slab_policy *p, const struct rules *r,
		       const struct kmm_cache_args *a, unsigned max_order, bool beside, bool off,
		       struct slab_size *g)
{
	bool new_rules = p->version >= KMM_VERSION(4, 6, 0);
	unsigned least = 0;
	bool own = slab_own_order(p, a->name, &least);

	g->objects = 0;
	for (unsigned order = least; order <= max_order; order++) {
		struct estimate e = new_rules ? estimate_4_6(r, g, order, beside) :
						estimate(r, g, order, beside);

		if (!e.objects)
			continue;
		if (e.objects > r->most_objects)
			break;
		if (off && !indexes_fit(p, r, g, e.objects)) {
			if (new_rules)
				continue;
			break;
		}
		g->objects = e.objects;
		g->order = order;
		g->leftover = e.leftover;
		g->management = e.management;
		if (own || a->flags & KMM_SLAB_RECLAIM_ACCOUNT || order >= p->slab_break_order ||
		    e.leftover * 8 <= PAGE_BYTES << order)
			break;
	}
}

/* unaligned: the size that decides where the management stands. */
static void place_classic(const struct kmm_slab_policy *p, const struct rules *r,
			  const struct kmm_cache_args *a, unsigned max_order, unsigned unaligned,
			  struct slab_size *g)
{
	unsigned management;

	g->off_slab = unaligned >= r->off_slab_from && !r->never_off;
	find_order(p, r, a, max_order, g->off_slab, g->off_slab, g);
	if (!g->off_slab || !g->objects)
		return;
	management = r->descriptor + g->objects * r->index;
	g->management = management;
	if (g->leftover < round_up_to(management, g->align))
		return;
	/* There is room on the slab after all. */
	g->off_slab = false;
	g->management = round_up_to(management, g->align);
	g->leftover -= g->management;
}

static void place_4_6(const struct kmm_slab_policy *p, const struct rules *r,
		      const struct kmm_cache_args *a, unsigned max_order, struct slab_size *g)
{
	g->management_last = true;
	if (!a->ctor && !(a->flags & KMM_SLAB_TYPESAFE_BY_RCU) && !p->debug &&
	    !(a->flags & KMM_SLAB_DEBUG)) {
		find_order(p, r, a, max_order, true, false, g);
		if (g->objects && g->objects * r->index <= a->object_size)
			return;
	}
	if (!r->never_off) {
		find_order(p, r, a, max_order, true, true, g);
		if (g->objects && g->leftover < g->objects * r->index) {
			g->off_slab = true;
			g->management = g->objects * r->index;
			return;
		}
	}
	find_order(p, r, a, max_order, false, false, g);
}

/* enable_cpucache(): large objects are held back in small numbers only. */
static void size_arrays(const struct kmm_slab_policy *p, unsigned cpus, struct slab_size *g)
{
	unsigned possible = p->possible_cpus ? p->possible_cpus : cpus;

	if (g->size > 131072)
		g->limit = 1;
	else if (g->size > PAGE_BYTES)
		g->limit = 8;
	else if (g->size > 1024)
		g->limit = 24;
	else if (g->size > 256)
		g->limit = 54;
	else
		g->limit = 120;
	/* CONFIG_DEBUG_SLAB: not too much at once with interrupts off. */
	if (p->slab_stats && g->limit > DEBUG_LIMIT)
		g->limit = DEBUG_LIMIT;
	g->batchcount = (g->limit + 1) / 2;
	g->shared = g->size <= PAGE_BYTES && possible > 1 ? 8 : 0;
}

int slab_size_compute(const struct kmm_slab_policy *p, unsigned cpus, unsigned max_order,
		      const struct kmm_cache_args *a, bool early, struct slab_size *g)
{
	unsigned flags = a->flags | p->debug;
	struct rules r = rules_of(p);
	unsigned size = round_up_to(a->object_size, p->word);

	memset(g, 0, sizeof(*g));
	r.never_off = early ||
		      (p->version >= KMM_VERSION(3, 15, 0) && a->flags & KMM_SLAB_NOLEAKTRACE);
	g->align = alignment(p, a, size);
	if (g->align > RED_ZONE_BYTES)
		flags &= ~(unsigned)(KMM_SLAB_RED_ZONE | KMM_SLAB_STORE_USER);
	g->flags = flags;
	if (flags & KMM_SLAB_RED_ZONE) {
		g->offset = RED_ZONE_BYTES;
		size += 2 * RED_ZONE_BYTES;
	}
	if (flags & KMM_SLAB_STORE_USER)
		size += flags & KMM_SLAB_RED_ZONE ? RED_ZONE_BYTES : p->word;
	g->size = round_up_to(size, g->align);
	/* So many as an index of one byte can tell apart. */
	if (r.index == 1 && g->size < PAGE_BYTES >> 8)
		g->size = round_up_to(PAGE_BYTES >> 8, g->align);
	/* The buffer's last word. */
	if (flags & KMM_SLAB_STORE_USER)
		g->track_at = g->size - g->offset - p->word;
	g->colour_off = p->cache_line > g->align ? p->cache_line : g->align;
	if (p->slab_colour_step)
		g->colour_off *= p->slab_colour_step;
	if (p->version >= KMM_VERSION(4, 6, 0))
		place_4_6(p, &r, a, max_order, g);
	else
		place_classic(p, &r, a, max_order, size, g);
	if (!g->objects)
		return -E2BIG;
	g->colours = g->leftover / g->colour_off;
	size_arrays(p, cpus, g);
	return 0;
}
