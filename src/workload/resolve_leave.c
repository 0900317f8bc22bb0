// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve_leave: entries of the window about which nothing is open any more leave it as records; where it is full,
 * the oldest one is decided by default, or the window grows.
 */
#include "workload/resolver.h"

/* ns that a task waits for its CPU at most: the turns of some thirty others that can run, of 3 ms each */
#define CPU_PATIENCE 100000000

/* Nothing about it is open any more, not even its place. */
static inline int put(struct resolver *r, const struct request *q, bool gives)
{
	int ret;

	if (request_is_observation(q))
		r->stats.observations++;
	else
		r->stats.requests++;
	if (q->sig.op == REQ_PAGE_ALLOC)
		r->stats.owners[q->sig.owner]++;
	if (q->sig.flags & REQ_RESPONSE)
		r->stats.responses++;
	ret = r->o.put(r->o.arg, q, r->err);
	if (gives)
		slots_give(&r->slots, q->slot);
	return ret;
}

int resolve_leave_tie(void *arg, const struct tie *t)
{
	return put(arg, &t->r, t->gives);
}

/* Is no other CPU's record of its time to be expected?  Those behind it in the window tell. */
static bool stands_alone(struct resolver *r, const struct window_entry *w)
{
	for (uint64_t p = r->win.head + 1; p < r->win.tail; p++) {
		const struct window_entry *o = window_at(&r->win, p);

		if (o->r.time != w->r.time) {
			r->alone_until = p;
			return true;
		}
		if (o->r.cpu != w->r.cpu)
			return false;
	}
	return false;
}

/* A record that others of its time may have to come before. */
static __attribute__((noinline)) int hand_on_tied(struct resolver *r, const struct window_entry *w)
{
	struct tie t;
	int ret;

	if (r->ties.count && ties_time(&r->ties) != w->r.time) {
		ret = ties_flush(&r->ties);
		if (ret < 0)
			return ret;
	}
	if (!r->ties.count && (w->alone || r->win.head < r->alone_until || stands_alone(r, w))) {
		ties_note(&r->ties, &w->take);
		return put(r, &w->r, w->gives);
	}
	t = (struct tie){ .r = w->r, .take = w->take, .freed = KMM_NO_PFN, .gives = w->gives };
	if (w->r.sig.op == REQ_PAGE_FREE)
		t.freed = w->freed_pfn;
	ret = ties_add(&r->ties, &t);
	return ret == -ENOMEM ? resolver_oom(r) : ret;
}

/* The usual answer to stands_alone(). */
static inline bool next_is_later(const struct resolver *r, const struct window_entry *w)
{
	return r->win.head + 1 < r->win.tail &&
	       window_at(&r->win, r->win.head + 1)->r.time != w->r.time;
}

static inline int hand_on(struct resolver *r, const struct window_entry *w)
{
	if (w->dropped) {
		if (w->gives)
			slots_give(&r->slots, w->r.slot);
		return 0;
	}
	if (__builtin_expect(r->ties.count, 0) ||
	    !(w->alone || r->win.head < r->alone_until || next_is_later(r, w)))
		return hand_on_tied(r, w);
	ties_note(&r->ties, &w->take);
	return put(r, &w->r, w->gives);
}

int resolve_leave(struct resolver *r)
{
	if (window_empty(&r->win))
		return 0;
	while (!window_empty(&r->win)) {
		struct window_entry *w = window_at(&r->win, r->win.head);
		int ret;

		if (w->waits)
			break;
		/* The last one stays until it is known whether another of its time follows. */
		if (!w->alone && !r->finishing && r->win.head + 1 == r->win.tail)
			break;
		ret = hand_on(r, w);
		r->win.head++;
		if (ret < 0)
			return ret;
	}
	window_rewind(&r->win);
	return 0;
}

/* ---- a window that is full ---- */

/* The window is full: the context that its oldest entry waits in must decide, and no other. */
static int force_head(struct resolver *r)
{
	struct window_entry *w = window_at(&r->win, r->win.head);
	struct ctx *set = &r->ctx[(size_t)w->r.cpu * CTX_PER_CPU];

	for (unsigned i = 0; i < CTX_PER_CPU; i++) {
		if (set[i].key != w->ctx)
			continue;
		if (w->waits & WAIT_ALLOC)
			resolve_page_settle_all(r, &set[i]);
		else
			resolve_page_settle_most(r, &set[i]);
	}
	resolve_irq_settle(r, w->r.cpu);
	w->waits = 0;
	r->stats.forced++;
	return resolve_leave(r);
}

/*
 * Is this among several frees that a task logged last?  They look like a batch, and the task may have lost the CPU
 * before it gave them back; when it gets it again, it goes on with that.  A task that has not gone on for so long does
 * not wait for the CPU: they were no batch.
 */
static bool in_batch(const struct resolver *r, const struct window_entry *w)
{
	const struct ctx *set = &r->ctx[(size_t)w->r.cpu * CTX_PER_CPU];

	if (!(w->waits & WAIT_BATCH) || w->ctx < 0 ||
	    window_at(&r->win, r->win.tail - 1)->r.time - w->r.time > CPU_PATIENCE)
		return false;
	for (unsigned i = 0; i < CTX_PER_CPU; i++)
		if (set[i].key == w->ctx)
			return set[i].frees.count > 1;
	return false;
}

/*
 * Is this the last that its CPU logged, a free that may wait for the zone lock with which it drains its list?  It does so
 * with preemption off: nothing else runs there.  A virtual CPU may have lost the real one meanwhile.
 */
static bool is_draining(const struct resolver *r, const struct window_entry *w)
{
	const struct ctx *c = &r->ctx[(size_t)w->r.cpu * CTX_PER_CPU + r->irq[w->r.cpu].recent];

	return w->waits & WAIT_DRAIN && c->key == w->ctx && c->last_free == r->win.head &&
	       window_at(&r->win, r->win.tail - 1)->r.time - w->r.time <= CPU_PATIENCE;
}

/* The window is half full: more of it, or its oldest entry is decided. */
int resolve_relieve(struct resolver *r)
{
	int ret = 0;

	while (ret >= 0 && r->win.tail - r->win.head > (r->win.mask + 1) / 2) {
		const struct window_entry *w = window_at(&r->win, r->win.head);

		/* Zeroing a huge page takes its time; the rest can be decided by default. */
		if ((r->win.mask + 1 < WINDOW_USUAL || w->waits & WAIT_ALLOC || in_batch(r, w) ||
		     is_draining(r, w)) &&
		    window_grow(&r->win))
			continue;
		ret = force_head(r);
	}
	return ret;
}

/* As resolver_append(), where the window is full. */
static __attribute__((noinline)) struct window_entry *append_to_full(struct resolver *r,
								     const struct event *ev,
								     enum request_op op)
{
	if (!window_grow(&r->win) && force_head(r) < 0)
		return NULL;
	return resolver_append(r, ev, op);
}

struct window_entry *resolver_append(struct resolver *r, const struct event *ev, enum request_op op)
{
	struct window_entry *w;

	if (__builtin_expect(window_full(&r->win), 0))
		return append_to_full(r, ev, op);
	w = window_at(&r->win, r->win.tail++);
	window_entry_init(w, op);
	w->ctx = r->current;
	w->alone = r->alone;
	w->r.time = ev->time;
	w->r.pid = ev->pid;
	w->r.cpu = (uint16_t)ev->cpu;
	w->r.seq = r->seq;
	return w;
}
