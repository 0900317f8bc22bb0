// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/kmm_arch.h"

#include <errno.h>
#include <string.h>

#define MIB(n) ((uint64_t)(n) << 8) /* pages */
#define GIB(n) MIB((n)*1024ull)
#define NO_LIMIT UINT64_MAX

/*
 * What i386 maps directly ends 128 MiB below the end of its vmalloc window, two pages
 * below the pkmap window (Linux 6.1); in the books it is 896 MiB.
 */
#define LOW_PAE_6_1 (MIB(1008 - 128) - 2)
#define LOW_6_1 (MIB(1016 - 128) - 2)

/* Where memory begins, up to where each zone reaches, a hole, all in pages. */
struct layout {
	uint64_t first, limit;
	uint64_t end[KMM_ZONE_TYPES]; /* 0: no such zone */
	uint64_t hole, hole_end;
	bool empty_dma32; /* it is there, though it never has memory */
};

static const struct layout layouts[] = {
	[KMM_X86_32] = { .limit = GIB(4),
			 .end = { [KMM_ZONE_DMA] = MIB(16),
				  [KMM_ZONE_NORMAL] = MIB(896),
				  [KMM_ZONE_HIGHMEM] = NO_LIMIT } },
	[KMM_X86_32_PAE] = { .limit = GIB(64),
			     .end = { [KMM_ZONE_DMA] = MIB(16),
				      [KMM_ZONE_NORMAL] = MIB(896),
				      [KMM_ZONE_HIGHMEM] = NO_LIMIT } },
	[KMM_X86_64] = { .limit = GIB(2048),
			 .end = { [KMM_ZONE_DMA] = MIB(16),
				  [KMM_ZONE_DMA32] = GIB(4),
				  [KMM_ZONE_NORMAL] = NO_LIMIT },
			 .hole = GIB(3),
			 .hole_end = GIB(4) },
	[KMM_ARM] = { .first = GIB(1),
		      .limit = GIB(4),
		      .end = { [KMM_ZONE_NORMAL] = GIB(1) + MIB(760),
			       [KMM_ZONE_HIGHMEM] = NO_LIMIT } },
	[KMM_ARM64] = { .first = GIB(1),
			.limit = GIB(2048),
			.end = { [KMM_ZONE_DMA] = GIB(4), [KMM_ZONE_NORMAL] = NO_LIMIT },
			.empty_dma32 = true },
};

/* A zone for the frames [from, to), as far as memory has them; none if that is nothing. */
static void add_zone(struct kmm_config *c, const struct layout *l, unsigned node,
		     enum kmm_zone_type type, uint64_t from, uint64_t to)
{
	struct kmm_zone_config *z = &c->zone[c->zones];
	uint64_t holes = 0;

	/* Frame 0 is the machine's own. */
	from += !from;
	if (from >= to || c->zones == KMM_ZONES)
		return;
	if (l->hole && from < l->hole_end && to > l->hole)
		holes = (to < l->hole_end ? to : l->hole_end) - (from > l->hole ? from : l->hole);
	if (holes == to - from)
		return;
	memset(z, 0, sizeof(*z));
	z->node = node;
	z->type = type;
	z->start = (kmm_pfn)from;
	z->spanned = (kmm_pfn)(to - from);
	z->present = z->managed = to - from - holes;
	c->zones++;
}

/* One node's memory from a frame on; where it ends. */
static uint64_t add_node(struct kmm_config *c, const struct layout *l, unsigned node,
			 uint64_t start, uint64_t pages, uint64_t movable)
{
	uint64_t end = start + pages, low = start, top;

	if (l->hole && start < l->hole && end > l->hole)
		end += l->hole_end - l->hole;
	top = end - movable;
	if (l->hole && top > l->hole && top < l->hole_end)
		top = l->hole - (l->hole_end - top);
	for (unsigned type = 0; type <= KMM_ZONE_HIGHMEM; type++) {
		uint64_t to = l->end[type] < top ? l->end[type] : top;

		if (type == KMM_ZONE_DMA32 && l->empty_dma32 && c->zones < KMM_ZONES)
			c->zone[c->zones++] = (struct kmm_zone_config){ .node = node,
									.type = type };
		if (!l->end[type] || low >= to)
			continue;
		add_zone(c, l, node, (enum kmm_zone_type)type, low, to);
		low = to;
	}
	if (movable)
		add_zone(c, l, node, KMM_ZONE_MOVABLE, top, end);
	return end;
}

int kmm_arch_zones(struct kmm_config *c, enum kmm_arch arch, uint64_t memory, uint64_t movable)
{
	struct layout chosen;
	const struct layout *l = &chosen;
	uint64_t pages, at;

	if ((unsigned)arch > KMM_ARM64 || !c->nodes || c->nodes > KMM_NODES || !c->cpus ||
	    c->cpus > KMM_CPUS)
		return -EINVAL;
	chosen = layouts[arch];
	if (c->policy.generation >= KMM_LINUX_6_1 && arch <= KMM_X86_32_PAE)
		chosen.end[KMM_ZONE_NORMAL] = arch == KMM_X86_32_PAE ? LOW_PAE_6_1 : LOW_6_1;
	pages = memory / 4096 / c->nodes;
	movable /= 4096;
	if (pages < MIB(16) || movable >= pages / 2 ||
	    l->first + pages * c->nodes + l->hole_end - l->hole > l->limit)
		return -EINVAL;
	c->zones = 0;
	at = l->first;
	for (unsigned node = 0; node < c->nodes; node++)
		at = add_node(c, l, node, at, pages, movable);
	for (unsigned cpu = 0; cpu < c->cpus; cpu++)
		c->cpu_node[cpu] = (uint8_t)((uint64_t)cpu * c->nodes / c->cpus);
	return 0;
}
