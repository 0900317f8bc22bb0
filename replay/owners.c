// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/owners.h"

#include <stdlib.h>
#include <string.h>

int owners_init(struct owners *o)
{
	memset(o, 0, sizeof(*o));
	return map_init(&o->numbers, 64);
}

void owners_free(struct owners *o)
{
	map_free(&o->numbers);
	free(o->t);
	free(o->of);
	memset(o, 0, sizeof(*o));
}

static uint32_t *place_of(struct owners *o, uint32_t slot)
{
	if (slot >= o->slots) {
		uint32_t n = slot + slot / 2 + 1024;
		uint32_t *more = realloc(o->of, n * sizeof(*more));

		if (!more)
			return NULL;
		memset(more + o->slots, 0, (n - o->slots) * sizeof(*more));
		o->of = more;
		o->slots = n;
	}
	return &o->of[slot];
}

/* Place in t of a record's owner; UINT32_MAX: no memory. */
static uint32_t total_of(struct owners *o, const struct request *q)
{
	uint32_t cache = q->sig.owner == OWNER_SLAB ? q->sig.cache : 0;
	uint64_t key = (uint64_t)q->sig.owner << 32 | cache;
	uint32_t n = map_get(&o->numbers, key);

	if (n != MAP_NONE)
		return n;
	if (o->count == o->room) {
		uint32_t room = o->room ? o->room * 2 : 64;
		struct owner_total *more = realloc(o->t, room * sizeof(*more));

		if (!more)
			return UINT32_MAX;
		o->t = more;
		o->room = room;
	}
	if (map_put(&o->numbers, key, o->count))
		return UINT32_MAX;
	o->t[o->count] = (struct owner_total){ .owner = q->sig.owner, .cache = cache };
	return o->count++;
}

static void follow_alloc(struct owners *o, const struct request *q)
{
	uint32_t *place = q->slot == NO_SLOT ? NULL : place_of(o, q->slot);
	uint32_t n = total_of(o, q);
	struct owner_total *t;

	if (n == UINT32_MAX || (q->slot != NO_SLOT && !place)) {
		o->no_memory = true;
		return;
	}
	t = &o->t[n];
	t->allocs++;
	t->live += 1ull << q->sig.order;
	if (t->live > t->peak)
		t->peak = t->live;
	if (place)
		*place = n + 1;
}

static void follow_free(struct owners *o, const struct request *q)
{
	struct owner_total *t;
	uint64_t pages = 1ull << q->sig.order;

	if (q->slot == NO_SLOT || q->slot >= o->slots || !o->of[q->slot])
		return;
	t = &o->t[o->of[q->slot] - 1];
	t->frees++;
	t->live -= pages < t->live ? pages : t->live;
	if (!(q->sig.flags & REQ_PIECE))
		o->of[q->slot] = 0;
}

void owners_record(struct owners *o, const struct request *q)
{
	if (q->sig.op == REQ_PAGE_FREE)
		follow_free(o, q);
	else if (q->sig.op == REQ_PAGE_BULK ||
		 (q->sig.op == REQ_PAGE_ALLOC && !(q->sig.flags & REQ_FAILED)))
		follow_alloc(o, q);
}
