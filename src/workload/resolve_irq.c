// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve_irq: interrupts between the steps of a page operation (pitfall 24).
 *
 * An interrupt, with the softirqs that run on its way out, can come
 * - while the interrupted task holds the lock of a per-CPU list: the kernel 6.1
 *   then finds it locked and goes past the list.  The likeliest moment is when
 *   the zone lock is released after a refill or a drain, since that enables
 *   interrupts again;
 * - after a task took a page from a list and before its mm_page_alloc: the
 *   event is logged after those of the interrupt, the operation was before.
 */
#include "workload/resolver.h"

static const struct ctx *find(const struct resolver *r, uint32_t cpu, int64_t key)
{
	const struct ctx *set = &r->ctx[(size_t)cpu * CTX_PER_CPU];

	for (unsigned i = 0; i < CTX_PER_CPU; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* Its last event came out of a section that holds the lock, and more is to follow. */
static bool holds_lock(const struct resolver *r, const struct ctx *c)
{
	switch (c->last_kind) {
	case EVENT_MM_PAGE_ALLOC_ZONE_LOCKED:
		return c->open != WINDOW_NONE && window_has(&r->win, c->open);
	case EVENT_MM_PAGE_FREE_BATCHED:
		return c->frees.count;
	case EVENT_MM_PAGE_PCPU_DRAIN:
		return c->drain == DRAIN_FREE || c->drain == DRAIN_EITHER;
	default:
		return false;
	}
}

bool resolve_irq_locked(const struct resolver *r, const struct event *ev, uint32_t pfn)
{
	const int64_t below[] = { ev->pid, CTX_SOFTIRQ, CTX_HARDIRQ };

	if (r->current >= 0)
		return false;
	for (unsigned i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		const struct ctx *c;

		if (below[i] < 0 && below[i] <= r->current)
			break;
		c = find(r, ev->cpu, below[i]);
		if (c && holds_lock(r, c) && resolver_same_zone(r, c->list_pfn, pfn))
			return true;
	}
	return false;
}

/* ---- pages taken before the interrupt, logged after it ---- */

static void forget(struct resolver *r, struct irq *q)
{
	if (q->early != WINDOW_NONE && window_has(&r->win, q->early)) {
		struct window_entry *w = window_at(&r->win, q->early);

		w->dropped = true;
		w->waits = 0;
	}
	q->early = WINDOW_NONE;
}

/* Keep a place before the interrupt's page events for what the task may have done. */
int resolve_irq_enter(struct resolver *r, const struct event *ev)
{
	struct irq *q = &r->irq[ev->cpu];
	const struct ctx *c;
	struct window_entry *w;

	if (q->early != WINDOW_NONE || !ev->pid)
		return 0;
	c = find(r, ev->cpu, ev->pid);
	if (c && c->open != WINDOW_NONE)
		return 0;
	w = resolver_append(r, ev, REQ_PAGE_ALLOC);
	if (!w)
		return err_code(r->err);
	q->early = resolver_newest(r);
	w->ctx = q->task = ev->pid;
	w->waits = WAIT_EARLY;
	return 0;
}

void resolve_irq_leave(struct resolver *r, const struct event *ev)
{
	struct irq *q = &r->irq[ev->cpu];

	/* What it took is mapped to be cleared, and unmapped, before it is logged. */
	if (q->early != WINDOW_NONE &&
	    (q->task != ev->pid ||
	     (ev->kind != EVENT_MM_PAGE_ALLOC && !resolver_is_kmap((enum event_kind)ev->kind))))
		forget(r, q);
}

/* The list that serves a request, or that a page of this type stands on. */
struct list {
	uint32_t pfn; /* of its zone */
	int order;
	unsigned type;
};

static bool is_on(const struct resolver *r, const struct window_entry *w, const struct list *l)
{
	unsigned type = w->r.sig.type < KMM_PCPTYPES ? w->r.sig.type : KMM_MOVABLE;

	return w->r.sig.order == l->order && type == l->type &&
	       resolver_same_zone(r, w->r.pfn, l->pfn);
}

/* Does a drain take a list's pages to the last before it goes on with another one (free_pcppages_bulk(), 5.18 on)? */
static bool drains_lists_whole(const struct resolver *r)
{
	const struct machine *m = r->o.machine;

	return m && (m->kernel_major > 5 || (m->kernel_major == 5 && m->kernel_minor >= 18));
}

/*
 * The interrupt put a page on the very list that serves this request, or drained that list to the last page: had the
 * task come after it, it would have got that page (lists are last in, first out), or had needed a refill.
 */
static bool came_before(const struct resolver *r, const struct irq *q, const struct event *ev)
{
	struct list list = { .pfn = ev->page.pfn,
			     .order = ev->page.order < 0 ? 0 : ev->page.order,
			     .type = resolver_type(r, ev->page.migratetype) };
	bool put = false, drained = false, whole = drains_lists_whole(r);

	for (uint64_t p = q->early + 1; p < r->win.tail; p++) {
		const struct window_entry *w = window_at(&r->win, p);

		if (w->dropped || w->ctx >= 0 || w->r.cpu != ev->cpu)
			continue;
		if (w->r.sig.op == OBS_PCPU_DRAIN) {
			bool on = is_on(r, w, &list);

			put |= whole && drained && !on && w->r.sig.aux2;
			drained = on;
			if (w->r.pfn == list.pfn)
				return false;
			continue;
		}
		if (w->r.sig.order != list.order)
			continue;
		if (w->r.sig.op == REQ_PAGE_ALLOC)
			return false;
		if (w->r.sig.op != REQ_PAGE_FREE || w->r.sig.flags & REQ_DIRECT)
			continue;
		if (w->freed_pfn == list.pfn)
			return false;
		put |= w->freed_type == list.type;
	}
	return put;
}

struct window_entry *resolve_irq_early(struct resolver *r, const struct event *ev, uint64_t *pos)
{
	struct irq *q = &r->irq[ev->cpu];
	struct window_entry *w = NULL;

	if (r->current < 0 || q->early == WINDOW_NONE || q->task != ev->pid)
		return NULL;
	if (window_has(&r->win, q->early) && came_before(r, q, ev)) {
		w = window_at(&r->win, q->early);
		w->waits = 0;
		*pos = q->early;
		q->early = WINDOW_NONE;
		r->stats.early++;
	}
	forget(r, q);
	return w;
}

void resolve_irq_settle(struct resolver *r, uint32_t cpu)
{
	forget(r, &r->irq[cpu]);
}
