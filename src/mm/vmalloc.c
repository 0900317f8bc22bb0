// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/vmap_area.h"

#define BULK_PAGES 100u /* that the kernel asks for at a time */
#define KERNEL_GFP (KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS)
#define MIB (UINT64_C(1) << 20)

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static unsigned bit_length(uint64_t n)
{
	return n ? 64 - (unsigned)__builtin_clzll(n) : 0;
}

/* ---- setting up ---- */

/*
 * Linux 2.6.24 and 6.1: x86-64 Documentation/x86/x86_64/mm.txt (before 2.6.31
 * the window began elsewhere), arm64 memory.rst, i386 pgtable_32_areas.h and
 * arm pgtable.h: 8 MiB of nothing above low memory.
 */
void kmm_vmalloc_config_init(struct kmm_vmalloc_config *c, enum kmm_arch arch,
			     enum kmm_generation g, uint64_t lowmem)
{
	uint64_t offset = 8 * MIB, low_end = UINT64_C(0xc0000000) + lowmem;

	memset(c, 0, sizeof(*c));
	c->generation = g;
	c->table_bits = 9;
	c->table_levels = 2;
	c->huge_order = 9;
	c->ioremap_max_order = 20 + 9; /* of bytes */
	switch (arch) {
	case KMM_X86_64:
		c->start = UINT64_C(0xffffc90000000000);
		/* VMALLOC_END is 0xffffe8ffffffffff: its last page is never whole. */
		c->end = UINT64_C(0xffffe8fffffff000);
		if (g == KMM_LINUX_2_6) {
			c->start = UINT64_C(0xffffc20000000000);
			c->end = UINT64_C(0xffffe1fffffff000);
		}
		c->ioremap_max_order = 30;
		break;
	case KMM_ARM64:
		c->start = UINT64_C(0xffff800008000000);
		c->end = UINT64_C(0xfffffbfff0000000);
		c->ioremap_max_order = 30;
		break;
	case KMM_X86_32_PAE:
	case KMM_X86_32:
		c->start = round_up(low_end + offset, offset);
		/* Two pages below the pkmap window; see kmm_highmem_config_init(). */
		c->end = UINT64_C(0xff800000) - 2 * VMAP_PAGE;
		if (arch == KMM_X86_32_PAE)
			c->end = (g >= KMM_LINUX_6_1 ? UINT64_C(0xff000000) :
						       UINT64_C(0xffa00000)) -
				 2 * VMAP_PAGE;
		c->table_bits = arch == KMM_X86_32 ? 10 : 9;
		c->huge_order = arch == KMM_X86_32 ? 10 : 9;
		c->table_levels = 1;
		c->ioremap_max_order = arch == KMM_X86_32 ? 22 : 21;
		break;
	case KMM_ARM:
		c->start = (low_end + offset) & ~(offset - 1);
		c->end = UINT64_C(0xff800000);
		c->table_bits = 9; /* a page holds two hardware tables of 256 entries */
		c->huge_order = 8;
		c->table_levels = 1;
		c->ioremap_max_order = 24;
		break;
	}
}

static bool config_fits(const struct kmm_vmalloc_config *c)
{
	return c->start && c->start < c->end && !(c->start % VMAP_PAGE) && !(c->end % VMAP_PAGE) &&
	       c->table_bits >= 8 && c->table_bits <= 13 && c->table_levels &&
	       c->table_levels <= 3 && c->huge_order < KMM_ORDERS && c->ioremap_max_order >= 12 &&
	       c->ioremap_max_order < 48 && c->generation <= KMM_LINUX_6_18;
}

struct kmm_vmalloc *kmm_vmalloc_create(struct kmm *mm, const struct kmm_vmalloc_config *c)
{
	struct kmm_vmalloc *v;

	if (!config_fits(c))
		return NULL;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->mm = mm;
	v->config = *c;
	v->stats.lazy_max = c->lazy_max ? c->lazy_max :
					  bit_length(mm->cpus) * (32 * MIB / VMAP_PAGE);
	if (!vmap_area_init(v)) {
		kmm_vmalloc_destroy(v);
		return NULL;
	}
	return v;
}

static void free_pages(struct kmm_vmalloc *v, unsigned cpu, const struct vmap *area)
{
	for (uint32_t i = 0; i < area->pages; i++)
		kmm_free_pages(v->mm, cpu, area->page[i], 0);
	v->stats.mapped_pages -= area->pages;
}

void kmm_vmalloc_destroy(struct kmm_vmalloc *v)
{
	struct vmap *area;

	if (!v)
		return;
	for (area = vmap_tree_from(v->busy, 0); area;
	     area = vmap_tree_from(v->busy, area->start + 1))
		if (area->owns)
			free_pages(v, 0, area);
	vmap_area_exit(v);
	vmap_table_free(v);
	free(v);
}

void kmm_vmalloc_observe(struct kmm_vmalloc *v, const struct kmm_vmalloc_observer *o, void *arg)
{
	if (o)
		v->seen = *o;
	else
		memset(&v->seen, 0, sizeof(v->seen));
	v->seen_arg = arg;
}

/* ---- pages ---- */

/* Pages for the area, each block of this order; the first that fails ends it. */
static bool fill_pages(struct kmm_vmalloc *v, unsigned cpu, struct vmap *area, uint32_t want,
		       const struct kmm_vm_request *r, unsigned order)
{
	kmm_gfp gfp = r->gfp | (order ? KMM_GFP_NOWARN : 0);
	unsigned n = 0;

	if (!order && r->node < 0 && v->config.generation >= KMM_LINUX_6_1) {
		while (n < want) {
			unsigned ask = want - n < BULK_PAGES ? want - n : BULK_PAGES;
			unsigned got = kmm_alloc_pages_bulk(v->mm, cpu, gfp, ask, area->page + n);

			n += got;
			if (got < ask)
				break;
		}
	}
	while (n < want) {
		int node = r->node < 0 ? v->mm->config.cpu_node[cpu] : r->node;
		kmm_pfn pfn = kmm_alloc_pages_node(v->mm, cpu, node, gfp, order);

		if (pfn == KMM_NO_PFN)
			break;
		/* A huge block is split at once: it is freed page by page. */
		for (unsigned i = 0; i < 1u << order; i++)
			area->page[n++] = pfn + i;
	}
	area->pages = n;
	v->stats.mapped_pages += n;
	return n == want;
}

static void discard(struct kmm_vmalloc *v, unsigned cpu, struct vmap *area)
{
	if (area->owns)
		free_pages(v, cpu, area);
	vmap_area_free(v, area);
}

/* One attempt with mappings of this order. */
static struct vmap *map_new(struct kmm_vmalloc *v, unsigned cpu, const struct kmm_vm_request *r,
			    unsigned order)
{
	uint64_t unit = VMAP_PAGE << order, size = round_up(r->size, unit);
	uint64_t align = r->align > unit ? r->align : unit;
	uint64_t guard = r->no_guard ? 0 : VMAP_PAGE;
	struct vmap *area = vmap_area_alloc(v, cpu, size + guard, align, r->vstart, r->vend);

	if (!area)
		return NULL;
	area->kind = KMM_VM_ALLOC;
	area->order = (uint8_t)order;
	area->owns = true;
	area->caller = r->caller;
	area->phys = 0;
	area->page = malloc((size_t)(size / VMAP_PAGE) * sizeof(*area->page));
	if (!area->page || !fill_pages(v, cpu, area, (uint32_t)(size / VMAP_PAGE), r, order) ||
	    vmap_table_fill(v, cpu, area->start, size, order ? 1 : 0)) {
		discard(v, cpu, area);
		return NULL;
	}
	return area;
}

static uint64_t present_pages(const struct kmm *mm)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < mm->zones; i++)
		n += mm->zone[i].managed;
	return n;
}

uint64_t kmm_vmalloc_range(struct kmm_vmalloc *v, unsigned cpu, const struct kmm_vm_request *in)
{
	uint64_t huge = VMAP_PAGE << v->config.huge_order;
	struct kmm_vm_request r = *in;
	struct vmap *area = NULL;

	if (!r.vend) {
		r.vstart = v->config.start;
		r.vend = v->config.end;
	}
	if (cpu >= v->mm->cpus || !r.size || r.size / VMAP_PAGE > present_pages(v->mm) ||
	    r.align & (r.align - 1) || r.node >= (int)v->mm->config.nodes ||
	    r.vstart < v->config.start || r.vend > v->config.end || r.vstart >= r.vend) {
		v->stats.failed++;
		return 0;
	}
	r.size = round_up(r.size, VMAP_PAGE);
	if (!(r.gfp & (KMM_GFP_DMA | KMM_GFP_DMA32)))
		r.gfp |= KMM_GFP_HIGHMEM;
	if (v->config.huge && r.huge && v->config.huge_order && r.size >= huge) {
		area = map_new(v, cpu, &r, v->config.huge_order);
		if (area)
			v->stats.huge_mappings += area->pages >> v->config.huge_order;
		else
			v->stats.huge_fallbacks++;
	}
	if (!area)
		area = map_new(v, cpu, &r, 0);
	if (!area) {
		v->stats.failed++;
		return 0;
	}
	v->stats.allocs++;
	return area->start;
}

static uint64_t simple(struct kmm_vmalloc *v, unsigned cpu, uint64_t size, kmm_gfp gfp)
{
	struct kmm_vm_request r = { .size = size, .gfp = gfp, .node = -1 };

	/* 5.13 to 5.17 use huge pages wherever they fit; later callers opt in. */
	r.huge = true;
	return kmm_vmalloc_range(v, cpu, &r);
}

uint64_t kmm_vmalloc(struct kmm_vmalloc *v, unsigned cpu, uint64_t size)
{
	return simple(v, cpu, size, KERNEL_GFP);
}

uint64_t kmm_vzalloc(struct kmm_vmalloc *v, unsigned cpu, uint64_t size)
{
	return simple(v, cpu, size, KERNEL_GFP | KMM_GFP_ZERO);
}

uint64_t kmm_vmalloc_32(struct kmm_vmalloc *v, unsigned cpu, uint64_t size)
{
	return simple(v, cpu, size, KERNEL_GFP | KMM_GFP_DMA32);
}

/* ---- mappings of what others own ---- */

static struct vmap *map_area(struct kmm_vmalloc *v, unsigned cpu, uint64_t size, uint64_t align,
			     enum kmm_vm_kind kind)
{
	struct vmap *area = NULL;

	if (cpu < v->mm->cpus && size && size <= v->config.end - v->config.start)
		area = vmap_area_alloc(v, cpu, round_up(size, VMAP_PAGE) + VMAP_PAGE, align,
				       v->config.start, v->config.end);
	if (!area) {
		v->stats.failed++;
		return NULL;
	}
	area->kind = (uint8_t)kind;
	area->order = 0;
	area->owns = false;
	area->phys = area->caller = 0;
	return area;
}

uint64_t kmm_vmap(struct kmm_vmalloc *v, unsigned cpu, const kmm_pfn *pages, unsigned n)
{
	struct vmap *area;

	if (n > present_pages(v->mm)) {
		v->stats.failed++;
		return 0;
	}
	area = map_area(v, cpu, n * VMAP_PAGE, VMAP_PAGE, KMM_VM_MAP);
	if (!area)
		return 0;
	area->page = malloc(n * sizeof(*area->page));
	if (!area->page || vmap_table_fill(v, cpu, area->start, n * VMAP_PAGE, 0)) {
		v->stats.failed++;
		discard(v, cpu, area);
		return 0;
	}
	memcpy(area->page, pages, n * sizeof(*area->page));
	area->pages = n;
	v->stats.allocs++;
	return area->start;
}

/* Large mappings begin at a multiple of their size, so that huge entries can serve. */
static uint64_t ioremap_align(const struct kmm_vmalloc *v, uint64_t size)
{
	unsigned order = bit_length(v->config.generation == KMM_LINUX_2_6 ? size : size - 1);

	if (order < 12)
		order = 12;
	if (order > v->config.ioremap_max_order)
		order = v->config.ioremap_max_order;
	return UINT64_C(1) << order;
}

uint64_t kmm_ioremap(struct kmm_vmalloc *v, unsigned cpu, uint64_t phys, uint64_t size)
{
	uint64_t offset = phys % VMAP_PAGE;
	struct vmap *area;

	if (!size || size > UINT64_MAX - phys || size > v->config.end - v->config.start) {
		v->stats.failed++;
		return 0;
	}
	size = round_up(size + offset, VMAP_PAGE);
	area = map_area(v, cpu, size, ioremap_align(v, size), KMM_VM_IOREMAP);
	if (!area)
		return 0;
	if (vmap_table_fill(v, cpu, area->start, size, 0)) {
		v->stats.failed++;
		discard(v, cpu, area);
		return 0;
	}
	area->phys = phys - offset;
	v->stats.allocs++;
	return area->start + offset;
}

uint64_t kmm_get_percpu_areas(struct kmm_vmalloc *v, const uint64_t *offsets, const uint64_t *sizes,
			      unsigned n, uint64_t align)
{
	uint64_t base = 0;
	bool fits = n && n <= KMM_NODES && align >= VMAP_PAGE && !(align & (align - 1));

	for (unsigned i = 0; i < n && fits; i++)
		fits = sizes[i] && sizes[i] % VMAP_PAGE == 0 && offsets[i] % align == 0 &&
		       offsets[i] >= (i ? offsets[i - 1] + sizes[i - 1] : 0);
	if (!fits || !vmap_area_alloc_congruent(v, offsets, sizes, n, align, &base)) {
		v->stats.failed++;
		return 0;
	}
	v->stats.allocs += n;
	return base;
}

uint64_t kmm_get_vm_area(struct kmm_vmalloc *v, unsigned cpu, uint64_t size, enum kmm_vm_kind kind)
{
	uint64_t align = kind == KMM_VM_IOREMAP && size ? ioremap_align(v, size) : VMAP_PAGE;
	struct vmap *area = map_area(v, cpu, size, align, kind);

	if (!area)
		return 0;
	v->stats.allocs++;
	return area->start;
}

/* ---- a start in the middle ---- */

int kmm_vmalloc_seed(struct kmm_vmalloc *v, uint64_t addr, uint64_t size, enum kmm_vm_kind kind)
{
	struct vmap *area;

	if (!size || addr % VMAP_PAGE || size % VMAP_PAGE || addr < v->config.start ||
	    addr >= v->config.end || size > v->config.end - addr)
		return -EINVAL;
	area = vmap_area_alloc(v, 0, size, VMAP_PAGE, addr, addr + size);
	if (!area)
		return -EBUSY;
	area->kind = (uint8_t)kind;
	area->order = 0;
	area->owns = false;
	area->phys = area->caller = 0;
	return vmap_table_seed(v, addr, size);
}

/* ---- release ---- */

static void release(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr, unsigned kinds)
{
	struct vmap *area;

	if (!addr)
		return;
	area = vmap_tree_find(v->busy, addr);
	if (!area || area->start != addr || !(kinds >> area->kind & 1) || area->deferred ||
	    cpu >= v->mm->cpus) {
		v->stats.bad_frees++;
		return;
	}
	v->stats.frees++;
	discard(v, cpu, area);
}

void kmm_vfree(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr)
{
	release(v, cpu, addr, 1u << KMM_VM_ALLOC);
}

void kmm_vfree_atomic(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr)
{
	struct vmap *area = addr ? vmap_tree_find(v->busy, addr) : NULL;

	if (!addr)
		return;
	if (v->config.generation == KMM_LINUX_2_6 || cpu >= v->mm->cpus || !area ||
	    area->start != addr || area->kind != KMM_VM_ALLOC || area->deferred) {
		v->stats.bad_frees++;
		return;
	}
	area->deferred = true;
	area->next = v->cpu[cpu].deferred;
	v->cpu[cpu].deferred = area;
	v->stats.deferred++;
}

bool kmm_vfree_pending(const struct kmm_vmalloc *v, unsigned cpu)
{
	return cpu < v->mm->cpus && v->cpu[cpu].deferred;
}

void kmm_vfree_work(struct kmm_vmalloc *v, unsigned cpu)
{
	struct vmap *area, *next;

	if (cpu >= v->mm->cpus)
		return;
	area = v->cpu[cpu].deferred;
	v->cpu[cpu].deferred = NULL;
	for (; area; area = next) {
		next = area->next;
		area->next = NULL;
		v->stats.frees++;
		discard(v, cpu, area);
	}
}

void kmm_vunmap(struct kmm_vmalloc *v, uint64_t addr)
{
	release(v, 0, addr, 1u << KMM_VM_MAP);
}

void kmm_iounmap(struct kmm_vmalloc *v, uint64_t addr)
{
	release(v, 0, addr & ~(VMAP_PAGE - 1), 1u << KMM_VM_IOREMAP);
}

void kmm_free_vm_area(struct kmm_vmalloc *v, uint64_t addr)
{
	struct vmap *area = vmap_tree_find(v->busy, addr);

	/* What owns pages must go through vfree. */
	if (area && area->owns) {
		v->stats.bad_frees++;
		return;
	}
	release(v, 0, addr, ~(1u << KMM_VM_RAM));
}

void kmm_vm_unmap_aliases(struct kmm_vmalloc *v)
{
	/* Places of blocks that were unmapped may still be in some TLB. */
	bool used = vmap_block_purge(v), queued = v->lazy;

	vmap_area_purge(v, false);
	v->stats.tlb_flushes += used && !queued;
}

/* ---- state ---- */

kmm_pfn kmm_vmalloc_to_page(const struct kmm_vmalloc *v, uint64_t addr)
{
	const struct vmap *area = vmap_tree_find(v->busy, addr);
	uint64_t page;

	if (!area)
		return KMM_NO_PFN;
	page = (addr - area->start) / VMAP_PAGE;
	return page < area->pages ? area->page[page] : KMM_NO_PFN;
}

void kmm_vmalloc_walk(const struct kmm_vmalloc *v,
		      bool (*visit)(void *arg, const struct kmm_vm_info *info), void *arg)
{
	const struct vmap *area = vmap_tree_from(v->busy, 0);

	for (; area; area = vmap_tree_from(v->busy, area->start + 1)) {
		struct kmm_vm_info info = {
			.addr = area->start,
			.size = area->size,
			.caller = area->caller,
			.pages = area->pages,
			.phys = area->phys,
			.kind = (enum kmm_vm_kind)area->kind,
			.page_order = area->order,
			.page = area->page,
		};

		if (!visit(arg, &info))
			return;
	}
}

void kmm_vmalloc_stats(const struct kmm_vmalloc *v, struct kmm_vmalloc_stats *s)
{
	const struct vmap *area = vmap_tree_from(v->free, 0);

	*s = v->stats;
	s->largest = v->free ? v->free->largest : 0;
	for (s->chunks = 0; area; area = vmap_tree_from(v->free, area->start + 1))
		s->chunks++;
}

/* Bytes of a tree's ranges, and what is wrong with the areas' pages. */
static uint64_t sum_tree(const struct kmm_vmalloc *v, struct vmap *root, uint64_t *pages,
			 const char **bad)
{
	uint64_t sum = 0;

	for (struct vmap *a = vmap_tree_from(root, 0); a; a = vmap_tree_from(root, a->start + 1)) {
		sum += a->size;
		if (!a->owns || root != v->busy)
			continue;
		*pages += a->pages;
		for (uint32_t i = 0; i < a->pages; i++)
			if (kmm_frame_state(v->mm, a->page[i]) != KMM_FRAME_USED)
				*bad = "an area's page is not in use";
	}
	return sum;
}

static uint64_t sum_queue(const struct vmap *area)
{
	uint64_t sum = 0;

	for (; area; area = area->next)
		sum += area->size;
	return sum;
}

int kmm_vmalloc_validate(const struct kmm_vmalloc *v, char *why, size_t n)
{
	uint64_t pages = 0, used, unused, lazy = sum_queue(v->lazy), pooled = 0;
	size_t busy_n, free_n;
	const char *bad = vmap_tree_check(v->busy, &busy_n);

	if (!bad)
		bad = vmap_block_check(v);

	if (!bad)
		bad = vmap_tree_check(v->free, &free_n);
	if (bad)
		goto fail;
	used = sum_tree(v, v->busy, &pages, &bad);
	unused = sum_tree(v, v->free, &pages, &bad);
	for (unsigned pool = 0; pool < v->pools; pool++)
		for (unsigned i = 0; i < POOL_SIZES; i++)
			pooled += sum_queue(v->pool[pool].head[i]);
	if (bad)
		goto fail;
	if (busy_n != v->stats.areas || used != v->stats.used)
		bad = "the areas in use are miscounted";
	else if (pages != v->stats.mapped_pages)
		bad = "the mapped pages are miscounted";
	else if (lazy != v->stats.lazy_pages * VMAP_PAGE ||
		 pooled != v->stats.pooled_pages * VMAP_PAGE)
		bad = "the queued or pooled pages are miscounted";
	else if (used + unused + lazy + pooled != v->config.end - v->config.start)
		bad = "the ranges do not add up to the window";
	if (!bad)
		return 0;
fail:
	if (n)
		snprintf(why, n, "vmalloc: %s", bad);
	return -EUCLEAN;
}
