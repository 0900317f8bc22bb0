// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap_block: vm_map_ram(), for those who map and unmap often.  A CPU cuts short
 * mappings off the end of a block of addresses; a place is not used again until
 * the whole block was used and unmapped, so that one TLB flush serves for all of
 * it (Linux 2.6.28 to 6.1).
 */
#include <stdlib.h>

#include "mm/vmap_area.h"

#define LEAST_BLOCK 128u /* twice the longest mapping of 64-bit machines */
#define MOST_BLOCK 1024u
#define WINDOW_64 (UINT64_C(128) << 30) /* what counts as the window there */
#define NOTHING 0xff

struct vmap_block {
	struct vmap_block *next; /* on its CPU's list; only while it has room */
	struct vmap *area;
	uint32_t pages, cpu;
	uint32_t fresh; /* pages that were never given */
	uint32_t dirty; /* pages that were given and came back */
	bool listed;
	bool unflushed;	 /* some came back since the last flush */
	uint8_t order[]; /* of what begins at a page; NOTHING: nothing does */
};

static unsigned longest(const struct kmm_vmalloc *v)
{
	return v->config.end > UINT32_MAX ? 64 : 32;
}

static unsigned block_pages(const struct kmm_vmalloc *v)
{
	uint64_t window = v->config.end > UINT32_MAX ? WINDOW_64 : v->config.end - v->config.start;
	uint64_t cpus = 1, pages;

	if (v->config.ram_block)
		return v->config.ram_block;
	while (cpus < v->mm->cpus)
		cpus *= 2;
	pages = window / VMAP_PAGE / cpus / 16;
	if (pages < LEAST_BLOCK)
		return LEAST_BLOCK;
	if (pages > MOST_BLOCK)
		return MOST_BLOCK;
	while (pages & (pages - 1))
		pages &= pages - 1;
	return (unsigned)pages;
}

static unsigned order_of(unsigned pages)
{
	unsigned order = 0;

	while (1u << order < pages)
		order++;
	return order;
}

void vmap_block_free(struct vmap_block *b)
{
	free(b);
}

/* ---- a CPU's list ---- */

static void list_add(struct kmm_vmalloc *v, struct vmap_block *b)
{
	struct vmap_cpu *c = &v->cpu[b->cpu];

	b->next = NULL;
	*c->end = b;
	c->end = &b->next;
	b->listed = true;
}

static void list_del(struct kmm_vmalloc *v, struct vmap_block *b)
{
	struct vmap_cpu *c = &v->cpu[b->cpu];
	struct vmap_block **at = &c->block;

	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	if (c->end == &b->next)
		c->end = at;
	b->listed = false;
}

/* ---- areas ---- */

/* Addresses that show no page yet. */
static struct vmap *empty_area(struct kmm_vmalloc *v, unsigned cpu, unsigned pages, uint64_t align)
{
	struct vmap *area = vmap_area_alloc(v, cpu, pages * VMAP_PAGE, align, v->config.start,
					    v->config.end);

	if (!area)
		return NULL;
	area->kind = KMM_VM_RAM;
	area->order = 0;
	area->owns = false;
	area->phys = area->caller = 0;
	area->page = malloc(pages * sizeof(*area->page));
	if (!area->page || vmap_table_fill(v, cpu, area->start, pages * VMAP_PAGE, 0)) {
		vmap_area_free(v, area);
		return NULL;
	}
	for (unsigned i = 0; i < pages; i++)
		area->page[i] = KMM_NO_PFN;
	area->pages = pages;
	return area;
}

static struct vmap_block *new_block(struct kmm_vmalloc *v, unsigned cpu)
{
	unsigned pages = block_pages(v);
	struct vmap_block *b = malloc(sizeof(*b) + pages);

	if (!b)
		return NULL;
	b->area = empty_area(v, cpu, pages, pages * VMAP_PAGE);
	if (!b->area) {
		free(b);
		return NULL;
	}
	memset(b->order, NOTHING, pages);
	b->area->block = b;
	b->pages = b->fresh = pages;
	b->cpu = cpu;
	b->dirty = 0;
	b->unflushed = false;
	list_add(v, b);
	v->stats.ram_blocks++;
	return b;
}

/* Nobody uses it any more: its addresses are queued as any others. */
static void retire(struct kmm_vmalloc *v, struct vmap_block *b)
{
	if (b->listed)
		list_del(v, b);
	vmap_area_free(v, b->area);
}

/* ---- requests ---- */

uint64_t kmm_vm_map_ram(struct kmm_vmalloc *v, unsigned cpu, const kmm_pfn *pages, unsigned n)
{
	struct vmap_block *b = NULL;
	struct vmap *area;
	unsigned order, at = 0;

	if (v->config.generation == KMM_LINUX_2_6 || cpu >= v->mm->cpus || !n ||
	    n > (v->config.end - v->config.start) / VMAP_PAGE) {
		v->stats.failed++;
		return 0;
	}
	order = order_of(n);
	if (n <= longest(v)) {
		for (b = v->cpu[cpu].block; b && b->fresh < 1u << order; b = b->next)
			;
		b = b ? b : new_block(v, cpu);
		area = b ? b->area : NULL;
	} else {
		area = empty_area(v, cpu, n, VMAP_PAGE);
	}
	if (!area) {
		v->stats.failed++;
		return 0;
	}
	if (b) {
		at = b->pages - b->fresh;
		b->order[at] = (uint8_t)order;
		b->fresh -= 1u << order;
		if (!b->fresh)
			list_del(v, b);
	}
	memcpy(area->page + at, pages, n * sizeof(*pages));
	v->stats.ram_maps++;
	return area->start + at * VMAP_PAGE;
}

void kmm_vm_unmap_ram(struct kmm_vmalloc *v, uint64_t addr, unsigned n)
{
	struct vmap *area = vmap_tree_find(v->busy, addr);
	struct vmap_block *b = area ? area->block : NULL;
	unsigned order = order_of(n), at;

	if (!area || area->kind != KMM_VM_RAM || addr % VMAP_PAGE || !n) {
		v->stats.bad_frees++;
		return;
	}
	at = (unsigned)((addr - area->start) / VMAP_PAGE);
	if (b ? b->order[at] != order : at || n != area->pages) {
		v->stats.bad_frees++;
		return;
	}
	if (!b) {
		vmap_area_free(v, area);
		return;
	}
	b->order[at] = NOTHING;
	for (unsigned i = at; i < at + (1u << order); i++)
		area->page[i] = KMM_NO_PFN;
	b->dirty += 1u << order;
	b->unflushed = true;
	if (b->dirty == b->pages)
		retire(v, b);
}

bool vmap_block_purge(struct kmm_vmalloc *v)
{
	bool used = false;

	for (unsigned cpu = 0; cpu < v->mm->cpus; cpu++) {
		struct vmap_block *b, *next;

		for (b = v->cpu[cpu].block; b; b = next) {
			next = b->next;
			used |= b->unflushed;
			b->unflushed = false;
			if (b->fresh + b->dirty == b->pages && b->dirty)
				retire(v, b);
		}
	}
	return used;
}

/* ---- checking ---- */

static const char *check_block(const struct vmap_block *b)
{
	unsigned mapped = 0;

	for (unsigned i = 0; i < b->pages; i++) {
		if (b->order[i] == NOTHING)
			continue;
		if (b->area->page[i] == KMM_NO_PFN || i >= b->pages - b->fresh)
			return "a mapping of a block has no page, or was never given";
		mapped += 1u << b->order[i];
	}
	if (mapped + b->fresh + b->dirty != b->pages)
		return "the pages of a block do not add up";
	return b->listed == (b->fresh > 0) ? NULL :
					     "a block without room is on a list, or the reverse";
}

const char *vmap_block_check(const struct kmm_vmalloc *v)
{
	const char *bad = NULL;

	for (struct vmap *a = vmap_tree_from(v->busy, 0); a && !bad;
	     a = vmap_tree_from(v->busy, a->start + 1))
		if (a->block)
			bad = a->block->area == a ? check_block(a->block) : "a block has no area";
	for (unsigned cpu = 0; cpu < v->mm->cpus && !bad; cpu++)
		for (const struct vmap_block *b = v->cpu[cpu].block; b && !bad; b = b->next)
			if (b->cpu != cpu || !b->listed ||
			    vmap_tree_find(v->busy, b->area->start) != b->area)
				bad = "a CPU's list holds a block that is not its own";
	return bad;
}
