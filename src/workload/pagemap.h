/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pagemap: what is known of each page frame, in leaves that exist only where a
 * frame was touched, so that a sparse machine or a hostile pfn costs little.
 * Frames that were never set read as the fill value.  Both numbers of a frame
 * stand together: whoever asks for one mostly asks for the other too, and in a
 * trace of gigabytes each look is a miss of the processor's cache.
 */
#ifndef WORKLOAD_PAGEMAP_H
#define WORKLOAD_PAGEMAP_H

#include <stdint.h>

#include "base/pool.h"

#define PAGEMAP_LEAF_SHIFT 10
#define PAGEMAP_LEAF (1u << PAGEMAP_LEAF_SHIFT)

struct frame {
	uint32_t slot;	  /* of the block that covers it */
	uint32_t objects; /* table of the objects that start in it */
};

struct pagemap {
	struct frame **leaf; /* [leaves], NULL where nothing was set */
	uint32_t leaves;
	struct frame fill;
	struct pool *memory; /* of the leaves */
};

/* The leaves are given back with the memory that they are taken from. */
void pagemap_init(struct pagemap *m, struct frame fill, struct pool *memory);
void pagemap_free(struct pagemap *m);
/* As pagemap_at(), where the leaf may be missing. */
struct frame *pagemap_at_new(struct pagemap *m, uint32_t pfn);

/* A place to write to; NULL out of memory. */
static inline struct frame *pagemap_at(struct pagemap *m, uint32_t pfn)
{
	uint32_t l = pfn >> PAGEMAP_LEAF_SHIFT;

	if (__builtin_expect(l >= m->leaves || !m->leaf[l], 0))
		return pagemap_at_new(m, pfn);
	return &m->leaf[l][pfn & (PAGEMAP_LEAF - 1)];
}

/* Ask for what will be looked at soon. */
static inline void pagemap_prefetch(const struct pagemap *m, uint32_t pfn)
{
	uint32_t l = pfn >> PAGEMAP_LEAF_SHIFT;

	if (l < m->leaves && m->leaf[l])
		__builtin_prefetch(&m->leaf[l][pfn & (PAGEMAP_LEAF - 1)]);
}

static inline struct frame pagemap_get(const struct pagemap *m, uint32_t pfn)
{
	uint32_t l = pfn >> PAGEMAP_LEAF_SHIFT;

	if (l >= m->leaves || !m->leaf[l])
		return m->fill;
	return m->leaf[l][pfn & (PAGEMAP_LEAF - 1)];
}

#endif
