// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "mm/kmm.h"

void kmm_policy_init(struct kmm_policy *p, enum kmm_generation g)
{
	memset(p, 0, sizeof(*p));
	p->generation = g;
	p->mobility_grouping = true;
	p->max_order = 10;
	p->pageblock_order = 9;
	p->lowmem_reserve_ratio[KMM_ZONE_DMA] = 256;
	p->lowmem_reserve_ratio[KMM_ZONE_DMA32] = 256;
	p->lowmem_reserve_ratio[KMM_ZONE_NORMAL] = 32;
	p->pcp_batch = -1;
	p->pcp_high = -1;
	p->pcp_orders = g >= KMM_LINUX_6_1 ? 4 : 1;
	p->pcp_thp = g >= KMM_LINUX_6_1;
	p->pcp_whole_late = p->pcp_keep_batch = g >= KMM_LINUX_6_18;
	p->reclaim = true;
	p->kswapd = true;
	p->oom = true;
	p->compaction = g != KMM_LINUX_2_6; /* from 2.6.35 */
	if (g == KMM_LINUX_2_6) {
		p->lowmem_reserve_ratio[KMM_ZONE_HIGHMEM] = 32;
		return;
	}
	p->watermark_scale_factor = 10;
	p->watermark_boost_factor = 15000;
	p->thp = true;
	p->highatomic_reserve = true;
	p->defrag_noretry_nofragment = true;
}
