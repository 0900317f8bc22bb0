// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve_free: frees of pages, and those that wait for their batched event, for their drains
 * or for a name.
 */
#include <errno.h>
#include <string.h>

#include "workload/resolver.h"

#define FOLIO_BATCH 31 /* pages freed in one batch at most, from 6.9 on; a list before */

/* How many of the context's frees from i on are of neighbours, none of them of other blocks. */
static uint32_t neighbours(const struct resolver *r, const struct ctx *c, uint32_t i)
{
	uint32_t n = 0;

	for (const struct window_entry *first = NULL; i + n < c->frees.count; n++) {
		const struct window_entry *w = window_at(&r->win, c->frees.pos[i + n]);

		if (!window_has(&r->win, c->frees.pos[i + n]) || w->r.sig.order)
			break;
		first = first ? first : w;
		if (w->r.slot != first->r.slot || w->freed_pfn != first->freed_pfn + n)
			break;
	}
	return n;
}

/* 2^order frees from the i-th on are one, which takes place at the last. */
static uint64_t join(struct resolver *r, const struct ctx *c, uint32_t i, unsigned order)
{
	uint64_t pos = c->frees.pos[i + (1u << order) - 1];
	struct window_entry *w = window_at(&r->win, pos);

	for (uint32_t k = i; c->frees.pos[k] != pos; k++) {
		struct window_entry *piece = window_at(&r->win, c->frees.pos[k]);

		piece->dropped = true;
		piece->waits = 0;
	}
	w->freed_pfn -= (1u << order) - 1;
	w->r.pfn = w->freed_pfn;
	w->r.sig.order = (uint8_t)order;
	if (w->r.slot != NO_SLOT && r->slots.s[w->r.slot].order == order) {
		w->r.sig.flags &= (uint8_t)~REQ_PIECE;
		w->r.pfn = KMM_NO_PFN;
	}
	return pos;
}

void resolve_free_area(struct resolver *r, struct ctx *c)
{
	uint32_t i = c->area_frees, kept = i;

	while (i < c->frees.count) {
		uint32_t n = neighbours(r, c, i);
		unsigned order = 0;

		if (n) {
			uint32_t pfn = window_at(&r->win, c->frees.pos[i])->freed_pfn;

			while (order + 1 < KMM_ORDERS && 2u << order <= n &&
			       !(pfn & ((2u << order) - 1)))
				order++;
		}
		c->frees.pos[kept++] = order ? join(r, c, i, order) : c->frees.pos[i];
		i += 1u << order;
	}
	c->frees.count = kept;
	if (c->frees_before > kept)
		c->frees_before = kept;
}

/* The first n of them are decided. */
static void drop_frees(struct ctx *c, uint32_t n)
{
	if (!n)
		return;
	memmove(c->frees.pos, c->frees.pos + n, (c->frees.count - n) * sizeof(*c->frees.pos));
	c->frees.count -= n;
	c->area_gone = false;
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

void resolve_free_settle(struct resolver *r, struct ctx *c)
{
	decide_plain(r, c, c->frees.count);
}

void resolve_free_unpaired(struct resolver *r, struct ctx *c)
{
	for (uint32_t i = 0; i < c->unpaired.count; i++)
		if (window_has(&r->win, c->unpaired.pos[i]))
			window_at(&r->win, c->unpaired.pos[i])->waits &= (uint8_t)~WAIT_PAIR;
	c->unpaired.count = 0;
}

void resolve_free_settle_drain(struct resolver *r, struct ctx *c)
{
	if (c->last_free != WINDOW_NONE && window_has(&r->win, c->last_free))
		window_at(&r->win, c->last_free)->waits &= (uint8_t)~WAIT_DRAIN;
	c->last_free = WINDOW_NONE;
}

/* Free [pfn, pfn + pages) of slot's block in the maps; the record names the slot. */
static void free_of_slot(struct resolver *r, struct window_entry *w, uint32_t slot, uint32_t pfn,
			 uint32_t pages)
{
	struct slot *s = &r->slots.s[slot];

	for (uint32_t i = 0; i < pages; i++)
		pagemap_at(&r->frames, pfn + i)->slot = NO_SLOT;
	w->r.slot = slot;
	if (pages != 1u << s->order) {
		w->r.sig.flags |= REQ_PIECE;
		w->r.pfn = pfn;
		r->stats.pieces++;
	}
	s->left = s->left > pages ? s->left - pages : 0;
	w->gives = s->left == 0;
}

int resolve_free(struct resolver *r, struct ctx *c, const struct event *ev)
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
		if (resolve_frames_vacate(r, ev, pfn, pages, 0) < 0)
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
		if (slot == c->exact_slot && order < r->slots.s[slot].order) {
			/* alloc_pages_exact trims its block: straight to the buddy lists (pitfall 15). */
			w->r.sig.flags |= REQ_DIRECT;
			w->r.sig.aux = FREE_TAIL;
			return 0;
		}
	} else {
		w->r.pfn = pfn;
		w->r.sig.flags |= REQ_UNPAIRED;
		r->stats.unpaired_pages += pages;
		if (resolve_frames_cover(r, pfn, pages, NO_SLOT) < 0)
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
	if (r->o.joins_areas && (c->last_kind == EVENT_FREE_VMAP_AREA_NOFLUSH ||
				 c->last_kind == EVENT_REMOVE_VM_AREA)) {
		c->area_gone = true;
		c->area_frees = c->frees.count;
	}
	return posvec_push(&c->frees, pos) ? resolver_oom(r) : 0;
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
	w->r.cpu = ev->cpu;
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
 * The drains after a free show when it got the zone lock, for which it may have
 * waited: among the operations of all CPUs it stands there.  A page that was handed out since had been on its list:
 * then they are those of a later piece of work of this task.
 */
int resolve_free_at_drain(struct resolver *r, struct ctx *c, const struct event *ev)
{
	uint64_t old = c->last_free;
	struct window_entry *w;
	uint8_t waits;

	resolve_free_settle_drain(r, c);
	if (old == WINDOW_NONE || !window_has(&r->win, old) || window_at(&r->win, old)->dropped ||
	    used_since(r, old))
		return 0;
	waits = window_at(&r->win, old)->waits;
	w = move_free(r, ev, old);
	if (!w)
		return err_code(r->err);
	w->waits = w->dropped ? 0 : waits;
	for (uint32_t i = 0; i < c->unpaired.count; i++)
		if (c->unpaired.pos[i] == old)
			c->unpaired.pos[i] = resolver_newest(r);
	return 0;
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

/* The context's last free of this page that waits for its batched event; frees.count: none. */
static uint32_t newest_free(const struct resolver *r, const struct ctx *c, uint64_t pfn)
{
	for (uint32_t i = c->frees.count; i--;)
		if (window_at(&r->win, c->frees.pos[i])->freed_pfn == pfn &&
		    window_has(&r->win, c->frees.pos[i]))
			return i;
	return c->frees.count;
}

/*
 * The task was moved to this CPU with a batch in hand, of which this page is: the frees that it logged where it was
 * come before those of this context.  Where the page is among them then; frees.count: there is none such.
 */
static uint32_t bring_batch(struct resolver *r, struct ctx *c, uint64_t pfn)
{
	for (uint32_t k = 0; c->key > 0 && k < r->cpus * CTX_PER_CPU; k++) {
		struct ctx *was = &r->ctx[k];
		struct posvec whole;
		uint32_t i = was == c || was->key != c->key ? was->frees.count :
							      newest_free(r, was, pfn);
		uint32_t n = c->frees.count;

		if (i == was->frees.count)
			continue;
		decide_plain(r, was, batch_start(r, was, i));
		resolve_free_settle_drain(r, was);
		for (i = 0; i < n; i++)
			if (posvec_push(&was->frees, c->frees.pos[i]))
				return UINT32_MAX;
		c->frees_before = was->frees.count - n;
		whole = was->frees;
		was->frees = c->frees;
		c->frees = whole;
		was->frees.count = was->frees_before = 0;
		return newest_free(r, c, pfn);
	}
	return c->frees.count;
}

/*
 * A batch is logged page by page first, and freed after that: a batched free takes place
 * here, not at its mm_page_free (pitfalls 7 and 23).  Pages passed over found the per-CPU
 * list locked, and were freed past it just before.
 */
int resolve_free_batched(struct resolver *r, struct ctx *c, const struct event *ev)
{
	struct window_entry *w;
	uint32_t i, start;

	i = newest_free(r, c, ev->page.pfn);
	/*
	 * Before 4.15 the batched event comes first, and in 2.6.32 (mm_pagevec_free) no other; so it does
	 * where the page's mm_page_free was lost.
	 */
	if (i == c->frees.count && ev->page.pfn < KMM_NO_PFN &&
	    resolver_slot_of(r, (uint32_t)ev->page.pfn) != NO_SLOT) {
		c->batched_first = (uint32_t)ev->page.pfn;
		return resolve_free(r, c, ev);
	}
	if (i == c->frees.count) {
		i = bring_batch(r, c, ev->page.pfn);
		if (i == UINT32_MAX)
			return resolver_oom(r);
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
