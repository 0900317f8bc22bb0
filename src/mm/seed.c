// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "mm/pcp.h"

static unsigned grouped(const struct kmm *mm, unsigned type)
{
	return mm->grouping || type > KMM_RECLAIMABLE ? type : KMM_UNMOVABLE;
}

static int check_block(const struct kmm *mm, kmm_pfn pfn, unsigned order, unsigned type)
{
	if (order > mm->max_order || type >= KMM_MIGRATETYPES || pfn >= mm->frames ||
	    pfn & ((1u << order) - 1))
		return -EINVAL;
	return frame_is_used_block(mm, pfn, order) ? 0 : -EBUSY;
}

int kmm_seed_free(struct kmm *mm, kmm_pfn pfn, unsigned order, unsigned type)
{
	int ret = check_block(mm, pfn, order, type);

	if (ret)
		return ret;
	frame_set_unused(mm, pfn, order);
	buddy_add(mm, &mm->zone[mm->frame[pfn].zone], pfn, order, grouped(mm, type), true);
	return 0;
}

/* A list dump does not show the type cached with a page: what its page block suggests. */
static unsigned cached_type(const struct kmm *mm, kmm_pfn pfn, unsigned list, unsigned type)
{
	unsigned tag = frame_tag(mm, pfn);

	if (type > KMM_RECLAIMABLE || mm->generation == KMM_LINUX_2_6)
		return type;
	if (tag != type && tag != KMM_ISOLATE && pcp_list(mm->frame[pfn].order, tag) == list)
		return tag;
	return type;
}

int kmm_seed_pcp(struct kmm *mm, unsigned cpu, kmm_pfn pfn, unsigned order, unsigned type)
{
	int ret = check_block(mm, pfn, order, type);
	unsigned list;
	struct pcp *p;

	if (ret)
		return ret;
	if (cpu >= mm->cpus || !pcp_serves(mm, order))
		return -EINVAL;
	type = grouped(mm, type);
	list = mm->generation == KMM_LINUX_2_6 ? 0 : pcp_list(order, type);
	p = pcp_of(mm, &mm->zone[mm->frame[pfn].zone], cpu);
	frame_set_unused(mm, pfn, order);
	mm->frame[pfn].order = order & 15;
	pcp_insert(mm, p, pfn, order, list, cached_type(mm, pfn, list, type), true);
	if (mm->generation == KMM_LINUX_2_6)
		p->side[0].count++;
	return 0;
}

int kmm_seed_pageblock(struct kmm *mm, kmm_pfn pfn, unsigned type)
{
	unsigned old;
	struct zone *z;

	if (pfn >= mm->frames || type >= KMM_MIGRATETYPES)
		return -EINVAL;
	type = grouped(mm, type);
	old = frame_tag(mm, pfn);
	frame_set_tag(mm, pfn, type);
	if (mm->frame[pfn].state == FRAME_IS_HOLE || mm->generation == KMM_LINUX_2_6)
		return 0;
	z = &mm->zone[mm->frame[pfn].zone];
	if (old != KMM_HIGHATOMIC && type == KMM_HIGHATOMIC)
		z->highatomic += mm->pageblock_pages;
	if (old == KMM_HIGHATOMIC && type != KMM_HIGHATOMIC && z->highatomic)
		z->highatomic -= mm->pageblock_pages;
	return 0;
}

int kmm_seed_used(struct kmm *mm, kmm_pfn pfn, unsigned order, unsigned type)
{
	int ret = check_block(mm, pfn, order, type);

	if (!ret)
		frame_set_used(mm, pfn, order, type);
	return ret;
}

int kmm_seed_pcp_factors(struct kmm *mm, unsigned cpu, unsigned zone, int free_factor,
			 int alloc_factor, int free_count)
{
	struct pcp *p;

	if (cpu >= mm->cpus || zone >= mm->zones || free_factor < 0 ||
	    free_factor > PCP_FACTOR_MAX || alloc_factor < 0 || alloc_factor > PCP_FACTOR_MAX ||
	    free_count < 0)
		return -EINVAL;
	p = pcp_of(mm, &mm->zone[zone], cpu);
	p->free_factor = (uint8_t)free_factor;
	p->alloc_factor = (uint8_t)alloc_factor;
	p->free_count = free_count;
	return 0;
}

int kmm_seed_pcp_high(struct kmm *mm, unsigned cpu, unsigned zone, int high)
{
	if (cpu >= mm->cpus || zone >= mm->zones || high < 0)
		return -EINVAL;
	if (mm->generation == KMM_LINUX_6_18) {
		struct pcp *p = pcp_of(mm, &mm->zone[zone], cpu);

		p->high = p->high_late = p->high_least = high;
	}
	return 0;
}

int kmm_seed_pcp_hidden(struct kmm *mm, unsigned cpu, unsigned zone, unsigned pages)
{
	if (cpu >= mm->cpus || zone >= mm->zones || pages > mm->frames)
		return -EINVAL;
	pcp_of(mm, &mm->zone[zone], cpu)->hidden = (int32_t)pages;
	return 0;
}

int kmm_set_pcp_batch(struct kmm *mm, unsigned zone, unsigned batch)
{
	if (zone >= mm->zones || !batch || batch > 1u << 20)
		return -EINVAL;
	for (unsigned cpu = 0; cpu < mm->cpus; cpu++)
		pcp_of(mm, &mm->zone[zone], cpu)->batch = (int32_t)batch;
	return 0;
}

/* Largest aligned run in use from pfn on, below end. */
static unsigned boot_order(const struct kmm *mm, kmm_pfn pfn, kmm_pfn end)
{
	unsigned order = pfn ? (unsigned)__builtin_ctz(pfn) : mm->max_order;

	if (order > mm->max_order)
		order = mm->max_order;
	while (order && ((1u << order) > end - pfn || !frame_is_used_block(mm, pfn, order)))
		order--;
	return order;
}

int kmm_seed_boot(struct kmm *mm, kmm_pfn start, kmm_pfn end, unsigned type)
{
	bool to_tail = mm->generation != KMM_LINUX_2_6;

	if (start >= end || end > mm->frames || type >= KMM_MIGRATETYPES)
		return -EINVAL;
	type = grouped(mm, type);
	for (kmm_pfn pfn = start; pfn < end; pfn++)
		if (!frame_in_use(&mm->frame[pfn]))
			return -EBUSY;
	for (kmm_pfn pfn = start; pfn < end;) {
		unsigned order = boot_order(mm, pfn, end);

		for (kmm_pfn p = pfn; p < pfn + (1u << order); p += mm->pageblock_pages)
			kmm_seed_pageblock(mm, p, type);
		frame_set_unused(mm, pfn, order);
		buddy_free(mm, &mm->zone[mm->frame[pfn].zone], pfn, order, type, to_tail);
		pfn += 1u << order;
	}
	return 0;
}

void kmm_expect_ownership(struct kmm *mm, int change)
{
	mm->expect_ownership = (int8_t)(change < 0 ? -1 : change > 0);
}
