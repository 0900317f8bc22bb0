// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "mm/vmap_area.h"

#define TABLE_GFP \
	(KMM_GFP_DIRECT_RECLAIM | KMM_GFP_KSWAPD_RECLAIM | KMM_GFP_IO | KMM_GFP_FS | KMM_GFP_ZERO)

/* Number of the table of a level that maps addr, with the level: never 0. */
static uint64_t table_key(const struct kmm_vmalloc *v, uint64_t addr, unsigned level)
{
	uint64_t window = addr & ((UINT64_C(1) << 56) - 1);

	return (window >> (12 + v->config.table_bits * (level + 1))) + 1 + ((uint64_t)level << 56);
}

static size_t place_of(const struct vmap_table *t, size_t room, uint64_t key)
{
	size_t at = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (room - 1);

	while (t[at].key && t[at].key != key)
		at = (at + 1) & (room - 1);
	return at;
}

static int make_room(struct kmm_vmalloc *v)
{
	size_t room = v->table_room ? v->table_room * 2 : 64;
	struct vmap_table *t;

	if (v->tables < v->table_room / 2)
		return 0;
	t = calloc(room, sizeof(*t));
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < v->table_room; i++)
		if (v->table[i].key)
			t[place_of(t, room, v->table[i].key)] = v->table[i];
	free(v->table);
	v->table = t;
	v->table_room = room;
	return 0;
}

/* take: the table's page comes from the machine; else it has been there before. */
static int fill_one(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr, unsigned level, bool take)
{
	uint64_t key = table_key(v, addr, level);
	struct vmap_table *t;

	if (make_room(v))
		return -ENOMEM;
	t = &v->table[place_of(v->table, v->table_room, key)];
	if (t->key)
		return 0;
	t->pfn = take ? kmm_alloc_pages(v->mm, cpu, TABLE_GFP, 0) : KMM_NO_PFN;
	if (take && t->pfn == KMM_NO_PFN)
		return -ENOMEM;
	t->key = key;
	v->tables++;
	v->stats.table_pages += take;
	return 0;
}

static int fill(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr, uint64_t size, unsigned lowest,
		bool take)
{
	uint64_t step = UINT64_C(1) << (12 + v->config.table_bits * (lowest + 1));

	for (uint64_t at = addr & ~(step - 1); at < addr + size; at += step)
		for (unsigned level = v->config.table_levels; level-- > lowest;)
			if (fill_one(v, cpu, at, level, take))
				return -ENOMEM;
	return 0;
}

int vmap_table_fill(struct kmm_vmalloc *v, unsigned cpu, uint64_t addr, uint64_t size,
		    unsigned lowest)
{
	return fill(v, cpu, addr, size, lowest, true);
}

int vmap_table_seed(struct kmm_vmalloc *v, uint64_t addr, uint64_t size)
{
	return fill(v, 0, addr, size, 0, false);
}

void vmap_table_free(struct kmm_vmalloc *v)
{
	for (size_t i = 0; i < v->table_room; i++)
		if (v->table[i].key && v->table[i].pfn != KMM_NO_PFN)
			kmm_free_pages(v->mm, 0, v->table[i].pfn, 0);
	free(v->table);
}
