// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pageblocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KPF_LRU (1ull << 5)
#define KPF_SLAB (1ull << 7)
#define KPF_BUDDY (1ull << 10)
#define KPF_NOPAGE (1ull << 20)
#define KPF_RESERVED (1ull << 32)

/* What speaks for each type in one block: pages. */
struct votes {
	uint32_t free[KMM_MIGRATETYPES]; /* on lists of the type */
	uint32_t lru, slab, other, present;
};

static void count_lists(const struct machine *m, const struct machine_state *s, struct votes *v, uint64_t blocks)
{
	for (uint32_t i = 0; i < s->list_count; i++) {
		const struct machine_list *l = &s->lists[i];

		if (l->cpu >= 0)
			continue;
		for (uint32_t n = 0; n < l->count; n++) {
			uint64_t pfn = s->list_pfns[l->first + n], end = pfn + (1ull << l->order);

			for (; pfn < end; pfn += 1ull << m->pageblock_order) {
				uint64_t b = pfn >> m->pageblock_order;
				uint64_t pages = 1ull << (l->order < m->pageblock_order ? l->order : m->pageblock_order);

				if (b < blocks)
					v[b].free[l->type] += (uint32_t)pages;
				if (l->order < m->pageblock_order)
					break;
			}
		}
	}
}

static void count_flags(const struct machine *m, const struct machine_state *s, struct votes *v, uint64_t blocks)
{
	for (uint64_t p = 0; p < s->kpageflags_len; p++) {
		uint64_t f = s->kpageflags[p], b = p >> m->pageblock_order;

		if (b >= blocks || f & KPF_NOPAGE)
			continue;
		v[b].present++;
		if (f & KPF_SLAB)
			v[b].slab++;
		else if (f & KPF_LRU)
			v[b].lru++;
		else if (!(f & (KPF_BUDDY | KPF_RESERVED)))
			v[b].other++;
	}
}

/* The type that a block most probably has, before the counts are looked at. */
static uint8_t likely(const struct votes *v, uint8_t *certain)
{
	unsigned best = 0;

	for (unsigned t = 1; t < KMM_MIGRATETYPES; t++)
		if (v->free[t] > v->free[best])
			best = t;
	*certain = v->free[best] ? PAGEBLOCK_LIKELY : PAGEBLOCK_GUESSED;
	if (v->free[best])
		return (uint8_t)best;
	return v->slab + v->other > v->lru ? KMM_UNMOVABLE : KMM_MOVABLE;
}

/* How ill a block would bear the type, for choosing whom to change. */
static int64_t resistance(const struct votes *v, unsigned type, uint8_t certain)
{
	/* Free pages on a list outweigh what lies in the block. */
	if (certain == PAGEBLOCK_LIKELY) {
		uint32_t free = 0;

		for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
			free += t == type ? 0 : v->free[t];
		return (1ll << 40) + free;
	}
	switch (type) {
	case KMM_MOVABLE:
		return (int64_t)v->slab + v->other - v->lru;
	case KMM_RECLAIMABLE:
		return (int64_t)v->lru + v->other - v->slab;
	default:
		return (int64_t)v->lru - v->slab - v->other;
	}
}

/* Change the blocks that mind least, among those not known, until the zone's counts come out. */
static void fit(const struct machine *m, const struct machine_state *s, unsigned zone, const struct votes *v,
		uint8_t *type, const uint8_t *certain)
{
	uint64_t first = m->zones[zone].start_pfn >> m->pageblock_order;
	uint64_t last = (m->zones[zone].start_pfn + m->zones[zone].spanned - 1) >> m->pageblock_order;
	int64_t over[KMM_MIGRATETYPES] = { 0 };

	for (uint64_t b = first; b <= last; b++)
		if (type[b] < KMM_MIGRATETYPES)
			over[type[b]]++;
	for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
		over[t] -= (int64_t)s->pageblocks[zone][t];
	for (unsigned want = 0; want < KMM_PCPTYPES; want++)
		while (over[want] < 0) {
			int64_t least = INT64_MAX;
			uint64_t who = UINT64_MAX;

			for (uint64_t b = first; b <= last; b++)
				if (type[b] < KMM_MIGRATETYPES && over[type[b]] > 0 && certain[b] < PAGEBLOCK_KNOWN &&
				    resistance(&v[b], want, certain[b]) < least) {
					least = resistance(&v[b], want, certain[b]);
					who = b;
				}
			if (who == UINT64_MAX)
				break;
			over[type[who]]--;
			over[want]++;
			type[who] = (uint8_t)want;
		}
}

int machine_pageblocks(const struct machine *m, const struct machine_state *s, uint8_t *type, uint8_t *certain,
		       struct err *e)
{
	uint64_t blocks = (m->max_pfn + (1ull << m->pageblock_order) - 1) >> m->pageblock_order;
	struct votes *v = calloc(blocks + 1, sizeof(*v));

	if (!v)
		return err_set(e, ENOMEM, "out of memory for %llu pageblocks", (unsigned long long)blocks);
	memset(type, PAGEBLOCK_NONE, blocks);
	memset(certain, 0, blocks);
	count_lists(m, s, v, blocks);
	count_flags(m, s, v, blocks);
	for (uint32_t z = 0; z < m->zone_count; z++) {
		uint64_t first = m->zones[z].start_pfn >> m->pageblock_order;
		uint64_t last = (m->zones[z].start_pfn + m->zones[z].spanned - 1) >> m->pageblock_order;

		for (uint64_t b = first; b <= last && b < blocks; b++)
			if (v[b].present || !s->have_kpageflags)
				type[b] = likely(&v[b], &certain[b]);
		for (uint64_t b = first; b <= last && b < s->tag_count; b++)
			if (s->tags[b] < KMM_MIGRATETYPES && type[b] != PAGEBLOCK_NONE) {
				type[b] = s->tags[b];
				certain[b] = PAGEBLOCK_KNOWN;
			}
		if (s->have_pagetypeinfo && last < blocks)
			fit(m, s, z, v, type, certain);
	}
	free(v);
	return 0;
}
