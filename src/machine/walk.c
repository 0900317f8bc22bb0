// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * walk: lists whose heads are in the dumps of pglist_data and of the per-CPU
 * areas, followed link by link.  Every step is checked: the link back, the zone,
 * the alignment, the order that a free block bears.  From a list that is broken
 * the pages before the break and, from its end, those behind it are taken.
 */
#include <errno.h>
#include <stdlib.h>

#include "machine/dumps.h"
#include "machine/load.h"

#define SEARCHES 256

struct head {
	uint64_t addr, next, prev;
	uint8_t zone, order, type;
	int32_t cpu;
};

static bool place_fits(const struct dumps *d, const struct head *h, uint64_t pfn)
{
	const struct machine_zone *z = &d->m->zones[h->zone];

	return pfn != UINT64_MAX && pfn >= z->start_pfn && pfn - z->start_pfn < z->spanned &&
	       !(pfn & ((1u << h->order) - 1));
}

static bool page_fits(const struct dumps *d, const struct head *h, uint64_t pfn)
{
	return place_fits(d, h, pfn) &&
	       (h->cpu >= 0 || page_read(d, pfn, d->l->page.private_) == h->order);
}

/* Where one direction has come to: `from`, a page or the head, links to `at`. */
struct walker {
	uint64_t from, at;
	bool whole; /* it came to the head */
};

/* Was it on a list of this kind when it was dumped, and behind the page with this link? */
static bool stood_behind(const struct dumps *d, const struct head *h, uint64_t pfn, uint64_t link)
{
	return page_fits(d, h, pfn) && page_prev(d, pfn) == link &&
	       (h->cpu < 0 || page_idle(d, pfn));
}

/* The page that was dumped later than this one and stood behind it then; UINT64_MAX. */
static uint64_t find_behind(struct dumps *d, const struct head *h, uint64_t pfn)
{
	const struct machine_zone *z = &d->m->zones[h->zone];
	uint64_t end = z->start_pfn + z->spanned < d->frames ? z->start_pfn + z->spanned :
							       d->frames;

	if (d->searches++ >= SEARCHES)
		return UINT64_MAX;
	for (uint64_t p = pfn + 1; p < end; p++)
		if (stood_behind(d, h, p, page_link(d, pfn)))
			return p;
	return UINT64_MAX;
}

/*
 * A page that came to the list after it was dumped: its own links are of another time, but a page that was dumped
 * later, as it stands behind it in the array, has it for a neighbour.  (Not the head: it was read when the moment at which
 * the lists hold was over.)  1 if it is added, 0 or -ENOMEM.
 */
static int add_named(const struct dumps *d, struct listset *set, const struct head *h,
		     const struct walker *w)
{
	uint64_t by = page_of_link(d, w->from), pfn = page_of_link(d, w->at);
	int ret;

	if (by == UINT64_MAX || !place_fits(d, h, pfn) || pfn >= by)
		return 0;
	ret = listset_add(set, pfn, h->order);
	return ret ? ret == -ENOMEM ? ret : 0 : 1;
}

/* Forwards, over a page that does not link back.  1 if it goes on, 0 or -ENOMEM. */
static int step_over(struct dumps *d, struct listset *set, const struct head *h, struct walker *w)
{
	uint64_t pfn = page_of_link(d, w->at), next;
	int ret = add_named(d, set, h, w);

	if (ret <= 0)
		return ret;
	w->from = w->at;
	w->at = page_next(d, pfn);
	next = page_of_link(d, w->at);
	if (next != UINT64_MAX && stood_behind(d, h, next, w->from))
		return 1;
	next = find_behind(d, h, pfn);
	w->at = next == UINT64_MAX ? 0 : page_link(d, next);
	return next != UINT64_MAX;
}

/* One direction.  0 or -ENOMEM. */
static int follow(struct dumps *d, struct listset *set, const struct head *h, bool back,
		  struct walker *w)
{
	*w = (struct walker){ h->addr, back ? h->prev : h->next, false };
	while (w->at != h->addr) {
		uint64_t pfn = page_of_link(d, w->at);
		int ret;

		if (!page_fits(d, h, pfn) ||
		    (back ? page_next(d, pfn) : page_prev(d, pfn)) != w->from) {
			ret = back ? 0 : step_over(d, set, h, w);
			if (ret <= 0)
				return ret;
			continue;
		}
		ret = listset_add(set, pfn, h->order);
		if (ret)
			return ret == -ENOMEM ? ret : 0;
		w->from = w->at;
		w->at = back ? page_prev(d, pfn) : page_next(d, pfn);
	}
	w->whole = back || w->from == h->prev;
	return 0;
}

static void reverse(uint32_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n / 2; i++) {
		uint32_t swap = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = swap;
	}
}

static int walk_list(struct dumps *d, struct listset *set, const struct head *h)
{
	int ret = listset_open(set, h->zone, h->cpu, h->order, h->type);
	struct machine_list *l;
	struct walker w;
	uint32_t before;

	if (!ret)
		ret = follow(d, set, h, false, &w);
	if (ret)
		return ret;
	l = &set->lists[set->count - 1];
	before = l->count;
	if (!w.whole) {
		dumps_broken(d, "zone %s of node %u, order %u, %s%s: behind its %uth block",
			     d->m->zones[h->zone].name, d->m->zones[h->zone].node, h->order,
			     migratetype_name(h->type), h->cpu < 0 ? "" : ", per-CPU", before);
		ret = follow(d, set, h, true, &w);
		if (!ret)
			ret = add_named(d, set, h, &w);
		if (ret < 0)
			return ret;
		reverse(set->pfns + l->first + before, l->count - before);
	}
	listset_close(set);
	return 0;
}

/* The head at `off` of a dump; empty where it cannot be read. */
static bool read_head(const struct dumps *d, const struct dump *from, uint64_t off, struct head *h)
{
	h->addr = from->addr + off;
	return dump_pointer(d, from, off, &h->next) &&
	       dump_pointer(d, from, off + d->l->pointer, &h->prev);
}

static int walk_free_area(struct dumps *d, struct listset *set, const struct dump *node,
			  uint64_t area, struct head h)
{
	uint32_t first = set->count;
	uint64_t claimed, blocks = 0;

	for (uint32_t raw = 0; raw < d->m->migratetypes; raw++) {
		int ret;

		h.type = d->m->migratetype_of_raw[raw];
		if (!read_head(d, node, area + 2ull * d->l->pointer * raw, &h))
			return 0;
		ret = walk_list(d, set, &h);
		if (ret)
			return ret;
	}
	for (uint32_t i = first; i < set->count; i++)
		blocks += set->lists[i].count;
	if (!dump_read(node, area + d->l->free_area.nr_free.offset, d->l->free_area.nr_free.size,
		       &claimed) ||
	    claimed != blocks)
		dumps_broken(d,
			     "zone %s of node %u, order %u: %llu blocks where its nr_free is %llu",
			     d->m->zones[h.zone].name, d->m->zones[h.zone].node, h.order,
			     (unsigned long long)blocks, (unsigned long long)claimed);
	return 0;
}

static int32_t counter(const struct dump *from, uint64_t at, struct layout_field f)
{
	uint64_t v;

	if (!dump_read(from, at + f.offset, f.size, &v))
		return -1;
	return f.size == 2 ? (int16_t)v : (int32_t)v;
}

static int walk_pcp(struct dumps *d, struct listset *set, uint8_t zone, uint32_t cpu, uint64_t at)
{
	const struct dump *from = &d->cpu[cpu];
	const struct layout *l = d->l;
	struct machine_pcp p = {
		.zone = zone,
		.cpu = (uint16_t)cpu,
		.count = counter(from, at, l->pcp.count),
		.high = counter(from, at, l->pcp.high),
		.batch = counter(from, at, l->pcp.batch),
		.free_factor = counter(from, at, l->pcp.free_factor),
		.expire = counter(from, at, l->pcp.expire),
		.alloc_factor = counter(from, at, l->pcp.alloc_factor),
		.free_count = counter(from, at, l->pcp.free_count),
		.high_min = counter(from, at, l->pcp.high_min),
		.high_max = counter(from, at, l->pcp.high_max),
	};
	struct head h = { .zone = zone, .cpu = (int32_t)cpu };
	uint32_t first = set->count;
	int64_t pages = 0;

	for (uint32_t i = 0; i < l->pcp.list_count; i++) {
		int ret;

		if (!pcp_list_of_index(d, i, &h.order, &h.type) ||
		    !read_head(d, from, at + l->pcp.lists + 2ull * l->pointer * i, &h))
			return 0;
		ret = walk_list(d, set, &h);
		if (ret)
			return ret;
	}
	for (uint32_t i = first; i < set->count; i++)
		pages += (int64_t)set->lists[i].count << set->lists[i].order;
	if (pages != p.count)
		dumps_broken(d, "zone %s of node %u, CPU %u: %lld pages where its count is %d",
			     d->m->zones[zone].name, d->m->zones[zone].node, cpu, (long long)pages,
			     p.count);
	return listset_add_pcp(set, &p);
}

static int walk_zone(struct dumps *d, struct listset *set, uint8_t zone, const struct dump *node,
		     uint64_t at)
{
	struct head h = { .zone = zone, .cpu = -1 };
	uint64_t pcp;
	int ret = 0;

	for (uint32_t o = 0; o < d->m->orders && !ret; o++) {
		h.order = (uint8_t)o;
		ret = walk_free_area(d, set, node,
				     at + d->l->zone.free_area + (uint64_t)d->l->free_area.size * o,
				     h);
	}
	if (ret || !dump_pointer(d, node, at + d->l->zone.pcp, &pcp))
		return ret;
	for (uint32_t c = 0; c < d->m->cpus && !ret; c++)
		if (d->cpu[c].there)
			ret = walk_pcp(d, set, zone, c, pcp - d->percpu_start);
	return ret;
}

int walk_lists(struct dumps *d, struct listset *set)
{
	for (uint32_t z = 0; z < d->m->zone_count; z++) {
		const struct dump *node = &d->node[d->m->zones[z].node];

		if (!node->there) {
			dumps_broken(d, "the dump of node %u is missing", d->m->zones[z].node);
			continue;
		}
		for (uint32_t i = 0; i < d->m->zone_types; i++) {
			int ret;

			if (d->m->zone_type_of_index[i] != d->m->zones[z].type)
				continue;
			ret = walk_zone(d, set, (uint8_t)z, node,
					d->l->zone.first + (uint64_t)d->l->zone.size * i);
			if (ret)
				return ret;
		}
	}
	return 0;
}
