// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/makers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int makers_init(struct makers *w, const struct machine *m, const struct attribution *a)
{
	memset(w, 0, sizeof(*w));
	w->m = m;
	w->attribution = a;
	w->slot_of = calloc(m->max_pfn + 1, sizeof(*w->slot_of));
	return w->slot_of && !map_init(&w->numbers, 256) ? 0 : -ENOMEM;
}

void makers_free(struct makers *w)
{
	map_free(&w->numbers);
	free(w->makers);
	free(w->made);
	free(w->slot_of);
	memset(w, 0, sizeof(*w));
}

static uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static bool same(const struct maker *a, const struct maker *b)
{
	return a->site == b->site && a->cache == b->cache && a->bytes_alloc == b->bytes_alloc &&
	       a->gfp == b->gfp && a->object == b->object && a->owner == b->owner &&
	       a->order == b->order && a->type == b->type;
}

/* The number of a maker, a new one where it is not known yet; UINT32_MAX out of memory. */
static uint32_t number_of(struct makers *w, const struct maker *x)
{
	uint64_t key = mix(mix(mix(x->site, x->cache), (uint64_t)x->bytes_alloc << 32 | x->gfp),
			   (uint64_t)x->object << 24 | (uint64_t)x->owner << 16 | x->order << 8 |
				   x->type);
	uint32_t n;

	while ((n = map_get(&w->numbers, key)) != MAP_NONE && !same(&w->makers[n], x))
		key++;
	if (n != MAP_NONE)
		return n;
	if (w->count == w->room) {
		uint32_t room = w->room ? w->room * 2 : 256;
		struct maker *more = realloc(w->makers, room * sizeof(*more));

		if (!more)
			return UINT32_MAX;
		w->makers = more;
		w->room = room;
	}
	if (map_put(&w->numbers, key, w->count))
		return UINT32_MAX;
	w->makers[w->count] = *x;
	return w->count++;
}

static struct made *made_at(struct makers *w, uint32_t slot)
{
	if (slot >= w->slots) {
		uint32_t n = slot + slot / 2 + 1024;
		struct made *more = realloc(w->made, n * sizeof(*more));

		if (!more) {
			w->no_memory = true;
			return NULL;
		}
		memset(more + w->slots, 0, (n - w->slots) * sizeof(*more));
		w->made = more;
		w->slots = n;
	}
	return &w->made[slot];
}

static void note(struct makers *w, const struct request *q, uint64_t at, uint32_t maker)
{
	struct made *x;

	if (maker == UINT32_MAX) {
		w->no_memory = true;
		return;
	}
	x = made_at(w, q->slot);
	if (x)
		*x = (struct made){ q->time, at, maker + 1, q->sig.bytes_req, q->pid };
}

/* ---- pages ---- */

static void own(struct makers *w, uint64_t pfn, unsigned order, uint32_t mark)
{
	for (uint64_t p = pfn; p < pfn + (1ull << order) && p < w->m->max_pfn; p++)
		w->slot_of[p] = mark;
}

static void page_alloc(struct makers *w, const struct request *q)
{
	struct maker x = { .site = q->sig.site,
			   .cache = q->sig.cache,
			   .gfp = q->sig.gfp,
			   .owner = q->sig.owner,
			   .order = q->sig.order,
			   .type = q->sig.type };

	if (q->sig.flags & REQ_FAILED || q->pfn == KMM_NO_PFN)
		return;
	own(w, q->pfn, q->sig.order, q->slot == NO_SLOT ? 0 : q->slot + 1);
	if (q->slot != NO_SLOT)
		note(w, q, q->pfn, number_of(w, &x));
}

static void page_free(struct makers *w, const struct request *q)
{
	if (q->pfn != KMM_NO_PFN)
		own(w, q->pfn, q->sig.order, 0);
	if (q->slot != NO_SLOT && q->slot < w->slots && !(q->sig.flags & REQ_PIECE))
		w->made[q->slot].maker = 0;
}

/* ---- objects ---- */

static void hold_until(struct maker *x, uint64_t now)
{
	if (now > x->changed) {
		double span = (double)(now - x->changed);

		x->held_req += span * (double)x->live_req;
		x->held_bytes += span * (double)x->live_bytes;
	}
	x->changed = now;
}

static void object_alloc(struct makers *w, const struct request *q)
{
	struct maker x = { .site = q->sig.site,
			   .cache = attribution_cache(w->attribution, &q->sig),
			   .bytes_alloc = q->sig.bytes_alloc,
			   .object = true,
			   .owner = OWNER_SLAB,
			   .changed = q->time };
	uint32_t n;

	if (q->slot == NO_SLOT || q->sig.flags & REQ_FAILED)
		return;
	n = number_of(w, &x);
	note(w, q, q->addr, n);
	if (w->no_memory)
		return;
	hold_until(&w->makers[n], q->time);
	w->makers[n].allocs++;
	w->makers[n].bytes_req += q->sig.bytes_req;
	w->makers[n].bytes_given += q->sig.bytes_alloc;
	w->makers[n].live_req += q->sig.bytes_req;
	w->makers[n].live_bytes += q->sig.bytes_alloc;
	if (++w->makers[n].live > w->makers[n].peak)
		w->makers[n].peak = w->makers[n].live;
}

static void object_free(struct makers *w, const struct request *q)
{
	struct made *x = q->slot != NO_SLOT && q->slot < w->slots ? &w->made[q->slot] : NULL;
	struct maker *of;

	if (!x || !x->maker)
		return;
	of = &w->makers[x->maker - 1];
	hold_until(of, q->time);
	of->frees++;
	of->live--;
	of->live_req -= x->bytes_req;
	of->live_bytes -= of->bytes_alloc;
	x->maker = 0;
}

void makers_record(struct makers *w, const struct request *q)
{
	switch (q->sig.op) {
	case REQ_PAGE_ALLOC:
		page_alloc(w, q);
		break;
	case REQ_PAGE_FREE:
		page_free(w, q);
		break;
	case REQ_OBJ_ALLOC:
		object_alloc(w, q);
		break;
	case REQ_OBJ_FREE:
		object_free(w, q);
		break;
	default:
		break;
	}
}

/* ---- what it knows ---- */

const struct made *makers_page(const struct makers *w, uint32_t pfn)
{
	uint32_t slot = pfn < w->m->max_pfn ? w->slot_of[pfn] : 0;

	return slot && slot <= w->slots && w->made[slot - 1].maker ? &w->made[slot - 1] : NULL;
}

const struct maker *makers_of(const struct makers *w, const struct made *x)
{
	return &w->makers[x->maker - 1];
}

void makers_settle(struct makers *w, uint64_t now)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->makers[i].object)
			hold_until(&w->makers[i], now);
}
