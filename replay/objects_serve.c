// SPDX-License-Identifier: GPL-2.0-or-later
/* objects_serve: requests, and pages of the recording's slabs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/objects_inside.h"

#define KMALLOC_MAX_CACHE 8192 /* larger ones are pages */

static bool hold(struct objects *o, uint32_t slot, struct objects_held h)
{
	if (slot == NO_SLOT)
		return true;
	if (slot >= o->slots) {
		uint32_t n = slot + slot / 8 + 1024;
		struct objects_held *more = realloc(o->held, n * sizeof(*more));

		if (!more)
			return false;
		memset(more + o->slots, 0, (n - o->slots) * sizeof(*more));
		o->held = more;
		o->slots = n;
	}
	o->held[slot] = h;
	return true;
}

static struct objects_held ask(struct objects *o, const struct request *q)
{
	uint32_t string = attribution_cache(&o->src->attribution, &q->sig);
	int node = q->sig.node < 0 ? -1 : (int)(uint8_t)q->sig.node;
	struct objects_held h = { KMM_NULL, NULL };
	bool kmalloc = !string && q->sig.bytes_alloc > KMALLOC_MAX_CACHE;

	if (string) {
		struct objects_known *c = objects_known_cache(
			o, string, q->sig.bytes_req ? q->sig.bytes_req : q->sig.bytes_alloc);

		kmalloc = c->kmalloc;
		h.cache = c->cache;
	} else if (!kmalloc) {
		h.cache = objects_cache_by_place(o, q);
		if (!h.cache) {
			o->stats.unattributed++;
			h.cache = objects_unknown_cache(o, q->sig.bytes_alloc);
		}
	}
	if (kmalloc) {
		h.cache = NULL;
		h.at = kmm_kmalloc_site(o->sl, q->cpu, q->sig.bytes_req, q->sig.gfp, node,
					q->sig.site);
	} else if (h.cache) {
		h.at = kmm_kmem_cache_alloc_node(h.cache, q->cpu, q->sig.gfp, node);
	}
	return h;
}

/* An object that is found by the address that it has in the recording. */
int objects_keep(struct objects *o, uint64_t at, struct objects_held h)
{
	uint32_t n = o->moved_free;

	if (n != MAP_NONE) {
		if (map_put(&o->moved, at, n))
			return -ENOMEM;
		o->moved_free = (uint32_t)o->moved_to[n].at;
		o->moved_to[n] = h;
		return 0;
	}
	if (!(o->moved_count & (o->moved_count - 1))) {
		struct objects_held *more = realloc(o->moved_to,
						    (o->moved_count ? o->moved_count * 2ull : 1) *
							    sizeof(*more));

		if (!more)
			return -ENOMEM;
		o->moved_to = more;
	}
	if (map_put(&o->moved, at, o->moved_count))
		return -ENOMEM;
	o->moved_to[o->moved_count++] = h;
	return 0;
}

/* What was allocated from the same slab behind this object, without an event. */
static void serve_implied(struct objects *o, const struct request *q, kmm_addr beside)
{
	uint32_t n;
	const struct population_implied *x = population_implied(&o->src->population, q->seq, &n);
	struct kmm_cache *cache = n && beside != KMM_NULL ? kmm_slab_cache_of(o->sl, beside) : NULL;

	for (; n-- && cache; x++) {
		struct objects_held h = { kmm_kmem_cache_alloc(cache, q->cpu, q->sig.gfp), cache };

		if (h.at != KMM_NULL && !objects_keep(o, x->addr, h))
			o->stats.implied++;
	}
}

static void give_back(struct objects *o, unsigned cpu, struct objects_held h)
{
	if (h.cache)
		kmm_kmem_cache_free(h.cache, cpu, h.at);
	else
		kmm_kfree(o->sl, cpu, h.at);
	o->stats.freed++;
}

/* An object that no request brought, by the address that it had. */
static void release_old(struct objects *o, unsigned cpu, kmm_addr at)
{
	uint32_t n = map_del(&o->moved, at);

	if (n != MAP_NONE) {
		give_back(o, cpu, o->moved_to[n]);
		o->moved_to[n].at = o->moved_free;
		o->moved_free = n;
	} else if (o->native && kmm_slab_in_use(o->sl, at)) {
		give_back(o, cpu, (struct objects_held){ at, kmm_slab_cache_of(o->sl, at) });
	} else {
		o->stats.unmatched++;
	}
}

/* What was freed before this without an event. */
static void release_silent(struct objects *o, const struct request *q)
{
	uint32_t n, turn = 0;
	const struct population_freed *x = population_freed(&o->src->population, q->seq, &n);
	bool now = true;

	for (; n--; x++) {
		struct objects_held *h = x->slot < o->slots ? &o->held[x->slot] : NULL;

		if (x->turn != turn) {
			turn = x->turn;
			now = turn == POPULATION_GONE ||
			      (o->native && kmm_slab_full(o->sl, x->addr));
		}
		if (!now ||
		    (turn == POPULATION_GONE && o->native && !kmm_slab_in_use(o->sl, x->addr)))
			continue;
		if (x->slot == NO_SLOT) {
			release_old(o, q->cpu, x->addr);
		} else if (h && h->at != KMM_NULL) {
			give_back(o, q->cpu, *h);
			*h = (struct objects_held){ KMM_NULL, NULL };
		}
		o->stats.early++;
	}
}

/*
 * The recorded kernel had a page for it, if it needed one, and the model has none above its
 * marks: what reclaim gave back for it came at another time.  Any zone then, whatever its marks.
 */
static struct objects_held ask_any(struct objects *o, const struct request *q)
{
	struct objects_held h = ask(o, q);

	for (unsigned z = kmm_configuration(o->mm)->zones; h.at == KMM_NULL && o->in_step && z--;) {
		kmm_expect_zone(o->mm, (int)z);
		h = ask(o, q);
		kmm_expect_zone(o->mm, -1);
		o->stats.past_marks += h.at != KMM_NULL;
	}
	return h;
}

struct objects_held objects_serve(struct objects *o, const struct request *q)
{
	struct objects_held h;

	release_silent(o, q);
	h = ask_any(o, q);
	serve_implied(o, q, h.at);
	o->stats.requested++;
	if (h.at == KMM_NULL)
		o->stats.failed++;
	else
		o->stats.served++;
	return h;
}

void objects_alloc(struct objects *o, const struct request *q)
{
	struct objects_held h;

	if (q->sig.flags & REQ_FAILED)
		return;
	if (q->time >= o->reap_soonest && o->seeded)
		objects_reap(o, q->time);
	if (!o->seeded)
		h = (struct objects_held){ q->addr, NULL };
	else if (o->early[q->cpu].seq == q->seq)
		h = o->early[q->cpu].h;
	else
		h = objects_serve(o, q);
	if (!hold(o, q->slot, h) && h.at != KMM_NULL)
		o->stats.unmatched++;
}

void objects_give(struct objects *o, const struct request *q)
{
	struct objects_held *h = q->slot == NO_SLOT || q->slot >= o->slots ? NULL :
									     &o->held[q->slot];

	if (o->seeded)
		o->stats.frees++;
	if (!h) {
		if (o->seeded && q->slot == NO_SLOT)
			release_old(o, q->cpu, q->addr);
		return;
	}
	if (h->at != KMM_NULL && o->seeded)
		give_back(o, q->cpu, *h);
	else if (o->seeded && !(q->sig.flags & REQ_IMPLIED))
		o->stats.unmatched++;
	*h = (struct objects_held){ KMM_NULL, NULL };
}

void objects_fetch(const struct objects *o, uint32_t slot)
{
	if (slot < o->slots)
		__builtin_prefetch(&o->held[slot]);
}

void objects_saw_page(struct objects *o, kmm_pfn pfn, unsigned order)
{
	(void)order;
	o->stats.pages_taken++;
	if (o->page == KMM_NO_PFN)
		o->page = pfn;
}

kmm_pfn objects_page(struct objects *o, const struct request *q, uint32_t n)
{
	uint64_t first = o->m->direct_map_base + ((uint64_t)q->pfn << 12);
	uint64_t bytes = 4096ull << q->sig.order;

	o->stats.pages_expected++;
	for (uint32_t i = 1; i < n && i < LOOK_AHEAD; i++) {
		const struct request *x = &q[i];

		if (x->sig.op != REQ_OBJ_ALLOC || x->cpu != q->cpu || x->addr - first >= bytes ||
		    x->sig.flags & REQ_FAILED || o->early[q->cpu].seq == x->seq)
			continue;
		o->page = KMM_NO_PFN;
		o->early[q->cpu].seq = x->seq;
		o->early[q->cpu].h = objects_serve(o, x);
		if (q->pfn < o->m->max_pfn)
			objects_set_bit(o->rcu, q->pfn, objects_is_rcu(o->early[q->cpu].h.cache));
		return o->page;
	}
	return KMM_NO_PFN;
}

void objects_page_freed(struct objects *o, const struct request *q)
{
	release_silent(o, q);
	/* Whose start was not dumped has other lists, and other slabs that wait. */
	if (o->in_step && (kmm_slab_given_back(o->sl, q->cpu, q->pfn) ||
			   (q->pfn < o->m->max_pfn && !objects_bit(o->rcu, q->pfn))))
		return;
	kmm_slab_grace_period(o->sl, q->cpu);
}

bool objects_hold(const struct objects *o, uint32_t pfn)
{
	return kmm_slab_holds(o->sl, pfn);
}
