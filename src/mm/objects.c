// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * objects: one object allocator as a whole: its policy, its beginning and end,
 * and what concerns all its caches.
 */
#include <stdlib.h>

#include "mm/cache.h"
#include "mm/kmalloc.h"
#include "mm/slab.h"
#include "mm/slabpage.h"
#include "mm/slob.h"
#include "mm/slubfree.h"

#define BASE_64 0xffff888000000000ull /* x86-64 since 4.20 */
#define BASE_32 0xc0000000ull

void kmm_slab_policy_init(struct kmm_slab_policy *p, enum kmm_slab_kind kind, unsigned version)
{
	memset(p, 0, sizeof(*p));
	p->kind = kind;
	p->version = version;
	p->word = 8;
	p->cache_line = 64;
	p->kmalloc_min = kind == KMM_SLAB ? 32 : 8;
	p->merge = kind == KMM_SLUB || version >= KMM_VERSION(3, 18, 0);
	p->kmalloc_cgroup = version >= KMM_VERSION(5, 14, 0);
	p->kmalloc_reclaim = version >= KMM_VERSION(4, 20, 0);
	p->kmalloc_dma = true;
	p->cpu_partial = version >= KMM_VERSION(3, 2, 0);
	p->slub_max_order = version >= KMM_VERSION(2, 6, 26) ? 3 : 1;
	p->sheaves = version >= KMM_VERSION(6, 18, 0);
	p->slab_break_order = true;
}

static bool power_of_two(unsigned v, unsigned least, unsigned most)
{
	return !(v & (v - 1)) && v >= least && v <= most;
}

static bool check_policy(const struct kmm_slab_policy *p, char *why, size_t n)
{
	if ((unsigned)p->kind > KMM_SLOB)
		return cache_refuse(why, n, "no such allocator: %d", (int)p->kind);
	if (p->word != 4 && p->word != 8)
		return cache_refuse(why, n, "a word of %u bytes is neither 4 nor 8", p->word);
	if (!power_of_two(p->cache_line, 8, 1024))
		return cache_refuse(why, n, "a cache line of %u bytes is no power of two to 1024",
				    p->cache_line);
	if (!power_of_two(p->kmalloc_min, 8, 2048))
		return cache_refuse(why, n, "a smallest size of %u is no power of two, 8 to 2048",
				    p->kmalloc_min);
	if (p->min_align && !power_of_two(p->min_align, 1, PAGE_BYTES))
		return cache_refuse(why, n, "an alignment of %u is no power of two to %u",
				    p->min_align, PAGE_BYTES);
	if (p->slub_max_order > SLAB_MAX_ORDER || p->slub_min_order > p->slub_max_order)
		return cache_refuse(why, n, "slab orders %u to %u; 0 to %d are possible",
				    p->slub_min_order, p->slub_max_order, SLAB_MAX_ORDER);
	if (p->orders > KMM_SLAB_ORDERS || (p->orders && p->kind == KMM_SLOB))
		return cache_refuse(
			why, n,
			p->kind == KMM_SLOB ?
				"slob has no slabs of a cache: it takes no order for one" :
				"more than %d caches with an order of their own",
			KMM_SLAB_ORDERS);
	for (unsigned i = 0; i < p->orders; i++)
		if (p->order_of[i].order > SLAB_MAX_ORDER)
			return cache_refuse(why, n, "cache %s: order %u; 0 to %d are possible",
					    p->order_of[i].cache, p->order_of[i].order,
					    SLAB_MAX_ORDER);
	if (p->slub_min_objects > LINK_MOST || p->possible_cpus > 1u << 16)
		return cache_refuse(why, n, "%u objects a slab, %u CPUs: out of range",
				    p->slub_min_objects, p->possible_cpus);
	if (p->base % PAGE_BYTES || (uintptr_t)p->memory % PAGE_BYTES)
		return cache_refuse(why, n, "the direct map does not begin at a page's start");
	if (p->debug & ~(unsigned)KMM_SLAB_DEBUG)
		return cache_refuse(why, n, "unknown debugging flags %#x", p->debug);
	return true;
}

struct kmm_slab *kmm_slab_create(struct kmm *mm, const struct kmm_slab_policy *p, char *why,
				 size_t n)
{
	struct kmm_slab *sl;

	if (n)
		*why = '\0';
	if (!check_policy(p, why, n))
		return NULL;
	sl = calloc(1, sizeof(*sl));
	if (!sl)
		goto no_memory;
	sl->mm = mm;
	sl->policy = *p;
	sl->kind = (uint8_t)p->kind;
	sl->frames = mm->frames;
	sl->cpus = mm->cpus;
	sl->nodes = mm->config.nodes;
	sl->base = p->base	? p->base :
		   p->memory	? (uintptr_t)p->memory :
		   p->word == 8 ? BASE_64 :
				  BASE_32;
	sl->memory = sizeof(*sl) + 2ul * sl->cpus * sizeof(*sl->rounds);
	sl->rounds = calloc(sl->cpus, sizeof(*sl->rounds));
	sl->reap_node = calloc(sl->cpus, sizeof(*sl->reap_node));
	if (!sl->rounds || !sl->reap_node)
		goto no_memory;
	if (!cache_create_first(sl, why, n) || !kmalloc_init(sl, why, n)) {
		kmm_slab_destroy(sl);
		return NULL;
	}
	return sl;
no_memory:
	kmm_slab_destroy(sl);
	cache_refuse(why, n, "out of memory");
	return NULL;
}

void kmm_slab_destroy(struct kmm_slab *sl)
{
	struct kmm_cache *s, *next;

	if (!sl)
		return;
	if (sl->kind == KMM_SLOB && sl->mm)
		slob_fini_all(sl);
	for (s = sl->first; s; s = next) {
		next = s->next;
		cache_discard(s);
	}
	/* The pages of what still lives are nobody's that we know of. */
	for (kmm_pfn pfn = 0; sl->mm && pfn < sl->frames; pfn++)
		if (sl->mm->frame[pfn].state == FRAME_IS_SLAB)
			set_owner(sl, pfn, 0);
	free(sl->rounds);
	free(sl->reap_node);
	free(sl);
}

void kmm_slab_observe(struct kmm_slab *sl, const struct kmm_slab_observer *o, void *arg)
{
	if (o)
		sl->seen = *o;
	else
		memset(&sl->seen, 0, sizeof(sl->seen));
	sl->seen_arg = arg;
	sl->watched = o && (o->kmem_cache_alloc || o->kmem_cache_free || o->kmalloc || o->kfree);
}

const struct kmm_slab_policy *kmm_slab_policy_of(const struct kmm_slab *sl)
{
	return &sl->policy;
}

const struct kmm_slab_stats *kmm_slab_stats(const struct kmm_slab *sl)
{
	return &sl->stats;
}

size_t kmm_slab_memory(const struct kmm_slab *sl)
{
	return sl->memory;
}

void kmm_slab_flush_cpu(struct kmm_slab *sl, unsigned cpu)
{
	if (cpu >= sl->cpus)
		return;
	for (struct kmm_cache *s = sl->first; s; s = s->next) {
		if (s->kind == KMM_SLUB)
			slub_flush_cpu(s, cpu, cpu);
		else if (s->kind == KMM_SLAB)
			slab_flush_cpu(s, cpu, cpu);
	}
}

void kmm_slab_reap(struct kmm_slab *sl, unsigned cpu)
{
	if (sl->kind != KMM_SLAB || cpu >= sl->cpus)
		return;
	sl->rounds[cpu]++;
	/* The newest caches come first. */
	for (struct kmm_cache *s = sl->last; s; s = s->prev)
		slab_reap(s, cpu);
	sl->reap_node[cpu] = (sl->reap_node[cpu] + 1) % sl->nodes;
}

void kmm_slab_grace_period(struct kmm_slab *sl, unsigned cpu)
{
	if (cpu < sl->cpus)
		slabpage_free_waiting(sl, cpu, NULL);
}

kmm_pfn kmm_slab_frame(const struct kmm_slab *sl, kmm_addr at)
{
	uint64_t frame = addr_frame(sl, at);

	return frame < sl->frames ? (kmm_pfn)frame : KMM_NO_PFN;
}

kmm_addr kmm_slab_address(const struct kmm_slab *sl, kmm_pfn pfn)
{
	return sl->base + ((uint64_t)pfn << PAGE_SHIFT);
}

void *kmm_slab_bytes(const struct kmm_slab *sl, kmm_addr at)
{
	if (!sl->policy.memory || addr_frame(sl, at) >= sl->frames)
		return NULL;
	return (char *)sl->policy.memory + (at - sl->base);
}

bool kmm_slab_holds(const struct kmm_slab *sl, kmm_pfn pfn)
{
	return pfn < sl->frames && owner_of(sl, pfn);
}

void kmm_slab_walk(const struct kmm_slab *sl,
		   void (*each)(void *arg, const struct kmm_cache *s, kmm_addr at), void *arg)
{
	for (kmm_pfn pfn = 0; pfn < sl->frames && sl->kind != KMM_SLOB; pfn++) {
		const struct slab *slab = (const struct slab *)owner_of(sl, pfn);

		if (!slab || owner_of(sl, pfn) & 1 || slab->pfn != pfn)
			continue;
		for (unsigned i = 0; i < slab->objects; i++)
			if (slab->link[i] == LINK_USED)
				each(arg, slab->cache, slab_object(slab, slab->cache, i));
	}
}

bool kmm_slab_in_use(const struct kmm_slab *sl, kmm_addr at)
{
	const struct slab *slab = sl->kind == KMM_SLOB ? NULL : slab_of(sl, at);
	unsigned index = slab ? slab_index(slab, slab->cache, at) : 0;

	return slab && index < slab->objects && slab->link[index] == LINK_USED;
}

struct kmm_cache *kmm_slab_cache_of(const struct kmm_slab *sl, kmm_addr at)
{
	const struct slab *slab = sl->kind == KMM_SLOB ? NULL : slab_of(sl, at);

	return slab ? slab->cache : NULL;
}
