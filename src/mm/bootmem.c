// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "mm/bits.h"
#include "mm/kmm_boot.h"

#define PAGE UINT64_C(4096)
#define CACHE_LINE 64
#define DMA_END (UINT64_C(16) << 20) /* MAX_DMA_ADDRESS: leave what is below to DMA */
#define LOW_LIMIT UINT64_C(0xffffffff)

struct kmm_bootmem {
	uint64_t *reserved; /* by page */
	kmm_pfn start;
	size_t pages;
	size_t last;	       /* page where the last allocation ended */
	uint64_t last_offset;  /* and where in it; 0: with the page */
	uint64_t last_success; /* byte where the last one began: the next search starts here */
	struct kmm_bootmem_stats stats;
};

struct kmm_bootmem *kmm_bootmem_create(kmm_pfn start, kmm_pfn end)
{
	struct kmm_bootmem *b;

	if (start >= end || end == KMM_NO_PFN)
		return NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->start = start;
	b->pages = end - start;
	b->reserved = bits_new(b->pages);
	if (!b->reserved) {
		free(b);
		return NULL;
	}
	bits_set(b->reserved, 0, b->pages);
	b->stats.map_bytes = (b->pages + 7) / 8;
	return b;
}

void kmm_bootmem_destroy(struct kmm_bootmem *b)
{
	if (!b)
		return;
	free(b->reserved);
	free(b);
}

/* Bytes from the node's start; false if the range is not the node's. */
static bool within(const struct kmm_bootmem *b, uint64_t addr, uint64_t size, uint64_t *from)
{
	uint64_t base = b->start * PAGE;

	if (!size || addr < base || size > b->pages * PAGE || addr - base > b->pages * PAGE - size)
		return false;
	*from = addr - base;
	return true;
}

int kmm_reserve_bootmem(struct kmm_bootmem *b, uint64_t addr, uint64_t size)
{
	uint64_t from;
	size_t first;

	if (!within(b, addr, size, &from))
		return -EINVAL;
	first = (size_t)(from / PAGE);
	bits_set(b->reserved, first, (size_t)((from + size + PAGE - 1) / PAGE) - first);
	return 0;
}

int kmm_free_bootmem(struct kmm_bootmem *b, uint64_t addr, uint64_t size)
{
	uint64_t from, first, end;

	if (!within(b, addr, size, &from))
		return -EINVAL;
	first = (from + PAGE - 1) / PAGE;
	end = (from + size) / PAGE;
	b->stats.lost += size;
	if (first < end) {
		bits_clear(b->reserved, (size_t)first, (size_t)(end - first));
		b->stats.lost -= (end - first) * PAGE;
	}
	if (from < b->last_success)
		b->last_success = from;
	return 0;
}

/* The first run of free pages at or after `at`, at steps of `step` from an aligned page on. */
static size_t find_run(const struct kmm_bootmem *b, size_t at, size_t need, size_t step,
		       size_t skew, size_t end)
{
	while (at < end) {
		size_t stop;

		at = bits_find(b->reserved, false, at, end);
		at = (at + skew + step - 1) / step * step - skew;
		if (at >= end || need > end - at)
			break;
		stop = bits_find(b->reserved, true, at, at + need);
		if (stop == at + need)
			return at;
		at = stop + 1;
	}
	return SIZE_MAX;
}

/* The page found follows the last allocation: begin in what that left of its last page. */
static uint64_t merge(struct kmm_bootmem *b, size_t at, uint64_t size, uint64_t align, size_t *need)
{
	uint64_t offset = (b->last_offset + align - 1) & ~(align - 1), left = PAGE - offset;
	uint64_t result = (b->start + b->last) * PAGE + offset;

	b->stats.merged++;
	if (size < left) {
		*need = 0;
		b->last_offset = offset + size;
	} else {
		*need = (size_t)((size - left + PAGE - 1) / PAGE);
		b->last = at + *need - 1;
		b->last_offset = (size - left) % PAGE;
	}
	return result;
}

uint64_t kmm_alloc_bootmem_core(struct kmm_bootmem *b, uint64_t size, uint64_t align, uint64_t goal,
				uint64_t limit)
{
	uint64_t base = b->start * PAGE, result;
	size_t end = b->pages, need, step, skew, wish = 0, at;

	if (!size || !align || align & (align - 1) || size > b->pages * PAGE) {
		b->stats.failed++;
		return KMM_NO_PHYS;
	}
	if (limit && limit < base + end * PAGE)
		end = limit > base ? (size_t)((limit - base) / PAGE) : 0;
	need = (size_t)((size + PAGE - 1) / PAGE);
	step = align > PAGE ? (size_t)(align / PAGE) : 1;
	skew = b->start % step; /* alignment is that of the address, not of the page in the node */
	if (goal && goal >= base && goal - base < end * PAGE) {
		wish = (size_t)((goal - base) / PAGE);
		if (b->last_success / PAGE > wish && b->last_success / PAGE < end)
			wish = (size_t)(b->last_success / PAGE);
	}
	at = find_run(b, wish, need, step, skew, end);
	if (at == SIZE_MAX && wish)
		at = find_run(b, 0, need, step, skew, end);
	if (at == SIZE_MAX) {
		b->stats.failed++;
		return KMM_NO_PHYS;
	}
	b->last_success = at * PAGE;
	if (align < PAGE && b->last_offset && b->last + 1 == at && b->last_offset + align <= PAGE) {
		result = merge(b, at, size, align, &need);
	} else {
		result = (b->start + at) * PAGE;
		b->last = at + need - 1;
		b->last_offset = size % PAGE;
	}
	bits_set(b->reserved, at, need);
	b->stats.allocs++;
	b->stats.bytes += size;
	return result;
}

uint64_t kmm_alloc_bootmem(struct kmm_bootmem *b, uint64_t size)
{
	return kmm_alloc_bootmem_core(b, size, CACHE_LINE, DMA_END, 0);
}

uint64_t kmm_alloc_bootmem_low(struct kmm_bootmem *b, uint64_t size)
{
	return kmm_alloc_bootmem_core(b, size, CACHE_LINE, 0, LOW_LIMIT);
}

uint64_t kmm_alloc_bootmem_pages(struct kmm_bootmem *b, uint64_t size)
{
	return kmm_alloc_bootmem_core(b, size, PAGE, DMA_END, 0);
}

uint64_t kmm_alloc_bootmem_low_pages(struct kmm_bootmem *b, uint64_t size)
{
	return kmm_alloc_bootmem_core(b, size, PAGE, 0, LOW_LIMIT);
}

int64_t kmm_free_all_bootmem(struct kmm_bootmem *b, struct kmm *mm, unsigned type)
{
	int64_t given = 0;
	size_t at = 0;

	while ((at = bits_find(b->reserved, false, at, b->pages)) < b->pages) {
		size_t end = bits_find(b->reserved, true, at, b->pages);
		int r = kmm_seed_boot(mm, b->start + (kmm_pfn)at, b->start + (kmm_pfn)end, type);

		if (r)
			return r;
		given += (int64_t)(end - at);
		/* They are the machine's now. */
		bits_set(b->reserved, at, end - at);
		at = end;
	}
	return given;
}

void kmm_bootmem_stats(const struct kmm_bootmem *b, struct kmm_bootmem_stats *s)
{
	*s = b->stats;
	s->free_pages = b->pages - bits_count(b->reserved, 0, b->pages);
}
