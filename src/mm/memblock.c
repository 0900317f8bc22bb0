// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/kmm_boot.h"

#define PAGE UINT64_C(4096)
#define FIRST_REGIONS 128u /* INIT_MEMBLOCK_REGIONS */

/* Regions by address: none overlap, and like neighbours are one. */
struct region_list {
	struct kmm_memblock_region *at;
	unsigned n, room;
};

struct kmm_memblock {
	struct region_list memory, reserved;
	uint64_t limit;
	bool bottom_up;
};

struct kmm_memblock *kmm_memblock_create(void)
{
	struct kmm_memblock *m = calloc(1, sizeof(*m));

	if (m)
		m->limit = UINT64_MAX;
	return m;
}

void kmm_memblock_destroy(struct kmm_memblock *m)
{
	if (!m)
		return;
	free(m->memory.at);
	free(m->reserved.at);
	free(m);
}

void kmm_memblock_set_bottom_up(struct kmm_memblock *m, bool on)
{
	m->bottom_up = on;
}

void kmm_memblock_set_current_limit(struct kmm_memblock *m, uint64_t limit)
{
	m->limit = limit;
}

/* ---- regions ---- */

static uint64_t end_of(const struct kmm_memblock_region *r)
{
	return r->base + r->size;
}

static int make_room(struct region_list *l, unsigned more)
{
	struct kmm_memblock_region *at;
	unsigned room = l->room ? l->room : FIRST_REGIONS;

	while (room < l->n + more)
		room *= 2;
	if (room == l->room)
		return 0;
	at = realloc(l->at, room * sizeof(*at));
	if (!at)
		return -ENOMEM;
	l->at = at;
	l->room = room;
	return 0;
}

static void insert(struct region_list *l, unsigned i, uint64_t base, uint64_t end, int nid,
		   unsigned flags)
{
	memmove(&l->at[i + 1], &l->at[i], (l->n - i) * sizeof(*l->at));
	l->at[i] = (struct kmm_memblock_region){ base, end - base, flags, nid };
	l->n++;
}

static void merge(struct region_list *l)
{
	unsigned kept = 0;

	for (unsigned i = 1; i < l->n; i++) {
		struct kmm_memblock_region *last = &l->at[kept];

		if (end_of(last) == l->at[i].base && last->nid == l->at[i].nid &&
		    last->flags == l->at[i].flags)
			last->size += l->at[i].size;
		else
			l->at[++kept] = l->at[i];
	}
	if (l->n)
		l->n = kept + 1;
}

/* Only the parts that no region covers yet are new. */
static int add_range(struct region_list *l, uint64_t base, uint64_t size, int nid, unsigned flags)
{
	uint64_t end = base + size;
	int r;

	if (!size || end < base)
		return -EINVAL;
	for (unsigned i = 0; base < end; i++) {
		uint64_t next = i < l->n ? l->at[i].base : UINT64_MAX;

		if (next > base) {
			r = make_room(l, 1);
			if (r)
				return r;
			insert(l, i, base, end < next ? end : next, nid, flags);
			base = end < next ? end : next;
		} else if (end_of(&l->at[i]) > base) {
			base = end_of(&l->at[i]);
		}
	}
	merge(l);
	return 0;
}

static int remove_range(struct region_list *l, uint64_t base, uint64_t size)
{
	uint64_t end = base + size;
	int r = make_room(l, 1);

	if (!size || end < base)
		return -EINVAL;
	if (r)
		return r;
	for (unsigned i = 0; i < l->n; i++) {
		struct kmm_memblock_region *at = &l->at[i], was = *at;

		if (end_of(at) <= base || at->base >= end)
			continue;
		if (was.base < base) {
			at->size = base - was.base;
			if (end_of(&was) > end)
				insert(l, i + 1, end, end_of(&was), was.nid, was.flags);
		} else if (end_of(&was) > end) {
			at->base = end;
			at->size = end_of(&was) - end;
		} else {
			l->n--;
			memmove(at, at + 1, (l->n - i) * sizeof(*at));
			i--;
		}
	}
	return 0;
}

int kmm_memblock_add(struct kmm_memblock *m, uint64_t base, uint64_t size, int nid, unsigned flags)
{
	return add_range(&m->memory, base, size, nid, flags);
}

int kmm_memblock_remove(struct kmm_memblock *m, uint64_t base, uint64_t size)
{
	return remove_range(&m->memory, base, size);
}

int kmm_memblock_reserve(struct kmm_memblock *m, uint64_t base, uint64_t size)
{
	return add_range(&m->reserved, base, size, -1, 0);
}

int kmm_memblock_free(struct kmm_memblock *m, uint64_t base, uint64_t size)
{
	return remove_range(&m->reserved, base, size);
}

static const struct kmm_memblock_region *region(const struct region_list *l, unsigned i)
{
	return i < l->n ? &l->at[i] : NULL;
}

const struct kmm_memblock_region *kmm_memblock_memory(const struct kmm_memblock *m, unsigned i)
{
	return region(&m->memory, i);
}

const struct kmm_memblock_region *kmm_memblock_reserved(const struct kmm_memblock *m, unsigned i)
{
	return region(&m->reserved, i);
}

static uint64_t sum(const struct region_list *l)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < l->n; i++)
		n += l->at[i].size;
	return n;
}

uint64_t kmm_memblock_phys_mem_size(const struct kmm_memblock *m)
{
	return sum(&m->memory);
}

uint64_t kmm_memblock_reserved_size(const struct kmm_memblock *m)
{
	return sum(&m->reserved);
}

/* ---- free ranges: memory that is not reserved ---- */

struct free_walk {
	const struct kmm_memblock *m;
	unsigned memory;   /* region */
	unsigned reserved; /* the gap before this reserved region is next */
	uint64_t start, end;
	int nid;
	unsigned flags;
};

static bool next_free(struct free_walk *w)
{
	const struct region_list *mem = &w->m->memory, *res = &w->m->reserved;

	while (w->memory < mem->n) {
		const struct kmm_memblock_region *r = &mem->at[w->memory];
		uint64_t from, to;

		from = w->reserved ? end_of(&res->at[w->reserved - 1]) : 0;
		to = w->reserved < res->n ? res->at[w->reserved].base : UINT64_MAX;
		w->start = from > r->base ? from : r->base;
		w->end = to < end_of(r) ? to : end_of(r);
		w->nid = r->nid;
		w->flags = r->flags;
		/* Past whichever ends first. */
		if (end_of(r) <= to)
			w->memory++;
		else
			w->reserved++;
		if (w->start < w->end)
			return true;
	}
	return false;
}

uint64_t kmm_memblock_find_in_range(const struct kmm_memblock *m, uint64_t size, uint64_t align,
				    uint64_t start, uint64_t end, int nid)
{
	struct free_walk w = { .m = m };
	uint64_t best = KMM_NO_PHYS;

	if (!size || !align || align & (align - 1))
		return KMM_NO_PHYS;
	if (!end || end > m->limit)
		end = m->limit;
	if (start < PAGE)
		start = PAGE; /* frame 0 is never given */
	while (next_free(&w)) {
		uint64_t low = w.start > start ? w.start : start, high = w.end < end ? w.end : end;
		uint64_t at;

		if ((nid >= 0 && w.nid != nid) || w.flags & KMM_MEMBLOCK_NOMAP || low >= high ||
		    high - low < size)
			continue;
		at = m->bottom_up ? (low + align - 1) & ~(align - 1) : (high - size) & ~(align - 1);
		if (at < low || at > high - size)
			continue;
		best = at;
		if (m->bottom_up)
			break;
	}
	return best;
}

uint64_t kmm_memblock_alloc(struct kmm_memblock *m, uint64_t size, uint64_t align, uint64_t start,
			    uint64_t end, int nid, bool exact)
{
	uint64_t at = kmm_memblock_find_in_range(m, size, align, start, end, nid);

	if (at == KMM_NO_PHYS && nid >= 0 && !exact)
		at = kmm_memblock_find_in_range(m, size, align, start, end, -1);
	if (at == KMM_NO_PHYS && start)
		return kmm_memblock_alloc(m, size, align, 0, end, nid, exact);
	if (at == KMM_NO_PHYS || kmm_memblock_reserve(m, at, size))
		return KMM_NO_PHYS;
	return at;
}

int64_t kmm_memblock_free_all(struct kmm_memblock *m, struct kmm *mm, unsigned type)
{
	struct free_walk w = { .m = m };
	int64_t given = 0;

	while (next_free(&w)) {
		uint64_t from = (w.start + PAGE - 1) / PAGE, to = w.end / PAGE;
		int r;

		if (w.flags & KMM_MEMBLOCK_NOMAP || from >= to)
			continue;
		if (to >= KMM_NO_PFN)
			return -EINVAL;
		r = kmm_seed_boot(mm, (kmm_pfn)from, (kmm_pfn)to, type);
		if (r)
			return r;
		given += (int64_t)(to - from);
	}
	return given;
}

static const char *check_list(const struct region_list *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (!l->at[i].size || end_of(&l->at[i]) < l->at[i].base)
			return "a region is empty or wraps";
		if (i && end_of(&l->at[i - 1]) > l->at[i].base)
			return "two regions overlap or are out of order";
	}
	return NULL;
}

int kmm_memblock_validate(const struct kmm_memblock *m, char *why, size_t n)
{
	const char *bad = check_list(&m->memory);

	if (!bad)
		bad = check_list(&m->reserved);
	if (!bad)
		return 0;
	if (n)
		snprintf(why, n, "memblock: %s", bad);
	return -EUCLEAN;
}
