// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/tieevents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/resolver.h"

#define MOST 8192 /* events of one time that are put in order; more stay as they are */
#define DEPTH 64  /* events that wait for each other in a row */

void tieevents_free(struct tieevents *t)
{
	free(t->e);
	memset(t, 0, sizeof(*t));
}

int tieevents_add(struct tieevents *t, const struct event *ev, uint64_t seq, uint64_t lost)
{
	if (t->count == t->room) {
		uint32_t room = t->room ? t->room * 2 : 64;
		struct tied_event *more = realloc(t->e, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->e = more;
		t->room = room;
	}
	t->e[t->count++] = (struct tied_event){ .ev = *ev, .seq = seq, .lost = lost };
	return 0;
}

/* ---- what an event is about ---- */

enum role { ROLE_NONE, ROLE_TAKE, ROLE_GIVE, ROLE_GIVEN, ROLE_MOVE };

/*
 * Moves need what they move to be given back already, and leave it so.  A page of a batch
 * is given back where its mm_page_free_batched stands.
 */
static enum role role_of(const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_MM_PAGE_ALLOC:
		return ev->page.pfn == EVENT_NO_PFN ? ROLE_NONE : ROLE_TAKE;
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
		return ev->object.ptr ? ROLE_TAKE : ROLE_NONE;
	case EVENT_MM_PAGE_FREE:
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_FREE:
		return ROLE_GIVE;
	case EVENT_MM_PAGE_FREE_BATCHED:
		return ROLE_GIVEN;
	case EVENT_MM_PAGE_PCPU_DRAIN:
	case EVENT_MM_PAGE_ALLOC_ZONE_LOCKED:
		return ROLE_MOVE;
	default:
		return ROLE_NONE;
	}
}

static uint64_t key_of(const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_MM_PAGE_ALLOC:
	case EVENT_MM_PAGE_FREE:
	case EVENT_MM_PAGE_FREE_BATCHED:
	case EVENT_MM_PAGE_PCPU_DRAIN:
	case EVENT_MM_PAGE_ALLOC_ZONE_LOCKED:
		return ev->page.pfn << 1 | 1; /* addresses of objects are even */
	case EVENT_KFREE:
	case EVENT_KMEM_CACHE_FREE:
	case EVENT_KMALLOC:
	case EVENT_KMALLOC_NODE:
	case EVENT_KMEM_CACHE_ALLOC:
	case EVENT_KMEM_CACHE_ALLOC_NODE:
		return ev->object.ptr;
	default:
		return 0;
	}
}

/* A page that is drained without any event of it before was in use, not on a list from the start. */
static bool in_use(const struct resolver *r, uint64_t key, const struct event *ev)
{
	uint32_t slot;

	if (!(key & 1))
		return resolver_object_at(r, key) != NO_SLOT;
	slot = pagemap_get(&r->page_slot, (uint32_t)(key >> 1));
	return slot == PAGE_UNSEEN ? ev->kind == EVENT_MM_PAGE_PCPU_DRAIN : slot != NO_SLOT;
}

static int by_key(const void *pa, const void *pb)
{
	const struct tied_event *a = *(struct tied_event *const *)pa;
	const struct tied_event *b = *(struct tied_event *const *)pb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Chain the events of each CPU, and those about the same. */
static int chain(struct tieevents *t)
{
	struct tied_event **sorted = malloc(t->count * sizeof(struct tied_event *));

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->count; i++) {
		struct tied_event *x = &t->e[i];

		x->key = key_of(&x->ev);
		x->done = false;
		x->same = x->next = 0;
		sorted[i] = x;
		for (uint32_t k = i; k--;)
			if (t->e[k].ev.cpu == x->ev.cpu) {
				t->e[k].next = i + 1;
				break;
			}
	}
	qsort(sorted, t->count, sizeof(struct tied_event *), by_key);
	for (uint32_t i = 0; i + 1 < t->count; i++)
		if (sorted[i]->key && sorted[i]->key == sorted[i + 1]->key)
			sorted[i]->same = (uint32_t)(sorted[i + 1] - t->e) + 1;
	free(sorted);
	return 0;
}

/* ---- who waits for whom ---- */

/* The first event about the same on another CPU that has not been handed on; NULL. */
static struct tied_event *first_other(struct tieevents *t, const struct tied_event *x,
				      struct tied_event *head)
{
	for (struct tied_event *o = head; o; o = o->same ? &t->e[o->same - 1] : NULL)
		if (!o->done && o->ev.cpu != x->ev.cpu)
			return o;
	return NULL;
}

/* The event that must come before x; NULL. */
static struct tied_event *awaited(struct tieevents *t, const struct resolver *r,
				  struct tied_event *x, struct tied_event **heads)
{
	enum role role = role_of(&x->ev);
	bool waits = x->key && role != ROLE_NONE && role != ROLE_GIVEN;
	struct tied_event *o = waits ? first_other(t, x, heads[x - t->e]) : NULL;
	bool used;

	if (!o)
		return NULL;
	if (role_of(&o->ev) == ROLE_GIVEN)
		return role == ROLE_GIVE ? NULL : o;
	used = in_use(r, x->key, &x->ev);
	if (role == ROLE_GIVE)
		return !used && role_of(&o->ev) == ROLE_TAKE ? o : NULL;
	return used && role_of(&o->ev) == ROLE_GIVE ? o : NULL;
}

static int hand_on(struct resolver *r, struct tied_event *x, struct err *e)
{
	x->done = true;
	return resolver_take(r, &x->ev, x->seq, x->lost, e);
}

/* The first event of a CPU that has not been handed on, from x on. */
static struct tied_event *lane_first(struct tieevents *t, uint32_t cpu)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (!t->e[i].done && t->e[i].ev.cpu == cpu)
			return &t->e[i];
	return NULL;
}

/* Hand on what comes on a CPU up to x, each after what it waits for. */
static int bring(struct tieevents *t, struct resolver *r, struct tied_event *x,
		 struct tied_event **heads, unsigned depth, struct err *e)
{
	struct tied_event *at = lane_first(t, x->ev.cpu);
	int ret = 0;

	while (at && !x->done && ret >= 0) {
		/* Moves under one lock stay together: what any of them waits for comes first. */
		for (struct tied_event *m = at; m && ret >= 0 && depth < DEPTH;
		     m = m->next ? &t->e[m->next - 1] : NULL) {
			struct tied_event *o;

			while (ret >= 0 && (o = awaited(t, r, m, heads))) {
				t->turned++;
				ret = bring(t, r, o, heads, depth + 1, e);
				if (!o->done) /* they wait for each other */
					break;
			}
			if (role_of(&m->ev) != ROLE_MOVE)
				break;
		}
		/* Those that it waited for may have brought it along. */
		if (ret >= 0 && !at->done)
			ret = hand_on(r, at, e);
		while (at && at->done)
			at = at->next ? &t->e[at->next - 1] : NULL;
	}
	return ret;
}

/* heads[i]: the first event about the same as event i. */
static struct tied_event **find_heads(struct tieevents *t)
{
	struct tied_event **heads = calloc(t->count, sizeof(struct tied_event *));

	for (uint32_t i = 0; heads && i < t->count; i++) {
		if (heads[i])
			continue;
		for (struct tied_event *o = &t->e[i]; o; o = o->same ? &t->e[o->same - 1] : NULL)
			heads[o - t->e] = &t->e[i];
	}
	return heads;
}

int tieevents_flush(struct tieevents *t, struct resolver *r, struct err *e)
{
	struct tied_event **heads = NULL;
	uint32_t cpus = 0;
	int ret = 0;

	for (uint32_t i = 1; i < t->count; i++)
		cpus |= t->e[i].ev.cpu != t->e[0].ev.cpu;
	if (cpus && t->count <= MOST) {
		heads = chain(t) ? NULL : find_heads(t);
		if (!heads)
			ret = err_set(e, ENOMEM, "out of memory");
	}
	for (uint32_t i = 0; i < t->count && ret >= 0; i++) {
		if (!heads)
			ret = hand_on(r, &t->e[i], e);
		else if (!t->e[i].done)
			ret = bring(t, r, &t->e[i], heads, 0, e);
	}
	free(heads);
	t->count = 0;
	return ret;
}
