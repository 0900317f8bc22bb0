// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/zone.h"

#define PAGE_KB 4u
#define PCP_MOST_BATCH 96u    /* 8 * PAGE_SHIFT */
#define MIN_RESERVE_PAGES 32u /* the kernel's unit of reclaim, SWAP_CLUSTER_MAX */
#define THP_BLOCKS 11u /* 2 page blocks free at any time, and one per pair of types (3 * 3) */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t square_root(uint64_t v)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ull << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= v)
			root |= bit;
	return root;
}

static unsigned round_down_pow2(unsigned v)
{
	return v ? 1u << (31 - __builtin_clz(v)) : 0;
}

/* 2.6 counts the pages that a zone has, later kernels those that the allocator got. */
static uint64_t zone_size(const struct kmm_config *c, const struct kmm_zone_config *z)
{
	return c->policy.generation == KMM_LINUX_2_6 ? z->present : z->managed;
}

static bool has_highmem(const struct kmm_config *c)
{
	for (unsigned i = 0; i < c->zones; i++)
		if (c->zone[i].type == KMM_ZONE_HIGHMEM)
			return true;
	return false;
}

/* MOVABLE lies in HIGHMEM where there is any. */
static bool is_highmem(const struct kmm_config *c, const struct kmm_zone_config *z)
{
	return z->type == KMM_ZONE_HIGHMEM || (z->type == KMM_ZONE_MOVABLE && has_highmem(c));
}

unsigned zone_min_free_kbytes(const struct kmm_config *c)
{
	const struct kmm_policy *p = &c->policy;
	uint64_t lowmem = 0, zones = 0, kb, most;

	if (p->min_free_kbytes)
		return p->min_free_kbytes;
	for (unsigned i = 0; i < c->zones; i++) {
		if (c->zone[i].type > KMM_ZONE_NORMAL || !c->zone[i].managed)
			continue;
		lowmem += zone_size(c, &c->zone[i]);
		zones++;
	}
	most = p->generation == KMM_LINUX_2_6 ? 65536 : 262144;
	kb = square_root(lowmem * PAGE_KB * 16);
	kb = max_u64(128, min_u64(kb, most));
	if (p->thp) {
		uint64_t pages = (THP_BLOCKS << p->pageblock_order) * zones;

		kb = max_u64(kb, min_u64(pages, lowmem / 20) * PAGE_KB);
	}
	return (unsigned)kb;
}

static void compute_marks(struct kmm_config *c, struct kmm_zone_config *z, uint64_t pages_min,
			  uint64_t lowmem)
{
	uint64_t size = zone_size(c, z);
	uint64_t share = lowmem ? pages_min * size / lowmem : 0;
	uint64_t gap;

	if (z->min || z->low || z->high || !size)
		return;
	z->min = share;
	if (is_highmem(c, z))
		z->min = max_u64(MIN_RESERVE_PAGES, min_u64(size / 1024, 4 * MIN_RESERVE_PAGES));
	if (c->policy.generation == KMM_LINUX_2_6) {
		z->low = z->min + share / 4;
		z->high = z->min + share / 2;
		return;
	}
	gap = max_u64(share / 4, size * c->policy.watermark_scale_factor / 10000);
	z->low = z->min + gap;
	z->high = z->low + gap;
}

static void compute_reserve(const struct kmm_config *c, struct kmm_zone_config *z)
{
	unsigned ratio = c->policy.lowmem_reserve_ratio[z->type];
	uint64_t above = 0;

	if (z->reserve_given)
		return;
	memset(z->reserve, 0, sizeof(z->reserve));
	for (unsigned type = z->type + 1; type < KMM_ZONE_DEVICE; type++) {
		for (unsigned i = 0; i < c->zones; i++)
			if (c->zone[i].node == z->node && c->zone[i].type == type)
				above += zone_size(c, &c->zone[i]);
		z->reserve[type] = ratio && z->managed ? above / ratio : 0;
	}
	z->reserve[KMM_ZONE_DEVICE] = z->reserve[KMM_ZONE_MOVABLE];
}

int zone_batch(enum kmm_generation g, uint64_t present, uint64_t managed)
{
	unsigned batch;

	if (g == KMM_LINUX_6_18) {
		batch = (unsigned)min_u64(managed >> 12, 64);
		return batch <= 1 ? 1 : (int)round_down_pow2(batch + batch / 2) - 1;
	}
	if (g == KMM_LINUX_2_6)
		batch = (unsigned)min_u64(present >> 10, 128) / 4;
	else
		batch = (unsigned)min_u64(managed >> 10, 256) / 4;
	if (!batch)
		batch = 1;
	return (int)round_down_pow2(batch + batch / 2) - 1;
}

static unsigned cpus_of_node(const struct kmm_config *c, unsigned node)
{
	unsigned n = 0;

	for (unsigned cpu = 0; cpu < c->cpus; cpu++)
		n += c->cpu_node[cpu] == node;
	return n ? n : c->cpus ? c->cpus : 1;
}

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

/* percpu_pagelist_fraction: a share of the zone for each CPU; from 5.14 on for all of them together. */
static void pcp_by_fraction(const struct kmm_config *c, struct kmm_zone_config *z)
{
	unsigned share = (unsigned)(zone_size(c, z) / c->policy.pcp_high_fraction);

	if (c->policy.generation > KMM_LINUX_5_10)
		share /= cpus_of_node(c, z->node);
	else
		z->pcp_batch = max_int((int)min_u64(share / 4, PCP_MOST_BATCH), 1);
	z->pcp_high = z->pcp_high_min = z->pcp_high_max = max_int((int)share, 1);
}

static void compute_pcp(const struct kmm_config *c, struct kmm_zone_config *z)
{
	const struct kmm_policy *p = &c->policy;
	int raw = zone_batch(p->generation, z->present, z->managed);
	uint64_t cpus = cpus_of_node(c, z->node);
	bool other_batch = p->pcp_batch > 0, given;

	if (p->pcp_high_fraction)
		pcp_by_fraction(c, z);
	given = z->pcp_high;
	if (other_batch)
		raw = z->pcp_batch = p->pcp_batch;
	else if (z->pcp_batch && z->pcp_batch != max_int(raw, 1))
		raw = z->pcp_batch; /* a batch of 1 may stand for none, and the limit is 0 then */
	else
		z->pcp_batch = max_int(raw, 1);
	if (!given)
		z->pcp_high = p->generation <= KMM_LINUX_5_10 ? 6 * raw : (int)(z->low / cpus);
	if (p->generation > KMM_LINUX_5_10 && (!given || other_batch || p->pcp_high_fraction))
		z->pcp_high = max_int(z->pcp_high, 4 * z->pcp_batch);
	if (p->pcp_high_fraction)
		z->pcp_high_min = z->pcp_high_max = z->pcp_high;
	if (!z->pcp_high_min)
		z->pcp_high_min = max_int((int)(z->low / cpus), 4 * z->pcp_batch);
	if (!z->pcp_high_max)
		z->pcp_high_max = max_int((int)(z->managed / 8 / cpus), 4 * z->pcp_batch);
	if (p->pcp_high >= 0)
		z->pcp_high = z->pcp_high_min = z->pcp_high_max = p->pcp_high;
}

void zone_compute(struct kmm_config *c)
{
	uint64_t lowmem = 0;

	c->policy.min_free_kbytes = zone_min_free_kbytes(c);
	for (unsigned i = 0; i < c->zones; i++)
		if (!is_highmem(c, &c->zone[i]))
			lowmem += zone_size(c, &c->zone[i]);
	for (unsigned i = 0; i < c->zones; i++) {
		compute_marks(c, &c->zone[i], c->policy.min_free_kbytes / PAGE_KB, lowmem);
		compute_reserve(c, &c->zone[i]);
		compute_pcp(c, &c->zone[i]);
	}
}

bool zone_boost(struct kmm *mm, struct zone *z)
{
	uint64_t most = z->mark[WMARK_HIGH] * mm->config.policy.watermark_boost_factor / 10000;

	/* Small zones could not live with it. */
	if (!most || 4ull * mm->pageblock_pages > z->managed)
		return false;
	most = max_u64(most, mm->pageblock_pages);
	z->boost = min_u64(z->boost + mm->pageblock_pages, most);
	mm->stats.boosts++;
	return true;
}
