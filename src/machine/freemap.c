// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/freemap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kpageflags.h"
#include "machine/pageblocks.h"

static bool is_free(const struct machine_state *s, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		if (from >= s->kpageflags_len || !(s->kpageflags[from] & KPF_BUDDY))
			return false;
	return true;
}

static int push(struct freemap *f, const struct free_block *b)
{
	if (f->count == f->room) {
		uint64_t room = f->room ? f->room * 2 : 1024;
		struct free_block *more = realloc(f->blocks, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		f->blocks = more;
		f->room = room;
	}
	f->blocks[f->count++] = *b;
	return 0;
}

/* Types that keep to their own pageblocks: no block reaches over their edge. */
static bool mergeable(unsigned type)
{
	return type <= KMM_RECLAIMABLE;
}

/* What its frames' first events tell of the block's list. */
static void place(struct free_block *b, const struct machine_state *s)
{
	b->turn = UINT32_MAX;
	for (uint32_t p = b->pfn; s->first && p < b->pfn + (1u << b->order); p++) {
		const struct machine_first *f = &s->first[p];

		if (f->state != FIRST_FREE || f->turn >= b->turn)
			continue;
		b->turn = f->turn;
		b->type_known = f->type != FIRST_TYPE_UNKNOWN && f->type != FIRST_TYPE_BLOCK;
		if (b->type_known)
			b->type = f->type - 1;
	}
}

static int decompose_zone(struct freemap *f, const struct machine *m, const struct machine_state *s,
			  uint32_t z, const uint8_t *type)
{
	uint64_t p = m->zones[z].start_pfn, end = p + m->zones[z].spanned;

	while (p < end) {
		struct free_block b = { .pfn = (uint32_t)p, .zone = (uint8_t)z };
		unsigned pt = type[p >> m->pageblock_order];

		if (!is_free(s, p, p + 1) || machine_zone_of(m, p) != (int)z) {
			p++;
			continue;
		}
		b.type = (uint8_t)(pt < KMM_MIGRATETYPES ? pt : KMM_MOVABLE);
		while (b.order + 1u < m->orders) {
			uint64_t half = 1ull << b.order, buddy = p + half;

			if (p & half || buddy + half > end || !is_free(s, buddy, buddy + half))
				break;
			if (b.order >= m->pageblock_order &&
			    type[buddy >> m->pageblock_order] != pt &&
			    !(mergeable(pt) && mergeable(type[buddy >> m->pageblock_order])))
				break;
			b.order++;
		}
		place(&b, s);
		if (push(f, &b))
			return -ENOMEM;
		p += 1ull << b.order;
	}
	return 0;
}

/* Give blocks of one zone and order to other types until they are as many as counted. */
static void fit_types(struct freemap *f, const struct machine_state *s, uint32_t z, unsigned order,
		      uint64_t from, uint64_t to, const uint8_t *certain, unsigned shift)
{
	int64_t over[KMM_MIGRATETYPES] = { 0 };

	for (uint64_t i = from; i < to; i++)
		if (f->blocks[i].order == order)
			over[f->blocks[i].type]++;
	for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
		if (s->nr_free_type_cut[z][t][order])
			return;
		over[t] -= (int64_t)s->nr_free_type[z][t][order];
	}
	/* First in pageblocks whose own type is a guess. */
	for (int pass = 0; pass < 2; pass++)
		for (uint64_t i = from; i < to; i++) {
			struct free_block *b = &f->blocks[i];
			unsigned want = 0;

			if (b->order != order || over[b->type] <= 0 || b->type_known ||
			    (!pass && certain[b->pfn >> shift] != PAGEBLOCK_GUESSED))
				continue;
			while (want < KMM_MIGRATETYPES && over[want] >= 0)
				want++;
			if (want == KMM_MIGRATETYPES)
				return;
			over[b->type]--;
			over[want]++;
			b->type = (uint8_t)want;
			f->types_guessed++;
		}
}

static void compare(struct freemap *f, const struct machine *m, const struct machine_state *s,
		    uint32_t z, uint64_t from, uint64_t to)
{
	uint64_t count[KMM_ORDERS] = { 0 };

	for (uint64_t i = from; i < to; i++)
		count[f->blocks[i].order]++;
	for (unsigned o = 0; o < m->orders; o++) {
		uint64_t is = count[o], was = s->nr_free[z][o];

		f->pages_apart += (is > was ? is - was : was - is) << o;
	}
}

static int by_turn(const void *pa, const void *pb)
{
	const struct free_block *a = pa, *b = pb;

	if (a->turn != b->turn)
		return a->turn < b->turn ? -1 : 1;
	return a->pfn < b->pfn ? -1 : a->pfn > b->pfn;
}

int freemap_build(struct freemap *f, const struct machine *m, const struct machine_state *s,
		  const uint8_t *type, const uint8_t *certain, struct err *e)
{
	memset(f, 0, sizeof(*f));
	for (uint32_t z = 0; z < m->zone_count; z++) {
		uint64_t from = f->count;

		if (decompose_zone(f, m, s, z, type)) {
			freemap_free(f);
			return err_set(e, ENOMEM, "out of memory for the free blocks");
		}
		for (unsigned o = 0; o < m->orders && s->have_pagetypeinfo; o++)
			fit_types(f, s, z, o, from, f->count, certain, m->pageblock_order);
		if (s->have_buddyinfo)
			compare(f, m, s, z, from, f->count);
	}
	if (f->count)
		qsort(f->blocks, f->count, sizeof(*f->blocks), by_turn);
	return 0;
}

void freemap_free(struct freemap *f)
{
	free(f->blocks);
	memset(f, 0, sizeof(*f));
}

int freemap_note(struct machine *m, const struct machine_state *s, const char *dir, struct err *e)
{
	uint64_t blocks = (m->max_pfn >> m->pageblock_order) + 2;
	uint8_t *type = malloc(2 * blocks);
	struct freemap f = { 0 };
	int ret;

	if (!type)
		return err_set(e, ENOMEM, "out of memory for the free blocks");
	ret = machine_pageblocks(m, s, type, type + blocks, e);
	if (!ret)
		ret = freemap_build(&f, m, s, type, type + blocks, e);
	if (!ret)
		machine_note(m,
			     "%s/: the free lists are put together from kpageflags, by address: "
			     "%" PRIu64 " blocks, of which the migrate types of %" PRIu64
			     " are guessed; %" PRIu64 " pages stand in blocks that buddyinfo "
			     "does not count, or the reverse",
			     dir, f.count, f.types_guessed, f.pages_apart);
	freemap_free(&f);
	free(type);
	return ret;
}
