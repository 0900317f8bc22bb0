/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmap_tree: address ranges that do not overlap, by start, with the largest
 * size of each subtree, so that the lowest range that fits is found in
 * logarithmic time.  A treap whose priorities follow from the addresses: the
 * same ranges give the same tree.  Used for ranges in use and for free ones.
 */
#ifndef MM_VMAP_TREE_H
#define MM_VMAP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/kmm.h"

#pragma GCC visibility push(hidden)

struct vmap {
	struct vmap *left, *right;
	uint64_t start, size; /* bytes */
	uint64_t largest;     /* size in this subtree */
	struct vmap *next;    /* on a queue of ranges */
	/* of a range in use: */
	uint64_t caller, phys;
	struct vmap_block *block; /* of vm_map_ram() */
	kmm_pfn *page;
	uint32_t pages;
	uint8_t kind;  /* enum kmm_vm_kind */
	uint8_t order; /* of its mappings */
	bool deferred; /* vfree() of it waits for the worker */
	bool owns;     /* its pages */
	uint16_t pool; /* 1 + vmap node whose pool it returns to; 0: none */
};

void vmap_tree_insert(struct vmap **root, struct vmap *v);
/* v must be in the tree. */
void vmap_tree_remove(struct vmap **root, struct vmap *v);
/* v, which is in the tree, has another size now. */
void vmap_tree_resized(struct vmap *root, const struct vmap *v);
/* The range that holds an address; NULL. */
struct vmap *vmap_tree_find(struct vmap *root, uint64_t addr);
/* The first range that begins at or after an address; NULL. */
struct vmap *vmap_tree_from(struct vmap *root, uint64_t addr);
/* The last range that begins before an address; NULL. */
struct vmap *vmap_tree_before(struct vmap *root, uint64_t addr);
/*
 * The lowest range that has size bytes, from an aligned place on, within
 * [vstart, vend); *at is that place.  NULL if none has.
 */
struct vmap *vmap_tree_fit(struct vmap *root, uint64_t size, uint64_t align, uint64_t vstart,
			   uint64_t vend, uint64_t *at);
/* NULL, or which rule is broken; *n: how many ranges. */
const char *vmap_tree_check(const struct vmap *root, size_t *n);

#pragma GCC visibility pop
#endif
