// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/percpu.h"

#include <errno.h>
#include <stdlib.h>

#include "mm/kmm_vmalloc.h"

/* ---- slots ---- */

static unsigned slot_of_hole(size_t size)
{
	unsigned bits = size ? 64 - (unsigned)__builtin_clzll(size) : 0;

	return bits > 4 ? bits - 3 : 1;
}

unsigned percpu_slot_of_size(const struct kmm_percpu *p, size_t size)
{
	return size == p->unit_size ? p->free_slot : slot_of_hole(size);
}

unsigned percpu_slot_of(const struct kmm_percpu *p, const struct chunk *c)
{
	if (!c->area.free || !c->area.all.best)
		return 0;
	return percpu_slot_of_size(p, (size_t)c->area.all.best * CELL);
}

static void unlink_chunk(struct chunk *c)
{
	c->prev->next = c->next;
	c->next->prev = c->prev;
}

void percpu_move(struct kmm_percpu *p, struct chunk *c, unsigned slot, bool to_head)
{
	struct chunk *at = &p->slot[slot];

	if (c == p->reserved)
		return;
	unlink_chunk(c);
	at = to_head ? at : at->prev;
	c->prev = at;
	c->next = at->next;
	at->next->prev = c;
	at->next = c;
}

void percpu_relocate(struct kmm_percpu *p, struct chunk *c, int was)
{
	int now = (int)percpu_slot_of(p, c);

	if (!c->isolated && was != now)
		percpu_move(p, c, (unsigned)now, was < now);
}

void percpu_isolate(struct kmm_percpu *p, struct chunk *c)
{
	if (!c->isolated) {
		c->isolated = true;
		p->empty_pages -= c->area.empty_pages;
	}
	percpu_move(p, c, p->to_depopulate, true);
}

void percpu_reintegrate(struct kmm_percpu *p, struct chunk *c)
{
	if (!c->isolated)
		return;
	c->isolated = false;
	p->empty_pages += c->area.empty_pages;
	percpu_relocate(p, c, -1);
}

void percpu_count_empty(struct kmm_percpu *p, const struct chunk *c, int before)
{
	if (c != p->reserved && !c->isolated)
		p->empty_pages += c->area.empty_pages - before;
}

/* ---- chunks ---- */

static struct chunk *new_chunk(struct kmm_percpu *p, int pages, int from, int to)
{
	struct chunk *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (percpu_area_init(&c->area, pages, from, to)) {
		free(c);
		return NULL;
	}
	c->next = c->prev = c;
	p->stats.chunks++;
	return c;
}

struct chunk *percpu_first_chunk(struct kmm_percpu *p, size_t at, size_t size)
{
	size_t base = at & ~(size_t)(PAGE_BYTES - 1), in = at - base;
	int pages = (int)((in + size + PAGE_BYTES - 1) / PAGE_BYTES);
	struct chunk *c = new_chunk(p, pages, (int)(in / CELL), (int)((in + size) / CELL));

	if (!c)
		return NULL;
	c->base = p->config.base_addr + base;
	percpu_area_populate(&c->area, 0, pages);
	return c;
}

/* The highest place for the chunk that none has yet; 0 if the addresses end. */
static uint64_t place_top_down(const struct kmm_percpu *p, uint64_t size, uint64_t align)
{
	uint64_t at = (p->config.vmalloc_end & ~(align - 1)) - size;
	bool taken = true;

	while (taken && at > size) {
		taken = false;
		for (unsigned i = 0; i < PERCPU_SLOTS && !taken; i++)
			for (const struct chunk *c = p->slot[i].next; c != &p->slot[i]; c = c->next)
				taken |= c->base == at;
		if (taken)
			at = (at - size) & ~(align - 1);
	}
	return at > size ? at : 0;
}

struct chunk *percpu_create_chunk(struct kmm_percpu *p)
{
	uint64_t offsets[KMM_NODES], sizes[KMM_NODES], align = p->config.atom_size;
	struct chunk *c = new_chunk(p, p->unit_pages, 0, p->unit_pages * PAGE_CELLS);
	size_t n = (size_t)p->unit_pages * p->cpus;

	if (!c)
		return NULL;
	c->page = malloc(n * sizeof(*c->page));
	for (unsigned g = 0; g < p->groups; g++) {
		offsets[g] = p->group[g].offset;
		sizes[g] = p->group[g].size;
	}
	if (p->config.vmalloc)
		c->base = kmm_get_percpu_areas(p->config.vmalloc, offsets, sizes, p->groups, align);
	else
		c->base = place_top_down(p, p->span, align);
	if (!c->page || !c->base) {
		percpu_destroy_chunk(p, c);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		c->page[i] = KMM_NO_PFN;
	p->stats.chunks_created++;
	PERCPU_OBSERVE(p, percpu_create_chunk, c->base);
	percpu_relocate(p, c, -1);
	return c;
}

void percpu_destroy_chunk(struct kmm_percpu *p, struct chunk *c)
{
	unlink_chunk(c);
	if (c->page && c->base)
		percpu_release_pages(p, c, 0, c->area.pages);
	for (unsigned g = 0; c->base && p->config.vmalloc && g < p->groups; g++)
		kmm_free_vm_area(p->config.vmalloc, c->base + p->group[g].offset);
	p->stats.chunks--;
	percpu_area_free(&c->area);
	free(c->page);
	free(c);
}

/* ---- pages ---- */

void percpu_release_pages(struct kmm_percpu *p, struct chunk *c, int from, int to)
{
	for (unsigned cpu = 0; cpu < p->cpus; cpu++) {
		for (int i = from; i < to; i++) {
			kmm_pfn *page = &c->page[cpu * (unsigned)c->area.pages + (unsigned)i];

			if (*page != KMM_NO_PFN)
				kmm_free_pages(p->mm, cpu, *page, 0);
			*page = KMM_NO_PFN;
		}
	}
}

int percpu_populate(struct kmm_percpu *p, struct chunk *c, unsigned cpu, int from, int to,
		    kmm_gfp gfp)
{
	for (unsigned unit = 0; unit < p->cpus; unit++) {
		int node = p->mm->config.cpu_node[unit];

		for (int i = from; i < to; i++) {
			kmm_pfn pfn = kmm_alloc_pages_node(p->mm, cpu, node, gfp | KMM_GFP_HIGHMEM,
							   0);

			if (pfn == KMM_NO_PFN) {
				percpu_release_pages(p, c, from, to);
				return -ENOMEM;
			}
			c->page[unit * (unsigned)c->area.pages + (unsigned)i] = pfn;
		}
	}
	p->stats.pages_populated += (uint64_t)(to - from) * p->cpus;
	percpu_area_populate(&c->area, from, to);
	percpu_count_empty(p, c, c->area.empty_pages - (to - from));
	return 0;
}

void percpu_depopulate(struct kmm_percpu *p, struct chunk *c, int from, int to)
{
	percpu_release_pages(p, c, from, to);
	p->stats.pages_depopulated += (uint64_t)(to - from) * p->cpus;
	percpu_area_depopulate(&c->area, from, to);
	percpu_count_empty(p, c, c->area.empty_pages + (to - from));
}
