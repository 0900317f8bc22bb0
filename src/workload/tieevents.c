// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/tieevents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/resolver.h"

#define MOST 65536 /* events of one time that are put in order; more stay as they are */
#define DEPTH 64   /* events that wait for each other in a row */

void tieevents_free(struct tieevents *t)
{
	free(t->e);
	free(t->lanes);
	free(t->index);
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
	slot = pagemap_get(&r->frames, (uint32_t)(key >> 1)).slot;
	return slot == PAGE_UNSEEN ? ev->kind == EVENT_MM_PAGE_PCPU_DRAIN : slot != NO_SLOT;
}

/* Put event i behind the others of its CPU. */
static int chain_lane(struct tieevents *t, uint32_t i)
{
	struct tied_event *x = &t->e[i];
	uint32_t l = 0;

	while (l < t->lane_count && t->lanes[l].cpu != x->ev.cpu)
		l++;
	if (l == t->lane_room) {
		uint32_t room = l ? 2 * l : 8;
		struct tied_lane *more = realloc(t->lanes, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->lanes = more;
		t->lane_room = room;
	}
	if (l == t->lane_count)
		t->lanes[t->lane_count++] = (struct tied_lane){ .cpu = x->ev.cpu, .first = i + 1 };
	else
		t->e[t->lanes[l].last].next = i + 1;
	t->lanes[l].last = i;
	x->lane = l;
	return 0;
}

/* Where the index has the last event about this, or room for one. */
static uint32_t place_of(const struct tieevents *t, uint64_t key)
{
	uint64_t h = key * 0x9e3779b97f4a7c15; /* 2^64 by the golden ratio */
	uint32_t at = (uint32_t)(h >> 32) & t->index_mask;

	while (t->index[at] && t->e[t->index[at] - 1].key != key)
		at = (at + 1) & t->index_mask;
	return at;
}

/* Put event i behind the others about the same. */
static void chain_key(struct tieevents *t, uint32_t i)
{
	struct tied_event *x = &t->e[i];
	uint32_t at, n;

	if (!x->key)
		return;
	at = place_of(t, x->key);
	n = t->index[at];
	if (n) {
		t->e[n - 1].same = i + 1;
		x->head = t->e[n - 1].head;
	}
	t->index[at] = i + 1;
}

/* Chain the events of each CPU, and those about the same. */
static int chain(struct tieevents *t)
{
	uint32_t room = 8;

	while (room < 2 * t->count)
		room *= 2;
	if (room > t->index_room) {
		free(t->index);
		t->index_room = 0;
		t->index = malloc(room * sizeof(*t->index));
		if (!t->index)
			return -ENOMEM;
		t->index_room = room;
	}
	memset(t->index, 0, room * sizeof(*t->index));
	t->index_mask = room - 1;
	t->lane_count = 0;
	for (uint32_t i = 0; i < t->count; i++) {
		struct tied_event *x = &t->e[i];

		x->key = key_of(&x->ev);
		x->done = false;
		x->head = i;
		x->same = x->next = 0;
		if (chain_lane(t, i))
			return -ENOMEM;
		chain_key(t, i);
	}
	return 0;
}

/* ---- who waits for whom ---- */

/* The first event about this, with those behind it, on another CPU than x that has not been handed on; NULL. */
static struct tied_event *first_other(struct tieevents *t, struct tied_event *o,
				      const struct tied_event *x)
{
	for (; o; o = o->same ? &t->e[o->same - 1] : NULL)
		if (!o->done && o->ev.cpu != x->ev.cpu)
			return o;
	return NULL;
}

/* The first event about what has this key; NULL. */
static struct tied_event *first_about(struct tieevents *t, uint64_t key)
{
	uint32_t at = place_of(t, key);

	return t->index[at] ? &t->e[t->e[t->index[at] - 1].head] : NULL;
}

/*
 * Is x a refill of a page that is on a per-CPU list, by what was handed on of it at this time or comes before x on its CPU,
 * and o its drain?  It is not in the free lists before that.
 */
static bool is_listed(struct tieevents *t, const struct tied_event *x, const struct tied_event *o)
{
	int listed = 0;

	if (x->ev.kind != EVENT_MM_PAGE_ALLOC_ZONE_LOCKED || o->ev.kind != EVENT_MM_PAGE_PCPU_DRAIN)
		return false;
	for (const struct tied_event *e = &t->e[o->head]; e;
	     e = e->same ? &t->e[e->same - 1] : NULL) {
		if (!e->done && (e->ev.cpu != x->ev.cpu || e >= x))
			continue;
		listed += e->ev.kind == EVENT_MM_PAGE_FREE ||
			  e->ev.kind == EVENT_MM_PAGE_ALLOC_ZONE_LOCKED;
		listed -= e->ev.kind == EVENT_MM_PAGE_PCPU_DRAIN ||
			  e->ev.kind == EVENT_MM_PAGE_ALLOC;
	}
	return listed > 0;
}

/*
 * A block is taken whole, and its pages may have been given back one by one: the event that gives back another than the
 * first of them; NULL.
 */
static struct tied_event *awaited_inside(struct tieevents *t, const struct resolver *r,
					 const struct tied_event *x)
{
	bool takes = x->ev.kind == EVENT_MM_PAGE_ALLOC_ZONE_LOCKED ||
		     (x->ev.kind == EVENT_MM_PAGE_ALLOC && x->key);
	unsigned order = takes && x->ev.page.order > 0 ? (unsigned)x->ev.page.order : 0;

	for (uint64_t p = 1; order < KMM_ORDERS && p < 1u << order; p++) {
		uint64_t key = x->key + (p << 1);
		struct tied_event *o = first_other(t, first_about(t, key), x);
		enum role role = o ? role_of(&o->ev) : ROLE_NONE;

		if (role == ROLE_GIVEN || (role == ROLE_GIVE && in_use(r, key, &x->ev)) ||
		    (role == ROLE_MOVE && is_listed(t, x, o)))
			return o;
	}
	return NULL;
}

/* The event that must come before x; NULL. */
static struct tied_event *awaited(struct tieevents *t, const struct resolver *r,
				  struct tied_event *x)
{
	enum role role = role_of(&x->ev);
	bool waits = x->key && role != ROLE_NONE && role != ROLE_GIVEN;
	struct tied_event *o = waits ? first_other(t, &t->e[x->head], x) : NULL;
	bool used;

	if (!o)
		return waits ? awaited_inside(t, r, x) : NULL;
	if (role_of(&o->ev) == ROLE_GIVEN)
		return role == ROLE_GIVE ? NULL : o;
	used = in_use(r, x->key, &x->ev);
	if (role == ROLE_GIVE)
		return !used && role_of(&o->ev) == ROLE_TAKE ? o : NULL;
	if (used ? role_of(&o->ev) == ROLE_GIVE : is_listed(t, x, o))
		return o;
	return awaited_inside(t, r, x);
}

static int hand_on(struct tieevents *t, struct resolver *r, struct tied_event *x, struct err *e)
{
	x->done = true;
	t->lanes[x->lane].first = x->next;
	return resolver_take(r, &x->ev, x->seq, x->lost, e);
}

/* The first event of a CPU that has not been handed on; NULL. */
static struct tied_event *lane_first(struct tieevents *t, const struct tied_event *x)
{
	uint32_t first = t->lanes[x->lane].first;

	return first ? &t->e[first - 1] : NULL;
}

/* Hand on what comes on a CPU up to x, each after what it waits for. */
static int bring(struct tieevents *t, struct resolver *r, struct tied_event *x, unsigned depth,
		 struct err *e)
{
	struct tied_event *at = lane_first(t, x);
	int ret = 0;

	while (at && !x->done && ret >= 0) {
		/* Moves under one lock stay together: what any of them waits for comes first. */
		for (struct tied_event *m = at; m && ret >= 0 && depth < DEPTH;
		     m = m->next ? &t->e[m->next - 1] : NULL) {
			struct tied_event *o;

			while (ret >= 0 && (o = awaited(t, r, m))) {
				t->turned++;
				ret = bring(t, r, o, depth + 1, e);
				if (!o->done) /* they wait for each other */
					break;
			}
			if (role_of(&m->ev) != ROLE_MOVE)
				break;
		}
		/* Those that it waited for may have brought it along. */
		if (ret >= 0 && !at->done)
			ret = hand_on(t, r, at, e);
		at = lane_first(t, x);
	}
	return ret;
}

int tieevents_flush(struct tieevents *t, struct resolver *r, struct err *e)
{
	bool several = false;
	int ret = 0;

	for (uint32_t i = 1; i < t->count; i++)
		several |= t->e[i].ev.cpu != t->e[0].ev.cpu;
	several &= t->count <= MOST;
	if (several && chain(t))
		ret = err_set(e, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < t->count && ret >= 0; i++) {
		struct tied_event *x = &t->e[i];

		if (!several)
			ret = resolver_take(r, &x->ev, x->seq, x->lost, e);
		else if (!x->done)
			ret = bring(t, r, x, 0, e);
	}
	t->count = 0;
	return ret;
}
