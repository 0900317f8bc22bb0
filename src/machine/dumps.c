// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dumps: the kernel's real lists, from raw dumps of its memory: the struct page
 * array, the node's pglist_data and the per-CPU areas (docs/captures.md).
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/layout.h"
#include "machine/lines.h"
#include "machine/lists.h"
#include "machine/parse.h"

struct dumps {
	struct machine *m;
	struct machine_state *s;
	const struct layout *l;
	struct blob pages;
	uint64_t page_base;	/* address of the struct page of frame 0 */
	struct blob symbols;
};

static uint64_t get64(const struct blob *b, uint64_t at)
{
	uint64_t v;

	if (at > b->len || b->len - at < 8)
		return 0;
	memcpy(&v, b->data + at, 8);
	return le64toh(v);
}

static int32_t get32(const struct blob *b, uint64_t at)
{
	uint32_t v;

	if (at > b->len || b->len - at < 4)
		return 0;
	memcpy(&v, b->data + at, 4);
	return (int32_t)le32toh(v);
}

/* Address of "name address ..." in symbols.txt. */
static bool symbol(const struct blob *b, const char *name, uint64_t *out)
{
	struct lines l = lines_of(b);

	while (lines_next(&l)) {
		size_t len = strlen(name);

		if (!strncmp(l.text, name, len) && l.text[len] == ' ')
			return sscanf(l.text + len, " %" SCNx64, out) == 1;
	}
	return false;
}

/* Follow a list from its head; the pages' frames in order. -EUCLEAN if a link leads astray. */
static int walk(struct dumps *d, uint64_t head, uint64_t first)
{
	uint64_t frames = d->pages.len / d->l->page_size;

	for (uint64_t at = first, n = 0; at != head; n++) {
		uint64_t page = at - d->l->page_lru - d->page_base, pfn = page / d->l->page_size;

		if (at < d->page_base || page % d->l->page_size || pfn >= frames || n > frames)
			return -EUCLEAN;
		if (lists_add(d->s, (uint32_t)pfn))
			return -ENOMEM;
		at = get64(&d->pages, pfn * d->l->page_size + d->l->page_lru);
	}
	return 0;
}

static int walk_zone(struct dumps *d, const struct blob *pgdat, uint64_t node, unsigned zone, unsigned index)
{
	for (unsigned order = 0; order < d->m->orders; order++)
		for (unsigned t = 0; t < d->l->types; t++) {
			uint64_t at = (uint64_t)index * d->l->zone_size + d->l->zone_free_area +
				      (uint64_t)order * d->l->free_area_size + 16ull * t;
			int ret = lists_begin(d->s, zone, -1, order, d->m->migratetype_of_raw[t]);

			if (ret >= 0)
				ret = walk(d, node + at, get64(pgdat, at));
			if (ret < 0)
				return ret;
		}
	return 0;
}

static int walk_pcp(struct dumps *d, const struct blob *area, uint64_t base, uint64_t pcp, unsigned zone,
		    unsigned cpu)
{
	struct machine_pcp p = { .zone = (uint8_t)zone, .cpu = (uint16_t)cpu };

	if (pcp > area->len || area->len - pcp < d->l->pcp_lists + 16ull * d->l->pcp_list_count)
		return -EUCLEAN;
	p.count = get32(area, pcp + d->l->pcp_count);
	p.high = get32(area, pcp + d->l->pcp_high);
	p.batch = get32(area, pcp + d->l->pcp_batch);
	p.free_factor = (int16_t)get32(area, pcp + d->l->pcp_free_factor);
	p.expire = (int16_t)get32(area, pcp + d->l->pcp_expire);
	if (lists_pcp(d->s, &p))
		return -ENOMEM;
	for (unsigned i = 0; i < d->l->pcp_list_count; i++) {
		bool huge = i >= 4 * KMM_PCPTYPES;
		unsigned order = huge ? d->m->pageblock_order : i / KMM_PCPTYPES;
		unsigned type = huge ? (i & 1 ? KMM_MOVABLE : KMM_UNMOVABLE) : i % KMM_PCPTYPES;
		uint64_t at = pcp + d->l->pcp_lists + 16ull * i;
		int ret = lists_begin(d->s, zone, (int)cpu, order, type);

		if (ret >= 0)
			ret = walk(d, base + at, get64(area, at));
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The zones of a node stand in pglist_data by the kernel's own zone index. */
static unsigned zone_index(const struct machine *m, unsigned zone)
{
	static const uint8_t amd64[KMM_ZONE_TYPES] = { [KMM_ZONE_DMA] = 0, [KMM_ZONE_DMA32] = 1,
						       [KMM_ZONE_NORMAL] = 2, [KMM_ZONE_MOVABLE] = 3,
						       [KMM_ZONE_DEVICE] = 4 };

	return amd64[m->zones[zone].type];
}

static int read_node(struct dumps *d, const struct snapshot_source *src, const char *dir, unsigned node,
		     struct err *e)
{
	char name[64], key[32];
	struct blob pgdat;
	uint64_t base;
	int ret;

	snprintf(name, sizeof(name), "%s/pgdat%u.raw", dir, node);
	snprintf(key, sizeof(key), "node_data[%u]", node);
	if (!symbol(&d->symbols, key, &base))
		return -EUCLEAN;
	ret = src->read(src->ctx, name, &pgdat, e);
	if (ret < 0)
		return ret == -ENOENT ? -EUCLEAN : ret;
	for (unsigned z = 0; z < d->m->zone_count && ret >= 0; z++) {
		unsigned index = zone_index(d->m, z);
		uint64_t pcp;

		if (d->m->zones[z].node != node)
			continue;
		ret = walk_zone(d, &pgdat, base, z, index);
		pcp = get64(&pgdat, (uint64_t)index * d->l->zone_size + d->l->zone_pageset);
		for (unsigned c = 0; c < d->m->cpus && ret >= 0; c++) {
			struct blob area;
			uint64_t at;

			snprintf(name, sizeof(name), "%s/percpu%u.raw", dir, c);
			snprintf(key, sizeof(key), "__per_cpu_offset[%u]", c);
			if (!symbol(&d->symbols, key, &at))
				ret = -EUCLEAN;
			if (ret >= 0)
				ret = src->read(src->ctx, name, &area, e);
			if (ret < 0) {
				ret = ret == -ENOENT ? -EUCLEAN : ret;
				break;
			}
			ret = walk_pcp(d, &area, at, pcp, z, c);
			blob_free(&area);
		}
	}
	blob_free(&pgdat);
	return ret;
}

int parse_dumps(struct machine *m, struct machine_state *s, const struct snapshot_source *src, const char *dir,
		struct err *e)
{
	struct dumps d = { .m = m, .s = s, .l = layout_find(m->kernel, m->arch) };
	char name[64], why[128];
	uint64_t off;
	int ret;

	snprintf(name, sizeof(name), "%s/struct_page.raw", dir);
	ret = src->read(src->ctx, name, &d.pages, e);
	if (ret < 0) {
		lists_drop(s, "no dump of the page descriptors");
		return ret == -ENOENT ? 0 : ret;
	}
	if (!d.l) {
		snprintf(why, sizeof(why), "dumps are there, but the layout of %.60s (%s) is not known", m->kernel,
			 m->arch);
		lists_drop(s, why);
		blob_free(&d.pages);
		return 0;
	}
	snprintf(name, sizeof(name), "%s/symbols.txt", dir);
	ret = src->read(src->ctx, name, &d.symbols, e);
	if (ret >= 0)
		ret = symbol(&d.symbols, "struct_page_base", &d.page_base) ? 0 : -EUCLEAN;
	for (unsigned n = 0; n < m->nodes && ret >= 0; n++)
		ret = read_node(&d, src, dir, n, e);
	blob_free(&d.pages);
	blob_free(&d.symbols);
	if (ret == -ENOMEM)
		return err_set(e, ENOMEM, "out of memory for the lists");
	if (ret < 0) {
		lists_drop(s, "the dumps cannot be followed with the layout of this kernel");
		return 0;
	}
	off = lists_distance(m, s);
	if (off > 64) {
		snprintf(why, sizeof(why), "the dumps disagree with buddyinfo and zoneinfo by %" PRIu64 " pages", off);
		lists_drop(s, why);
		return 0;
	}
	s->have_lists = true;
	snprintf(s->lists_source, sizeof(s->lists_source), "dumps of %s/, layout %s, %" PRIu64
		 " pages from the counters", dir, d.l->name, off);
	return 0;
}
