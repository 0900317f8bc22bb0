// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KPF_LRU (1ull << 5)
#define KPF_BUDDY (1ull << 10)

static enum kmm_generation generation(const struct machine *m)
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

static void zone_config(const struct machine *m, unsigned z, struct kmm_zone_config *c)
{
	/* The slots of "protection" are the kernel's zone indexes; 32-bit kernels have no DMA32. */
	static const uint8_t wide[] = { KMM_ZONE_DMA, KMM_ZONE_DMA32, KMM_ZONE_NORMAL, KMM_ZONE_MOVABLE,
					KMM_ZONE_DEVICE };
	static const uint8_t narrow[] = { KMM_ZONE_DMA, KMM_ZONE_NORMAL, KMM_ZONE_HIGHMEM, KMM_ZONE_MOVABLE,
					  KMM_ZONE_DEVICE };
	const struct machine_zone *zone = &m->zones[z];
	bool is_narrow = !strcmp(m->arch, "i386");

	memset(c, 0, sizeof(*c));
	c->node = zone->node;
	c->type = (enum kmm_zone_type)zone->type;
	c->start = (kmm_pfn)zone->start_pfn;
	c->spanned = (kmm_pfn)zone->spanned;
	c->present = zone->present;
	c->managed = zone->managed;
	c->boost = zone->boost;
	c->min = zone->min > zone->boost ? zone->min - zone->boost : zone->min;
	c->low = zone->low > zone->boost ? zone->low - zone->boost : zone->low;
	c->high = zone->high > zone->boost ? zone->high - zone->boost : zone->high;
	c->reserve_given = zone->protections > 0;
	for (unsigned i = 0; i < zone->protections && i < 5; i++)
		c->reserve[is_narrow ? narrow[i] : wide[i]] = zone->protection[i];
	c->pcp_batch = (int)zone->pcp_batch;
	c->pcp_high = (int)zone->pcp_high;
	c->pcp_high_min = (int)zone->pcp_high_min;
	c->pcp_high_max = (int)zone->pcp_high_max;
}

/* The model wants zones by node, then ascending type; so does zoneinfo print them. */
static int check_order(const struct machine *m, struct err *e)
{
	for (uint32_t z = 1; z < m->zone_count; z++)
		if (m->zones[z].node * 16 + m->zones[z].type <= m->zones[z - 1].node * 16 + m->zones[z - 1].type)
			return err_set(e, EINVAL, "zoneinfo does not name the zones in order of node and type");
	return 0;
}

int machine_model(const struct machine *m, struct kmm_config *c, struct err *e)
{
	memset(c, 0, sizeof(*c));
	if (!m->zone_count || m->zone_count > KMM_ZONES)
		return err_set(e, ENODATA, "no zones are known (before/zoneinfo is missing)");
	if (check_order(m, e) < 0)
		return e->code;
	kmm_policy_init(&c->policy, generation(m));
	c->policy.max_order = m->orders ? m->orders - 1 : 10;
	c->policy.pageblock_order = m->pageblock_order;
	c->policy.min_free_kbytes = m->min_free_kbytes;
	if (m->watermark_scale_factor)
		c->policy.watermark_scale_factor = m->watermark_scale_factor;
	if (m->watermark_boost_factor)
		c->policy.watermark_boost_factor = m->watermark_boost_factor;
	c->policy.thp = m->thp_enabled;
	c->zones = m->zone_count;
	for (uint32_t z = 0; z < m->zone_count; z++)
		zone_config(m, z, &c->zone[z]);
	c->cpus = m->cpus ? m->cpus : 1;
	for (uint32_t i = 0; i < c->cpus; i++)
		c->cpu_node[i] = m->cpu[i].node;
	c->nodes = m->nodes ? m->nodes : 1;
	return 0;
}

/* ---- the starting state ---- */

static int refused(int ret, uint32_t pfn, struct err *e)
{
	return err_set(e, -ret, "the starting state cannot be: page frame %#x is refused by the model", pfn);
}

static int seed_blocks(const struct machine *m, const struct machine_state *s, struct kmm *mm, uint8_t *type,
		       struct err *e)
{
	uint64_t blocks = (m->max_pfn + (1ull << m->pageblock_order) - 1) >> m->pageblock_order;
	uint8_t *certain = malloc(blocks + 1);
	int ret;

	if (!certain)
		return err_set(e, ENOMEM, "out of memory");
	ret = machine_pageblocks(m, s, type, certain, e);
	free(certain);
	for (uint64_t b = 0; b < blocks && ret >= 0; b++) {
		uint64_t pfn = b << m->pageblock_order;

		if (type[b] == PAGEBLOCK_NONE)
			continue;
		while (pfn >> m->pageblock_order == b && kmm_zone_of(mm, (kmm_pfn)pfn) < 0)
			pfn++; /* a zone may begin inside the block */
		if (pfn >> m->pageblock_order == b)
			ret = kmm_seed_pageblock(mm, (kmm_pfn)pfn, type[b]);
		if (ret < 0)
			return refused(ret, (uint32_t)pfn, e);
	}
	return ret;
}

/* A free block as the model's policy may have it: its top order may be lower than the captured kernel's. */
static int seed_free(struct kmm *mm, uint32_t pfn, unsigned order, unsigned type)
{
	unsigned top = kmm_configuration(mm)->policy.max_order;
	unsigned step = order < top ? order : top;

	for (uint32_t p = pfn; p < pfn + (1u << order); p += 1u << step) {
		int ret = kmm_seed_free(mm, p, step, type);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Only the order of the lists makes sense for the captured kernel's policy; blocks and pages for any. */
static int seed_lists(const struct machine_state *s, struct kmm *mm, struct err *e)
{
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		for (uint32_t n = 0; n < l->count && l->cpu < 0; n++) {
			uint32_t pfn = s->list_pfns[l->first + n];
			int ret = seed_free(mm, pfn, l->order, l->type);

			if (ret < 0)
				return refused(ret, pfn, e);
		}
	}
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		for (uint32_t n = 0; n < l->count && l->cpu >= 0; n++) {
			uint32_t pfn = s->list_pfns[l->first + n];
			int ret = kmm_seed_pcp(mm, (unsigned)l->cpu, pfn, l->order, l->type);

			if (ret == -EINVAL) /* no such list under this policy: the block is simply free */
				kmm_free_pages_direct(mm, (unsigned)l->cpu, pfn, l->order, true);
			else if (ret < 0)
				return refused(ret, pfn, e);
		}
	}
	for (uint32_t i = 0; i < s->pcp_count; i++)
		kmm_seed_pcp_factors(mm, s->pcps[i].cpu, s->pcps[i].zone,
				     s->pcps[i].free_factor < 0 ? 0 : s->pcps[i].free_factor, 0, 0);
	return 0;
}

static bool is_free(const struct machine_state *s, uint64_t pfn)
{
	return pfn < s->kpageflags_len && s->kpageflags[pfn] & KPF_BUDDY;
}

/* The free-page map alone: maximal aligned blocks, by ascending address, on the lists of their pageblocks. */
static int seed_map(const struct machine *m, const struct machine_state *s, struct kmm *mm, const uint8_t *type,
		    struct err *e)
{
	for (uint32_t z = 0; z < m->zone_count; z++) {
		uint64_t p = m->zones[z].start_pfn, end = p + m->zones[z].spanned;

		while (p < end) {
			unsigned order = 0;
			int ret;

			if (!is_free(s, p)) {
				p++;
				continue;
			}
			while (order + 1 < m->orders && !(p & ((2ull << order) - 1)) && p + (2ull << order) <= end) {
				uint64_t i = p + (1ull << order);

				while (i < p + (2ull << order) && is_free(s, i))
					i++;
				if (i < p + (2ull << order))
					break;
				order++;
			}
			ret = seed_free(mm, (uint32_t)p, order, type[p >> m->pageblock_order] % KMM_MIGRATETYPES);
			if (ret < 0)
				return refused(ret, (uint32_t)p, e);
			p += 1ull << order;
		}
	}
	return 0;
}

int machine_seed(const struct machine *m, const struct machine_state *s, struct kmm *mm, struct err *e)
{
	uint8_t *type = malloc((m->max_pfn >> m->pageblock_order) + 2);
	int ret;

	if (!type)
		return err_set(e, ENOMEM, "out of memory");
	ret = seed_blocks(m, s, mm, type, e);
	if (ret >= 0 && !s->have_lists && !s->have_kpageflags)
		ret = err_set(e, ENODATA, "the snapshot says nothing of which pages were free");
	if (ret >= 0)
		ret = s->have_lists ? seed_lists(s, mm, e) : seed_map(m, s, mm, type, e);
	/* Pages on the LRU are movable: fallbacks count them. */
	for (uint64_t p = 0; ret >= 0 && p < s->kpageflags_len && p < m->max_pfn; p++)
		if (s->kpageflags[p] & KPF_LRU && kmm_frame_state(mm, (kmm_pfn)p) == KMM_FRAME_USED)
			kmm_seed_used(mm, (kmm_pfn)p, 0, KMM_MOVABLE);
	free(type);
	return ret;
}
