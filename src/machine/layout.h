/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: where the members of the kernel's structs lie that hold the free
 * lists: struct page, zone, free_area and per_cpu_pages.  From the capture's own
 * BTF, or from a table with one file a kernel in layouts/.  A layout is only a
 * claim until the lists read with it agree with the kernel's counters.
 */
#ifndef MACHINE_LAYOUT_H
#define MACHINE_LAYOUT_H

#include "machine/btf.h"
#include "machine/machine.h"

struct layout_field {
	uint32_t offset, size; /* size 0: the kernel has no such member */
};

struct layout {
	const char *name;
	uint32_t major, minor; /* for the table */
	const char *arch;
	uint32_t pointer; /* size of one */
	struct {
		uint32_t size, lru;
		struct layout_field index, private_, type, refcount;
	} page;
	uint32_t buddy_type; /* page.type of the head of a free block; 0 not known */
	struct {
		uint32_t first, size, free_area,
			pcp;		  /* first: offset of node_zones; size 0 unknown */
		uint32_t pageblock_flags; /* flat memory: offset of the pointer; 0 none or unknown */
	} zone;
	/* Sparse memory: where the pageblocks' flags of a section are; size 0 unknown */
	struct {
		uint32_t size, usage, pageblock_flags; /* the last inside what usage points at */
	} section;
	uint32_t pageblock_bits; /* flags of one pageblock, the lowest three its type; 0 unknown */
	struct {
		uint32_t size; /* the list heads of all migrate types, then nr_free */
		struct layout_field nr_free;
	} free_area;
	struct {
		struct layout_field count, high, batch, free_factor, expire, alloc_factor,
			free_count, high_min, high_max;
		uint32_t lists, list_count;
	} pcp;
	/* SLUB, 5.17 to 6.7, where one bit tells a CPU's slabs; cache.size 0: not known */
	struct {
		struct layout_field cache,
			counters; /* counters: 16 bits in use, 15 objects, frozen */
		uint32_t list, next;
		uint32_t cpu_slab;		/* of struct kmem_cache */
		uint32_t cpu_page, cpu_partial; /* of struct kmem_cache_cpu */
	} slab;
	/* struct kmem_cache, to find all caches by; size 0 unknown */
	struct {
		uint32_t size, name, list;
	} cache;
};

/* From a kernel's BTF; -ENOENT if a struct or member that is needed is not there. */
int layout_from_btf(struct layout *l, const struct btf *t, const struct machine *m, struct err *e);
/* From the table, by version, architecture and size of struct page; NULL if none fits. */
const struct layout *layout_find(const struct machine *m, uint64_t page_size);

#endif
