// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/kmalloc.h"

#include <stdio.h>
#include <stdlib.h>

#include "mm/large.h"
#include "mm/slob.h"

#define CLASS_96 1u
#define CLASS_192 2u

static unsigned class_bytes(unsigned class)
{
	return class == CLASS_96 ? 96 : class == CLASS_192 ? 192 : 1u << class;
}

static unsigned log2_up(size_t size)
{
	unsigned n = 0;

	while (((size_t)1 << n) < size)
		n++;
	return n;
}

/* Bytes of the largest class: KMALLOC_MAX_CACHE_SIZE. */
static unsigned top_bytes(const struct kmm_slab *sl)
{
	unsigned v = sl->policy.version;

	if (sl->kind == KMM_SLUB)
		return v < KMM_VERSION(2, 6, 30) ? PAGE_BYTES : 2 * PAGE_BYTES;
	if (v >= KMM_VERSION(6, 1, 0))
		return 2 * PAGE_BYTES;
	return v < KMM_VERSION(2, 6, 30) ? 131072 : PAGE_BYTES << sl->mm->max_order;
}

/* SLAB's own list of sizes gave way to the common one in 3.10. */
static bool own_sizes(const struct kmm_slab *sl)
{
	return sl->kind == KMM_SLAB && sl->policy.version < KMM_VERSION(3, 10, 0);
}

static bool has_class(const struct kmm_slab *sl, unsigned class)
{
	const struct kmm_slab_policy *p = &sl->policy;
	unsigned bytes = class_bytes(class);

	if (class == CLASS_96)
		return own_sizes(sl) ? p->cache_line < 64 : p->kmalloc_min <= 32;
	if (class == CLASS_192)
		return own_sizes(sl) ? p->cache_line < 128 : p->kmalloc_min <= 64;
	return bytes >= p->kmalloc_min && bytes <= top_bytes(sl);
}

static unsigned class_align(const struct kmm_slab *sl, unsigned bytes)
{
	const struct kmm_slab_policy *p = &sl->policy;
	unsigned align = p->kmalloc_min > 32 ? p->kmalloc_min : 0;
	unsigned natural = bytes & -bytes;

	if (p->version < KMM_VERSION(5, 4, 0))
		return align;
	/* Sizes that are no power of two count since 6.12. */
	if (natural != bytes && p->version < KMM_VERSION(6, 12, 0))
		return align;
	return natural > align ? natural : align;
}

static void name_class(const struct kmm_slab *sl, unsigned type, unsigned bytes, char *name,
		       size_t n)
{
	const char *unit = "";

	if (own_sizes(sl)) {
		snprintf(name, n, "size-%u%s", bytes, type == KMALLOC_DMA ? "(DMA)" : "");
		return;
	}
	if (sl->policy.version >= KMM_VERSION(5, 0, 0) && bytes >= 1024) {
		bytes /= 1024;
		unit = "k";
		if (bytes >= 1024) {
			bytes /= 1024;
			unit = "M";
		}
	}
	if (type && type <= KMALLOC_RANDOM_LAST)
		snprintf(name, n, "kmalloc-rnd-%02u-%u%s", type, bytes, unit);
	else
		snprintf(name, n, "%s%u%s",
			 type == KMALLOC_RECLAIM ? "kmalloc-rcl-" :
			 type == KMALLOC_CGROUP	 ? "kmalloc-cg-" :
			 type == KMALLOC_DMA	 ? "dma-kmalloc-" :
						   "kmalloc-",
			 bytes, unit);
}

static bool make_class(struct kmm_slab *sl, unsigned type, unsigned class, char *why, size_t n)
{
	static const unsigned family[] = { KMM_SLAB_RECLAIM_ACCOUNT, KMM_SLAB_ACCOUNT,
					   KMM_SLAB_CACHE_DMA };
	struct kmm_cache_args a = { 0 };
	char name[40];

	a.object_size = class_bytes(class);
	a.align = class_align(sl, a.object_size);
	a.usersize = a.object_size;
	a.flags = KMM_SLAB_KMALLOC | (type < KMALLOC_RECLAIM ? 0 : family[type - KMALLOC_RECLAIM]);
	if (own_sizes(sl))
		a.flags |= KMM_SLAB_HWCACHE_ALIGN;
	name_class(sl, type, a.object_size, name, sizeof(name));
	a.name = name;
	sl->kmalloc[type][class] = cache_create(sl, &a, why, n);
	return sl->kmalloc[type][class];
}

static bool make_family(struct kmm_slab *sl, unsigned type, char *why, size_t n)
{
	for (unsigned class = 3; class <= sl->top_class; class ++) {
		if (has_class(sl, class) && !make_class(sl, type, class, why, n))
			return false;
		/* By size: what SLAB keeps off its slabs comes from smaller ones. */
		if (class == 6 && has_class(sl, CLASS_96) &&
		    !make_class(sl, type, CLASS_96, why, n))
			return false;
		if (class == 7 && has_class(sl, CLASS_192) &&
		    !make_class(sl, type, CLASS_192, why, n))
			return false;
	}
	return true;
}

static void index_classes(struct kmm_slab *sl)
{
	unsigned least = log2_up(sl->policy.kmalloc_min);

	for (unsigned i = 0; i < sizeof(sl->class_by_8); i++) {
		unsigned bytes = 8 * (i + 1), class = log2_up(bytes);

		if (class < least)
			class = least;
		if (bytes > 64 && bytes <= 96 && has_class(sl, CLASS_96))
			class = CLASS_96;
		else if (bytes > 128 && has_class(sl, CLASS_192))
			class = CLASS_192;
		sl->class_by_8[i] = (uint8_t) class;
	}
}

bool kmalloc_init(struct kmm_slab *sl, char *why, size_t n)
{
	const struct kmm_slab_policy *p = &sl->policy;
	bool ok;

	if (sl->kind == KMM_SLOB)
		return true;
	sl->top_class = (uint8_t)log2_up(top_bytes(sl));
	index_classes(sl);
	ok = make_family(sl, KMALLOC_NORMAL, why, n);
	for (unsigned type = 1; ok && p->kmalloc_random && type <= KMALLOC_RANDOM_LAST; type++)
		ok = make_family(sl, type, why, n);
	if (ok && p->kmalloc_reclaim)
		ok = make_family(sl, KMALLOC_RECLAIM, why, n);
	if (ok && p->kmalloc_cgroup)
		ok = make_family(sl, KMALLOC_CGROUP, why, n);
	if (ok && p->kmalloc_dma)
		ok = make_family(sl, KMALLOC_DMA, why, n);
	return ok;
}

/* ---- requests ---- */

static inline unsigned type_of(const struct kmm_slab *sl, kmm_gfp gfp, uint64_t site)
{
	const struct kmm_slab_policy *p = &sl->policy;

	if (likely(!(gfp & (KMM_GFP_DMA | KMM_GFP_RECLAIMABLE | KMM_GFP_ACCOUNT)))) {
		if (likely(!p->kmalloc_random))
			return KMALLOC_NORMAL;
		return (unsigned)(((site ^ p->seed) * 0x61c8864680b583ebull) >> 60);
	}
	if (gfp & KMM_GFP_DMA)
		return p->kmalloc_dma ? KMALLOC_DMA : KMALLOC_NORMAL;
	if (gfp & KMM_GFP_RECLAIMABLE && p->kmalloc_reclaim)
		return KMALLOC_RECLAIM;
	if (gfp & KMM_GFP_ACCOUNT && p->kmalloc_cgroup)
		return KMALLOC_CGROUP;
	return KMALLOC_NORMAL;
}

static inline struct kmm_cache *cache_for(const struct kmm_slab *sl, size_t size, kmm_gfp gfp,
					  uint64_t site)
{
	unsigned class;

	if (!size || sl->kind == KMM_SLOB || size > (size_t)1 << sl->top_class)
		return NULL;
	if (size <= 192)
		class = sl->class_by_8[(size - 1) / 8];
	else
		class = 64 - (unsigned)__builtin_clzll(size - 1);
	return sl->kmalloc[type_of(sl, gfp, site)][class];
}

struct kmm_cache *kmm_kmalloc_slab(const struct kmm_slab *sl, size_t size, kmm_gfp gfp,
				   uint64_t site)
{
	return cache_for(sl, size, gfp, site);
}

size_t kmm_kmalloc_size_roundup(const struct kmm_slab *sl, size_t size)
{
	const struct kmm_cache *s = kmm_kmalloc_slab(sl, size, 0, 0);

	if (s)
		return s->object_size;
	if (!size || size > (size_t)PAGE_BYTES << sl->mm->max_order)
		return size;
	if (sl->kind == KMM_SLOB && size < PAGE_BYTES - sl->policy.word)
		return round_up_to((unsigned)size, SLOB_UNIT);
	return (size_t)PAGE_BYTES << order_for(size);
}

/* What SLOB puts in front of an object: its size, in an alignment's room. */
static unsigned slob_header(const struct kmm_slab *sl)
{
	unsigned least = sl->policy.kmalloc_min;

	if (least < sl->policy.min_align)
		least = sl->policy.min_align;
	return least < sl->policy.word ? sl->policy.word : least;
}

static kmm_addr kmalloc_pages(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp, int node,
			      size_t *alloc)
{
	unsigned order;

	if (size > (size_t)PAGE_BYTES << sl->mm->max_order)
		return KMM_NULL;
	order = order_for(size);
	*alloc = (size_t)PAGE_BYTES << order;
	/* SLAB has a cache for whatever it can serve, until 6.1. */
	if (sl->kind == KMM_SLAB && sl->policy.version < KMM_VERSION(6, 1, 0))
		return KMM_NULL;
	return large_alloc(sl, cpu, order, gfp, node);
}

static kmm_addr kmalloc_slob(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp, int node,
			     size_t *alloc)
{
	unsigned header = slob_header(sl), align = header;
	kmm_addr at;

	if (size >= PAGE_BYTES - header)
		return kmalloc_pages(sl, cpu, size, gfp, node, alloc);
	/* Powers of two are aligned to themselves since 5.4. */
	if (sl->policy.version >= KMM_VERSION(5, 4, 0) && !(size & (size - 1)) && size > align)
		align = (unsigned)size;
	*alloc = size + header;
	at = slob_alloc(sl, cpu, (unsigned)size + header, gfp, align, header, node);
	return at == KMM_NULL ? at : at + header;
}

static NOINLINE kmm_addr kmalloc_long(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp,
				      int node, uint64_t site)
{
	struct kmm_cache *s;
	size_t alloc = 0;
	kmm_addr at;

	if (unlikely(!size))
		return KMM_ZERO_SIZE_PTR;
	if (unlikely(cpu >= sl->cpus))
		return KMM_NULL;
	s = cache_for(sl, size, gfp, site);
	if (likely(s)) {
		alloc = s->size;
		at = cache_alloc(s, cpu, gfp, node);
	} else {
		if (sl->kind == KMM_SLOB)
			at = kmalloc_slob(sl, cpu, size, gfp, node, &alloc);
		else
			at = kmalloc_pages(sl, cpu, size, gfp, node, &alloc);
		if (at != KMM_NULL)
			sl->stats.allocs++;
		else
			sl->stats.failed++;
		if (sl->policy.memory && at != KMM_NULL && gfp & KMM_GFP_ZERO)
			memset(kmm_slab_bytes(sl, at), 0, size);
	}
	if (unlikely(sl->watched))
		SLAB_OBSERVE(sl, kmalloc, cpu, at, size, alloc, gfp, node);
	return at;
}

static INLINE kmm_addr kmalloc(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp,
			       int node, uint64_t site)
{
	struct kmm_cache *s = cache_for(sl, size, gfp, site);

	if (likely(s && !sl->watched))
		return cache_alloc(s, cpu, gfp, node);
	return kmalloc_long(sl, cpu, size, gfp, node, site);
}

kmm_addr kmm_kmalloc_site(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp, int node,
			  uint64_t site)
{
	return kmalloc(sl, cpu, size, gfp, node, site);
}

kmm_addr kmm_kmalloc_node(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp, int node)
{
	return kmalloc(sl, cpu, size, gfp, node, 0);
}

kmm_addr kmm_kmalloc(struct kmm_slab *sl, unsigned cpu, size_t size, kmm_gfp gfp)
{
	return kmalloc(sl, cpu, size, gfp, -1, 0);
}

/* Bytes of a SLOB object with its header, 0 if none begins there: to the next, or to free room. */
static unsigned slob_extent(const struct kmm_slab *sl, kmm_addr at)
{
	const struct slob_page *p = slob_page_of(sl, at);
	unsigned start = (unsigned)(at % PAGE_BYTES) / SLOB_UNIT, end = start + 1;

	if (!slob_begins(sl, at))
		return 0;
	while (end < SLOB_UNITS && !(p->begins[end / 64] >> end % 64 & 1))
		end++;
	for (unsigned i = 0; i < p->blocks; i++)
		if (p->block[i].start > start && p->block[i].start < end)
			end = p->block[i].start;
	return (end - start) * SLOB_UNIT;
}

static bool free_slob(struct kmm_slab *sl, unsigned cpu, kmm_addr at)
{
	kmm_addr header = at - slob_header(sl);
	unsigned bytes = slob_extent(sl, header);

	if (!bytes || !slob_free(sl, cpu, header, bytes))
		return cache_bad_free(sl, NULL, at, "Invalid object pointer");
	return true;
}

static NOINLINE void kfree_long(struct kmm_slab *sl, unsigned cpu, kmm_addr at)
{
	struct slab *slab;

	if (unlikely(sl->watched))
		SLAB_OBSERVE(sl, kfree, cpu, at);
	if (unlikely(at <= KMM_ZERO_SIZE_PTR))
		return;
	if (unlikely(cpu >= sl->cpus)) {
		cache_bad_free(sl, NULL, at, "Free on no CPU");
		return;
	}
	slab = slab_of(sl, at);
	if (likely(slab && sl->kind != KMM_SLOB))
		cache_free_in(slab, cpu, at);
	else if (slab ? free_slob(sl, cpu, at) : large_free(sl, cpu, at))
		sl->stats.frees++;
	else if (!slab)
		cache_bad_free(sl, NULL, at, "Attempt to free object outside of slab");
}

void kmm_kfree(struct kmm_slab *sl, unsigned cpu, kmm_addr at)
{
	struct slab *slab = likely(at > KMM_ZERO_SIZE_PTR) ? slab_of(sl, at) : NULL;

	if (likely(slab && !sl->watched && cpu < sl->cpus && sl->kind != KMM_SLOB))
		cache_free_in(slab, cpu, at);
	else
		kfree_long(sl, cpu, at);
}

size_t kmm_ksize(const struct kmm_slab *sl, kmm_addr at)
{
	const struct slab *slab;
	const struct kmm_cache *s;
	unsigned bytes;

	if (at <= KMM_ZERO_SIZE_PTR)
		return 0;
	slab = slab_of(sl, at);
	if (!slab) {
		int order = large_order(sl, at);

		return order < 0 ? 0 : (size_t)PAGE_BYTES << order;
	}
	if (sl->kind == KMM_SLOB) {
		bytes = slob_extent(sl, at - slob_header(sl));
		return bytes ? bytes - slob_header(sl) : 0;
	}
	s = slab->cache;
	bytes = slab_index(slab, s, at);
	if (bytes >= slab->objects || slab->link[bytes] != LINK_USED)
		return 0;
	if (s->kind == KMM_SLAB || s->flags & (KMM_SLAB_RED_ZONE | KMM_SLAB_POISON))
		return s->object_size;
	if (s->flags & (KMM_SLAB_STORE_USER | KMM_SLAB_TYPESAFE_BY_RCU))
		return s->inuse;
	return s->size;
}

kmm_addr kmm_krealloc(struct kmm_slab *sl, unsigned cpu, kmm_addr at, size_t size, kmm_gfp gfp)
{
	size_t has = kmm_ksize(sl, at);
	kmm_addr to;

	if (!size) {
		kmm_kfree(sl, cpu, at);
		return KMM_ZERO_SIZE_PTR;
	}
	if (has >= size)
		return at;
	if (!has && at > KMM_ZERO_SIZE_PTR) {
		cache_bad_free(sl, NULL, at, "Invalid object pointer");
		return KMM_NULL;
	}
	to = kmm_kmalloc(sl, cpu, size, gfp);
	if (to == KMM_NULL || at <= KMM_ZERO_SIZE_PTR)
		return to;
	if (sl->policy.memory)
		memcpy(kmm_slab_bytes(sl, to), kmm_slab_bytes(sl, at), has);
	kmm_kfree(sl, cpu, at);
	return to;
}
