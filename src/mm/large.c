// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/large.h"

/* What a frame's owner word says of a large object: odd, with the order above. */
static uintptr_t word_of(unsigned order)
{
	return (uintptr_t)order << 1 | 1;
}

kmm_addr large_alloc(struct kmm_slab *sl, unsigned cpu, unsigned order, kmm_gfp gfp, int node)
{
	kmm_pfn pfn;

	if (!cache_check_gfp(sl, NULL, &gfp))
		return KMM_NULL;
	gfp |= KMM_GFP_COMP;
	pfn = node < 0 ? kmm_alloc_pages(sl->mm, cpu, gfp, order) :
			 kmm_alloc_pages_node(sl->mm, cpu, node, gfp, order);
	if (pfn == KMM_NO_PFN)
		return KMM_NULL;
	set_owner(sl, pfn, word_of(order));
	sl->large_objects++;
	return kmm_slab_address(sl, pfn);
}

int large_order(const struct kmm_slab *sl, kmm_addr at)
{
	uint64_t frame = addr_frame(sl, at);

	if (frame >= sl->frames || at % PAGE_BYTES || !(owner_of(sl, frame) & 1))
		return -1;
	return (int)(owner_of(sl, frame) >> 1);
}

bool large_free(struct kmm_slab *sl, unsigned cpu, kmm_addr at)
{
	int order = large_order(sl, at);
	kmm_pfn pfn = (kmm_pfn)addr_frame(sl, at);

	if (order < 0)
		return false;
	set_owner(sl, pfn, 0);
	sl->large_objects--;
	kmm_free_pages(sl->mm, cpu, pfn, (unsigned)order);
	return true;
}
