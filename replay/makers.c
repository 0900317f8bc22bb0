// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/makers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT 12

int makers_init(struct makers *w, const struct machine *m, const struct attribution *a)
{
	memset(w, 0, sizeof(*w));
	w->m = m;
	w->attribution = a;
	w->slot_of = calloc(m->max_pfn + 1, sizeof(*w->slot_of));
	w->slab_of = calloc(m->max_pfn + 1, sizeof(*w->slab_of));
	w->before = calloc(m->before.slabpage_count + 1ull, sizeof(*w->before));
	return w->slot_of && w->before && w->slab_of && !map_init(&w->numbers, 256) ? 0 : -ENOMEM;
}

void makers_free(struct makers *w)
{
	map_free(&w->numbers);
	free(w->makers);
	free(w->made);
	free(w->slot_of);
	free(w->before);
	free(w->slab_of);
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
	for (uint64_t p = pfn; p < pfn + (1ull << order) && p < w->m->max_pfn; p++) {
		w->slot_of[p] = mark;
		w->slab_of[p] = 0;
	}
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

/* An object of before the start is gone, or told apart. */
static void one_less(struct makers *w, uint64_t addr)
{
	uint32_t frame = makers_frame(w, addr);

	if (frame != KMM_NO_PFN && w->slab_of[frame] && w->before[w->slab_of[frame] - 1])
		w->before[w->slab_of[frame] - 1]--;
}

static void object_free(struct makers *w, const struct request *q)
{
	struct made *x = q->slot != NO_SLOT && q->slot < w->slots ? &w->made[q->slot] : NULL;
	struct maker *of;

	if (x && x->maker) {
		of = &w->makers[x->maker - 1];
		hold_until(of, q->time);
		of->frees++;
		of->live--;
		of->live_req -= x->bytes_req;
		of->live_bytes -= of->bytes_alloc;
		x->maker = 0;
		return;
	}
	if (q->slot == NO_SLOT)
		one_less(w, q->addr);
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

/* ---- the start ---- */

void makers_start(struct makers *w)
{
	const struct machine_state *s = &w->m->before;

	for (uint32_t i = 0; s->have_slabpages && i < s->slabpage_count; i++) {
		const struct machine_slabpage *x = &s->slabpages[i];

		w->before[i] = x->inuse;
		for (uint64_t p = x->pfn; p < x->pfn + (1ull << x->order) && p < w->m->max_pfn; p++)
			w->slab_of[p] = i + 1;
	}
	/* Those that the records before the start have shown are known by name. */
	for (uint32_t i = 0; i < w->slots; i++)
		if (w->made[i].maker && w->makers[w->made[i].maker - 1].object)
			one_less(w, w->made[i].at);
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

uint32_t makers_frame(const struct makers *w, uint64_t addr)
{
	uint64_t base = w->m->direct_map_base;
	uint64_t frame = (addr - base) >> PAGE_SHIFT;

	return !base || addr < base || frame >= w->m->max_pfn ? KMM_NO_PFN : (uint32_t)frame;
}

void makers_settle(struct makers *w, uint64_t now)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->makers[i].object)
			hold_until(&w->makers[i], now);
}
