// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/forensics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "workload/request.h"

#define NONE UINT32_MAX

struct finder {
	struct forensics *f;
	struct recorded *r;
	struct makers *w;
	struct slabuse slabs;
	struct map pins;      /* key -> number */
	uint32_t *last_block; /* [pin_room] of each pin, + 1 */
	uint32_t holder_room, pin_room;
};

/* ---- holders and pins ---- */

static uint64_t pin_key(const struct pin *p)
{
	uint64_t h = p->site ^ (uint64_t)p->owner << 1 ^ p->reclaimable;

	for (const char *c = p->cache; *c; c++)
		h = (h ^ (uint8_t)*c) * 0x100000001b3ull;
	return h * 0x9e3779b97f4a7c15ull;
}

static bool same_pin(const struct pin *a, const struct pin *b)
{
	return a->owner == b->owner && a->reclaimable == b->reclaimable && a->site == b->site &&
	       !strcmp(a->cache, b->cache);
}

static uint32_t pin_of(struct finder *d, const struct pin *x)
{
	struct forensics *f = d->f;
	uint64_t key = pin_key(x);
	uint32_t n;

	while ((n = map_get(&d->pins, key)) != MAP_NONE && !same_pin(&f->pins[n], x))
		key++;
	if (n != MAP_NONE)
		return n;
	if (f->pin_count == d->pin_room) {
		uint32_t room = d->pin_room ? d->pin_room * 2 : 64;
		struct pin *more = realloc(f->pins, room * sizeof(*more));
		uint32_t *last;

		if (!more)
			return NONE;
		f->pins = more;
		last = realloc(d->last_block, room * sizeof(*last));
		if (!last)
			return NONE;
		memset(last + d->pin_room, 0, (room - d->pin_room) * sizeof(*last));
		d->last_block = last;
		d->pin_room = room;
	}
	if (map_put(&d->pins, key, f->pin_count))
		return NONE;
	f->pins[f->pin_count] = *x;
	f->pins[f->pin_count].oldest = FORENSICS_BEFORE;
	f->pins[f->pin_count].newest = FORENSICS_BEFORE;
	return f->pin_count++;
}

static bool pins(const struct recorded *r, uint32_t pfn)
{
	enum frame_state s = recorded_frame(r, pfn);

	return (s == FRAME_USED || s == FRAME_NOT_FREE) && recorded_cell(r, pfn) != CELL_USER;
}

/* The holder that starts at a frame, with all its frames up to `end`; -ENOMEM. */
static int describe(struct finder *d, uint32_t pfn, uint32_t end, struct holder *h)
{
	const struct made *x = makers_page(d->w, pfn);
	unsigned type, owner = recorded_owner(d->r, pfn, &type);
	struct pin p = { .owner = (uint8_t)owner, .cache = "" };
	uint32_t head = slabuse_head(&d->slabs, pfn), at = pfn + 1;
	bool slab = owner == OWNER_SLAB;

	*h = (struct holder){
		.pfn = pfn, .since = FORENSICS_BEFORE, .pid = -1, .objects = SLABUSE_UNKNOWN
	};
	if (x) {
		p.site = makers_of(d->w, x)->site;
		h->since = x->since;
		h->pid = x->pid;
	}
	while (at < end && pins(d->r, at)) {
		unsigned next_type, next = recorded_owner(d->r, at, &next_type);
		bool alone = slab && (x || slablife_of_frame(d->slabs.life, pfn));

		if (makers_page(d->w, at) != x || next != owner || next_type != type ||
		    (alone && slabuse_head(&d->slabs, at) != head))
			break;
		at++;
	}
	h->pages = at - pfn;
	p.reclaimable = type == KMM_RECLAIMABLE;
	if (slab) {
		struct slab s = slabuse_slab(&d->slabs, head);

		p.cache = s.cache;
		p.site = s.site;
		p.reclaimable |= s.reclaimable;
		h->objects = s.objects;
		h->room = s.room;
	}
	h->pin = pin_of(d, &p);
	return h->pin == NONE ? -ENOMEM : 0;
}

static int by_pages(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages > y->pages ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static void charge(struct finder *d, uint32_t block, struct holder *h, uint32_t n)
{
	const struct block_pages *b = &d->f->use.pages[block];
	double share = (double)(b->free + b->pcp + b->movable) / b->pinned;
	bool alone = true;

	for (uint32_t i = 1; i < n; i++)
		alone &= h[i].pin == h->pin;
	for (uint32_t i = 0; i < n; i++) {
		struct pin *p = &d->f->pins[h[i].pin];

		p->holders++;
		p->pages += h[i].pages;
		p->kept += share * h[i].pages;
		p->one_object += h[i].objects == 1;
		if (h[i].since != FORENSICS_BEFORE) {
			if (p->oldest == FORENSICS_BEFORE || h[i].since < p->oldest)
				p->oldest = h[i].since;
			if (p->newest == FORENSICS_BEFORE || h[i].since > p->newest)
				p->newest = h[i].since;
		} else {
			p->before = true;
		}
		if (d->last_block[h[i].pin] == block + 1)
			continue;
		d->last_block[h[i].pin] = block + 1;
		p->blocks++;
		p->alone += alone;
	}
}

static int hold_block(struct finder *d, uint32_t block)
{
	struct forensics *f = d->f;
	uint32_t pb = d->w->m->pageblock_order, from = f->holder_count;
	uint32_t pfn = block << pb, end = pfn + (1u << pb);

	while (pfn < end) {
		if (!pins(d->r, pfn)) {
			pfn++;
			continue;
		}
		if (f->holder_count == d->holder_room) {
			uint32_t room = d->holder_room ? d->holder_room * 2 : 1024;
			struct holder *more = realloc(f->holders, room * sizeof(*more));

			if (!more)
				return -ENOMEM;
			f->holders = more;
			d->holder_room = room;
		}
		if (describe(d, pfn, end, &f->holders[f->holder_count]))
			return -ENOMEM;
		f->holders[f->holder_count].block = block;
		pfn += f->holders[f->holder_count++].pages;
	}
	qsort(f->holders + from, f->holder_count - from, sizeof(*f->holders), by_pages);
	charge(d, block, f->holders + from, f->holder_count - from);
	return 0;
}

static int hold_blocks(struct finder *d)
{
	struct forensics *f = d->f;
	int ret = 0;

	for (uint32_t b = 0; b < f->use.blocks && !ret; b++) {
		f->first[b] = f->holder_count;
		f->type[b] = (uint8_t)recorded_pageblock(d->r, b << d->w->m->pageblock_order);
		if (f->use.zone[b] != 0xff && blockuse_kind(&f->use, b) == BLOCK_MIXED)
			ret = hold_block(d, b);
	}
	f->first[f->use.blocks] = f->holder_count;
	return ret;
}

static int by_kept(const void *a, const void *b)
{
	const struct pin *x = a, *y = b;

	if (x->kept != y->kept)
		return x->kept > y->kept ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Pins by rank, and their numbers in the holders. */
static int rank(struct forensics *f)
{
	uint32_t *place = malloc((f->pin_count + 1ull) * sizeof(*place));

	if (!place)
		return -ENOMEM;
	for (uint32_t i = 0; i < f->pin_count; i++)
		f->pins[i].number = i;
	if (f->pin_count)
		qsort(f->pins, f->pin_count, sizeof(*f->pins), by_kept);
	for (uint32_t i = 0; i < f->pin_count; i++)
		place[f->pins[i].number] = i;
	for (uint32_t i = 0; i < f->holder_count; i++)
		f->holders[i].pin = place[f->holders[i].pin];
	free(place);
	return 0;
}

int forensics_find(struct forensics *f, struct recorded *r, struct makers *w,
		   const struct slablife *life, const struct intern *strings, uint64_t now,
		   struct err *e)
{
	struct finder d = { .f = f, .r = r, .w = w };
	int ret;

	memset(f, 0, sizeof(*f));
	f->time = now;
	ret = w->no_memory || blockuse_init(&f->use, w->m, r, NULL) || map_init(&d.pins, 64) ?
		      -ENOMEM :
		      slabuse_init(&d.slabs, w, life, strings);
	if (!ret) {
		f->type = malloc(f->use.blocks + 1ull);
		f->first = malloc((f->use.blocks + 1ull) * sizeof(*f->first));
		ret = f->type && f->first ? 0 : -ENOMEM;
	}
	if (!ret) {
		blockuse_update(&f->use);
		ret = hold_blocks(&d);
	}
	if (!ret)
		ret = rank(f);
	if (!ret)
		ret = slabuse_count(&d.slabs, &f->caches, &f->cache_count);
	slabuse_free(&d.slabs);
	map_free(&d.pins);
	free(d.last_block);
	f->known = !ret;
	if (ret)
		forensics_free(f);
	return ret ? err_set(e, ENOMEM, "out of memory for what holds the page blocks") : 0;
}

void forensics_free(struct forensics *f)
{
	blockuse_free(&f->use);
	free(f->type);
	free(f->holders);
	free(f->first);
	free(f->pins);
	for (uint32_t i = 0; i < f->cache_count; i++)
		free(f->caches[i].by);
	free(f->caches);
	memset(f, 0, sizeof(*f));
}
