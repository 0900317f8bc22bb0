// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slabpage.h"

#include <stdlib.h>

#include "mm/slubsize.h"
#include "mm/slabdebug.h"

#define MOST_RECORDS 64 /* of one chunk */

/* What of a caller's flags reaches the page allocator: GFP_RECLAIM_MASK | GFP_CONSTRAINT_MASK. */
#define GFP_PASSED                                                                     \
	(KMM_GFP_HIGH | KMM_GFP_IO | KMM_GFP_FS | KMM_GFP_ATOMIC | KMM_GFP_WAIT |      \
	 KMM_GFP_RECLAIM | KMM_GFP_NOWARN | KMM_GFP_RETRY_MAYFAIL | KMM_GFP_NOFAIL |   \
	 KMM_GFP_NORETRY | KMM_GFP_MEMALLOC | KMM_GFP_NOMEMALLOC | KMM_GFP_NOLOCKDEP | \
	 KMM_GFP_HARDWALL | KMM_GFP_THISNODE)
#define KMM_GFP_RECLAIM (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM)

void slabpage_init_records(struct kmm_cache *s)
{
	size_t bytes = sizeof(struct slab) + (size_t)s->objects * sizeof(uint16_t);

	s->record_bytes = (bytes + 7) / 8 * 8;
	s->chunk_records = 2;
}

/* A new chunk of records, the first of which is returned. */
static struct slab *more_records(struct kmm_cache *s)
{
	struct slab *slab = NULL;
	struct slab_chunk *c;
	size_t bytes;

	if (s->chunk_records < MOST_RECORDS)
		s->chunk_records *= 2;
	bytes = sizeof(*c) + s->chunk_records * s->record_bytes;
	c = malloc(bytes);
	if (!c)
		return NULL;
	s->sl->memory += bytes;
	c->bytes = bytes;
	c->next = s->chunks;
	s->chunks = c;
	for (uint32_t i = s->chunk_records; i--;) {
		slab = (struct slab *)((char *)c->record + i * s->record_bytes);
		slab->next = s->records;
		s->records = slab;
	}
	return slab;
}

void slabpage_free_records(struct kmm_cache *s)
{
	while (s->chunks) {
		struct slab_chunk *next = s->chunks->next;

		s->sl->memory -= s->chunks->bytes;
		free(s->chunks);
		s->chunks = next;
	}
	s->records = NULL;
}

static kmm_pfn ask_pages(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node, unsigned order)
{
	struct kmm *mm = s->sl->mm;

	return node < 0 ? kmm_alloc_pages(mm, cpu, gfp, order) :
			  kmm_alloc_pages_node(mm, cpu, node, gfp, order);
}

/*
 * SLUB's first attempt, at the order it likes, is not to disturb anybody (no
 * reclaim at all from 3.16 or so, no retry before); the second, at the least
 * order, is as the caller asked.
 */
static kmm_pfn slub_pages(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node, unsigned *order)
{
	kmm_gfp light = (gfp | KMM_GFP_NOWARN | KMM_GFP_NORETRY) & ~(kmm_gfp)KMM_GFP_NOFAIL;
	kmm_pfn pfn;

	if (light & KMM_GFP_DIRECT_RECLAIM && s->order > s->min_order &&
	    s->sl->policy.version >= KMM_VERSION(4, 1, 0)) {
		light |= KMM_GFP_NOMEMALLOC;
		light &= ~(kmm_gfp)(KMM_GFP_DIRECT_RECLAIM | KMM_GFP_WAIT);
		/* kswapd too since 4.20: a waste of its time. */
		if (s->sl->policy.version >= KMM_VERSION(4, 20, 0))
			light &= ~(kmm_gfp)KMM_GFP_KSWAPD_RECLAIM;
	}
	*order = s->order;
	pfn = ask_pages(s, cpu, light, node, *order);
	if (pfn != KMM_NO_PFN)
		return pfn;
	*order = s->min_order;
	pfn = ask_pages(s, cpu, gfp, node, *order);
	if (pfn != KMM_NO_PFN && s->order != s->min_order)
		s->sl->stats.fallback_orders++;
	return pfn;
}

static void set_owners(struct kmm_slab *sl, kmm_pfn pfn, unsigned order, uintptr_t owner)
{
	for (kmm_pfn end = pfn + (1u << order); pfn < end; pfn++)
		set_owner(sl, pfn, owner);
}

static void in_address_order(struct slab *slab)
{
	for (unsigned i = 0; i + 1u < slab->objects; i++)
		slab->link[i] = (uint16_t)(i + 1);
	slab->link[slab->objects - 1] = LINK_END;
	slab->free = 0;
}

static void construct(const struct kmm_cache *s, const struct slab *slab)
{
	for (unsigned i = 0; i < slab->objects; i++) {
		kmm_addr at = slab_object(slab, s, i);

		s->ctor(s->ctor_arg, at, kmm_slab_bytes(s->sl, at));
	}
}

static struct slab *take_record(struct kmm_cache *s)
{
	struct slab *slab = s->records;

	if (unlikely(!slab))
		slab = more_records(s);
	if (likely(slab))
		s->records = slab->next;
	return slab;
}

static void set_up(struct kmm_cache *s, struct slab *slab, kmm_pfn pfn, unsigned order,
		   unsigned offset)
{
	struct kmm_slab *sl = s->sl;

	slab->cache = s;
	slab->first = kmm_slab_address(sl, pfn) + offset;
	slab->descriptor = KMM_NULL;
	slab->pfn = pfn;
	slab->objects = (uint16_t)(order == s->order ? s->objects : s->min_objects);
	slab->inuse = 0;
	slab->order = (uint8_t)order;
	slab->node = sl->mm->zone[sl->mm->frame[pfn].zone].node;
	slab->place = PLACE_NONE;
	in_address_order(slab);
	set_owners(sl, pfn, order, (uintptr_t)slab);
}

struct slab *slabpage_of_block(struct kmm_cache *s, kmm_pfn pfn, unsigned order, unsigned offset)
{
	struct slab *slab = take_record(s);

	if (slab)
		set_up(s, slab, pfn, order, offset);
	return slab;
}

struct slab *slabpage_new(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node, unsigned offset)
{
	struct kmm_slab *sl = s->sl;
	unsigned order = s->order;
	struct slab *slab;
	kmm_pfn pfn;

	if (unlikely(!cache_check_gfp(sl, s, &gfp)))
		return NULL;
	slab = take_record(s); /* first: reclaim may bring slabs back meanwhile */
	if (unlikely(!slab))
		return NULL;
	gfp = (gfp & GFP_PASSED) | s->gfp;
	if (s->kind == KMM_SLUB)
		pfn = slub_pages(s, cpu, gfp, node, &order);
	else
		pfn = ask_pages(s, cpu, gfp, node, order);
	if (unlikely(pfn == KMM_NO_PFN)) {
		slab->next = s->records;
		s->records = slab;
		return NULL;
	}
	set_up(s, slab, pfn, order, offset);
	sl->stats.slabs_made++;
	s->made++;
	if (unlikely(s->debug))
		slabdebug_new_slab(s, slab);
	if (unlikely(s->ctor))
		construct(s, slab);
	return slab;
}

static void give_back(struct kmm_cache *s, unsigned cpu, struct slab *slab)
{
	set_owners(s->sl, slab->pfn, slab->order, 0);
	kmm_free_pages(s->sl->mm, cpu, slab->pfn, slab->order);
	slab->next = s->records;
	s->records = slab;
	s->sl->stats.slabs_gone++;
	s->gone++;
}

void slabpage_discard(struct kmm_cache *s, unsigned cpu, struct slab *slab)
{
	if (s->flags & KMM_SLAB_TYPESAFE_BY_RCU && s->sl->policy.rcu_delay) {
		slab->place = PLACE_WAITING;
		slab_list_add(&s->sl->waiting, slab, true);
	} else {
		give_back(s, cpu, slab);
	}
}

void slabpage_free_waiting(struct kmm_slab *sl, unsigned cpu, const struct slab *last)
{
	struct slab *slab = sl->waiting.head, *next;

	for (; slab; slab = next) {
		next = slab == last ? NULL : slab->next;
		slab_list_del(&sl->waiting, slab);
		give_back(slab->cache, cpu, slab);
	}
}
