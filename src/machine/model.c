// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/model.h"

#include <errno.h>
#include <string.h>

enum kmm_generation machine_generation(const struct machine *m)
{
	uint32_t v = m->kernel_major * 1000 + m->kernel_minor;

	if (!m->kernel_major)
		return KMM_LINUX_6_1;
	if (v < 4004)
		return KMM_LINUX_2_6;
	if (v < 5013)
		return KMM_LINUX_5_10;
	return v < 6007 ? KMM_LINUX_6_1 : KMM_LINUX_6_18;
}

static uint64_t without(uint64_t mark, uint64_t boost)
{
	return mark > boost ? mark - boost : 0;
}

/* zoneinfo has no limits of the lists' high before 6.13; the dumps of struct per_cpu_pages do. */
static void dumped_limits(const struct machine *m, const struct machine_zone *z,
			  struct kmm_zone_config *c)
{
	for (uint32_t i = 0; i < m->before.pcp_count; i++) {
		const struct machine_pcp *p = &m->before.pcps[i];

		if (&m->zones[p->zone] != z || p->high_max <= 0)
			continue;
		c->pcp_high_min = p->high_min;
		c->pcp_high_max = p->high_max;
		return;
	}
}

static void take_zone(const struct machine *m, const struct machine_zone *z,
		      struct kmm_zone_config *c)
{
	c->node = z->node;
	c->type = (enum kmm_zone_type)z->type;
	c->start = (kmm_pfn)z->start_pfn;
	c->spanned = (kmm_pfn)z->spanned;
	c->present = z->present;
	c->managed = z->managed;
	c->boost = z->boost;
	c->min = without(z->min, z->boost);
	c->low = without(z->low, z->boost);
	c->high = without(z->high, z->boost);
	c->reserve_given = z->protections && z->protections <= m->zone_types;
	for (uint32_t i = 0; c->reserve_given && i < z->protections; i++)
		c->reserve[m->zone_type_of_index[i]] = z->protection[i];
	c->pcp_batch = (int)z->pcp_batch;
	c->pcp_high = (int)z->pcp_high;
	c->pcp_high_min = (int)z->pcp_high_min;
	c->pcp_high_max = (int)z->pcp_high_max;
	if (!c->pcp_high_max)
		dumped_limits(m, z, c);
}

uint32_t machine_pcp_least(const struct machine *m, uint32_t zone)
{
	const struct machine_zone *z = &m->zones[zone];
	struct kmm_zone_config c;
	uint32_t cpus = 0, share, batches;

	if (machine_generation(m) < KMM_LINUX_6_18)
		return z->pcp_high;
	take_zone(m, z, &c);
	if (c.pcp_high_min > 0)
		return (uint32_t)c.pcp_high_min;
	for (uint32_t i = 0; i < m->cpus; i++)
		cpus += m->cpu[i].node == z->node;
	share = (uint32_t)(c.low / (cpus ? cpus : 1));
	batches = 4 * z->pcp_batch;
	return share > batches ? share : batches;
}

/* Huge pages have per-CPU lists of their own from 5.13 on, if they are compiled in. */
static bool has_thp_lists(const struct machine *m, const struct kmm_policy *p)
{
	if (p->generation <= KMM_LINUX_5_10 || m->thp_compiled == 0)
		return false;
	/* Without huge pages a pageblock is as large as the largest block. */
	return m->thp_compiled == 1 || p->pageblock_order < p->max_order;
}

/* A CPU whose share of the last-level cache exceeds three batches keeps one (6.7 on). */
static bool keeps_batch(const struct machine *m)
{
	const struct machine_cache *last = &m->caches[m->cache_count ? m->cache_count - 1 : 0];
	uint32_t batch = 1;

	if (!last->sharers || !strcmp(last->type, "Instruction"))
		return true;
	for (uint32_t z = 0; z < m->zone_count; z++)
		if (m->zones[z].pcp_batch > batch)
			batch = m->zones[z].pcp_batch;
	return last->size / last->sharers / 4096 > 3 * batch;
}

static void take_policy(const struct machine *m, struct kmm_policy *p)
{
	uint64_t managed = 0;

	kmm_policy_init(p, machine_generation(m));
	p->kswapd = false; /* the recorded one does its work */
	p->max_order = m->orders ? m->orders - 1 : 10;
	p->pageblock_order = m->pageblock_order;
	p->pcp_thp = has_thp_lists(m, p);
	if (p->generation == KMM_LINUX_6_18) {
		p->pcp_whole_late = m->kernel_major * 1000 + m->kernel_minor >= 6016;
		p->pcp_drain_batches = m->kernel_major * 1000 + m->kernel_minor >= 6019;
		p->pcp_keep_batch = keeps_batch(m);
	}
	p->thp = m->thp_enabled;
	/* As the kernel decides at boot: with so little memory grouping only hurts. */
	for (uint32_t z = 0; z < m->zone_count; z++)
		managed += m->zones[z].managed;
	if (m->migratetypes && managed < (uint64_t)m->migratetypes << m->pageblock_order)
		p->mobility_grouping = false;
	if (!m->have_sysctl)
		return;
	p->min_free_kbytes = m->min_free_kbytes;
	if (m->watermark_scale_factor) {
		p->watermark_scale_factor = m->watermark_scale_factor;
		p->watermark_boost_factor = m->watermark_boost_factor;
	}
	memcpy(p->lowmem_reserve_ratio, m->lowmem_reserve_ratio, sizeof(p->lowmem_reserve_ratio));
}

int machine_model(const struct machine *m, struct kmm_config *c, struct err *e)
{
	memset(c, 0, sizeof(*c));
	if (!m->zone_count || m->zone_count > KMM_ZONES)
		return err_set(e, ENODATA, "no zones are known (zoneinfo is missing)");
	take_policy(m, &c->policy);
	c->zones = m->zone_count;
	for (uint32_t z = 0; z < m->zone_count; z++)
		take_zone(m, &m->zones[z], &c->zone[z]);
	c->cpus = m->cpus ? m->cpus : 1;
	c->nodes = m->nodes ? m->nodes : 1;
	for (uint32_t i = 0; i < c->cpus; i++)
		c->cpu_node[i] = m->cpu[i].node;
	memcpy(c->distance, m->distance, sizeof(c->distance));
	return 0;
}
