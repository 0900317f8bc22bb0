// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/highatomic.h"

/* About a hundredth of the zone; how that is rounded changed in 6.7. */
static uint64_t reserve_cap(const struct kmm *mm, const struct zone *z)
{
	uint64_t block = mm->pageblock_pages;
	uint64_t share = z->managed / 100;

	if (mm->generation < KMM_LINUX_6_18)
		return share + block;
	return share < block ? 0 : (share + block - 1) / block * block;
}

void highatomic_reserve(struct kmm *mm, struct zone *z, kmm_pfn pfn)
{
	unsigned tag = frame_tag(mm, pfn);
	struct buddy_moved moved;

	if (!mm->config.policy.highatomic_reserve || z->highatomic >= reserve_cap(mm, z))
		return;
	if (tag > KMM_RECLAIMABLE)
		return;
	mm->stats.zone_locks++;
	/* 6.1 reserves even where the free pages cannot be moved; later kernels do not. */
	if (mm->generation == KMM_LINUX_6_18 && !buddy_count_pageblock(mm, z, pfn, &moved))
		return;
	z->highatomic += mm->pageblock_pages;
	mm->stats.highatomic_reserved++;
	frame_set_tag(mm, pfn, KMM_HIGHATOMIC);
	buddy_move_pageblock(mm, z, pfn, KMM_HIGHATOMIC, &moved);
}

static bool release_from(struct kmm *mm, struct zone *z, unsigned type)
{
	for (unsigned order = 0; order <= mm->max_order; order++) {
		uint32_t head = buddy_list(z, order, KMM_HIGHATOMIC);
		kmm_pfn pfn = mm->frame[head].next;
		struct buddy_moved moved;

		if (pfn == head)
			continue;
		if (frame_tag(mm, pfn) == KMM_HIGHATOMIC)
			z->highatomic -= z->highatomic < mm->pageblock_pages ? z->highatomic :
									       mm->pageblock_pages;
		frame_set_tag(mm, pfn, type);
		if (buddy_move_pageblock(mm, z, pfn, type, &moved) && moved.pages)
			return true;
	}
	return false;
}

bool highatomic_release(struct kmm *mm, const struct zonelist *zl, unsigned type, bool force)
{
	for (unsigned i = 0; i < zl->n; i++) {
		struct zone *z = zl->zone[i];

		if (!force && z->highatomic <= mm->pageblock_pages)
			continue;
		if (release_from(mm, z, type))
			return true;
	}
	return false;
}
