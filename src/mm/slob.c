// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/slob.h"

#include <errno.h>
#include <stdlib.h>

#include "mm/large.h"

#define RCU_BYTES(word) (2 * (word)) /* struct slob_rcu: behind an object freed by RCU */
#define FIRST_ROOM 8		     /* free blocks of a new page's record */

static unsigned units_of(unsigned size)
{
	return (size + SLOB_UNIT - 1) / SLOB_UNIT;
}

int slob_init(struct kmm_cache *s, const struct kmm_cache_args *a)
{
	const struct kmm_slab_policy *p = &s->sl->policy;
	unsigned size = a->object_size;

	if (a->flags & KMM_SLAB_TYPESAFE_BY_RCU)
		size += RCU_BYTES(p->word);
	s->size = size;
	s->inuse = size;
	s->align = cache_alignment(p, a->flags, a->align, a->object_size);
	s->order = s->min_order = (uint8_t)order_for(size);
	s->objects = s->min_objects = 1;
	s->debug = false;
	return s->order > s->sl->mm->max_order ? -E2BIG : 0;
}

/* ---- pages ---- */

static void list_add_page(struct kmm_slab *sl, struct slob_page *p, unsigned list)
{
	struct slob_list *l = &sl->slob.list[list];

	p->list = (uint8_t)list;
	p->next = l->head;
	p->prev = NULL;
	*(l->head ? &l->head->prev : &l->tail) = p;
	l->head = p;
}

static void list_del_page(struct kmm_slab *sl, struct slob_page *p)
{
	struct slob_list *l = &sl->slob.list[p->list];

	*(p->prev ? &p->prev->next : &l->head) = p->next;
	*(p->next ? &p->next->prev : &l->tail) = p->prev;
	p->list = SLOB_OFF_LIST;
}

/* The next search begins at this page: what stood before it comes behind the others. */
static void rotate_to(struct slob_list *l, struct slob_page *p)
{
	if (!p || p == l->head)
		return;
	l->tail->next = l->head;
	l->head->prev = l->tail;
	l->tail = p->prev;
	l->tail->next = NULL;
	p->prev = NULL;
	l->head = p;
}

static unsigned list_for(unsigned size)
{
	return size < SLOB_BREAK1 ? 0 : size < SLOB_BREAK2 ? 1 : 2;
}

struct slob_page *slob_page_of(const struct kmm_slab *sl, kmm_addr at)
{
	return (struct slob_page *)slab_of(sl, at);
}

static struct slob_page *new_page(struct kmm_slab *sl, unsigned cpu, kmm_gfp gfp, int node)
{
	struct slob_page *p = cache_check_gfp(sl, NULL, &gfp) ? calloc(1, sizeof(*p)) : NULL;
	kmm_pfn pfn;

	if (!p)
		return NULL;
	p->block = malloc(FIRST_ROOM * sizeof(*p->block));
	if (!p->block)
		goto fail;
	gfp &= ~(kmm_gfp)KMM_GFP_ZERO;
	pfn = node < 0 ? kmm_alloc_pages(sl->mm, cpu, gfp, 0) :
			 kmm_alloc_pages_node(sl->mm, cpu, node, gfp, 0);
	if (pfn == KMM_NO_PFN)
		goto fail;
	p->pfn = pfn;
	p->units = SLOB_UNITS;
	p->node = sl->mm->zone[sl->mm->frame[pfn].zone].node;
	p->room = FIRST_ROOM;
	p->blocks = 1;
	p->block[0] = (struct slob_free){ 0, SLOB_UNITS };
	set_owner(sl, pfn, (uintptr_t)p);
	sl->slob.pages++;
	sl->memory += sizeof(*p) + p->room * sizeof(*p->block);
	sl->stats.slabs_made++;
	return p;
fail:
	free(p->block);
	free(p);
	return NULL;
}

static void forget_page(struct kmm_slab *sl, struct slob_page *p)
{
	set_owner(sl, p->pfn, 0);
	sl->slob.pages--;
	sl->memory -= sizeof(*p) + p->room * sizeof(*p->block);
	free(p->block);
	free(p);
}

/* Another free block at place i.  false: no memory for the record. */
static bool insert_block(struct kmm_slab *sl, struct slob_page *p, unsigned i, unsigned start,
			 unsigned units)
{
	if (p->blocks == p->room) {
		unsigned room = p->room ? 2u * p->room : FIRST_ROOM;
		struct slob_free *more = realloc(p->block, room * sizeof(*more));

		if (!more)
			return false;
		sl->memory += (room - p->room) * sizeof(*more);
		p->block = more;
		p->room = (uint16_t)room;
	}
	memmove(&p->block[i + 1], &p->block[i], (p->blocks - i) * sizeof(*p->block));
	p->block[i] = (struct slob_free){ (uint16_t)start, (uint16_t)units };
	p->blocks++;
	return true;
}

static void remove_block(struct slob_page *p, unsigned i)
{
	p->blocks--;
	memmove(&p->block[i], &p->block[i + 1], (p->blocks - i) * sizeof(*p->block));
}

/* First fit within a page; the unit where the object begins, or SLOB_UNITS. */
static unsigned take(struct kmm_slab *sl, struct slob_page *p, unsigned units, unsigned align,
		     unsigned align_offset)
{
	for (unsigned i = 0; i < p->blocks; i++) {
		unsigned start = p->block[i].start, avail = p->block[i].units;
		unsigned at = start * SLOB_UNIT + align_offset, skip;

		at = (at + align - 1) / align * align - align_offset;
		skip = at / SLOB_UNIT - start;
		if (avail < units + skip)
			continue;
		if (skip && avail > units + skip) {
			/* Both ends stay free. */
			if (!insert_block(sl, p, i + 1, start + skip + units, avail - units - skip))
				return SLOB_UNITS;
			p->block[i].units = (uint16_t)skip;
		} else if (skip) {
			p->block[i].units = (uint16_t)skip;
		} else if (avail > units) {
			p->block[i].start = (uint16_t)(start + units);
			p->block[i].units = (uint16_t)(avail - units);
		} else {
			remove_block(p, i);
		}
		p->units = (uint16_t)(p->units - units);
		return start + skip;
	}
	return SLOB_UNITS;
}

kmm_addr slob_alloc(struct kmm_slab *sl, unsigned cpu, unsigned size, kmm_gfp gfp, unsigned align,
		    unsigned align_offset, int node)
{
	unsigned which = list_for(size), units = units_of(size), at = SLOB_UNITS;
	struct slob_list *l = &sl->slob.list[which];
	struct slob_page *p;

	if (align < SLOB_UNIT)
		align = SLOB_UNIT;
	for (p = l->head; p; p = p->next) {
		if ((node >= 0 && p->node != node) || p->units < units)
			continue;
		at = take(sl, p, units, align, align_offset);
		if (at < SLOB_UNITS)
			break;
	}
	if (p) {
		struct slob_page *next = p->units ? p : p->next;

		if (!p->units)
			list_del_page(sl, p);
		/* A page that is full now is passed by; from 5.2 the search then stays put. */
		if (p->units || sl->policy.version < KMM_VERSION(5, 2, 0))
			rotate_to(l, next);
	} else {
		p = new_page(sl, cpu, gfp, node);
		if (!p)
			return KMM_NULL;
		list_add_page(sl, p, which);
		at = take(sl, p, units, align, align_offset);
		if (!p->units)
			list_del_page(sl, p);
		if (at == SLOB_UNITS)
			return KMM_NULL; /* cannot fit an empty page: alignment against size */
	}
	p->begins[at / 64] |= 1ull << at % 64;
	return kmm_slab_address(sl, p->pfn) + (uint64_t)at * SLOB_UNIT;
}

bool slob_begins(const struct kmm_slab *sl, kmm_addr at)
{
	const struct slob_page *p = slob_page_of(sl, at);
	unsigned unit = (unsigned)(at % PAGE_BYTES) / SLOB_UNIT;

	return p && at % SLOB_UNIT == 0 && p->begins[unit / 64] >> unit % 64 & 1;
}

/* No free unit and no other object's beginning within what is to be freed? */
static bool whole(const struct slob_page *p, unsigned start, unsigned units)
{
	if (start + units > SLOB_UNITS)
		return false;
	for (unsigned i = 0; i < p->blocks; i++)
		if (p->block[i].start < start + units &&
		    p->block[i].start + p->block[i].units > start)
			return false;
	return !slob_begins_in(p, start + 1, start + units);
}

/* Into its place by address, one with its neighbours. */
static bool put_back(struct kmm_slab *sl, struct slob_page *p, unsigned start, unsigned units)
{
	unsigned i = 0;
	bool before, after;

	while (i < p->blocks && p->block[i].start < start)
		i++;
	before = i && p->block[i - 1].start + p->block[i - 1].units == start;
	after = i < p->blocks && start + units == p->block[i].start;
	if (before) {
		p->block[i - 1].units = (uint16_t)(p->block[i - 1].units + units);
		if (after) {
			p->block[i - 1].units = (uint16_t)(p->block[i - 1].units +
							   p->block[i].units);
			remove_block(p, i);
		}
	} else if (after) {
		p->block[i].start = (uint16_t)start;
		p->block[i].units = (uint16_t)(p->block[i].units + units);
	} else if (!insert_block(sl, p, i, start, units)) {
		return false;
	}
	p->units = (uint16_t)(p->units + units);
	return true;
}

bool slob_free(struct kmm_slab *sl, unsigned cpu, kmm_addr at, unsigned size)
{
	struct slob_page *p = slob_page_of(sl, at);
	unsigned start = (unsigned)(at % PAGE_BYTES) / SLOB_UNIT, units = units_of(size);

	if (!slob_begins(sl, at) || !whole(p, start, units))
		return false;
	if (p->units + units == SLOB_UNITS) {
		kmm_pfn pfn = p->pfn;

		if (p->list != SLOB_OFF_LIST)
			list_del_page(sl, p);
		forget_page(sl, p);
		sl->stats.slabs_gone++;
		kmm_free_pages(sl->mm, cpu, pfn, 0);
		return true;
	}
	if (!put_back(sl, p, start, units))
		return false;
	p->begins[start / 64] &= ~(1ull << start % 64);
	/* A full page comes to the head of the list of what was freed in it. */
	if (p->list == SLOB_OFF_LIST)
		list_add_page(sl, p, list_for(size));
	return true;
}

/* ---- caches ---- */

kmm_addr slob_cache_alloc(struct kmm_cache *s, unsigned cpu, kmm_gfp gfp, int node)
{
	kmm_addr at;

	if (s->size < PAGE_BYTES)
		at = slob_alloc(s->sl, cpu, s->size, gfp | s->gfp, s->align, 0, node);
	else
		at = large_alloc(s->sl, cpu, s->order, gfp | s->gfp, node);
	if (at != KMM_NULL && s->ctor)
		s->ctor(s->ctor_arg, at, kmm_slab_bytes(s->sl, at));
	return at;
}

bool slob_cache_free(struct kmm_cache *s, unsigned cpu, kmm_addr at)
{
	bool done;

	if (s->size < PAGE_BYTES)
		done = slob_free(s->sl, cpu, at, s->size);
	else
		done = large_order(s->sl, at) == s->order && large_free(s->sl, cpu, at);
	if (!done)
		return cache_bad_free(s->sl, s, at, "Invalid object pointer");
	s->sl->stats.frees++;
	return true;
}

void slob_fini_all(struct kmm_slab *sl)
{
	/* Full pages are on no list. */
	for (kmm_pfn pfn = 0; sl->slob.pages && pfn < sl->frames; pfn++) {
		uintptr_t owner = owner_of(sl, pfn);

		if (owner && !(owner & 1))
			forget_page(sl, (struct slob_page *)owner);
	}
}
