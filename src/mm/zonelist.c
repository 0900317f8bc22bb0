// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/zonelist.h"

#include "mm/frame.h"

#include <errno.h>
#include <stdlib.h>

struct order {
	uint8_t node[KMM_NODES];
	unsigned n;
};

static bool node_has_memory(const struct kmm *mm, unsigned node)
{
	for (unsigned i = 0; i < mm->zones; i++)
		if (mm->zone[i].node == node && mm->zone[i].managed)
			return true;
	return false;
}

static bool node_has_cpus(const struct kmm *mm, unsigned node)
{
	for (unsigned cpu = 0; cpu < mm->cpus; cpu++)
		if (mm->config.cpu_node[cpu] == node)
			return true;
	return false;
}

/*
 * Nearest first.  Among equally near nodes those behind the own one come first
 * (round the ring), nodes without CPUs are preferred, and a node that already
 * heads such a group of another node's list waits: `load` spreads the burden.
 */
static void order_nodes(const struct kmm *mm, unsigned own, unsigned load[KMM_NODES],
			struct order *o)
{
	bool used[KMM_NODES] = { false };
	unsigned before = own;

	o->n = 0;
	for (;;) {
		unsigned best = KMM_NODES, best_cost = ~0u;

		for (unsigned n = 0; n < mm->config.nodes; n++) {
			unsigned cost = mm->config.distance[own][n];

			if (used[n] || !node_has_memory(mm, n))
				continue;
			if (n == own) {
				best = n;
				break;
			}
			cost += n < own;
			cost += node_has_cpus(mm, n);
			cost = cost * KMM_NODES + load[n];
			if (cost < best_cost) {
				best_cost = cost;
				best = n;
			}
		}
		if (best == KMM_NODES)
			break;
		used[best] = true;
		if (mm->config.distance[own][best] != mm->config.distance[own][before])
			load[best]++;
		o->node[o->n++] = (uint8_t)best;
		before = best;
	}
}

/* Before 4.14, if asked for: all nodes' zones of a type, then the next lower type. */
static void fill_list_by_zone(struct kmm *mm, const struct order *o, unsigned highest,
			      struct zonelist *zl)
{
	for (unsigned type = highest + 1; type-- > 0;)
		for (unsigned k = 0; k < o->n; k++)
			for (unsigned i = 0; i < mm->zones; i++)
				if (mm->zone[i].node == o->node[k] && mm->zone[i].type == type &&
				    mm->zone[i].managed)
					zl->zone[zl->n++] = &mm->zone[i];
}

static void fill_list(struct kmm *mm, const struct order *o, unsigned highest, struct zonelist *zl)
{
	if (mm->config.policy.zone_order) {
		fill_list_by_zone(mm, o, highest, zl);
		return;
	}
	for (unsigned k = 0; k < o->n; k++)
		for (unsigned type = highest + 1; type-- > 0;)
			for (unsigned i = 0; i < mm->zones; i++)
				if (mm->zone[i].node == o->node[k] && mm->zone[i].type == type &&
				    mm->zone[i].managed)
					zl->zone[zl->n++] = &mm->zone[i];
}

/*
 * A zone type that the machine does not have counts as not configured in its
 * kernel: requests for it may use NORMAL (DMA32 on i386, HIGHMEM on 64 bits).
 */
static void map_gfp(struct kmm *mm)
{
	bool has[KMM_ZONE_TYPES] = { false };

	for (unsigned i = 0; i < mm->zones; i++)
		has[mm->zone[i].type] = true;
	for (unsigned gfp = 0; gfp < 16; gfp++) {
		unsigned type = KMM_ZONE_NORMAL;

		if (gfp & KMM_GFP_DMA && has[KMM_ZONE_DMA])
			type = KMM_ZONE_DMA;
		else if (gfp & KMM_GFP_DMA32 && has[KMM_ZONE_DMA32])
			type = KMM_ZONE_DMA32;
		else if (gfp & KMM_GFP_HIGHMEM && gfp & KMM_GFP_MOVABLE)
			type = KMM_ZONE_MOVABLE;
		else if (gfp & KMM_GFP_HIGHMEM && has[KMM_ZONE_HIGHMEM])
			type = KMM_ZONE_HIGHMEM;
		mm->highest[gfp] = (uint8_t)type;
	}
	mm->has_dma32 = has[KMM_ZONE_DMA32];
}

static unsigned mobility(const struct kmm *mm, kmm_gfp gfp)
{
	if (mm->grouping && gfp & KMM_GFP_MOVABLE)
		return KMM_MOVABLE;
	if (mm->grouping && gfp & KMM_GFP_RECLAIMABLE)
		return KMM_RECLAIMABLE;
	return KMM_UNMOVABLE;
}

static struct route route_of(const struct kmm *mm, unsigned node, kmm_gfp gfp)
{
	unsigned highest = mm->highest[gfp & 15], type = mobility(mm, gfp);
	struct zone *z = mm->zonelist[node][highest].zone[0];

	return (struct route){
		.zone = z,
		.used = z ? frame_kind(FRAME_IS_USED, 0, type, z->index) : 0,
		.type = (uint8_t)type,
		.highest = (uint8_t)highest,
		/* From 6.7 on a zone notes that it fell below the high mark. */
		.mark = mm->generation == KMM_LINUX_6_18 ? WMARK_HIGH : WMARK_LOW,
	};
}

int zonelist_build(struct kmm *mm)
{
	unsigned load[KMM_NODES] = { 0 };

	map_gfp(mm);
	mm->zonelist = calloc(mm->config.nodes, sizeof(*mm->zonelist));
	mm->route = calloc(mm->config.nodes, sizeof(*mm->route));
	if (!mm->zonelist || !mm->route)
		return -ENOMEM;
	for (unsigned node = 0; node < mm->config.nodes; node++) {
		struct order o;

		order_nodes(mm, node, load, &o);
		for (unsigned highest = 0; highest < KMM_ZONE_TYPES; highest++)
			fill_list(mm, &o, highest, &mm->zonelist[node][highest]);
		for (unsigned flags = 0; flags < ROUTES; flags++)
			mm->route[node][flags] = route_of(mm, node, flags);
	}
	return 0;
}
