// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/percpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/bits.h"

#define MOST_UNIT_BYTES (64u << 20)
#define FAIL_SLOTS 3 /* chunks below this slot that fail go to slot 0 */

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

void kmm_percpu_config_init(struct kmm_percpu_config *c)
{
	memset(c, 0, sizeof(*c));
	c->static_size = 217088;
	c->reserved_size = 8192;
	c->dyn_size = 28672;
	c->atom_size = 2u << 20;
	c->base_addr = 0xffff888000000000;
	c->vmalloc_end = 0xffffe8ffffffffff;
}

void kmm_percpu_observe(struct kmm_percpu *p, const struct kmm_percpu_observer *o, void *arg)
{
	if (o)
		p->seen = *o;
	else
		memset(&p->seen, 0, sizeof(p->seen));
	p->seen_arg = arg;
}

/* ---- setting up ---- */

static bool set_sizes(struct kmm_percpu *p)
{
	struct kmm_percpu_config *c = &p->config;
	size_t fixed, all;

	if (!c->atom_size)
		c->atom_size = PAGE_BYTES;
	if (!c->static_size || c->static_size > MOST_UNIT_BYTES ||
	    c->reserved_size > MOST_UNIT_BYTES || c->dyn_size > MOST_UNIT_BYTES ||
	    c->atom_size > MOST_UNIT_BYTES || c->atom_size % PAGE_BYTES ||
	    c->atom_size & (c->atom_size - 1) || c->base_addr % PAGE_BYTES)
		return false;
	c->static_size = round_up(c->static_size, CELL);
	c->reserved_size = round_up(c->reserved_size, CELL);
	fixed = c->static_size + c->reserved_size;
	all = round_up(fixed + c->dyn_size, PAGE_BYTES);
	p->dyn_size = all - fixed;
	if (!percpu_groups_init(p, all < KMM_PERCPU_MAX_SIZE ? KMM_PERCPU_MAX_SIZE : all))
		return false;
	p->unit_pages = (int)(p->unit_size / PAGE_BYTES);
	p->stats.unit_size = p->unit_size;
	p->stats.dyn_size = p->dyn_size;
	p->stats.groups = p->groups;
	p->stats.units = p->units;
	p->sidelined = percpu_slot_of_size(p, p->unit_size - 1) + 2;
	p->free_slot = p->sidelined + 1;
	p->to_depopulate = p->free_slot + 1;
	return true;
}

struct kmm_percpu *kmm_percpu_create(struct kmm *mm, const struct kmm_percpu_config *config)
{
	struct kmm_percpu *p = calloc(1, sizeof(*p));
	const struct kmm_percpu_config *c;

	if (!p)
		return NULL;
	p->mm = mm;
	p->cpus = mm->cpus;
	p->config = *config;
	c = &p->config;
	for (unsigned i = 0; i < PERCPU_SLOTS; i++)
		p->slot[i].next = p->slot[i].prev = &p->slot[i];
	p->preempt = calloc(p->cpus, sizeof(*p->preempt));
	p->unit_offset = calloc(p->cpus, sizeof(*p->unit_offset));
	if (!p->preempt || !p->unit_offset || !set_sizes(p))
		goto fail;
	if (c->reserved_size) {
		p->reserved = percpu_first_chunk(p, c->static_size, c->reserved_size);
		if (!p->reserved)
			goto fail;
	}
	if (p->dyn_size) {
		p->first = percpu_first_chunk(p, c->static_size + c->reserved_size, p->dyn_size);
		if (!p->first)
			goto fail;
		p->empty_pages = p->first->area.empty_pages;
		percpu_relocate(p, p->first, -1);
	}
	return p;
fail:
	kmm_percpu_destroy(p);
	return NULL;
}

void kmm_percpu_destroy(struct kmm_percpu *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < PERCPU_SLOTS; i++)
		while (p->slot[i].next != &p->slot[i])
			percpu_destroy_chunk(p, p->slot[i].next);
	if (p->reserved)
		percpu_destroy_chunk(p, p->reserved);
	free(p->preempt);
	free(p->unit_offset);
	free(p);
}

/* ---- requests ---- */

static uint64_t ptr_of(const struct kmm_percpu *p, const struct chunk *c, int at)
{
	return c->base + (uint64_t)at * CELL - p->config.base_addr;
}

uint64_t kmm_define_per_cpu(struct kmm_percpu *p, size_t size, size_t align)
{
	size_t at;

	if (!align || align & (align - 1) || align > PAGE_BYTES)
		return KMM_NO_PTR;
	at = round_up(p->static_used, align);
	if (!size || at > p->config.static_size || size > p->config.static_size - at)
		return KMM_NO_PTR;
	p->static_used = at + size;
	return at;
}

/* Find and take a run in this chunk; -1. */
static int take_in_chunk(struct kmm_percpu *p, struct chunk *c, int cells, int align, bool atomic)
{
	int at = percpu_area_find(&c->area, cells, align, atomic), was, empty;

	if (at < 0)
		return -1;
	was = (int)percpu_slot_of(p, c);
	empty = c->area.empty_pages;
	at = percpu_area_take(&c->area, cells, align, at);
	if (at < 0)
		return -1;
	percpu_count_empty(p, c, empty);
	percpu_relocate(p, c, was);
	return at;
}

/* The fullest chunk that has room. */
static struct chunk *take_in_slots(struct kmm_percpu *p, int cells, int align, bool atomic, int *at)
{
	size_t size = (size_t)cells * CELL;

	for (unsigned slot = percpu_slot_of_size(p, size); slot <= p->free_slot; slot++) {
		struct chunk *head = &p->slot[slot], *next;

		for (struct chunk *c = head->next; c != head; c = next) {
			next = c->next;
			*at = take_in_chunk(p, c, cells, align, atomic);
			if (*at >= 0) {
				percpu_reintegrate(p, c);
				return c;
			}
			/* Small holes only, and not the right ones: spare the next search this. */
			if (slot < FAIL_SLOTS)
				percpu_move(p, c, 0, true);
		}
	}
	return NULL;
}

static int give_cells(struct kmm_percpu *p, struct chunk *c, int at)
{
	int was = (int)percpu_slot_of(p, c), empty = c->area.empty_pages;
	int cells = percpu_area_give(&c->area, at);

	percpu_count_empty(p, c, empty);
	percpu_relocate(p, c, was);
	return cells;
}

static int populate_run(struct kmm_percpu *p, struct chunk *c, unsigned cpu, int at, int cells,
			kmm_gfp gfp)
{
	size_t to = (size_t)(at + cells + PAGE_CELLS - 1) / PAGE_CELLS;
	size_t from = (size_t)at / PAGE_CELLS;

	while ((from = bits_find(c->area.present, false, from, to)) < to) {
		size_t end = bits_find(c->area.present, true, from, to);

		if (percpu_populate(p, c, cpu, (int)from, (int)end, gfp))
			return -ENOMEM;
		from = end;
	}
	return 0;
}

static struct chunk *find_room(struct kmm_percpu *p, int cells, int align, bool reserved,
			       bool atomic, int *at)
{
	struct chunk *c;

	if (reserved && p->reserved) {
		*at = take_in_chunk(p, p->reserved, cells, align, atomic);
		return *at < 0 ? NULL : p->reserved;
	}
	for (;;) {
		c = take_in_slots(p, cells, align, atomic, at);
		if (c || atomic)
			return c;
		if (p->slot[p->free_slot].next == &p->slot[p->free_slot] && !percpu_create_chunk(p))
			return NULL;
	}
}

static uint64_t fail(struct kmm_percpu *p, size_t size, size_t align, bool reserved, bool atomic)
{
	p->stats.failed++;
	PERCPU_OBSERVE(p, percpu_alloc_percpu_fail, reserved, atomic, size, align);
	if (atomic) {
		p->stats.atomic_failed++;
		p->atomic_failed = true;
		p->balance = true;
	}
	return KMM_NO_PTR;
}

static uint64_t request(struct kmm_percpu *p, unsigned cpu, size_t size, size_t align,
			bool reserved, kmm_gfp gfp)
{
	bool atomic = (gfp & PERCPU_GFP) != PERCPU_GFP;
	kmm_gfp page_gfp = gfp & (PERCPU_GFP | KMM_GFP_NORETRY | KMM_GFP_NOWARN);
	struct chunk *c;
	size_t bytes;
	int at, cells;

	if (align < CELL)
		align = CELL;
	if (cpu >= p->cpus || !size || size > KMM_PERCPU_MAX_SIZE || align > PAGE_BYTES ||
	    align & (align - 1)) {
		p->stats.failed++;
		return KMM_NO_PTR;
	}
	size = round_up(size, CELL);
	cells = (int)(size / CELL);
	p->stats.atomic_sleeps += !atomic && p->preempt[cpu];
	c = find_room(p, cells, (int)(align / CELL), reserved, atomic, &at);
	if (!c)
		return fail(p, size, align, reserved, atomic);
	if (!atomic && c->page && populate_run(p, c, cpu, at, cells, page_gfp)) {
		give_cells(p, c, at);
		return fail(p, size, align, reserved, atomic);
	}
	if (p->empty_pages < EMPTY_PAGES_LOW)
		p->balance = true;
	p->stats.allocs++;
	bytes = size * p->cpus;
	if (p->config.memcg)
		bytes += (size_t)cells * 8;
	PERCPU_OBSERVE(p, percpu_alloc_percpu, reserved, atomic, size, align, c->base, at * CELL,
		       ptr_of(p, c, at), bytes, gfp);
	return ptr_of(p, c, at);
}

uint64_t kmm_alloc_percpu_gfp(struct kmm_percpu *p, unsigned cpu, size_t size, size_t align,
			      kmm_gfp gfp)
{
	return request(p, cpu, size, align, false, gfp);
}

uint64_t kmm_alloc_percpu(struct kmm_percpu *p, unsigned cpu, size_t size, size_t align)
{
	return request(p, cpu, size, align, false, PERCPU_GFP);
}

uint64_t kmm_alloc_reserved_percpu(struct kmm_percpu *p, unsigned cpu, size_t size, size_t align)
{
	return request(p, cpu, size, align, true, PERCPU_GFP);
}

/* The chunk that holds a pointer, and the cell; NULL. */
static struct chunk *chunk_of(const struct kmm_percpu *p, uint64_t ptr, int *at)
{
	uint64_t addr = ptr + p->config.base_addr;

	for (unsigned i = 0; i <= PERCPU_SLOTS; i++) {
		const struct chunk *head = i < PERCPU_SLOTS ? &p->slot[i] : NULL;
		struct chunk *c = head ? head->next : p->reserved;

		for (; c && c != head; c = head ? c->next : NULL) {
			uint64_t in = addr - c->base;

			if (in < (uint64_t)c->area.cells * CELL && in % CELL == 0) {
				*at = (int)(in / CELL);
				return c;
			}
		}
	}
	return NULL;
}

static void want_balance_after_free(struct kmm_percpu *p, struct chunk *c)
{
	if (c == p->reserved)
		return;
	if (!c->isolated && (size_t)c->area.free * CELL == p->unit_size) {
		const struct chunk *head = &p->slot[p->free_slot];

		if (head->next != head && head->next->next != head)
			p->balance = true;
		return;
	}
	if (c == p->first)
		return;
	if ((c->isolated && c->area.empty_pages) ||
	    (p->empty_pages > EMPTY_PAGES_HIGH + c->area.empty_pages &&
	     c->area.empty_pages >= c->area.pages / 4)) {
		percpu_isolate(p, c);
		p->balance = true;
	}
}

void kmm_free_percpu(struct kmm_percpu *p, uint64_t ptr)
{
	struct chunk *c;
	int at;

	if (ptr == KMM_NO_PTR)
		return;
	c = chunk_of(p, ptr, &at);
	/* The hidden ends of a first chunk look like allocations, but nobody has a pointer to them. */
	if (!c || percpu_area_hidden(&c->area, at) || !give_cells(p, c, at)) {
		p->stats.bad_frees++;
		return;
	}
	p->stats.frees++;
	want_balance_after_free(p, c);
	PERCPU_OBSERVE(p, percpu_free_percpu, c->base, at * CELL, ptr);
}

int kmm_percpu_seed(struct kmm_percpu *p, uint64_t ptr, size_t size)
{
	struct chunk *c;
	int at, was, empty;

	c = chunk_of(p, ptr, &at);
	if (!c || !size || size > KMM_PERCPU_MAX_SIZE || c->page)
		return -EINVAL;
	was = (int)percpu_slot_of(p, c);
	empty = c->area.empty_pages;
	if (!percpu_area_take_at(&c->area, (int)((size + CELL - 1) / CELL), at))
		return -EBUSY;
	percpu_count_empty(p, c, empty);
	percpu_relocate(p, c, was);
	return 0;
}

/* ---- use ---- */

uint64_t kmm_per_cpu_ptr(const struct kmm_percpu *p, uint64_t ptr, unsigned cpu)
{
	if (ptr == KMM_NO_PTR || cpu >= p->cpus)
		return 0;
	return ptr + p->config.base_addr + percpu_unit_offset(p, cpu);
}

kmm_pfn kmm_per_cpu_ptr_to_page(const struct kmm_percpu *p, uint64_t ptr, unsigned cpu)
{
	const struct chunk *c;
	int at;

	if (cpu >= p->cpus)
		return KMM_NO_PFN;
	c = chunk_of(p, ptr & ~(uint64_t)(CELL - 1), &at);
	if (!c || !c->page)
		return KMM_NO_PFN;
	return c->page[cpu * (unsigned)c->area.pages + (unsigned)(at / PAGE_CELLS)];
}

uint64_t kmm_get_cpu_var(struct kmm_percpu *p, uint64_t ptr, unsigned cpu)
{
	uint64_t addr = kmm_per_cpu_ptr(p, ptr, cpu);

	if (addr)
		p->preempt[cpu]++;
	return addr;
}

int kmm_put_cpu_var(struct kmm_percpu *p, unsigned cpu)
{
	if (cpu >= p->cpus || !p->preempt[cpu])
		return -EINVAL;
	p->preempt[cpu]--;
	return 0;
}

unsigned kmm_preempt_count(const struct kmm_percpu *p, unsigned cpu)
{
	return cpu < p->cpus ? p->preempt[cpu] : 0;
}

/* ---- figures ---- */

struct holes {
	uint64_t used, free, largest, n, present, usable;
};

static void count_holes(const struct percpu_area *a, struct holes *h)
{
	size_t cells = (size_t)a->cells, at = 0;

	while ((at = bits_find(a->taken, false, at, cells)) < cells) {
		size_t end = bits_find(a->taken, true, at, cells);
		uint64_t run = (end - at) * CELL;

		h->n++;
		h->free += run;
		if (run > h->largest)
			h->largest = run;
		for (size_t page = at / PAGE_CELLS; page * PAGE_CELLS < end; page++) {
			size_t from = page * PAGE_CELLS, to = from + PAGE_CELLS;

			if (!bits_test(a->present, page))
				continue;
			from = from < at ? at : from;
			to = to > end ? end : to;
			h->present += (to - from) * CELL;
			h->usable += to - from == PAGE_CELLS ? PAGE_BYTES : 0;
		}
		at = end;
	}
	h->used += (uint64_t)(a->to - a->from - a->free) * CELL;
}

void kmm_percpu_stats(const struct kmm_percpu *p, struct kmm_percpu_stats *s)
{
	struct holes h = { 0 };

	*s = p->stats;
	for (unsigned i = 0; i < PERCPU_SLOTS; i++)
		for (const struct chunk *c = p->slot[i].next; c != &p->slot[i]; c = c->next)
			count_holes(&c->area, &h);
	if (p->reserved)
		count_holes(&p->reserved->area, &h);
	s->used_bytes = h.used;
	s->free_bytes = h.free;
	s->largest_free = h.largest;
	s->holes = h.n;
	s->empty_pages = p->empty_pages;
	s->fragmentation = h.present ? 1.0 - (double)h.usable / (double)h.present : 0;
}

/* ---- checking ---- */

static const char *check_pages(const struct kmm_percpu *p, const struct chunk *c)
{
	if (!c->page)
		return NULL;
	for (unsigned cpu = 0; cpu < p->cpus; cpu++) {
		for (int i = 0; i < c->area.pages; i++) {
			kmm_pfn pfn = c->page[cpu * (unsigned)c->area.pages + (unsigned)i];

			if ((pfn != KMM_NO_PFN) != bits_test(c->area.present, (size_t)i))
				return "a page's memory and its populated bit disagree";
			if (pfn != KMM_NO_PFN && kmm_frame_state(p->mm, pfn) != KMM_FRAME_USED)
				return "a page's frame is not in use";
		}
	}
	return NULL;
}

static const char *check_chunk(const struct kmm_percpu *p, const struct chunk *c, unsigned slot)
{
	unsigned want = percpu_slot_of(p, c);
	const char *bad = percpu_area_check(&c->area);

	if (bad)
		return bad;
	if (c->isolated != (slot == p->sidelined || slot == p->to_depopulate))
		return "a chunk is isolated but not in that slot, or the reverse";
	if (!c->isolated && slot != want && (slot || want >= FAIL_SLOTS))
		return "a chunk is in the wrong slot";
	return check_pages(p, c);
}

int kmm_percpu_validate(const struct kmm_percpu *p, char *why, size_t n)
{
	const char *bad = p->reserved ? percpu_area_check(&p->reserved->area) : NULL;
	int empty = 0;

	for (unsigned i = 0; i < PERCPU_SLOTS && !bad; i++) {
		for (const struct chunk *c = p->slot[i].next; c != &p->slot[i] && !bad;
		     c = c->next) {
			if (c->next->prev != c || c->prev->next != c)
				bad = "a slot's list is broken";
			else
				bad = check_chunk(p, c, i);
			empty += c->isolated ? 0 : c->area.empty_pages;
		}
	}
	if (!bad && empty != p->empty_pages)
		bad = "the stock of empty pages is miscounted";
	if (!bad)
		return 0;
	if (n)
		snprintf(why, n, "per-CPU: %s", bad);
	return -EUCLEAN;
}
