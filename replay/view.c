// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/view.h"

#include <errno.h>
#include <stdlib.h>

#include "machine/kpageflags.h"
#include "workload/request.h"

/* Bits of a kpageflags word (kernel uapi, kernel-page-flags.h). */

const char *const view_type_names[VIEW_TYPES] = {
	[KMM_UNMOVABLE] = "Unmovable",
	[KMM_MOVABLE] = "Movable",
	[KMM_RECLAIMABLE] = "Reclaimable",
	[KMM_HIGHATOMIC] = "HighAtomic",
	[KMM_CMA] = "CMA",
	[KMM_ISOLATE] = "Isolate",
	[VIEW_UNKNOWN] = "Unknown",
};

uint64_t view_blocks(const struct view *v, unsigned zone, unsigned order)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < VIEW_TYPES; t++)
		n += v->nr_free[zone][t][order];
	return n;
}

uint64_t view_free_pages(const struct view *v, unsigned zone)
{
	uint64_t pages = 0;

	for (unsigned o = 0; o < KMM_ORDERS; o++)
		pages += view_blocks(v, zone, o) << o;
	return pages;
}

/* SLAB first: 6.18 sets ANON on some slab pages too. */
unsigned view_owner_of_flags(uint64_t flags)
{
	if (flags & KPF_SLAB)
		return OWNER_SLAB;
	if (flags & (KPF_LRU | KPF_ANON))
		return OWNER_USER;
	if (flags & KPF_PGTABLE)
		return OWNER_PGTABLE;
	return OWNER_UNKNOWN;
}

int view_touched_init(struct view_touched *t, uint64_t frames, unsigned order)
{
	*t = (struct view_touched){ .order = order, .frames = frames };
	t->frame = calloc(frames / 64 + 1, sizeof(*t->frame));
	t->block = calloc((frames >> order) + 1, sizeof(*t->block));
	return t->frame && t->block ? 0 : -ENOMEM;
}

void view_touched_free(struct view_touched *t)
{
	free(t->frame);
	free(t->block);
}

uint64_t view_touched_next(const struct view_touched *t, uint64_t pfn, uint64_t end)
{
	if (end > t->frames)
		end = t->frames;
	while (pfn < end) {
		uint64_t word = t->frame[pfn / 64] >> pfn % 64;

		if (word) {
			pfn += (uint64_t)__builtin_ctzll(word);
			return pfn < end ? pfn : end;
		}
		pfn = (pfn / 64 + 1) * 64;
	}
	return end;
}

void view_touched_clear(struct view_touched *t, uint32_t block)
{
	uint64_t pfn = (uint64_t)block << t->order, end = pfn + (1ull << t->order);

	t->block[block] = false;
	while ((pfn = view_touched_next(t, pfn, end)) < end && pfn < t->frames)
		t->frame[pfn / 64] &= ~(1ull << pfn % 64);
}
