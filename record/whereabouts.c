// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/whereabouts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECTION_FLAGS 0xfffull	  /* low bits of section_mem_map that are no address */
#define PERCPU_MOST (4u << 20)	  /* of one CPU's first chunk */
#define PERCPU_BEHIND (64u << 10) /* behind the last address that is known to be wanted */
#define MOST_CACHES 10000

/* ---- sparse memory ---- */

struct sections {
	uint64_t table;	     /* of the roots */
	uint64_t size;	     /* of a struct mem_section */
	uint64_t per_root;   /* sections in the array that a root points at; 1: no roots */
	uint64_t pages_each; /* page frames */
	uint64_t map;	     /* offset of section_mem_map */
};

static bool find_sections(struct sections *s, const struct kmemory *k)
{
	uint64_t roots, section_bits, physical_bits, page;

	if (!kmemory_symbol(k, "mem_section", &s->table) ||
	    !kmemory_info(k, "SIZE(mem_section)", &s->size) || !s->size ||
	    !kmemory_info(k, "LENGTH(mem_section)", &roots) ||
	    !kmemory_info(k, "OFFSET(mem_section.section_mem_map)", &s->map) ||
	    !kmemory_info(k, "NUMBER(SECTION_SIZE_BITS)", &section_bits) ||
	    !kmemory_info(k, "NUMBER(MAX_PHYSMEM_BITS)", &physical_bits) ||
	    !kmemory_info(k, "PAGESIZE", &page) || !page || physical_bits > 60 ||
	    section_bits >= physical_bits || section_bits < 12)
		return false;
	/* Roots are pointers to pages full of sections, unless there are as many as sections. */
	s->per_root = roots < 1ull << (physical_bits - section_bits) ? page / s->size : 1;
	s->pages_each = (1ull << section_bits) / page;
	return true;
}

/* The address of a section's descriptor; 0: there is none. */
static uint64_t section_at(const struct sections *s, const struct kmemory *k, uint64_t i)
{
	uint64_t root;

	if (s->per_root == 1)
		return s->table + i * s->size;
	if (!kmemory_pointer(k, s->table + i / s->per_root * kmemory_pointer_size(k), &root) ||
	    !root)
		return 0;
	return root + i % s->per_root * s->size;
}

static int add_blocks(struct whereabouts *w, uint64_t addr, uint64_t first, uint64_t count)
{
	struct whereabouts_blocks *more = realloc(w->blocks, (w->block_pieces + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	w->blocks = more;
	w->blocks[w->block_pieces++] = (struct whereabouts_blocks){ addr, first, count };
	return 0;
}

static int from_sections(struct whereabouts *w, const struct kmemory *k, const struct machine *m,
			 const struct layout *l, const struct sections *s, struct err *e)
{
	uint64_t n = (m->max_pfn + s->pages_each - 1) / s->pages_each, blocks;

	blocks = s->pages_each >> m->pageblock_order;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = section_at(s, k, i), map, usage;

		if (!at || !kmemory_pointer(k, at + s->map, &map) || !(map & ~SECTION_FLAGS))
			continue;
		map &= ~SECTION_FLAGS;
		if (w->pages && w->pages != map)
			return err_set(e, ENOENT,
				       "the structs of its pages do not stand in one array");
		w->pages = map;
		if (l->section.size == s->size && blocks &&
		    kmemory_pointer(k, at + l->section.usage, &usage) && usage &&
		    add_blocks(w, usage + l->section.pageblock_flags, i * blocks, blocks))
			return err_set(e, ENOMEM, "out of memory");
	}
	return w->pages ? 0 : err_set(e, ENOENT, "no section of its memory is described");
}

/* ---- flat memory ---- */

static int from_zones(struct whereabouts *w, const struct kmemory *k, const struct machine *m,
		      const struct layout *l)
{
	for (uint32_t z = 0; z < m->zone_count && l->zone.pageblock_flags; z++) {
		const struct machine_zone *zone = &m->zones[z];
		uint64_t node = w->node[zone->node], flags, first, end;

		for (uint32_t i = 0; i < m->zone_types && node; i++) {
			if (m->zone_type_of_index[i] != zone->type ||
			    !kmemory_pointer(k,
					     node + l->zone.first + (uint64_t)l->zone.size * i +
						     l->zone.pageblock_flags,
					     &flags) ||
			    !flags)
				continue;
			first = zone->start_pfn >> m->pageblock_order;
			end = (zone->start_pfn + zone->spanned + (1ull << m->pageblock_order) -
			       1) >>
			      m->pageblock_order;
			if (add_blocks(w, flags, first, end - first))
				return -ENOMEM;
		}
	}
	return 0;
}

/* ---- the rest ---- */

static void find_nodes(struct whereabouts *w, const struct kmemory *k, const struct machine *m)
{
	unsigned size = kmemory_pointer_size(k);
	uint64_t at;

	if (kmemory_symbol(k, "node_data", &at))
		for (uint32_t i = 0; i < m->nodes; i++)
			kmemory_pointer(k, at + (uint64_t)i * size, &w->node[i]);
	else if (kmemory_symbol(k, "contig_page_data", &at))
		w->node[0] = at;
}

/* The highest per-CPU address within the first chunk that something wanted has. */
static uint64_t highest_percpu(const struct whereabouts *w, const struct kmemory *k,
			       const struct machine *m, const struct layout *l, uint64_t chunk)
{
	uint64_t most = 0, v, at = w->caches;

	for (uint32_t n = 0; n < m->nodes; n++)
		for (uint32_t i = 0; i < m->zone_types && w->node[n] && l->zone.size; i++)
			if (kmemory_pointer(k,
					    w->node[n] + l->zone.first +
						    (uint64_t)l->zone.size * i + l->zone.pcp,
					    &v) &&
			    v - w->percpu_start < chunk && v - w->percpu_start > most)
				most = v - w->percpu_start;
	for (unsigned i = 0; i < MOST_CACHES && w->caches && l->slab.cache.size; i++) {
		if (!kmemory_pointer(k, at, &at) || at == w->caches || !at)
			break;
		if (kmemory_pointer(k, at - l->cache.list + l->slab.cpu_slab, &v) &&
		    v - w->percpu_start < chunk && v - w->percpu_start > most)
			most = v - w->percpu_start;
	}
	return most;
}

static void find_percpu(struct whereabouts *w, const struct kmemory *k, const struct machine *m,
			const struct layout *l)
{
	uint64_t at, chunk = 0, most;
	uint32_t unit = 0;

	if (!kmemory_symbol(k, "__per_cpu_offset", &at))
		return;
	kmemory_symbol(k, "__per_cpu_start", &w->percpu_start);
	for (uint32_t i = 0; i < m->cpus; i++)
		kmemory_pointer(k, at + (uint64_t)i * kmemory_pointer_size(k), &w->cpu[i]);
	if (kmemory_symbol(k, "pcpu_unit_size", &at) && kmemory_read(k, at, &unit, sizeof(unit)))
		chunk = unit;
	if (!chunk || chunk > PERCPU_MOST)
		chunk = PERCPU_MOST;
	most = highest_percpu(w, k, m, l, chunk);
	w->percpu_len = most + PERCPU_BEHIND < chunk ? most + PERCPU_BEHIND : chunk;
}

int whereabouts_find(struct whereabouts *w, const struct kmemory *k, const struct machine *m,
		     const struct layout *l, struct err *e)
{
	struct sections s;
	uint64_t at;
	int ret = 0;

	memset(w, 0, sizeof(*w));
	find_nodes(w, k, m);
	w->node_len = l->zone.first + (uint64_t)l->zone.size * m->zone_types;
	if (l->cache.size && kmemory_symbol(k, "slab_caches", &at))
		w->caches = at;
	if (kmemory_symbol(k, "mem_map", &at)) {
		if (!kmemory_pointer(k, at, &w->pages) || !w->pages)
			ret = err_set(e, ENOENT, "mem_map cannot be read");
		else if (from_zones(w, k, m, l))
			ret = err_set(e, ENOMEM, "out of memory");
	} else if (find_sections(&s, k)) {
		ret = from_sections(w, k, m, l, &s, e);
	} else {
		ret = err_set(e, ENOENT, "its VMCOREINFO does not say where its pages are");
	}
	if (ret >= 0)
		find_percpu(w, k, m, l);
	else
		whereabouts_free(w);
	return ret;
}

void whereabouts_free(struct whereabouts *w)
{
	free(w->blocks);
	memset(w, 0, sizeof(*w));
}
