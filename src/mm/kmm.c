// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/kmm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mm/alloc.h"
#include "mm/pcp.h"
#include "mm/zone.h"

#define MOST_FRAMES (1u << 30) /* 4 TiB: 12 GiB of frames */
#define LINE 64u

struct reason {
	char *text;
	size_t size;
};

static bool __attribute__((format(printf, 2, 3)))
refuse(const struct reason *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (why->size)
		vsnprintf(why->text, why->size, fmt, ap);
	va_end(ap);
	return false;
}

static bool check_policy(const struct kmm_policy *p, const struct reason *why)
{
	if (p->generation > KMM_LINUX_6_18)
		return refuse(why, "no such generation: %d", (int)p->generation);
	if (p->max_order >= KMM_ORDERS)
		return refuse(why, "top order %u is above %d", p->max_order, KMM_ORDERS - 1);
	if (!p->pageblock_order || p->pageblock_order > p->max_order)
		return refuse(why, "page block order %u is not within 1..%u", p->pageblock_order,
			      p->max_order);
	if (p->pcp_orders > COSTLY_ORDER + 1)
		return refuse(why, "per-CPU lists for %u orders; at most %d are possible",
			      p->pcp_orders, COSTLY_ORDER + 1);
	if (p->generation <= KMM_LINUX_5_10 && (p->pcp_orders > 1 || p->pcp_thp))
		return refuse(why, "before 6.1 only order 0 has per-CPU lists");
	if (p->pcp_batch > 1 << 20 || p->pcp_high > 1 << 24)
		return refuse(why, "per-CPU lists of batch %d, high %d are out of range",
			      p->pcp_batch, p->pcp_high);
	if (p->pcp_high_fraction && p->pcp_high_fraction < 8)
		return refuse(why, "a list of 1/%u of a zone is longer than an eighth",
			      p->pcp_high_fraction);
	return true;
}

static bool check_zone(const struct kmm_config *c, unsigned i, const struct reason *why)
{
	const struct kmm_zone_config *z = &c->zone[i];

	if (z->node >= c->nodes || (unsigned)z->type >= KMM_ZONE_TYPES)
		return refuse(why, "zone %u: node %u, type %d do not exist", i, z->node,
			      (int)z->type);
	if ((uint64_t)z->start + z->spanned > MOST_FRAMES)
		return refuse(why, "zone %u ends at frame %llu; at most %u are possible", i,
			      (unsigned long long)z->start + z->spanned, MOST_FRAMES);
	if (z->present > z->spanned || z->managed > z->spanned)
		return refuse(why, "zone %u spans less than it has", i);
	if (z->pcp_batch < 0 || z->pcp_batch > 1 << 20 || z->pcp_high < 0 || z->pcp_high > 1 << 24)
		return refuse(why, "zone %u: batch %d, high %d are out of range", i, z->pcp_batch,
			      z->pcp_high);
	return true;
}

static bool check_config(const struct kmm_config *c, const struct reason *why)
{
	bool memory = false;

	if (!c->zones || c->zones > KMM_ZONES || !c->cpus || c->cpus > KMM_CPUS || !c->nodes ||
	    c->nodes > KMM_NODES)
		return refuse(why, "%u zones, %u CPUs, %u nodes: out of range", c->zones, c->cpus,
			      c->nodes);
	if (!check_policy(&c->policy, why))
		return false;
	for (unsigned cpu = 0; cpu < c->cpus; cpu++)
		if (c->cpu_node[cpu] >= c->nodes)
			return refuse(why, "CPU %u is on node %u of %u", cpu, c->cpu_node[cpu],
				      c->nodes);
	for (unsigned i = 0; i < c->zones; i++) {
		if (!check_zone(c, i, why))
			return false;
		memory |= c->zone[i].spanned && c->zone[i].managed;
	}
	return memory || refuse(why, "no zone has memory");
}

static void default_distances(struct kmm_config *c)
{
	for (unsigned a = 0; a < c->nodes; a++)
		for (unsigned b = 0; b < c->nodes; b++)
			if (c->distance[a][b])
				return;
	for (unsigned a = 0; a < c->nodes; a++)
		for (unsigned b = 0; b < c->nodes; b++)
			c->distance[a][b] = a == b ? 10 : 20;
}

static void init_policy(struct kmm *mm)
{
	struct kmm_policy *p = &mm->config.policy;

	mm->generation = (uint8_t)p->generation;
	mm->max_order = (uint8_t)p->max_order;
	mm->pageblock_order = (uint8_t)p->pageblock_order;
	mm->pageblock_pages = 1u << p->pageblock_order;
	mm->grouping = p->mobility_grouping;
	mm->expect_ownership = -1;
	mm->expect_zone = -1;
	mm->expect_drain = -1;
	mm->captured = KMM_NO_PFN;
	kmm_capture(mm, -1, 0, 0);
	if (!p->pcp_batch)
		return;
	mm->pcp_orders = (uint16_t)((1u << p->pcp_orders) - 1);
	if (p->pcp_thp && p->pageblock_order > COSTLY_ORDER)
		mm->pcp_orders = (uint16_t)(mm->pcp_orders | 1u << p->pageblock_order);
	kmm_lock_pcp(mm, false);
}

static void init_zones(struct kmm *mm)
{
	mm->zones = (uint8_t)mm->config.zones;
	mm->freed = mm->zone;
	for (unsigned i = 0; i < mm->zones; i++) {
		const struct kmm_zone_config *c = &mm->config.zone[i];
		struct zone *z = &mm->zone[i];
		kmm_pfn end;

		z->index = (uint8_t)i;
		z->node = (uint8_t)c->node;
		z->type = (uint8_t)c->type;
		z->start = c->start;
		z->end = c->start + c->spanned;
		z->managed = c->managed;
		z->mark[WMARK_MIN] = c->min;
		z->mark[WMARK_LOW] = c->low;
		z->mark[WMARK_HIGH] = c->high;
		z->boost = c->boost;
		memcpy(z->reserve, c->reserve, sizeof(z->reserve));
		z->pcp0 = i * mm->cpus;
		end = (z->end + (1u << mm->max_order) - 1) & ~((1u << mm->max_order) - 1);
		if (c->spanned && end > mm->frames)
			mm->frames = end;
	}
}

static size_t frame_bytes(const struct kmm *mm)
{
	return (size_t)mm->all_frames * sizeof(*mm->frame) + LINE;
}

/* Room for the frames of all zones and, behind them, for the list heads. */
static bool init_frames(struct kmm *mm)
{
	uint32_t lists = KMM_ORDERS * KMM_MIGRATETYPES, at = mm->frames;

	mm->all_frames = mm->frames + mm->zones * (lists + mm->cpus * PCP_HEADS);
	mm->frame_memory = calloc(1, frame_bytes(mm));
	if (!mm->frame_memory)
		return false;
	mm->frame = (struct frame *)(((uintptr_t)mm->frame_memory + LINE - 1) / LINE * LINE);
	for (unsigned i = 0; i < mm->zones; i++) {
		struct zone *z = &mm->zone[i];

		for (kmm_pfn pfn = z->start; pfn < z->end; pfn++) {
			if (mm->frame[pfn].state != FRAME_IS_HOLE)
				continue;
			mm->frame[pfn].state = FRAME_IS_USED;
			mm->frame[pfn].zone = i & 31;
		}
		z->heads = at;
		for (uint32_t list = 0; list < lists; list++)
			list_init(mm->frame, at++);
	}
	return true;
}

static void init_pcp(struct kmm *mm, struct pcp *p, unsigned zone, unsigned cpu, uint32_t heads)
{
	const struct kmm_zone_config *c = &mm->config.zone[zone];
	int batch = c->pcp_batch;

	p->head = heads;
	p->cpu = (uint16_t)cpu;
	p->zone = (uint8_t)zone;
	p->batch = c->pcp_batch;
	p->high = p->high_late = p->high_least = c->pcp_high;
	p->high_min = c->pcp_high_min;
	p->high_max = c->pcp_high_max;
	p->side[0].batch = c->pcp_batch;
	p->side[0].high = c->pcp_high;
	/* A fraction that was asked for is one of the hot list. */
	if (mm->config.policy.pcp_high_fraction)
		batch = zone_batch(mm->generation, c->present, c->managed);
	p->side[1].batch = batch > 1 ? batch / 2 : 1;
	p->side[1].high = mm->config.policy.pcp_high_fraction ? 2 * batch : c->pcp_high / 3;
	for (unsigned list = 0; list < PCP_HEADS; list++)
		list_init(mm->frame, heads + list);
}

static bool init_pcps(struct kmm *mm)
{
	uint32_t heads = mm->frames + mm->zones * KMM_ORDERS * KMM_MIGRATETYPES;
	size_t size = sizeof(*mm->pcp) * mm->zones * mm->cpus;

	mm->pcp = aligned_alloc(LINE, size);
	if (!mm->pcp)
		return false;
	memset(mm->pcp, 0, size);
	for (unsigned zone = 0; zone < mm->zones; zone++)
		for (unsigned cpu = 0; cpu < mm->cpus; cpu++, heads += PCP_HEADS)
			init_pcp(mm, &mm->pcp[zone * mm->cpus + cpu], zone, cpu, heads);
	return true;
}

static bool init_pageblocks(struct kmm *mm)
{
	uint32_t n = mm->frames >> mm->pageblock_order;
	unsigned type = mm->grouping ? KMM_MOVABLE : KMM_UNMOVABLE;

	mm->tag = malloc(n);
	if (!mm->tag)
		return false;
	memset(mm->tag, (int)type, n);
	for (unsigned i = 0; i < mm->zones; i++)
		for (uint32_t block = mm->zone[i].start >> mm->pageblock_order;
		     block < n && block << mm->pageblock_order < mm->zone[i].end; block++)
			mm->zone[i].pageblocks[type] += frame_counts_in(mm, block, &mm->zone[i]);
	return true;
}

struct kmm *kmm_create(const struct kmm_config *c, char *text, size_t n)
{
	struct reason why = { text, n };
	struct kmm *mm;

	if (n)
		*text = '\0';
	if (!check_config(c, &why))
		return NULL;
	mm = calloc(1, sizeof(*mm));
	if (!mm)
		goto no_memory;
	mm->config = *c;
	mm->cpus = c->cpus;
	default_distances(&mm->config);
	zone_compute(&mm->config);
	init_policy(mm);
	init_zones(mm);
	if (!init_frames(mm) || !init_pcps(mm) || !init_pageblocks(mm) || zonelist_build(mm))
		goto no_memory;
	alloc_init(mm);
	return mm;
no_memory:
	kmm_destroy(mm);
	refuse(&why, "out of memory");
	return NULL;
}

void kmm_destroy(struct kmm *mm)
{
	if (!mm)
		return;
	free(mm->frame_memory);
	free(mm->pcp);
	free(mm->tag);
	free(mm->zonelist);
	free(mm->route);
	free(mm);
}

void kmm_observe(struct kmm *mm, const struct kmm_observer *o, void *arg)
{
	if (o)
		mm->seen = *o;
	else
		memset(&mm->seen, 0, sizeof(mm->seen));
	mm->seen_arg = arg;
}

const struct kmm_config *kmm_configuration(const struct kmm *mm)
{
	return &mm->config;
}

const struct kmm_stats *kmm_stats(const struct kmm *mm)
{
	return &mm->stats;
}

size_t kmm_memory(const struct kmm *mm)
{
	return sizeof(*mm) + frame_bytes(mm) + sizeof(*mm->pcp) * mm->zones * mm->cpus +
	       (mm->frames >> mm->pageblock_order) +
	       (sizeof(*mm->zonelist) + sizeof(*mm->route)) * mm->config.nodes;
}

/* ---- state ---- */

uint64_t kmm_nr_free(const struct kmm *mm, unsigned zone, unsigned order, unsigned type)
{
	if (zone >= mm->zones || order >= KMM_ORDERS || type >= KMM_MIGRATETYPES)
		return 0;
	return buddy_blocks(mm, &mm->zone[zone], order, type);
}

uint64_t kmm_zone_free_pages(const struct kmm *mm, unsigned zone)
{
	return zone < mm->zones ? mm->zone[zone].free_pages : 0;
}

uint64_t kmm_zone_boost(const struct kmm *mm, unsigned zone)
{
	return zone < mm->zones ? mm->zone[zone].boost : 0;
}

uint64_t kmm_pcp_pages(const struct kmm *mm, unsigned zone, unsigned cpu)
{
	if (zone >= mm->zones || cpu >= mm->cpus)
		return 0;
	return (uint64_t)pcp_of(mm, &mm->zone[zone], cpu)->count;
}

uint64_t kmm_pageblocks(const struct kmm *mm, unsigned zone, unsigned type)
{
	if (zone >= mm->zones || type >= KMM_MIGRATETYPES)
		return 0;
	return mm->zone[zone].pageblocks[type];
}

static kmm_pfn next_on_list(const struct kmm *mm, uint32_t head, kmm_pfn at)
{
	uint32_t next = mm->frame[at == KMM_NO_PFN ? head : at].next;

	return next == head ? KMM_NO_PFN : next;
}

kmm_pfn kmm_free_list_next(const struct kmm *mm, unsigned zone, unsigned order, unsigned type,
			   kmm_pfn at)
{
	if (zone >= mm->zones || order >= KMM_ORDERS || type >= KMM_MIGRATETYPES)
		return KMM_NO_PFN;
	return next_on_list(mm, buddy_list(&mm->zone[zone], order, type), at);
}

kmm_pfn kmm_pcp_list_next(const struct kmm *mm, unsigned cpu, unsigned zone, unsigned order,
			  unsigned type, kmm_pfn at)
{
	const struct pcp *p;

	if (zone >= mm->zones || cpu >= mm->cpus || !pcp_serves(mm, order) ||
	    type >= KMM_MIGRATETYPES)
		return KMM_NO_PFN;
	p = pcp_of(mm, &mm->zone[zone], cpu);
	return next_on_list(mm, p->head + pcp_list(order, type), at);
}
