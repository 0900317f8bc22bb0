// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chains: the lists where only the array of pages was dumped.  A list's first
 * page points back at its head and its last page points on at it, so a run of
 * linked pages whose two ends name the same address outside the array is one
 * whole list, in order, and that address is its head.  Which list it is follows
 * from the heads' places: those of one zone's free lists stand in one array by
 * order and migrate type, those of one CPU's page lists in another; where the
 * array begins is what makes its lengths agree with the kernel's counters.
 */
#include <errno.h>
#include <stdlib.h>

#include "machine/dumps.h"
#include "machine/load.h"

struct chain {
	uint64_t head;
	uint32_t first, count; /* in chains.pfns */
	uint8_t zone, order;
};

struct chains {
	struct dumps *d;
	struct chain *c;
	uint32_t count, room;
	uint32_t *pfns;
	uint64_t pfn_count, pfn_room;
};

static void chains_free(struct chains *s)
{
	free(s->c);
	free(s->pfns);
}

static int push_pfn(struct chains *s, uint64_t pfn)
{
	if (s->pfn_count == s->pfn_room) {
		uint64_t room = s->pfn_room ? s->pfn_room * 2 : 4096;
		uint32_t *more = realloc(s->pfns, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->pfns = more;
		s->pfn_room = room;
	}
	s->pfns[s->pfn_count++] = (uint32_t)pfn;
	return 0;
}

static int push_chain(struct chains *s, const struct chain *c)
{
	if (s->count == s->room) {
		uint32_t room = s->room ? s->room * 2 : 64;
		struct chain *more = realloc(s->c, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->c = more;
		s->room = room;
	}
	s->c[s->count++] = *c;
	return 0;
}

/* The order of the free block that starts here; -1 if none does. */
static int buddy_order(const struct dumps *d, uint64_t pfn)
{
	uint64_t order;

	if (page_read(d, pfn, d->l->page.type) != d->l->buddy_type)
		return -1;
	order = page_read(d, pfn, d->l->page.private_);
	if (order >= d->m->orders || pfn & ((1ull << order) - 1))
		return -1;
	return (int)order;
}

/* Does a page belong to the kind of list that `c` is of? */
static bool alike(const struct dumps *d, const struct chain *c, bool buddy, uint64_t pfn)
{
	const struct machine_zone *z = &d->m->zones[c->zone];

	if (pfn < z->start_pfn || pfn - z->start_pfn >= z->spanned)
		return false;
	return buddy ? buddy_order(d, pfn) == c->order : page_idle(d, pfn);
}

/* The chain that starts at pfn, if it is whole.  1, 0 or -ENOMEM. */
static int follow(struct chains *s, uint64_t pfn, bool buddy)
{
	const struct dumps *d = s->d;
	int zone = machine_zone_of(d->m, pfn);
	struct chain c = { .head = page_prev(d, pfn), .first = (uint32_t)s->pfn_count };
	uint64_t at = page_link(d, pfn), from = c.head;

	if (zone < 0 || !c.head || c.head % d->l->pointer)
		return 0;
	c.zone = (uint8_t)zone;
	c.order = (uint8_t)(buddy ? buddy_order(d, pfn) : 0);
	while (at != c.head) {
		uint64_t p = page_of_link(d, at);
		int ret;

		/* A link back to the page before keeps this from running in circles. */
		if (p == UINT64_MAX || !alike(d, &c, buddy, p) || page_prev(d, p) != from) {
			s->pfn_count = c.first;
			return 0;
		}
		ret = push_pfn(s, p);
		if (ret)
			return ret;
		c.count++;
		from = at;
		at = page_next(d, p);
	}
	return push_chain(s, &c) ? -ENOMEM : 1;
}

static int find_chains(struct chains *s, bool buddy)
{
	struct dumps *d = s->d;

	for (uint64_t pfn = 0; pfn < d->frames; pfn++) {
		int order = buddy_order(d, pfn), ret;
		bool first = page_of_link(d, page_prev(d, pfn)) == UINT64_MAX;

		if (first && (buddy ? order >= 0 : page_idle(d, pfn))) {
			ret = follow(s, pfn, buddy);
			if (ret < 0)
				return ret;
			if (!ret && buddy)
				dumps_broken(d, "the free list that starts at page frame %llu",
					     (unsigned long long)pfn);
		}
		if (order > 0)
			pfn += (1ull << order) - 1;
	}
	return 0;
}

/* ---- which free list ---- */

/* The raw migrate type of a chain if its zone's array starts at base; -1 if it cannot be. */
static int raw_type(const struct dumps *d, const struct chain *c, uint64_t base)
{
	uint64_t off = c->head - base - (uint64_t)d->l->free_area.size * c->order;
	uint64_t step = 2ull * d->l->pointer;

	return off % step || off / step >= d->m->migratetypes ? -1 : (int)(off / step);
}

/* Blocks by which the lists would differ from pagetypeinfo; UINT64_MAX: some do not fit at all. */
static uint64_t base_cost(const struct chains *s, uint32_t zone, uint64_t base)
{
	const struct dumps *d = s->d;
	uint64_t blocks[KMM_MIGRATETYPES][KMM_ORDERS] = { 0 }, cost = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		int raw = s->c[i].zone == zone ? raw_type(d, &s->c[i], base) : 0;

		if (raw < 0)
			return UINT64_MAX;
		if (s->c[i].zone == zone)
			blocks[d->m->migratetype_of_raw[raw]][s->c[i].order] += s->c[i].count;
	}
	for (unsigned t = 0; t < KMM_MIGRATETYPES && d->s->have_pagetypeinfo; t++)
		for (unsigned o = 0; o < d->m->orders; o++) {
			uint64_t is = blocks[t][o], counted = d->s->nr_free_type[zone][t][o];

			if (!d->s->nr_free_type_cut[zone][t][o])
				cost += is > counted ? is - counted : counted - is;
		}
	return cost;
}

/* Without counters: most free memory is movable. */
static uint64_t plausibility(const struct chains *s, uint32_t zone, uint64_t base)
{
	uint64_t movable = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		int raw = s->c[i].zone == zone ? raw_type(s->d, &s->c[i], base) : -1;

		if (raw >= 0 && s->d->m->migratetype_of_raw[raw] == KMM_MOVABLE)
			movable += (uint64_t)s->c[i].count << s->c[i].order;
	}
	return movable;
}

static bool find_base(struct chains *s, uint32_t zone, uint64_t *base)
{
	struct dumps *d = s->d;
	uint64_t best = UINT64_MAX;
	const struct chain *any = NULL;
	bool tie = false;

	for (uint32_t i = 0; i < s->count && !any; i++)
		if (s->c[i].zone == zone)
			any = &s->c[i];
	for (uint32_t raw = 0; any && raw < d->m->migratetypes; raw++) {
		uint64_t b = any->head - (uint64_t)d->l->free_area.size * any->order -
			     2ull * d->l->pointer * raw;
		uint64_t cost = base_cost(s, zone, b);
		bool better = cost < best;

		if (cost != UINT64_MAX && cost == best) {
			tie = true;
			better = plausibility(s, zone, b) > plausibility(s, zone, *base);
		} else if (better) {
			tie = false;
		}
		if (better) {
			best = cost;
			*base = b;
		}
	}
	if (tie)
		machine_note(d->m,
			     "zone %s of node %u: the migrate types of its free lists are the "
			     "most plausible of several that fit",
			     d->m->zones[zone].name, d->m->zones[zone].node);
	return best != UINT64_MAX;
}

static int give_chain(const struct chains *s, const struct chain *c, struct listset *set,
		      int32_t cpu, uint8_t order, uint8_t type)
{
	int ret = listset_open(set, c->zone, cpu, order, type);

	for (uint32_t i = 0; s->pfns && i < c->count && !ret; i++) {
		ret = listset_add(set, s->pfns[c->first + i], order);
		if (ret == -EEXIST) {
			dumps_broken(s->d, "page frame %u is on two lists", s->pfns[c->first + i]);
			ret = 0;
		}
	}
	listset_close(set);
	return ret;
}

static int give_free_lists(struct chains *s, struct listset *set)
{
	for (uint32_t z = 0; z < s->d->m->zone_count; z++) {
		uint64_t base = 0;

		if (!find_base(s, z, &base)) {
			if (s->d->s->zone_free[z])
				dumps_broken(s->d,
					     "the free lists of zone %s, whose heads do not "
					     "stand in one array",
					     s->d->m->zones[z].name);
			continue;
		}
		for (uint32_t i = 0; i < s->count; i++) {
			int raw, ret;

			if (s->c[i].zone != z)
				continue;
			raw = raw_type(s->d, &s->c[i], base);
			ret = give_chain(s, &s->c[i], set, -1, s->c[i].order,
					 s->d->m->migratetype_of_raw[raw]);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* ---- which per-CPU list ---- */

static int by_zone_and_head(const void *pa, const void *pb)
{
	const struct chain *a = pa, *b = pb;

	if (a->zone != b->zone)
		return a->zone < b->zone ? -1 : 1;
	return a->head < b->head ? -1 : a->head > b->head;
}

/* Pages of a list that cannot be on it: not aligned, or marked with another migrate type. */
static uint64_t misfits(const struct chains *s, const struct chain *c, uint8_t order, uint8_t type)
{
	const struct dumps *d = s->d;
	uint64_t n = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t pfn = s->pfns[c->first + i];
		uint64_t raw = page_read(d, pfn, d->l->page.index);

		if (pfn & ((1u << order) - 1))
			return UINT32_MAX;
		if (order < 4 && raw < KMM_PCPTYPES && d->m->migratetype_of_raw[raw] != type)
			n++;
	}
	return n;
}

/* Chains [from, to) as one CPU's lists, the first being list number `shift`. */
static uint64_t pcp_cost(const struct chains *s, uint32_t from, uint32_t to, uint32_t shift,
			 uint64_t count)
{
	uint64_t total = 0, wrong = 0, step = 2ull * s->d->l->pointer;

	for (uint32_t i = from; i < to; i++) {
		uint64_t off = s->c[i].head - s->c[from].head;
		uint8_t order, type;

		if (off % step ||
		    !pcp_list_of_index(s->d, shift + (uint32_t)(off / step), &order, &type))
			return UINT64_MAX;
		total += (uint64_t)s->c[i].count << order;
		wrong += misfits(s, &s->c[i], order, type);
	}
	return (total > count ? total - count : count - total) + 4 * wrong;
}

static int give_pcp(struct chains *s, struct listset *set, uint32_t from, uint32_t to, bool *taken)
{
	struct dumps *d = s->d;
	uint32_t zone = s->c[from].zone, cpu = 0, shift = 0;
	const struct machine_pcpinfo *info = d->s->pcp_infos + (size_t)zone * KMM_CPUS;
	uint64_t best = UINT64_MAX;

	for (uint32_t c = 0; c < d->m->cpus; c++)
		for (uint32_t n = 0; n < d->l->pcp.list_count && !taken[c]; n++) {
			uint64_t cost = pcp_cost(s, from, to, n, info[c].count);

			if (cost < best)
				best = cost, cpu = c, shift = n;
		}
	/* Links of something else that looks idle. */
	if (best == UINT64_MAX || (best > 64 && best > info[cpu].count / 8))
		return 0;
	taken[cpu] = true;
	for (uint32_t i = from; i < to; i++) {
		uint64_t off = s->c[i].head - s->c[from].head;
		uint8_t order, type;
		int ret;

		pcp_list_of_index(d, shift + (uint32_t)(off / (2 * d->l->pointer)), &order, &type);
		ret = give_chain(s, &s->c[i], set, (int32_t)cpu, order, type);
		if (ret)
			return ret;
	}
	return 0;
}

/* One CPU's heads in a zone stand close together; the next CPU's are far away. */
static int give_pcps_of_zone(struct chains *s, struct listset *set, uint32_t from, uint32_t to)
{
	uint64_t reach = 2ull * s->d->l->pointer * s->d->l->pcp.list_count;
	bool taken[KMM_CPUS] = { false };

	while (from < to) {
		uint32_t end = from + 1;
		int ret;

		while (end < to && s->c[end].head - s->c[from].head < reach)
			end++;
		ret = give_pcp(s, set, from, end, taken);
		if (ret)
			return ret;
		from = end;
	}
	return 0;
}

static int give_counters(const struct dumps *d, struct listset *set)
{
	for (uint32_t z = 0; z < d->m->zone_count; z++)
		for (uint32_t c = 0; c < d->m->cpus; c++) {
			struct machine_pcp p = {
				.zone = (uint8_t)z,
				.cpu = (uint16_t)c,
				.high = (int32_t)d->s->pcp_infos[z * KMM_CPUS + c].high,
				.batch = (int32_t)d->s->zones[z].pcp_batch,
				.free_factor = -1,
				.expire = -1,
				.alloc_factor = -1,
				.free_count = -1,
				.high_min = -1,
				.high_max = -1
			};

			for (uint32_t i = 0; i < set->count; i++)
				if (set->lists[i].zone == z && set->lists[i].cpu == (int32_t)c)
					p.count += (int32_t)(set->lists[i].count
							     << set->lists[i].order);
			if (listset_add_pcp(set, &p))
				return -ENOMEM;
		}
	return 0;
}

static int give_pcps(struct chains *s, struct listset *set)
{
	if (s->count)
		qsort(s->c, s->count, sizeof(*s->c), by_zone_and_head);
	for (uint32_t from = 0; from < s->count;) {
		uint32_t to = from + 1;
		int ret;

		while (to < s->count && s->c[to].zone == s->c[from].zone)
			to++;
		ret = give_pcps_of_zone(s, set, from, to);
		if (ret)
			return ret;
		from = to;
	}
	return give_counters(s->d, set);
}

int chain_lists(struct dumps *d, struct listset *set)
{
	struct chains s = { .d = d };
	int ret;

	if (!d->l->buddy_type || !d->l->page.type.size || !d->l->page.refcount.size) {
		dumps_broken(d, "the layout does not say how a free page is marked");
		return 0;
	}
	ret = find_chains(&s, true);
	if (!ret)
		ret = give_free_lists(&s, set);
	s.count = 0;
	s.pfn_count = 0;
	if (!ret)
		ret = find_chains(&s, false);
	if (!ret)
		ret = give_pcps(&s, set);
	chains_free(&s);
	return ret;
}
