// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pageblocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/kpageflags.h"

/* Above any number of pages in a block: free pages on a list outweigh what else lies there. */
#define FREE_OUTWEIGHS (1ll << 40)

/* What speaks for each type in one block: pages. */
struct votes {
	uint32_t free[KMM_MIGRATETYPES]; /* on free lists of the type */
	uint32_t pcp[KMM_MIGRATETYPES];	 /* on per-CPU lists: the type when they were freed */
	uint32_t lru, slab, other, present;
	uint32_t bare; /* of them, those of which kpageflags says nothing at all */
};

struct inference {
	const struct machine *m;
	const struct machine_state *s;
	struct votes *v;
	uint64_t blocks;
	uint8_t *type, *certain;
};

static void vote(struct inference *x, uint64_t pfn, unsigned order, unsigned type, bool pcp)
{
	unsigned block_order = x->m->pageblock_order;
	uint64_t end = pfn + (1ull << order);
	uint32_t pages = 1u << (order < block_order ? order : block_order);

	for (; pfn < end && pfn >> block_order < x->blocks; pfn += pages) {
		struct votes *v = &x->v[pfn >> block_order];

		if (pcp)
			v->pcp[type] += pages;
		else
			v->free[type] += pages;
	}
}

static void count_lists(struct inference *x)
{
	for (uint32_t i = 0; i < x->s->list_count; i++) {
		const struct machine_list *l = &x->s->lists[i];

		for (uint32_t n = 0; n < l->count; n++)
			vote(x, x->s->list_pfns[l->first + n], l->order, l->type, l->cpu >= 0);
	}
}

static void count_flags(struct inference *x)
{
	for (uint64_t p = 0; p < x->s->kpageflags_len; p++) {
		uint64_t f = x->s->kpageflags[p], b = p >> x->m->pageblock_order;

		if (b >= x->blocks || f & KPF_NOPAGE)
			continue;
		x->v[b].present++;
		x->v[b].bare += !f;
		if (f & KPF_SLAB) /* first: other bits on slab pages mean nothing */
			x->v[b].slab++;
		else if (f & KPF_LRU)
			x->v[b].lru++;
		else if (!(f & (KPF_BUDDY | KPF_RESERVED)))
			x->v[b].other++;
	}
}

/* Free blocks of which later events told the list. */
static void count_first(struct inference *x)
{
	for (uint64_t p = 0; x->s->first && p < x->m->max_pfn; p++) {
		const struct machine_first *f = &x->s->first[p];
		uint64_t b = p >> x->m->pageblock_order;

		if (f->state == FIRST_FREE && b < x->blocks && f->type != FIRST_TYPE_UNKNOWN &&
		    f->type <= KMM_MIGRATETYPES)
			x->v[b].free[f->type - 1]++;
	}
}

static unsigned most(const uint32_t *pages)
{
	unsigned best = 0;

	for (unsigned t = 1; t < KMM_MIGRATETYPES; t++)
		if (pages[t] > pages[best])
			best = t;
	return best;
}

/* The type that a block most probably has, before the counts are looked at. */
static uint8_t likely(const struct votes *v, uint8_t *certain)
{
	unsigned best = most(v->free);

	*certain = v->free[best] ? PAGEBLOCK_LIKELY : PAGEBLOCK_GUESSED;
	if (v->free[best])
		return (uint8_t)best;
	best = most(v->pcp);
	if (v->pcp[best] && v->pcp[best] > v->lru)
		return (uint8_t)best;
	return v->slab + v->other > v->lru ? KMM_UNMOVABLE : KMM_MOVABLE;
}

/* How ill a block would bear a type, for choosing whom to change. */
static int64_t resistance(const struct votes *v, unsigned type, uint8_t certain)
{
	int64_t against = 0;

	for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
		against += t == type ? -(int64_t)v->pcp[t] : v->pcp[t];
	if (certain == PAGEBLOCK_LIKELY) {
		for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
			against += t == type ? 0 : v->free[t];
		return FREE_OUTWEIGHS + against;
	}
	switch (type) {
	case KMM_MOVABLE:
		return against + (int64_t)v->slab + v->other - v->lru;
	case KMM_RECLAIMABLE:
		return against + (int64_t)v->lru + v->other - v->slab;
	default:
		return against + (int64_t)v->lru - v->slab - v->other;
	}
}

/* Is there no sign of any use? A kernel's own pages look the same. */
static bool is_bare(const struct votes *v)
{
	for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
		if (v->free[t] || v->pcp[t])
			return false;
	return v->bare == v->present;
}

struct candidate {
	int64_t resistance;
	uint64_t block;
};

static int by_resistance(const void *pa, const void *pb)
{
	const struct candidate *a = pa, *b = pb;

	if (a->resistance != b->resistance)
		return a->resistance < b->resistance ? -1 : 1;
	return a->block < b->block ? -1 : a->block > b->block;
}

uint64_t pageblock_counted(const struct machine *m, uint32_t zone, uint64_t i)
{
	const struct machine_zone *z = &m->zones[zone];

	return (z->start_pfn + (i << m->pageblock_order)) >> m->pageblock_order;
}

uint64_t pageblocks_counted(const struct machine *m, uint32_t zone)
{
	uint64_t pages = 1ull << m->pageblock_order;

	return (m->zones[zone].spanned + pages - 1) >> m->pageblock_order;
}

/* Change the blocks that mind least until the zone has as many of a type as it should. */
static void fit_type(struct inference *x, uint32_t zone, unsigned want, int64_t *over,
		     struct candidate *c)
{
	uint64_t steps = pageblocks_counted(x->m, zone), n = 0;

	for (uint64_t i = 0; i < steps; i++) {
		uint64_t b = pageblock_counted(x->m, zone, i);

		if (b < x->blocks && x->type[b] < KMM_MIGRATETYPES && x->type[b] != want &&
		    over[x->type[b]] > 0 && x->certain[b] < PAGEBLOCK_KNOWN)
			c[n++] = (struct candidate){ resistance(&x->v[b], want, x->certain[b]), b };
	}
	if (n)
		qsort(c, n, sizeof(*c), by_resistance);
	for (uint64_t i = 0; i < n && over[want] < 0; i++) {
		uint8_t *type = &x->type[c[i].block];

		if (over[*type] <= 0)
			continue;
		over[*type]--;
		over[want]++;
		*type = (uint8_t)want;
	}
}

/*
 * The kernel counts no block whose first struct page is of no zone: a hole's, or one of memory that is
 * set up only when it is needed. Nothing in such a block shows any use, and they lie at the zone's end.
 */
static void leave_out(struct inference *x, uint32_t zone, int64_t *over)
{
	int64_t too_many = 0;

	for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
		too_many += over[t];
	for (uint64_t i = pageblocks_counted(x->m, zone); i-- > 0 && too_many > 0;) {
		uint64_t b = pageblock_counted(x->m, zone, i);

		if (b >= x->blocks || x->type[b] >= KMM_MIGRATETYPES ||
		    x->certain[b] != PAGEBLOCK_GUESSED || !is_bare(&x->v[b]))
			continue;
		over[x->type[b]]--;
		too_many--;
		x->type[b] = PAGEBLOCK_NONE;
	}
}

static void fit_zone(struct inference *x, uint32_t zone, struct candidate *c)
{
	int64_t over[KMM_MIGRATETYPES] = { 0 };
	uint64_t steps = pageblocks_counted(x->m, zone);

	for (uint64_t i = 0; i < steps; i++) {
		uint64_t b = pageblock_counted(x->m, zone, i);

		if (b < x->blocks && x->type[b] < KMM_MIGRATETYPES)
			over[x->type[b]]++;
	}
	for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
		over[t] -= (int64_t)x->s->pageblocks[zone][t];
	if (x->s->have_pagetypeinfo && x->s->have_kpageflags)
		leave_out(x, zone, over);
	/* The rarer types first: they have fewer blocks to choose from. */
	for (unsigned t = KMM_MIGRATETYPES; t-- > 0;)
		if (over[t] < 0)
			fit_type(x, zone, t, over, c);
}

static void guess_zone(struct inference *x, uint32_t zone)
{
	const struct machine_zone *z = &x->m->zones[zone];
	uint64_t first = z->start_pfn >> x->m->pageblock_order;
	uint64_t end = (z->start_pfn + z->spanned + (1ull << x->m->pageblock_order) - 1) >>
		       x->m->pageblock_order;

	for (uint64_t b = first; b < end && b < x->blocks; b++) {
		if (!x->v[b].present && x->s->have_kpageflags)
			continue;
		x->type[b] = likely(&x->v[b], &x->certain[b]);
		if (b < x->s->block_count && x->s->block_types[b] < KMM_MIGRATETYPES) {
			x->type[b] = x->s->block_types[b];
			x->certain[b] = PAGEBLOCK_KNOWN;
		} else if (b < x->s->tag_count && x->s->tags[b] < KMM_MIGRATETYPES) {
			x->type[b] = x->s->tags[b];
			x->certain[b] = PAGEBLOCK_KNOWN;
		}
	}
}

int machine_pageblocks(const struct machine *m, const struct machine_state *s, uint8_t *type,
		       uint8_t *certain, struct err *e)
{
	struct inference x = { .m = m, .s = s, .type = type, .certain = certain };
	struct candidate *c;
	int ret = 0;

	x.blocks = (m->max_pfn + (1ull << m->pageblock_order) - 1) >> m->pageblock_order;
	x.v = calloc(x.blocks + 1, sizeof(*x.v));
	c = malloc((x.blocks + 1) * sizeof(*c));
	if (x.v && c) {
		memset(type, PAGEBLOCK_NONE, x.blocks);
		memset(certain, PAGEBLOCK_GUESSED, x.blocks);
		count_lists(&x);
		count_first(&x);
		count_flags(&x);
		for (uint32_t z = 0; z < m->zone_count; z++) {
			guess_zone(&x, z);
			if (s->have_pagetypeinfo || s->pageblocks_worked_out)
				fit_zone(&x, z, c);
		}
	} else {
		ret = err_set(e, ENOMEM, "out of memory for %llu pageblocks",
			      (unsigned long long)x.blocks);
	}
	free(x.v);
	free(c);
	return ret;
}
