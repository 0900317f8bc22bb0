// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/pagemap.h"

#include <stdlib.h>
#include <string.h>

void pagemap_init(struct pagemap *m, struct frame fill, struct pool *memory)
{
	memset(m, 0, sizeof(*m));
	m->fill = fill;
	m->memory = memory;
}

void pagemap_free(struct pagemap *m)
{
	free(m->leaf);
	pagemap_init(m, m->fill, m->memory);
}

struct frame *pagemap_at_new(struct pagemap *m, uint32_t pfn)
{
	uint32_t l = pfn >> PAGEMAP_LEAF_SHIFT;

	if (l >= m->leaves) {
		uint32_t leaves = l + 1 + l / 2;
		struct frame **more = realloc(m->leaf, leaves * sizeof(*more));

		if (!more)
			return NULL;
		memset(more + m->leaves, 0, (leaves - m->leaves) * sizeof(*more));
		m->leaf = more;
		m->leaves = leaves;
	}
	if (!m->leaf[l]) {
		uint32_t at = pool_take(m->memory, PAGEMAP_LEAF * sizeof(struct frame));
		struct frame *leaf, fill = m->fill;

		if (at == POOL_NONE)
			return NULL;
		leaf = pool_at(m->memory, at);
		for (uint32_t i = 0; i < PAGEMAP_LEAF; i++)
			leaf[i] = fill;
		m->leaf[l] = leaf;
	}
	return &m->leaf[l][pfn & (PAGEMAP_LEAF - 1)];
}
