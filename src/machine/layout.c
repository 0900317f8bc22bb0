// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/layout.h"

#include <errno.h>
#include <string.h>

/* One file a kernel: a new one is added to layouts/ and named here. */
static const struct layout table[] = {
#include "machine/layouts/linux-6.1-amd64.h"
#include "machine/layouts/linux-6.1-i386.h"
};

const struct layout *layout_find(const struct machine *m, uint64_t page_size)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].major == m->kernel_major && table[i].minor == m->kernel_minor &&
		    !strcmp(table[i].arch, m->arch) && table[i].page.size == page_size)
			return &table[i];
	return NULL;
}

/* From 6.11 the type of a page stands in the top byte, before that as a cleared bit. */
static uint32_t buddy_type(const struct machine *m)
{
	if (m->kernel_major > 6 || (m->kernel_major == 6 && m->kernel_minor >= 11))
		return 0;
	if (m->kernel_major > 4 || (m->kernel_major == 4 && m->kernel_minor >= 18))
		return 0xffffff7f;
	return 0;
}

/* SLUB's own: nothing is lost but the slabs where it has another shape. */
static void slab_from_btf(struct layout *l, const struct btf *t, const struct machine *m)
{
	uint32_t v = m->kernel_major * 1000 + m->kernel_minor;
	struct btf_member f[7];
	const struct {
		const char *strct, *member;
	} wanted[] = {
		{ "slab", "slab_cache" },	 { "slab", "counters" },
		{ "slab", "slab_list" },	 { "slab", "next" },
		{ "kmem_cache", "cpu_slab" },	 { "kmem_cache_cpu", "slab" },
		{ "kmem_cache_cpu", "partial" },
	};

	if (v < 5017 || v >= 6008)
		return;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!btf_find_member(t, wanted[i].strct, wanted[i].member, &f[i]))
			return;
	for (size_t i = 0; i < 4; i++)
		if (f[i].offset + 16 > l->page.size)
			return;
	l->slab.cache = (struct layout_field){ f[0].offset, l->pointer };
	l->slab.counters = (struct layout_field){ f[1].offset, 4 };
	l->slab.list = f[2].offset;
	l->slab.next = f[3].offset;
	l->slab.cpu_slab = f[4].offset;
	l->slab.cpu_page = f[5].offset;
	l->slab.cpu_partial = f[6].offset;
}

/* The pageblocks' flags and the list of caches: without them less is read from a live kernel. */
static void extras_from_btf(struct layout *l, const struct btf *t)
{
	struct btf_member usage, flags, name, list;
	uint32_t size, bits;

	if (btf_find_member(t, "zone", "pageblock_flags", &flags))
		l->zone.pageblock_flags = flags.offset;
	if (btf_struct_size(t, "mem_section", &size) &&
	    btf_find_member(t, "mem_section", "usage", &usage) &&
	    btf_find_member(t, "mem_section_usage", "pageblock_flags", &flags)) {
		l->section.size = size;
		l->section.usage = usage.offset;
		l->section.pageblock_flags = flags.offset;
	}
	if (btf_find_constant(t, "NR_PAGEBLOCK_BITS", &bits) && bits >= 3 && bits <= 8) {
		l->pageblock_bits = bits;
	} else if (btf_find_constant(t, "__NR_PAGEBLOCK_BITS", &bits) && bits >= 3 && bits <= 8) {
		/* Since 6.17 they are rounded up to a power of two. */
		l->pageblock_bits = bits > 4 ? 8 : 4;
	}
	if (btf_struct_size(t, "kmem_cache", &size) &&
	    btf_find_member(t, "kmem_cache", "name", &name) &&
	    btf_find_member(t, "kmem_cache", "list", &list)) {
		l->cache.size = size;
		l->cache.name = name.offset;
		l->cache.list = list.offset;
	}
}

int layout_from_btf(struct layout *l, const struct btf *t, const struct machine *m, struct err *e)
{
	uint32_t lru = 0, area = 0, heads = 0, lists = 0;
	struct layout_field areas = { 0 }, zones = { 0 };
	const char *pageset = "per_cpu_pageset";
	struct btf_member f;
	const struct {
		const char *strct, *member;
		struct layout_field *field;
		uint32_t *offset, *count;
		bool needed;
	} wanted[] = {
		{ "page", "lru", NULL, &lru, NULL, true },
		{ "page", "index", &l->page.index, NULL, NULL, false },
		{ "page", "private", &l->page.private_, NULL, NULL, true },
		{ "page", "page_type", &l->page.type, NULL, NULL, false },
		{ "page", "_refcount", &l->page.refcount, NULL, NULL, false },
		{ "pglist_data", "node_zones", &zones, NULL, NULL, true },
		{ "zone", "free_area", &areas, &area, NULL, true },
		{ "free_area", "free_list", NULL, NULL, &heads, true },
		{ "free_area", "nr_free", &l->free_area.nr_free, NULL, NULL, true },
		{ "per_cpu_pages", "count", &l->pcp.count, NULL, NULL, true },
		{ "per_cpu_pages", "high", &l->pcp.high, NULL, NULL, true },
		{ "per_cpu_pages", "batch", &l->pcp.batch, NULL, NULL, true },
		{ "per_cpu_pages", "free_factor", &l->pcp.free_factor, NULL, NULL, false },
		{ "per_cpu_pages", "expire", &l->pcp.expire, NULL, NULL, false },
		{ "per_cpu_pages", "alloc_factor", &l->pcp.alloc_factor, NULL, NULL, false },
		{ "per_cpu_pages", "free_count", &l->pcp.free_count, NULL, NULL, false },
		{ "per_cpu_pages", "high_min", &l->pcp.high_min, NULL, NULL, false },
		{ "per_cpu_pages", "high_max", &l->pcp.high_max, NULL, NULL, false },
		{ "per_cpu_pages", "lists", NULL, &l->pcp.lists, &lists, true },
	};

	memset(l, 0, sizeof(*l));
	l->name = "BTF";
	l->pointer = 8;
	if (!btf_struct_size(t, "page", &l->page.size) ||
	    !btf_struct_size(t, "zone", &l->zone.size) ||
	    !btf_struct_size(t, "free_area", &l->free_area.size))
		return err_set(e, ENOENT, "the BTF has no struct page, zone or free_area");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (!btf_find_member(t, wanted[i].strct, wanted[i].member, &f)) {
			if (wanted[i].needed)
				return err_set(e, ENOENT, "the BTF's struct %s has no %s",
					       wanted[i].strct, wanted[i].member);
			continue;
		}
		if (wanted[i].field)
			*wanted[i].field = (struct layout_field){ f.offset, f.size };
		if (wanted[i].offset)
			*wanted[i].offset = f.offset;
		if (wanted[i].count)
			*wanted[i].count = f.count;
	}
	/* Up to 5.13 the lists stand inside a struct per_cpu_pageset. */
	if (!btf_find_member(t, "zone", pageset, &f)) {
		struct btf_member inner;

		if (!btf_find_member(t, "zone", "pageset", &f) ||
		    !btf_find_member(t, pageset, "pcp", &inner) || inner.offset)
			return err_set(e, ENOENT, "the BTF's struct zone has no per-CPU lists");
	}
	l->zone.pcp = f.offset;
	l->zone.first = zones.offset;
	l->zone.free_area = area;
	l->page.lru = lru;
	l->pcp.list_count = lists;
	l->buddy_type = buddy_type(m);
	if (!l->page.size || l->page.size > 4096 || l->page.lru + 16 > l->page.size ||
	    l->page.private_.offset + 8 > l->page.size || l->zone.size < l->zone.free_area ||
	    heads * 16 > l->free_area.size || !lists || lists > 64)
		return err_set(e, ENOENT, "the BTF's sizes make no sense");
	slab_from_btf(l, t, m);
	extras_from_btf(l, t);
	return 0;
}
