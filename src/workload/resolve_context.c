// SPDX-License-Identifier: GPL-2.0-or-later
/* resolve_context: the contexts of each CPU, of which the last few are remembered. */
#include <stdlib.h>
#include <string.h>

#include "trace/kthread.h"
#include "workload/resolver.h"

void resolve_context_reset(struct ctx *c, int64_t key)
{
	c->key = key;
	c->used = 0;
	c->last_kind = EVENT_OTHER;
	c->batched_first = KMM_NO_PFN;
	c->boot_init = c->unbound = false;
	c->reclaimer = c->compactor = c->in_reclaim = c->in_compaction = c->compacted = false;
	c->compacts_other = false;
	c->open = c->twin = c->bulk = c->last_free = WINDOW_NONE;
	c->bulk_n = 0;
	c->resumed = false;
	c->exact_slot = NO_SLOT;
	c->area_size = c->big_size = c->kmap_page = 0;
	c->area_align = 0;
	c->frees.count = c->unpaired.count = c->frees_before = 0;
	c->owner_n = c->owner_age = 0;
}

static int grow_cpus(struct resolver *r, uint32_t cpus)
{
	struct ctx *more = realloc(r->ctx, (size_t)cpus * CTX_PER_CPU * sizeof(*more));
	struct irq *irq;

	if (!more)
		return resolver_oom(r);
	r->ctx = more;
	irq = realloc(r->irq, cpus * sizeof(*irq));
	if (!irq)
		return resolver_oom(r);
	r->irq = irq;
	for (uint32_t i = r->cpus; i < cpus; i++)
		r->irq[i] = (struct irq){ .early = WINDOW_NONE };
	for (uint32_t i = r->cpus * CTX_PER_CPU; i < cpus * CTX_PER_CPU; i++) {
		memset(&more[i], 0, sizeof(*more));
		resolve_context_reset(&more[i], CTX_NONE);
	}
	r->cpus = cpus;
	return 0;
}

/* Did it lose the CPU between an area and its array, whose pages vfree() gives back one by one in between? */
static bool gives_area(const struct resolver *r, const struct ctx *c)
{
	uint64_t last = c->frees.count ? c->frees.pos[c->frees.count - 1] : WINDOW_NONE;

	if (c->last_kind != EVENT_MM_PAGE_FREE)
		return c->last_kind == EVENT_FREE_VMAP_AREA_NOFLUSH ||
		       c->last_kind == EVENT_REMOVE_VM_AREA;
	return r->arrays.used && window_has(&r->win, last) &&
	       window_at(&r->win, last)->r.sig.flags & REQ_UNPAIRED;
}

/* Whose place is rather taken: one that waits for an allocation's own event, or for an array, may do so for long. */
static bool goes_first(const struct resolver *r, const struct ctx *a, const struct ctx *b)
{
	bool free = a->key == CTX_NONE, waits, other;

	if (free || b->key == CTX_NONE)
		return free;
	waits = a->open != WINDOW_NONE || gives_area(r, a);
	other = b->open != WINDOW_NONE || gives_area(r, b);
	return waits != other ? !waits : a->used < b->used;
}

/* Another context of the CPU than that of its last event: it may be a new one. */
static __attribute__((noinline)) struct ctx *ctx_switch(struct resolver *r, const struct event *ev,
							int64_t key)
{
	struct ctx *set = &r->ctx[(size_t)ev->cpu * CTX_PER_CPU], *old = set;

	for (unsigned i = 0; i < CTX_PER_CPU; i++) {
		if (set[i].key == key)
			return &set[i];
		if (goes_first(r, &set[i], old))
			old = &set[i];
	}
	if (old->key != CTX_NONE)
		resolve_page_settle_all(r, old);
	resolve_context_reset(old, key);
	if (key > 0 && r->o.comm) {
		const char *comm = r->o.comm(r->o.arg, ev->pid);
		size_t kept;
		enum kthread is = comm ? kthread_of(comm, strlen(comm), &kept) : KTHREAD_NONE;

		old->compactor = is == KTHREAD_KCOMPACTD;
		old->unbound = is == KTHREAD_UNBOUND;
		old->boot_init = is == KTHREAD_PGDATINIT;
		old->reclaimer = old->compactor || is == KTHREAD_KSWAPD;
	}
	return old;
}

/* The event's context where it is not that of the event before. */
struct ctx *resolve_context_get(struct resolver *r, const struct event *ev, int64_t key)
{
	struct ctx *set, *c;

	if (ev->cpu >= r->cpus && grow_cpus(r, ev->cpu + 1) < 0)
		return NULL;
	set = &r->ctx[(size_t)ev->cpu * CTX_PER_CPU];
	c = &set[r->irq[ev->cpu].recent];
	if (c->key != key) {
		c = ctx_switch(r, ev, key);
		r->irq[ev->cpu].recent = (uint8_t)(c - set);
	}
	r->at = c;
	r->at_cpu = ev->cpu;
	return c;
}
