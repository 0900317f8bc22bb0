// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve_page: page events.  Each rule says which behaviour of the kernel
 * makes it right; the kernel read is 6.1.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/resolver.h"

#define SLAB_TRY (KMM_GFP_NOWARN | KMM_GFP_NORETRY)
#define FOLIO_BATCH 31 /* pages freed in one batch at most, from 6.9 on; a list before */

enum request_owner resolve_page_guess(kmm_gfp gfp, unsigned order)
{
	if (gfp & KMM_GFP_MOVABLE)
		return OWNER_USER;
	/* SLUB's first attempt at a slab adds both bits, and COMP above order 0. */
	if ((gfp & SLAB_TRY) == SLAB_TRY && (order == 0 || gfp & KMM_GFP_COMP))
		return OWNER_SLAB;
	/* Page tables are zeroed and charged; so are few other pages of order 0 and 1. */
	if (order <= 1 && gfp & KMM_GFP_ZERO && gfp & KMM_GFP_ACCOUNT && !(gfp & KMM_GFP_HARDWALL))
		return OWNER_PGTABLE;
	return OWNER_KERNEL;
}

/* ---- the map of frames ---- */

static int cover(struct resolver *r, uint32_t pfn, uint32_t pages, uint32_t slot)
{
	for (uint32_t i = 0; i < pages; i++) {
		uint32_t *p = pagemap_at(&r->page_slot, pfn + i);

		if (!p)
			return resolver_oom(r);
		*p = slot;
	}
	return 0;
}

/* A record that no event shows: the block of a slot must have been freed silently before. */
static int imply_free(struct resolver *r, const struct event *ev, uint32_t slot, uint8_t mark)
{
	struct slot *s = &r->slots.s[slot];
	struct window_entry *w = resolver_append(r, ev, REQ_PAGE_FREE);

	if (!w)
		return r->err->code;
	w->r.slot = slot;
	w->r.sig.order = s->order;
	w->r.sig.flags = REQ_IMPLIED;
	w->r.sig.aux = mark;
	w->gives = true;
	if (s->pfn != KMM_NO_PFN)
		for (uint32_t i = 0; i < 1u << s->order; i++)
			if (pagemap_get(&r->page_slot, s->pfn + i) == slot)
				*pagemap_at(&r->page_slot, s->pfn + i) = NO_SLOT;
	r->stats.implied_pages += s->left;
	s->left = 0;
	return 0;
}

/* Whatever still covers these frames was freed without an event. */
static int vacate(struct resolver *r, const struct event *ev, uint32_t pfn, uint32_t pages,
		  uint8_t mark)
{
	for (uint32_t i = 0; i < pages; i++) {
		uint32_t slot = resolver_slot_of(r, pfn + i);

		if (slot != NO_SLOT && imply_free(r, ev, slot, mark) < 0)
			return r->err->code;
	}
	return 0;
}

/* ---- owners ---- */

static void owner_decide(struct resolver *r, uint64_t pos, enum request_owner owner)
{
	struct window_entry *w;

	if (!window_has(&r->win, pos))
		return;
	w = window_at(&r->win, pos);
	w->r.sig.owner = (uint8_t)owner;
	w->waits &= (uint8_t)~WAIT_OWNER;
}

/* The oldest ones stay what their flags made them. */
static void owners_give_up(struct resolver *r, struct ctx *c, uint32_t keep)
{
	uint32_t drop = c->owner_n - keep;

	for (uint32_t i = 0; i < drop; i++)
		if (window_has(&r->win, c->owner[i]))
			window_at(&r->win, c->owner[i])->waits &= (uint8_t)~WAIT_OWNER;
	memmove(c->owner, c->owner + drop, keep * sizeof(*c->owner));
	c->owner_n = keep;
}

/* The decisive sign of a slab page (pitfall 9): the next object on this CPU lies inside it. */
void resolve_page_owner(struct resolver *r, struct ctx *c, const struct event *ev, uint32_t site)
{
	uint32_t pfn = resolver_pfn(r, ev->object.ptr);

	for (uint32_t i = 0; i < c->owner_n; i++) {
		struct window_entry *w = window_at(&r->win, c->owner[i]);
		uint32_t first = w->r.pfn;

		if (!window_has(&r->win, c->owner[i]) || pfn == KMM_NO_PFN || pfn < first ||
		    pfn - first >= 1u << w->r.sig.order)
			continue;
		w->r.sig.site = ev->object.call_site;
		if (ev->object.bytes_alloc >= 4096ull << w->r.sig.order &&
		    (ev->kind == EVENT_KMALLOC || ev->kind == EVENT_KMALLOC_NODE) &&
		    !(ev->object.ptr & 0xfff) && pfn == first) {
			owner_decide(r, c->owner[i], OWNER_KMALLOC_LARGE);
		} else {
			w->r.sig.cache = r->sites.s[site].cache;
			w->r.sig.bytes_alloc = (uint32_t)ev->object.bytes_alloc;
			owner_decide(r, c->owner[i], OWNER_SLAB);
		}
		memmove(&c->owner[i], &c->owner[i + 1], (c->owner_n - i - 1) * sizeof(*c->owner));
		c->owner_n--;
		return;
	}
}

/* ---- frees that wait for their batched event or for a name ---- */

/* The first n of them are decided. */
static void drop_frees(struct ctx *c, uint32_t n)
{
	if (!n)
		return;
	memmove(c->frees.pos, c->frees.pos + n, (c->frees.count - n) * sizeof(*c->frees.pos));
	c->frees.count -= n;
	c->frees_before -= c->frees_before < n ? c->frees_before : n;
}

/* The first n of them stay where they were logged. */
static void decide_plain(struct resolver *r, struct ctx *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t pos = c->frees.pos[i];
		struct window_entry *w;

		if (!window_has(&r->win, pos))
			continue;
		w = window_at(&r->win, pos);
		w->waits &= (uint8_t)~WAIT_BATCH;
		if (w->r.sig.flags & REQ_UNPAIRED && w->r.sig.order == 0 && r->arrays.used &&
		    !posvec_push(&c->unpaired, pos))
			w->waits |= WAIT_PAIR;
	}
	drop_frees(c, n);
}

void resolve_page_unpaired(struct resolver *r, struct ctx *c)
{
	for (uint32_t i = 0; i < c->unpaired.count; i++)
		if (window_has(&r->win, c->unpaired.pos[i]))
			window_at(&r->win, c->unpaired.pos[i])->waits &= (uint8_t)~WAIT_PAIR;
	c->unpaired.count = 0;
}

/* Refills that no mm_page_alloc followed: a silent allocation took them. */
static void close_open(struct resolver *r, struct ctx *c)
{
	if (c->open != WINDOW_NONE && window_has(&r->win, c->open)) {
		struct window_entry *w = window_at(&r->win, c->open);

		w->waits &= (uint8_t)~WAIT_ALLOC;
		if (w->r.sig.op == REQ_PAGE_ALLOC) {
			w->dropped = true;
			w->gives = true;
			r->stats.silent_refills++;
		}
	}
	c->open = WINDOW_NONE;
}

static void settle_bulk(struct resolver *r, struct ctx *c)
{
	for (uint32_t i = 0; i < c->bulk_n; i++)
		if (window_has(&r->win, c->bulk + i))
			window_at(&r->win, c->bulk + i)->waits &= (uint8_t)~WAIT_BULK;
	c->bulk = WINDOW_NONE;
	c->bulk_n = 0;
}

static void settle_twin(struct resolver *r, struct ctx *c)
{
	if (c->twin != WINDOW_NONE && window_has(&r->win, c->twin))
		window_at(&r->win, c->twin)->waits &= (uint8_t)~WAIT_TWIN;
	c->twin = WINDOW_NONE;
}

static void settle_drain(struct resolver *r, struct ctx *c)
{
	if (c->last_free != WINDOW_NONE && window_has(&r->win, c->last_free))
		window_at(&r->win, c->last_free)->waits &= (uint8_t)~WAIT_DRAIN;
	c->last_free = WINDOW_NONE;
}

void resolve_page_settle_most(struct resolver *r, struct ctx *c)
{
	settle_drain(r, c);
	decide_plain(r, c, c->frees.count);
	resolve_page_unpaired(r, c);
	settle_bulk(r, c);
	settle_twin(r, c);
	owners_give_up(r, c, 0);
}

void resolve_page_settle_all(struct resolver *r, struct ctx *c)
{
	resolve_page_settle_most(r, c);
	close_open(r, c);
}

/* Between an allocation's refills and its own event: a highmem page is mapped to be cleared. */
static bool is_kmap(enum event_kind kind)
{
	return kind >= EVENT_KMAP_HIGH && kind <= EVENT_FLUSH_ALL_ZERO_PKMAPS;
}

static bool is_page_event(enum event_kind kind)
{
	return kind == EVENT_MM_PAGE_ALLOC || kind == EVENT_MM_PAGE_FREE ||
	       kind == EVENT_MM_PAGE_FREE_BATCHED || kind == EVENT_MM_PAGE_ALLOC_ZONE_LOCKED ||
	       kind == EVENT_MM_PAGE_PCPU_DRAIN || kind == EVENT_MM_PAGE_ALLOC_EXTFRAG;
}

void resolve_page_settle(struct resolver *r, struct ctx *c, enum event_kind kind)
{
	/* A fallback that boosts the marks wakes kswapd before its allocation is logged. */
	bool takes = kind == EVENT_MM_PAGE_ALLOC_ZONE_LOCKED ||
		     kind == EVENT_MM_PAGE_ALLOC_EXTFRAG || kind == EVENT_MM_VMSCAN_WAKEUP_KSWAPD;
	bool is_free = kind == EVENT_MM_PAGE_FREE;

	if (c->frees.count && !is_free && kind != EVENT_MM_PAGE_FREE_BATCHED &&
	    !(kind == EVENT_MM_PAGE_PCPU_DRAIN && c->last_kind == EVENT_MM_PAGE_FREE_BATCHED) &&
	    !(kind == EVENT_MM_PAGE_PCPU_DRAIN && c->last_kind == EVENT_MM_PAGE_PCPU_DRAIN))
		decide_plain(r, c, c->frees.count);
	if (c->unpaired.count && !is_free && kind != EVENT_KFREE &&
	    kind != EVENT_MM_PAGE_PCPU_DRAIN)
		resolve_page_unpaired(r, c);
	if (c->open != WINDOW_NONE && !takes && kind != EVENT_MM_PAGE_ALLOC && !is_kmap(kind))
		close_open(r, c);
	if (c->bulk_n && !takes && kind != EVENT_MM_PAGE_ALLOC)
		settle_bulk(r, c);
	if (c->twin != WINDOW_NONE && kind != EVENT_KMALLOC)
		settle_twin(r, c);
	if (c->last_free != WINDOW_NONE && kind != EVENT_MM_PAGE_PCPU_DRAIN)
		settle_drain(r, c);
	if (c->exact_slot != NO_SLOT && !is_free)
		c->exact_slot = NO_SLOT;
	if (c->compacted && is_page_event(kind) && kind != EVENT_MM_PAGE_ALLOC)
		c->compacted = false;
	if (c->owner_n && ++c->owner_age > OWNER_PATIENCE)
		owners_give_up(r, c, 0);
}

/* ---- allocations ---- */

/* An allocation takes place at its first own event, so its record opens here. */
static struct window_entry *open_alloc(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct window_entry *w;

	if (c->bulk_n && !c->bulk_moved) {
		/* The silent pages were taken here, not right after their array: move them. */
		uint64_t old = c->bulk, pos = WINDOW_NONE;
		uint32_t n = c->bulk_n;

		for (uint32_t i = 0; i < n; i++) {
			struct window_entry *was, *now;

			now = resolver_append(r, ev, REQ_PAGE_BULK);
			if (!now)
				return NULL;
			if (pos == WINDOW_NONE)
				pos = resolver_newest(r);
			if (!window_has(&r->win, old + i)) {
				now->dropped = true;
				continue;
			}
			was = window_at(&r->win, old + i);
			now->r.slot = was->r.slot;
			now->r.sig = was->r.sig;
			was->dropped = true;
			was->waits = 0;
		}
		c->bulk = c->open = pos;
		c->bulk_moved = true;
		w = window_at(&r->win, pos);
		w->waits |= WAIT_ALLOC;
		return w;
	}
	w = resolver_append(r, ev, REQ_PAGE_ALLOC);
	if (!w)
		return NULL;
	c->open = resolver_newest(r);
	w->waits |= WAIT_ALLOC;
	w->r.slot = slots_take(&r->slots);
	if (w->r.slot == NO_SLOT) {
		resolver_oom(r);
		return NULL;
	}
	return w;
}

/* The first drain after another event: which of the kernel's reasons to drain is it? */
static enum drain_cause drain_cause(const struct resolver *r, const struct ctx *c, int32_t pid,
				    uint32_t pfn)
{
	switch (c->last_kind) {
	case EVENT_MM_PAGE_FREE:
	case EVENT_MM_PAGE_FREE_BATCHED:
		if (c->in_compaction || c->compactor)
			return DRAIN_EITHER;
		return c->list_pid == pid && resolver_same_zone(r, c->list_pfn, pfn) ? DRAIN_FREE :
										       DRAIN_SOME;
	case EVENT_MM_VMSCAN_DIRECT_RECLAIM_END:
		return DRAIN_ALL;
	default:
		return c->in_compaction ? DRAIN_CPU : c->compactor ? DRAIN_ZONE : DRAIN_SOME;
	}
}

/* The entry at `old` goes to the end of the window. */
static struct window_entry *move_to_end(struct resolver *r, struct ctx *c, const struct event *ev,
					uint64_t old)
{
	struct window_entry *w, *was;

	w = resolver_append(r, ev, REQ_PAGE_FREE);
	if (!w || !window_has(&r->win, old))
		return w;
	was = window_at(&r->win, old);
	*w = *was;
	w->r.time = ev->time;
	was->dropped = true;
	was->gives = false;
	was->waits = 0;
	for (uint32_t i = 0; i < c->unpaired.count; i++)
		if (c->unpaired.pos[i] == old)
			c->unpaired.pos[i] = resolver_newest(r);
	return w;
}

/*
 * The drains after a free show when it got the zone lock, for which it may have
 * waited: among the operations of all CPUs it stands there.
 */
static int free_at_drain(struct resolver *r, struct ctx *c, const struct event *ev)
{
	uint64_t old = c->last_free;
	struct window_entry *w;

	settle_drain(r, c);
	if (old == WINDOW_NONE || !window_has(&r->win, old) || window_at(&r->win, old)->dropped)
		return 0;
	w = move_to_end(r, c, ev, old);
	return w ? 0 : err_code(r->err);
}

static void note_take(const struct resolver *r, struct window_entry *own, const struct event *ev)
{
	unsigned order = ev->page.order < 0 ? 0 : (unsigned)ev->page.order;

	if (ev->page.pfn >= KMM_NO_PFN || order >= KMM_ORDERS)
		return;
	if (own->take.first == KMM_NO_PFN)
		own->take = (struct take){ .first = (uint32_t)ev->page.pfn,
					   .type = resolver_type(r, ev->page.migratetype),
					   .order = (uint8_t)order };
	own->take.end = (uint32_t)ev->page.pfn + (1u << order);
	own->take.blocks++;
}

int resolve_page_list(struct resolver *r, struct ctx *c, const struct event *ev)
{
	enum request_op op = ev->kind == EVENT_MM_PAGE_PCPU_DRAIN	 ? OBS_PCPU_DRAIN :
			     ev->kind == EVENT_MM_PAGE_ALLOC_ZONE_LOCKED ? OBS_ZONE_LOCKED :
									   OBS_EXTFRAG;
	struct window_entry *w, *own;
	uint32_t slot = NO_SLOT;

	if (op != OBS_PCPU_DRAIN) {
		own = c->open != WINDOW_NONE && window_has(&r->win, c->open) ?
			      window_at(&r->win, c->open) :
			      open_alloc(r, c, ev);
		if (!own)
			return r->err->code;
		own->r.sig.own_obs++;
		slot = own->r.slot;
		if (op == OBS_ZONE_LOCKED)
			note_take(r, own, ev);
	}
	if (op == OBS_PCPU_DRAIN && free_at_drain(r, c, ev) < 0)
		return err_code(r->err);
	w = resolver_append(r, ev, op);
	if (!w)
		return r->err->code;
	w->r.slot = slot;
	if (op == OBS_EXTFRAG) {
		w->r.pfn = ev->extfrag.pfn < KMM_NO_PFN ? (uint32_t)ev->extfrag.pfn : KMM_NO_PFN;
		w->r.sig.order = (uint8_t)ev->extfrag.alloc_order;
		w->r.sig.aux = (uint8_t)ev->extfrag.fallback_order;
		w->r.sig.type = resolver_type(r, ev->extfrag.alloc_migratetype);
		w->r.sig.aux2 = resolver_type(r, ev->extfrag.fallback_migratetype) |
				(ev->extfrag.change_ownership == 1 ? 0x80 : 0);
		return 0;
	}
	w->r.pfn = ev->page.pfn < KMM_NO_PFN ? (uint32_t)ev->page.pfn : KMM_NO_PFN;
	w->r.sig.order = (uint8_t)(ev->page.order < 0 ? 0 : ev->page.order);
	w->r.sig.type = resolver_type(r, ev->page.migratetype);
	if (op == OBS_PCPU_DRAIN) {
		w->r.sig.aux2 = c->last_kind == EVENT_MM_PAGE_PCPU_DRAIN;
		if (!w->r.sig.aux2)
			c->drain = (uint8_t)drain_cause(r, c, ev->pid, w->r.pfn);
		w->r.sig.aux = c->drain;
	} else {
		w->r.sig.aux = ev->page.percpu_refill < 0 ? 2 : (uint8_t)ev->page.percpu_refill;
	}
	c->list_pfn = w->r.pfn;
	return 0;
}

/*
 * Where a zone is short of pages the bulk allocation gives up, and what its array still
 * lacks is allocated page by page, traced (pitfall 2).  From 7.0 on blocks as large as the area
 * can do with are asked for first, and split.
 */
static bool is_of_area(const struct ctx *c, const struct event *ev)
{
	unsigned order = ev->page.order < 0 ? 0 : (unsigned)ev->page.order;

	return c->bulk_n >> order && ev->page.gfp & KMM_GFP_HIGHMEM &&
	       !(ev->page.gfp & KMM_GFP_MOVABLE);
}

/* An id that was thought to be a silent page's is none of the array's: its own events tell of the page. */
static void leave_array(struct page_array *a, uint32_t slot)
{
	uint32_t i = 0;

	while (i < a->n && a->slots[i] != slot)
		i++;
	if (i == a->n)
		return;
	memmove(&a->slots[i], &a->slots[i + 1], (a->n - i - 1) * sizeof(*a->slots));
	a->n--;
}

/* The refills that seemed to be the bulk allocation's were those of this block. */
static struct window_entry *was_open(struct resolver *r, struct ctx *c, struct window_entry *w,
				     uint64_t *pos)
{
	leave_array(&r->array[c->bulk_array], w->r.slot);
	*pos = c->open;
	c->open = WINDOW_NONE;
	c->bulk++;
	c->bulk_n--;
	w->waits = 0;
	w->r.sig.op = REQ_PAGE_ALLOC;
	w->r.sig.flags = 0;
	r->stats.bulk_pages--;
	return w;
}

/* Pages that were allocated by themselves stand for n that were thought to be silent. */
static void replace_silent(struct resolver *r, struct ctx *c, uint32_t n)
{
	while (n--) {
		uint64_t pos = c->bulk + --c->bulk_n;
		struct window_entry *w;

		if (!window_has(&r->win, pos))
			continue;
		w = window_at(&r->win, pos);
		leave_array(&r->array[c->bulk_array], w->r.slot);
		w->dropped = w->gives = true;
		w->waits = 0;
		r->stats.bulk_pages--;
	}
}

/* The entry of this allocation: the open one, if its refills fit, else a new one. */
static struct window_entry *alloc_entry(struct resolver *r, struct ctx *c, const struct event *ev,
					uint64_t *pos)
{
	struct window_entry *w;

	if (c->open != WINDOW_NONE && window_has(&r->win, c->open)) {
		w = window_at(&r->win, c->open);
		if (w->r.sig.op == REQ_PAGE_ALLOC) {
			*pos = c->open;
			c->open = WINDOW_NONE;
			w->waits &= (uint8_t)~WAIT_ALLOC;
			return w;
		}
		if (is_of_area(c, ev) && w->take.first == ev->page.pfn)
			return was_open(r, c, w, pos);
		close_open(r, c);
	}
	w = resolve_irq_early(r, ev, pos);
	if (!w) {
		w = resolver_append(r, ev, REQ_PAGE_ALLOC);
		*pos = resolver_newest(r);
	}
	if (!w)
		return NULL;
	w->r.slot = slots_take(&r->slots);
	if (w->r.slot == NO_SLOT) {
		resolver_oom(r);
		return NULL;
	}
	return w;
}

/*
 * One block taken and handed out at once, where a refill would have taken
 * several: the per-CPU list was locked, and the request went past it.
 */
static bool went_past(const struct resolver *r, const struct take *t, uint32_t pfn, unsigned order)
{
	const struct machine *m = r->o.machine;
	int zone = m && m->zone_count ? machine_zone_of(m, pfn) : -1;

	return t->blocks == 1 && t->first == pfn && t->order == order && order <= 3 && zone >= 0 &&
	       m->zones[zone].pcp_batch > 1;
}

int resolve_page_alloc(struct resolver *r, struct ctx *c, const struct event *ev)
{
	unsigned order = ev->page.order < 0 ? 0 : (unsigned)ev->page.order;
	struct window_entry *w;
	struct slot *s;
	uint64_t pos;
	uint32_t pfn;
	bool of_area;

	if (order >= KMM_ORDERS)
		return err_set(r->err, EBADMSG, "event %llu: an allocation of order %u",
			       (unsigned long long)r->seq, order);
	of_area = is_of_area(c, ev);
	if (c->bulk_n && !of_area)
		settle_bulk(r, c);
	if (ev->page.pfn < KMM_NO_PFN - (1u << order) &&
	    vacate(r, ev, (uint32_t)ev->page.pfn, 1u << order, FREE_FOUND) < 0)
		return r->err->code;
	w = alloc_entry(r, c, ev, &pos);
	if (!w)
		return r->err->code;
	if (of_area)
		replace_silent(r, c, (1u << order) - (pos + 1 == c->bulk));
	w->r.seq = r->seq;
	w->r.sig.gfp = ev->page.gfp;
	w->r.sig.order = (uint8_t)order;
	w->r.sig.type = resolver_type(r, ev->page.migratetype);
	w->r.sig.owner = (uint8_t)resolve_page_guess(ev->page.gfp, order);
	/* Inside of __vmalloc_node_range(): a page of the area, or a table that maps it. */
	if (c->area_size && w->r.sig.owner == OWNER_KERNEL)
		w->r.sig.owner = OWNER_VMALLOC;
	if (ev->page.pfn >= KMM_NO_PFN - (1u << order)) {
		/* Pitfall 12: a failed attempt is not demand; the retry that follows is. */
		w->r.sig.flags = REQ_FAILED | REQ_RESPONSE;
		w->gives = true;
		r->stats.failed++;
		return 0;
	}
	pfn = (uint32_t)ev->page.pfn;
	if (cover(r, pfn, 1u << order, w->r.slot) < 0)
		return r->err->code;
	w->r.pfn = pfn;
	/* Compaction hands over a block that it has just made, past all lists (pitfall 5). */
	if (went_past(r, &w->take, pfn, order) || (order && c->compacted && !w->r.sig.own_obs))
		w->r.sig.flags |= REQ_DIRECT;
	c->compacted = false;
	s = &r->slots.s[w->r.slot];
	s->pfn = pfn;
	s->order = (uint8_t)order;
	s->site = w->r.sig.type;
	s->left = 1u << order;
	s->epoch = r->epoch;
	if (c->in_reclaim || c->reclaimer)
		w->r.sig.flags |= REQ_RESPONSE;
	if (order && !(ev->page.gfp & KMM_GFP_COMP))
		c->exact_slot = w->r.slot;
	if (w->r.sig.owner != OWNER_USER) {
		if (c->owner_n == CTX_OWNERS)
			owners_give_up(r, c, CTX_OWNERS - 1);
		w->waits |= WAIT_OWNER;
		c->owner[c->owner_n++] = pos;
		c->owner_age = 0;
	}
	return 0;
}

/* ---- frees ---- */

/* Free [pfn, pfn + pages) of slot's block in the maps; the record names the slot. */
static void free_of_slot(struct resolver *r, struct window_entry *w, uint32_t slot, uint32_t pfn,
			 uint32_t pages)
{
	struct slot *s = &r->slots.s[slot];

	for (uint32_t i = 0; i < pages; i++)
		*pagemap_at(&r->page_slot, pfn + i) = NO_SLOT;
	w->r.slot = slot;
	if (pages != 1u << s->order) {
		w->r.sig.flags |= REQ_PIECE;
		w->r.pfn = pfn;
		r->stats.pieces++;
	}
	s->left = s->left > pages ? s->left - pages : 0;
	w->gives = s->left == 0;
}

int resolve_page_free(struct resolver *r, struct ctx *c, const struct event *ev)
{
	unsigned order = ev->page.order < 0 ? 0 : (unsigned)ev->page.order;
	uint32_t pfn, pages, slot;
	struct window_entry *w;
	uint64_t pos;

	/* Before 4.1 events name a struct page, whose frame may not be known. */
	if (ev->page.pfn == EVENT_NO_PFN && order < KMM_ORDERS) {
		r->stats.unpaired_pages += 1u << order;
		return 0;
	}
	if (order >= KMM_ORDERS || ev->page.pfn >= KMM_NO_PFN - (1u << order))
		return err_set(r->err, EBADMSG,
			       "event %llu: a free of order %u at page frame %#llx",
			       (unsigned long long)r->seq, order, (unsigned long long)ev->page.pfn);
	pfn = (uint32_t)ev->page.pfn;
	pages = 1u << order;
	if (ev->kind == EVENT_MM_PAGE_FREE && c->batched_first == pfn &&
	    c->last_kind == EVENT_MM_PAGE_FREE_BATCHED) {
		c->batched_first = KMM_NO_PFN; /* it was freed by that */
		r->stats.batched++;
		return 0;
	}
	for (uint32_t i = 0; i < pages; i++)
		if (resolve_objects_of_page(r, ev, pfn + i) < 0)
			return r->err->code;
	slot = resolver_slot_of(r, pfn);
	if (slot == NO_SLOT ||
	    pfn + pages > r->slots.s[slot].pfn + (1u << r->slots.s[slot].order)) {
		/* Unknown, or larger than what was allocated here: older blocks went silently. */
		if (vacate(r, ev, pfn, pages, 0) < 0)
			return r->err->code;
		slot = NO_SLOT;
	}
	w = resolver_append(r, ev, REQ_PAGE_FREE);
	if (!w)
		return r->err->code;
	pos = resolver_newest(r);
	w->r.sig.order = (uint8_t)order;
	w->r.sig.flags = resolver_flags(r, c, slot);
	w->freed_pfn = c->list_pfn = pfn;
	c->list_pid = ev->pid;
	w->freed_type = slot == NO_SLOT ? KMM_MIGRATETYPES : (uint8_t)r->slots.s[slot].site;
	if (resolve_irq_locked(r, ev, pfn))
		w->r.sig.flags |= REQ_DIRECT;
	if (r->current < 0)
		w->r.sig.aux = FREE_NESTED |
			       ((ev->preempt & EVENT_PREEMPT_DEPTH) >= 2 ? FREE_IRQ : 0);
	if (slot != NO_SLOT) {
		free_of_slot(r, w, slot, pfn, pages);
		if (slot == c->exact_slot) {
			/* alloc_pages_exact trims its block: straight to the buddy lists (pitfall 15). */
			w->r.sig.flags |= REQ_DIRECT;
			w->r.sig.aux = FREE_TAIL;
			return 0;
		}
	} else {
		w->r.pfn = pfn;
		w->r.sig.flags |= REQ_UNPAIRED;
		r->stats.unpaired_pages += pages;
		if (cover(r, pfn, pages, NO_SLOT) < 0)
			return r->err->code;
	}
	c->exact_slot = NO_SLOT;
	if (c->boot_init && pfn < r->deferred)
		r->deferred = pfn;
	if (c->boot_init || (c->unbound && slot == NO_SLOT && pfn >= r->deferred)) {
		/*
		 * Deferred initialisation puts pages of any order straight on the free lists' tails; workers
		 * help, and nobody can have had these frames before.
		 */
		w->r.sig.flags |= REQ_DIRECT;
		w->r.sig.aux = FREE_TAIL;
		return 0;
	}
	w->waits |= WAIT_BATCH | WAIT_DRAIN;
	c->last_free = pos;
	return posvec_push(&c->frees, pos) ? resolver_oom(r) : 0;
}

/* The first frame that a free record is about. */
static uint32_t free_pfn(const struct resolver *r, const struct window_entry *w)
{
	return w->r.pfn != KMM_NO_PFN || w->r.slot == NO_SLOT ? w->r.pfn :
								r->slots.s[w->r.slot].pfn;
}

/* The free at pos takes place here, not where it was logged. */
static struct window_entry *move_free(struct resolver *r, const struct event *ev, uint64_t pos)
{
	struct window_entry *w = resolver_append(r, ev, REQ_PAGE_FREE), *old;

	if (!w)
		return NULL;
	if (!window_has(&r->win, pos)) { /* forced out by a full window */
		w->dropped = true;
		return w;
	}
	old = window_at(&r->win, pos);
	w->r = old->r;
	w->r.time = ev->time;
	w->freed_pfn = old->freed_pfn;
	w->freed_type = old->freed_type;
	w->gives = old->gives;
	old->gives = false;
	old->dropped = true;
	old->waits = 0;
	return w;
}

/* Has the page been somewhere else since its free was logged? */
static bool used_since(const struct resolver *r, uint64_t pos)
{
	uint32_t pfn = window_at(&r->win, pos)->freed_pfn;

	for (uint64_t p = pos + 1; p < r->win.tail; p++) {
		const struct window_entry *w = window_at(&r->win, p);

		if (w->dropped || w->r.pfn == KMM_NO_PFN || w->r.pfn > pfn ||
		    pfn - w->r.pfn >= 1u << w->r.sig.order)
			continue;
		if (w->r.sig.op == REQ_PAGE_ALLOC || w->r.sig.op == OBS_ZONE_LOCKED ||
		    w->r.sig.op == OBS_PCPU_DRAIN)
			return true;
	}
	return false;
}

/*
 * The first of the context's frees that may belong to the batch whose i-th is about to be done.  Its pages
 * were logged one right after the other.
 */
static uint32_t batch_start(const struct resolver *r, const struct ctx *c, uint32_t i)
{
	const struct machine *m = r->o.machine;
	uint32_t start = i >= c->frees_before ? c->frees_before : 0;
	bool bounded = m && (m->kernel_major > 6 || (m->kernel_major == 6 && m->kernel_minor >= 9));

	if (bounded && c->frees.count > FOLIO_BATCH && start < c->frees.count - FOLIO_BATCH)
		start = c->frees.count - FOLIO_BATCH;
	for (uint32_t k = i; k > start; k--)
		if (window_has(&r->win, c->frees.pos[k - 1]) && used_since(r, c->frees.pos[k - 1]))
			return k;
	return start < i ? start : i;
}

/*
 * A batch is logged page by page first, and freed after that: a batched free takes place
 * here, not at its mm_page_free (pitfalls 7 and 23).  Pages passed over found the per-CPU
 * list locked, and were freed past it just before.
 */
int resolve_page_batched(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct window_entry *w;
	uint32_t i, start;

	for (i = 0; i < c->frees.count; i++)
		if (window_has(&r->win, c->frees.pos[i]) &&
		    free_pfn(r, window_at(&r->win, c->frees.pos[i])) == ev->page.pfn)
			break;
	/*
	 * Before 4.15 the batched event comes first, and in 2.6.32 (mm_pagevec_free) no other; so it does
	 * where the page's mm_page_free was lost.
	 */
	if (i == c->frees.count && ev->page.pfn < KMM_NO_PFN &&
	    resolver_slot_of(r, (uint32_t)ev->page.pfn) != NO_SLOT) {
		c->batched_first = (uint32_t)ev->page.pfn;
		return resolve_page_free(r, c, ev);
	}
	if (i == c->frees.count) {
		w = resolver_append(r, ev, REQ_PAGE_FREE);
		if (!w)
			return r->err->code;
		w->dropped = true;
		r->stats.batched_alone++;
		return 0;
	}
	start = batch_start(r, c, i);
	decide_plain(r, c, start);
	i -= start;
	for (uint32_t k = 0; k < i; k++)
		if (window_has(&r->win, c->frees.pos[k]) && !move_free(r, ev, c->frees.pos[k]))
			return r->err->code;
	w = move_free(r, ev, c->frees.pos[i]);
	if (!w)
		return r->err->code;
	r->stats.batched++;
	c->list_pfn = (uint32_t)ev->page.pfn;
	c->list_pid = ev->pid;
	w->r.sig.flags |= REQ_BATCHED;
	w->r.sig.flags &= (uint8_t)~REQ_DIRECT;
	w->waits = WAIT_DRAIN;
	c->last_free = resolver_newest(r);
	drop_frees(c, i + 1);
	return 0;
}
