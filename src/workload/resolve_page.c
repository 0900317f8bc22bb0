// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve_page: page events.  Each rule says which behaviour of the kernel
 * makes it right; the kernel read is 6.1.
 */
#include <errno.h>
#include <string.h>

#include "workload/resolver.h"

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

#define BULK_AT_ONCE 100 /* pages */

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

void resolve_page_settle_most(struct resolver *r, struct ctx *c)
{
	resolve_free_settle_drain(r, c);
	resolve_free_settle(r, c);
	resolve_free_unpaired(r, c);
	settle_bulk(r, c);
	settle_twin(r, c);
	resolve_owner_give_up(r, c, 0);
}

void resolve_page_settle_all(struct resolver *r, struct ctx *c)
{
	resolve_page_settle_most(r, c);
	close_open(r, c);
}

void resolve_page_moved(struct resolver *r, struct ctx *c, const struct event *ev)
{
	for (uint32_t i = 0; i < r->cpus * CTX_PER_CPU; i++) {
		struct ctx *was = &r->ctx[i];

		if (was->key != c->key || was == c || was->open == WINDOW_NONE ||
		    !window_has(&r->win, was->open) ||
		    window_at(&r->win, was->open)->take.first != ev->page.pfn)
			continue;
		c->open = was->open;
		was->open = WINDOW_NONE;
		return;
	}
}

/* The kernel's allocators at work; so not between the end of a compaction and the block it hands over. */
static bool is_of_allocators(enum event_kind kind)
{
	return kind > EVENT_OTHER && kind < EVENT_MM_COMPACTION_BEGIN && !resolver_is_kmap(kind);
}

void resolve_page_settle(struct resolver *r, struct ctx *c, enum event_kind kind)
{
	/*
	 * A fallback that boosts the marks wakes kswapd before its allocation is logged, and a compaction whose block was
	 * had says that no more is put off: an event of another kind ends no allocation.
	 */
	bool takes = kind == EVENT_MM_PAGE_ALLOC_ZONE_LOCKED ||
		     kind == EVENT_MM_PAGE_ALLOC_EXTFRAG || kind == EVENT_MM_VMSCAN_WAKEUP_KSWAPD;
	bool is_free = kind == EVENT_MM_PAGE_FREE;

	if (c->area_gone && !is_free)
		resolve_free_area(r, c);
	if (c->frees.count && !is_free && kind != EVENT_MM_PAGE_FREE_BATCHED &&
	    !(kind == EVENT_MM_PAGE_PCPU_DRAIN && c->last_kind == EVENT_MM_PAGE_FREE_BATCHED) &&
	    !(kind == EVENT_MM_PAGE_PCPU_DRAIN && c->last_kind == EVENT_MM_PAGE_PCPU_DRAIN))
		resolve_free_settle(r, c);
	if (c->unpaired.count && !is_free && kind != EVENT_KFREE && kind != EVENT_VFREE &&
	    kind != EVENT_REMOVE_VM_AREA && kind != EVENT_MM_PAGE_PCPU_DRAIN)
		resolve_free_unpaired(r, c);
	if (c->open != WINDOW_NONE && !takes && kind != EVENT_MM_PAGE_ALLOC &&
	    kind != EVENT_OTHER && !resolver_is_kmap(kind) && !c->resumed)
		close_open(r, c);
	if (c->bulk_n && !takes && kind != EVENT_MM_PAGE_ALLOC &&
	    kind != EVENT_MM_VMSCAN_DIRECT_RECLAIM_BEGIN)
		settle_bulk(r, c);
	if (c->twin != WINDOW_NONE && kind != EVENT_KMALLOC)
		settle_twin(r, c);
	if (c->last_free != WINDOW_NONE && kind != EVENT_MM_PAGE_PCPU_DRAIN)
		resolve_free_settle_drain(r, c);
	if (c->exact_slot != NO_SLOT && !is_free)
		c->exact_slot = NO_SLOT;
	if (c->compacted && is_of_allocators(kind) && kind != EVENT_MM_PAGE_ALLOC)
		c->compacted = false;
	if (c->owner_n && ++c->owner_age > OWNER_PATIENCE)
		resolve_owner_give_up(r, c, 0);
}

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

static void note_take(struct take *t, uint64_t pfn, unsigned order, unsigned type)
{
	if (pfn >= KMM_NO_PFN || order >= KMM_ORDERS)
		return;
	if (t->first == KMM_NO_PFN)
		*t = (struct take){ .first = (uint32_t)pfn,
				    .type = (uint8_t)type,
				    .order = (uint8_t)order };
	t->end = (uint32_t)pfn + (1u << order);
	t->blocks++;
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
			note_take(&own->take, ev->page.pfn,
				  ev->page.order < 0 ? 0 : (unsigned)ev->page.order,
				  resolver_type(r, ev->page.migratetype));
	}
	if (op == OBS_PCPU_DRAIN && resolve_free_at_drain(r, c, ev) < 0)
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
		/* The window may have moved. */
		if (r->o.machine && request_takes(r->o.machine, &w->r) &&
		    window_has(&r->win, c->open))
			note_take(&window_at(&r->win, c->open)->take, w->r.pfn, w->r.sig.order,
				  w->r.sig.type);
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
static bool is_of_area(const struct ctx *c, unsigned order, kmm_gfp gfp)
{
	return c->bulk_n >> order && gfp & KMM_GFP_HIGHMEM && !(gfp & KMM_GFP_MOVABLE);
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

/* The refills that seemed to be the bulk allocation's were those of this block, so it had none. */
static struct window_entry *was_open(struct resolver *r, struct ctx *c, struct window_entry *w,
				     uint64_t *pos)
{
	leave_array(&r->array[c->bulk_array], w->r.slot);
	*pos = c->open;
	c->open = WINDOW_NONE;
	c->bulk++;
	c->bulk_n--;
	c->bulk_moved = false;
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

/*
 * No zone was far enough above its low mark for all pages, and the single one that is asked for instead has to
 * reclaim: it and all others of the array are traced [__alloc_pages_bulk(), vm_area_alloc_pages(), 6.1].  Of larger areas, which
 * are asked for by as many as BULK_AT_ONCE, some may have been had before.
 */
void resolve_page_reclaim(struct resolver *r, struct ctx *c, const struct event *ev)
{
	if (is_of_area(c, 0, ev->reclaim.gfp) && !c->bulk_moved && c->bulk_n <= BULK_AT_ONCE)
		replace_silent(r, c, c->bulk_n);
	settle_bulk(r, c);
}

/*
 * A request gets the first page that its refill brings.  Else the refills are those of pages that went silently
 * before.  (A cold page comes from the other end.)
 */
static bool fits(const struct take *t, const struct event *ev)
{
	if (t->first == KMM_NO_PFN)
		return true;
	return (int)t->order == ev->page.order &&
	       (t->first == ev->page.pfn || ev->page.gfp & KMM_GFP_COLD);
}

/* The entry of this allocation: the open one, if its refills fit, else a new one. */
static struct window_entry *alloc_entry(struct resolver *r, struct ctx *c, const struct event *ev,
					uint64_t *pos)
{
	struct window_entry *w;

	if (c->open != WINDOW_NONE && window_has(&r->win, c->open)) {
		w = window_at(&r->win, c->open);
		if (w->r.sig.op == REQ_PAGE_ALLOC && fits(&w->take, ev)) {
			*pos = c->open;
			c->open = WINDOW_NONE;
			w->waits &= (uint8_t)~WAIT_ALLOC;
			return w;
		}
		if (is_of_area(c, (unsigned)ev->page.order, ev->page.gfp) &&
		    w->take.first == ev->page.pfn)
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
	of_area = is_of_area(c, order, ev->page.gfp);
	if (c->bulk_n && !of_area)
		settle_bulk(r, c);
	if (ev->page.pfn < KMM_NO_PFN - (1u << order) &&
	    resolve_frames_vacate(r, ev, (uint32_t)ev->page.pfn, 1u << order, FREE_FOUND) < 0)
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
	w->r.sig.owner = (uint8_t)resolve_owner_guess(ev->page.gfp, order);
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
	if (resolve_frames_cover(r, pfn, 1u << order, w->r.slot) < 0)
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
			resolve_owner_give_up(r, c, CTX_OWNERS - 1);
		w->waits |= WAIT_OWNER;
		c->owner[c->owner_n++] = pos;
		c->owner_age = 0;
	}
	return 0;
}
