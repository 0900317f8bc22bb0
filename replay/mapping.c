// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/mapping.h"

#include <string.h>

#include "store/store.h"

#define HUGE (2ull << 20)
#define HUGE_PAGES (HUGE >> 12)

static uint64_t entries_of(const struct mapping_row *r)
{
	uint64_t n = 0;

	for (unsigned s = 0; s < TLB_SIZES; s++) {
		unsigned shift = tlb_shift((enum tlb_size)s);

		n += (r->bytes[s] + (1ull << shift) - 1) >> shift;
	}
	return n;
}

static struct mapping_row *add(struct mapping *x, const char *subject, const char *how)
{
	struct mapping_row *r = &x->row[x->count];

	if (x->count + 1 < MAPPING_ROWS)
		x->count++;
	*r = (struct mapping_row){ .subject = subject, .how = how };
	return r;
}

static void by_small(struct mapping *x, const char *subject, uint64_t bytes)
{
	struct mapping_row *r = add(x, subject, "all by 4 KiB");

	r->bytes[TLB_4K] = bytes;
	r->entries = entries_of(r);
}

static void vmalloc_otherwise(struct mapping *x, enum area_kind k, const struct area *a)
{
	struct mapping_row *r = add(x, area_name(k), "huge vmalloc");

	/* Areas of 2 MiB and more are rounded up to whole large pages. */
	r->ranges = a->ranges;
	r->bytes[TLB_4K] = a->bytes[TLB_4K] - a->large;
	r->bytes[TLB_2M] = a->large_rounded;
	r->extra = a->large_rounded - a->large;
	r->entries = entries_of(r);
	/* An area as one block of the direct map: its size, rounded up to a power of two of pages. */
	r = add(x, area_name(k), "kmalloc instead");
	r->ranges = a->ranges - a->too_large;
	r->bytes[TLB_2M] = a->as_blocks;
	r->extra = a->as_blocks - a->fits;
	r->entries = (a->as_blocks + HUGE - 1) / HUGE;
}

void mapping_areas(struct mapping *x, const struct area areas[AREAS])
{
	for (unsigned k = 0; k < AREAS; k++) {
		const struct area *a = &areas[k];
		struct mapping_row *r;
		uint64_t all = 0;

		if (!a->known)
			continue;
		r = add(x, area_name((enum area_kind)k), "as mapped");
		r->ranges = a->ranges;
		for (unsigned s = 0; s < TLB_SIZES; s++)
			all += r->bytes[s] = a->bytes[s];
		r->entries = entries_of(r);
		if (k == AREA_DIRECT)
			by_small(x, area_name(AREA_DIRECT), all);
		if (k == AREA_VMALLOC && a->ranges)
			vmalloc_otherwise(x, AREA_VMALLOC, a);
	}
}

/* ---- user memory ---- */

/* What the aligned 2 MiB blocks of memory hold. */
struct census {
	uint64_t user;	      /* pages */
	uint64_t free_blocks; /* wholly free */
	uint64_t movable;     /* blocks with nothing but user and free pages */
};

static void count_block(struct census *c, const struct recorded *r, uint32_t first)
{
	uint32_t n[CELL_KINDS] = { 0 }, user, avail;

	for (uint32_t i = 0; i < HUGE_PAGES; i++)
		n[recorded_cell(r, first + i)]++;
	user = n[CELL_USER];
	avail = n[CELL_FREE] + n[CELL_PCP];
	c->user += user;
	c->free_blocks += n[CELL_FREE] == HUGE_PAGES;
	c->movable += user + avail == HUGE_PAGES;
}

void mapping_user(struct mapping *x, const struct recorded *r, const struct machine *m)
{
	struct census c = { 0 };
	struct mapping_row *row;
	uint64_t large;

	if (m->page_size != 4096 || m->max_pfn > UINT32_MAX)
		return;
	for (uint64_t pfn = 0; pfn + HUGE_PAGES <= m->max_pfn; pfn += HUGE_PAGES)
		count_block(&c, r, (uint32_t)pfn);
	if (!c.user)
		return;
	by_small(x, "user memory", c.user << 12);
	/* Copied into the whole blocks that are free now, as khugepaged does. */
	row = add(x, "user memory", "2 MiB, into blocks free now");
	large = c.user / HUGE_PAGES < c.free_blocks ? c.user / HUGE_PAGES : c.free_blocks;
	row->bytes[TLB_2M] = large * HUGE;
	row->bytes[TLB_4K] = (c.user - large * HUGE_PAGES) << 12;
	row->entries = entries_of(row);
	row = add(x, "user memory", "2 MiB, after perfect compaction");
	large = c.user / HUGE_PAGES < c.movable ? c.user / HUGE_PAGES : c.movable;
	row->bytes[TLB_2M] = large * HUGE;
	row->bytes[TLB_4K] = (c.user - large * HUGE_PAGES) << 12;
	row->entries = entries_of(row);
}
