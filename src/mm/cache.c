// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/cache.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/sheaf.h"
#include "mm/slab.h"
#include "mm/slabdebug.h"
#include "mm/slabreport.h"
#include "mm/slabpage.h"
#include "mm/slob.h"
#include "mm/slub.h"
#include "mm/slubfree.h"

#define NEVER_MERGE                                                                             \
	(KMM_SLAB_RED_ZONE | KMM_SLAB_POISON | KMM_SLAB_STORE_USER | KMM_SLAB_TYPESAFE_BY_RCU | \
	 KMM_SLAB_NOLEAKTRACE | KMM_SLAB_NO_MERGE)
#define MERGE_SAME \
	(KMM_SLAB_RECLAIM_ACCOUNT | KMM_SLAB_CACHE_DMA | KMM_SLAB_CACHE_DMA32 | KMM_SLAB_ACCOUNT)
#define ALL_FLAGS ((KMM_SLAB_STORE_USER << 1) - 1)
#define MOST_BYTES (PAGE_BYTES << SLAB_MAX_ORDER)
#define GFP_KERNEL (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)

bool cache_refuse(char *why, size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (n)
		vsnprintf(why, n, fmt, ap);
	va_end(ap);
	return false;
}

bool slab_own_order(const struct kmm_slab_policy *p, const char *name, unsigned *order)
{
	for (unsigned i = 0; i < p->orders; i++)
		if (!strcmp(p->order_of[i].cache, name)) {
			*order = p->order_of[i].order;
			return true;
		}
	return false;
}

unsigned cache_alignment(const struct kmm_slab_policy *p, unsigned flags, unsigned align,
			 unsigned object_size)
{
	unsigned least = p->min_align > p->word ? p->min_align : p->word;
	unsigned line = p->cache_line;

	if (flags & KMM_SLAB_HWCACHE_ALIGN) {
		if (p->version >= KMM_VERSION(2, 6, 25))
			while (object_size <= line / 2)
				line /= 2;
		else if (object_size <= line / 2)
			line = 0;
		if (align < line)
			align = line;
	}
	if (align < least)
		align = least;
	return round_up_to(align, p->word);
}

/* ---- making and merging ---- */

static bool mergeable(const struct kmm_slab *sl, const struct kmm_cache *s)
{
	if (s->flags & NEVER_MERGE || s->ctor || s->sheaf_capacity)
		return false;
	/* The region that usercopy may touch counts since 4.16. */
	return !s->usersize || sl->policy.version < KMM_VERSION(4, 16, 0);
}

/* find_mergeable(): the oldest that fits; the newest before 3.19. */
static struct kmm_cache *find_mergeable(const struct kmm_slab *sl, const struct kmm_cache_args *a)
{
	const struct kmm_slab_policy *p = &sl->policy;
	bool newest = p->version < KMM_VERSION(3, 19, 0);
	unsigned flags = a->flags | p->debug;
	unsigned align = cache_alignment(p, a->flags, a->align, a->object_size);
	unsigned size = round_up_to(round_up_to(a->object_size, p->word), align);
	struct kmm_cache *s = newest ? sl->last : sl->first;

	if (a->sheaf_capacity && p->sheaves)
		return NULL;
	if (!p->merge || sl->kind == KMM_SLOB || flags & NEVER_MERGE || a->ctor ||
	    (a->usersize && p->version >= KMM_VERSION(4, 16, 0)))
		return NULL;
	if (sl->kind == KMM_SLAB && p->version < KMM_VERSION(3, 18, 0))
		return NULL;
	for (; s; s = newest ? s->prev : s->next) {
		if (!mergeable(sl, s) || size > s->size || s->size - size >= p->word)
			continue;
		if ((flags & MERGE_SAME) != (s->flags & MERGE_SAME) || s->size % align)
			continue;
		if (sl->kind == KMM_SLAB && (align > s->align || s->align % align))
			continue;
		return s;
	}
	return NULL;
}

static kmm_gfp gfp_of(const struct kmm_slab *sl, unsigned flags)
{
	kmm_gfp gfp = 0;

	if (flags & KMM_SLAB_CACHE_DMA)
		gfp |= KMM_GFP_DMA;
	if (flags & KMM_SLAB_CACHE_DMA32)
		gfp |= KMM_GFP_DMA32;
	if (flags & KMM_SLAB_RECLAIM_ACCOUNT && sl->policy.version >= KMM_VERSION(2, 6, 24))
		gfp |= KMM_GFP_RECLAIMABLE;
	return gfp;
}

static bool check_args(const struct kmm_cache_args *a, char *why, size_t n)
{
	if (!a->name || !*a->name)
		return cache_refuse(why, n, "a cache needs a name");
	if (!a->object_size || a->object_size > MOST_BYTES)
		return cache_refuse(why, n, "%s: objects of %u bytes; 1 to %u are possible",
				    a->name, a->object_size, MOST_BYTES);
	if (a->align & (a->align - 1) || a->align > MOST_BYTES)
		return cache_refuse(why, n, "%s: an alignment of %u is no power of two up to %u",
				    a->name, a->align, MOST_BYTES);
	if (a->flags & ~(unsigned)ALL_FLAGS)
		return cache_refuse(why, n, "%s: unknown flags %#x", a->name,
				    a->flags & ~(unsigned)ALL_FLAGS);
	return true;
}

static int init_kind(struct kmm_cache *s, const struct kmm_cache_args *a)
{
	switch (s->kind) {
	case KMM_SLUB:
		return slub_init(s, a);
	case KMM_SLAB:
		return slab_init(s, a);
	default:
		return slob_init(s, a);
	}
}

static enum way way_of(const struct kmm_cache *s)
{
	/* Bytes to clear or to check need more, and so does counting. */
	if (s->debug || s->sl->policy.slab_stats || s->sl->policy.memory || s->kind == KMM_SLOB)
		return WAY_LONG;
	if (s->kind == KMM_SLAB)
		return WAY_SLAB;
	return s->sheaf_capacity ? WAY_SHEAF : WAY_SLUB;
}

struct kmm_cache *cache_create(struct kmm_slab *sl, const struct kmm_cache_args *a, char *why,
			       size_t n)
{
	struct kmm_cache *s;
	int ret;

	if (n)
		*why = '\0';
	if (!check_args(a, why, n))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		goto no_memory;
	s->sl = sl;
	sl->memory += sizeof(*s);
	s->kind = sl->kind;
	s->object_size = a->object_size;
	s->flags = a->flags | (sl->kind == KMM_SLOB ? 0 : sl->policy.debug);
	s->usersize = a->usersize;
	s->gfp = gfp_of(sl, a->flags);
	s->debug = s->flags & KMM_SLAB_DEBUG;
	s->ctor = a->ctor;
	s->ctor_arg = a->ctor_arg;
	s->users = 1;
	s->name = strdup(a->name);
	ret = s->name ? init_kind(s, a) : -ENOMEM;
	if (ret == -E2BIG) {
		cache_refuse(why, n, "%s: no slab can hold objects of %u bytes", a->name,
			     a->object_size);
		cache_discard(s);
		return NULL;
	}
	if (ret)
		goto no_memory;
	if (sl->of_caches) {
		s->self = kmm_kmem_cache_alloc(sl->of_caches, 0, GFP_KERNEL);
		if (s->self == KMM_NULL)
			goto no_memory;
	}
	/* Rounded up: exact for every offset below 2^22 (SLAB_MAX_ORDER). */
	s->reciprocal = ((1ull << 44) + s->size - 1) / s->size;
	s->way = (uint8_t)way_of(s);
	slabpage_init_records(s);
	s->prev = sl->last;
	*(sl->last ? &sl->last->next : &sl->first) = s;
	sl->last = s;
	return s;
no_memory:
	cache_discard(s);
	cache_refuse(why, n, "out of memory");
	return NULL;
}

void cache_discard(struct kmm_cache *s)
{
	if (!s)
		return;
	if (s->kind == KMM_SLUB)
		slub_fini(s);
	else if (s->kind == KMM_SLAB)
		slab_fini(s);
	slabpage_free_records(s);
	s->sl->memory -= sizeof(*s);
	free(s->name);
	free(s);
}

static struct kmm_cache *make_or_share(struct kmm_slab *sl, const struct kmm_cache_args *a,
				       char *why, size_t n)
{
	struct kmm_cache *s;

	if (!check_args(a, why, n))
		return NULL;
	if (a->flags & KMM_SLAB_KMALLOC) {
		cache_refuse(why, n, "%s: only kmalloc's own caches are such", a->name);
		return NULL;
	}
	s = find_mergeable(sl, a);
	if (!s)
		return cache_create(sl, a, why, n);
	s->users++;
	if (s->object_size < a->object_size)
		s->object_size = a->object_size;
	if (s->inuse < round_up_to(a->object_size, sl->policy.word))
		s->inuse = round_up_to(a->object_size, sl->policy.word);
	return s;
}

/* Nobody would look at a NULL. */
static void panic(struct kmm_slab *sl, const struct kmm_cache_args *a, const char *why)
{
	const char *name = a->name ? a->name : "(null)";
	unsigned v = sl->policy.version;
	char text[200];

	if (v >= KMM_VERSION(3, 6, 0))
		snprintf(text, sizeof(text), "%s: Failed to create slab '%.100s'. Error %d",
			 v >= KMM_VERSION(6, 12, 0) ? "__kmem_cache_create_args" :
			 v >= KMM_VERSION(4, 16, 0) ? "kmem_cache_create_usercopy" :
						      "kmem_cache_create",
			 name, strstr(why, "out of memory") ? -ENOMEM : -EINVAL);
	else if (sl->kind == KMM_SLAB)
		snprintf(text, sizeof(text), "kmem_cache_create(): failed to create slab `%.100s'",
			 name);
	else
		snprintf(text, sizeof(text), "Cannot create slabcache %.100s", name);
	SLAB_OBSERVE(sl, panic, text);
}

struct kmm_cache *kmm_kmem_cache_create(struct kmm_slab *sl, const struct kmm_cache_args *a,
					char *why, size_t n)
{
	char own[200];
	struct kmm_cache *s = make_or_share(sl, a, own, sizeof(own));

	if (!s && a->flags & KMM_SLAB_PANIC)
		panic(sl, a, own);
	if (n)
		snprintf(why, n, "%s", s ? "" : own);
	return s;
}

bool cache_create_first(struct kmm_slab *sl, char *why, size_t n)
{
	const struct kmm_cache_args a = {
		.name = "kmem_cache",
		.object_size = sl->policy.kmem_cache_size,
		.flags = KMM_SLAB_HWCACHE_ALIGN | KMM_SLAB_NO_MERGE,
	};

	if (!a.object_size)
		return true;
	sl->of_caches = cache_create(sl, &a, why, n);
	if (!sl->of_caches)
		return false;
	/* SLUB moves the first one, a variable until then, into an object of its own. */
	if (sl->kind != KMM_SLUB || sl->policy.version < KMM_VERSION(2, 6, 37))
		return true;
	sl->of_caches->self = kmm_kmem_cache_alloc(sl->of_caches, 0, GFP_KERNEL);
	return sl->of_caches->self != KMM_NULL || cache_refuse(why, n, "out of memory");
}

int kmm_kmem_cache_destroy(struct kmm_cache *s, unsigned cpu)
{
	struct kmm_slab *sl = s->sl;
	bool left = false;

	if (cpu >= sl->cpus)
		return -EINVAL;
	if (s->users > 1) {
		s->users--;
		return 0;
	}
	if (s->flags & KMM_SLAB_KMALLOC || s == sl->of_caches)
		return -EBUSY; /* kmalloc goes on, and so does this */
	if (s->kind == KMM_SLUB)
		left = slub_shutdown(s, cpu);
	else if (s->kind == KMM_SLAB)
		left = slab_shrink(s, cpu) != 0;
	/* SLOB knows not whose its objects are. */
	if (left)
		return -EBUSY;
	slabpage_free_waiting(sl, cpu, NULL); /* rcu_barrier() */
	if (s->self != KMM_NULL)
		kmm_kmem_cache_free(sl->of_caches, cpu, s->self);
	*(s->prev ? &s->prev->next : &sl->first) = s->next;
	*(s->next ? &s->next->prev : &sl->last) = s->prev;
	cache_discard(s);
	return 0;
}

int kmm_kmem_cache_shrink(struct kmm_cache *s, unsigned cpu)
{
	if (cpu >= s->sl->cpus)
		return 1;
	switch (s->kind) {
	case KMM_SLUB:
		return slub_shrink(s, cpu);
	case KMM_SLAB:
		return slab_shrink(s, cpu);
	default:
		return 0;
	}
}

/* ---- objects ---- */

static inline kmm_addr alloc_kind(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	switch (s->kind) {
	case KMM_SLUB:
		if (unlikely(s->sheaf_capacity))
			return sheaf_alloc(s, cpu, gfp, node);
		return slub_alloc(s, cpu, gfp, node);
	case KMM_SLAB:
		return slab_alloc(s, cpu, gfp, node);
	default:
		return slob_cache_alloc(s, cpu, gfp, node);
	}
}

static NOINLINE kmm_addr alloc_long(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	struct kmm_slab *sl = s->sl;
	kmm_addr at;

	if (unlikely(cpu >= sl->cpus))
		return KMM_NULL;
	at = alloc_kind(s, cpu, gfp, node);
	if (unlikely(at == KMM_NULL)) {
		sl->stats.failed++;
		return KMM_NULL;
	}
	sl->stats.allocs++;
	if (unlikely(sl->policy.memory && gfp & KMM_GFP_ZERO))
		memset(kmm_slab_bytes(sl, at), 0, s->object_size);
	return at;
}

/* An object at hand; KMM_NULL: there is none.  No call, and so no register saved. */
static INLINE kmm_addr take(struct kmm_cache *s, unsigned cpu)
{
	switch (s->way) {
	case WAY_SLUB:
		return likely(s->cpu[cpu].free != LINK_END) ? slub_take(s, &s->cpu[cpu]) : KMM_NULL;
	case WAY_SHEAF:
		return likely(s->cpu[cpu].main->count) ? sheaf_pop(s, s->cpu[cpu].main) : KMM_NULL;
	case WAY_SLAB:
		return likely(s->arrays[cpu]->avail) ? slab_pop(s, s->arrays[cpu]) : KMM_NULL;
	default:
		return KMM_NULL;
	}
}

static INLINE kmm_addr alloc_object(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	kmm_addr at = likely(cpu < s->sl->cpus && node < 0) ? take(s, cpu) : KMM_NULL;

	if (unlikely(at == KMM_NULL))
		return alloc_long(s, cpu, gfp, node);
	s->sl->stats.allocs++;
	return at;
}

kmm_addr cache_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	return alloc_object(s, cpu, gfp, node);
}

bool cache_bad_free(struct kmm_slab *sl, const struct kmm_cache *s, kmm_addr at, const char *what)
{
	sl->stats.bad_frees++;
	slabreport_bad_free(sl, s, at, what);
	return false;
}

/* GFP_SLAB_BUG_MASK */
#define GFP_NO_OBJECT (KMM_GFP_HIGHMEM | KMM_GFP_DMA32)

bool cache_check_gfp(struct kmm_slab *sl, const struct kmm_cache *s, kmm_gfp *gfp)
{
	if (likely(!(*gfp & GFP_NO_OBJECT)))
		return true;
	sl->stats.bad_gfp++;
	slabreport_bad_gfp(sl, s, *gfp & GFP_NO_OBJECT, *gfp & ~(kmm_gfp)GFP_NO_OBJECT);
	*gfp &= ~(kmm_gfp)GFP_NO_OBJECT;
	return sl->policy.version >= KMM_VERSION(4, 8, 0);
}

/* An object that was in use, where more is to be done than to note it. */
static NOINLINE bool free_long(struct kmm_cache *s, struct slab *slab, unsigned cpu, unsigned index,
			       bool rcu)
{
	if (unlikely(s->debug))
		slabdebug_free(s, slab, index, cpu);
	if (s->kind == KMM_SLAB)
		slab_free(s, cpu, slab, index);
	else if (likely(!s->sheaf_capacity))
		slub_free(s, cpu, slab, index);
	else if (rcu)
		sheaf_free_rcu(s, cpu, slab, index);
	else
		sheaf_free(s, cpu, slab, index);
	return true;
}

/* Back to where it is at hand; false: there is no room, or it may not be kept there. */
static INLINE bool give(struct kmm_cache *s, struct slab *slab, unsigned cpu, unsigned index)
{
	switch (s->way) {
	case WAY_SLUB:
		return slub_give(s, &s->cpu[cpu], slab, index);
	case WAY_SHEAF:
		return sheaf_give(s, cpu, slab, index);
	case WAY_SLAB:
		return slab_give(s, cpu, slab, index);
	default:
		return false;
	}
}

/* To this slab of the cache, if it is an object in use of it. */
static INLINE bool free_in(struct kmm_cache *s, struct slab *slab, unsigned cpu, kmm_addr at,
			   bool rcu)
{
	struct kmm_slab *sl = s->sl;
	unsigned index = slab_index(slab, s, at);

	if (unlikely(index >= slab->objects))
		return cache_bad_free(sl, s, at, "Invalid object pointer");
	if (unlikely(slab->link[index] != LINK_USED))
		return cache_bad_free(sl, s, at, REPORT_FREED);
	sl->stats.frees++;
	if (likely(!rcu && give(s, slab, cpu, index)))
		return true;
	return free_long(s, slab, cpu, index, rcu);
}

static INLINE bool free_object(struct kmm_cache *s, unsigned cpu, kmm_addr at, bool rcu)
{
	struct kmm_slab *sl = s->sl;
	struct slab *slab;

	if (unlikely(cpu >= sl->cpus))
		return cache_bad_free(sl, s, at, "Free on no CPU");
	if (unlikely(s->kind == KMM_SLOB))
		return slob_cache_free(s, cpu, at);
	slab = slab_of(sl, at);
	if (unlikely(!slab || slab->cache != s))
		return cache_bad_free(sl, s, at,
				      slab ? "Wrong slab cache" :
					     "Attempt to free object outside of slab");
	return free_in(s, slab, cpu, at, rcu);
}

bool cache_free_in(struct slab *slab, unsigned cpu, kmm_addr at)
{
	return free_in(slab->cache, slab, cpu, at, false);
}

bool cache_free(struct kmm_cache *s, unsigned cpu, kmm_addr at)
{
	return free_object(s, cpu, at, false);
}

static NOINLINE kmm_addr alloc_seen(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	kmm_addr at = alloc_object(s, cpu, gfp, node);

	SLAB_OBSERVE(s->sl, kmem_cache_alloc, cpu, s, at, gfp, node);
	return at;
}

kmm_addr kmm_kmem_cache_alloc_node(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	if (unlikely(s->sl->watched))
		return alloc_seen(s, cpu, gfp, node);
	return alloc_object(s, cpu, gfp, node);
}

kmm_addr kmm_kmem_cache_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp)
{
	if (unlikely(s->sl->watched))
		return alloc_seen(s, cpu, gfp, -1);
	return alloc_object(s, cpu, gfp, -1);
}

static NOINLINE void free_seen(struct kmm_cache *s, unsigned cpu, kmm_addr at)
{
	SLAB_OBSERVE(s->sl, kmem_cache_free, cpu, s, at);
	free_object(s, cpu, at, false);
}

void kmm_kmem_cache_free(struct kmm_cache *s, unsigned cpu, kmm_addr at)
{
	if (unlikely(s->sl->watched))
		free_seen(s, cpu, at);
	else
		free_object(s, cpu, at, false);
}

void kmm_kmem_cache_free_rcu(struct kmm_cache *s, unsigned cpu, kmm_addr at)
{
	/* Into a sheaf without a word: the kernel has no event there. */
	if (unlikely(s->sl->watched) && !s->sheaf_capacity)
		SLAB_OBSERVE(s->sl, kmem_cache_free, cpu, s, at);
	free_object(s, cpu, at, true);
}

unsigned kmm_kmem_cache_alloc_bulk(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, unsigned n,
				   kmm_addr *out)
{
	for (unsigned i = 0; i < n; i++) {
		out[i] = alloc_object(s, cpu, gfp, -1);
		if (out[i] == KMM_NULL) {
			while (i--)
				free_object(s, cpu, out[i], false);
			return 0;
		}
	}
	if (unlikely(s->sl->watched))
		for (unsigned i = 0; i < n; i++)
			SLAB_OBSERVE(s->sl, kmem_cache_alloc, cpu, s, out[i], gfp, -1);
	return n;
}

void kmm_kmem_cache_free_bulk(struct kmm_cache *s, unsigned cpu, unsigned n, const kmm_addr *at)
{
	/* The kernel's bulk free starts at the end of the array. */
	while (n--)
		kmm_kmem_cache_free(s, cpu, at[n]);
}

unsigned kmm_kmem_cache_flags(const struct kmm_cache *s)
{
	return s->flags;
}

const char *kmm_kmem_cache_name(const struct kmm_cache *s)
{
	return s->name;
}

struct kmm_cache *kmm_kmem_cache_next(const struct kmm_slab *sl, const struct kmm_cache *at)
{
	return at ? at->next : sl->first;
}
