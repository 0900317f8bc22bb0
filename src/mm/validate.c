// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * validate: every invariant of a machine in one pass over its frames and one
 * over its lists.  The first violation is described; nothing is repaired.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "mm/pcp.h"

struct check {
	const struct kmm *mm;
	char *why;
	size_t size;
	uint32_t blocks[KMM_ZONES][KMM_MIGRATETYPES][KMM_ORDERS];
	uint64_t pcp_pages;
};

static bool __attribute__((format(printf, 2, 3))) fail(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, c->size, fmt, ap);
	va_end(ap);
	return false;
}

static bool check_tails(struct check *c, kmm_pfn pfn)
{
	const struct frame *f = &c->mm->frame[pfn];
	uint32_t n = 1u << f->order;

	if (f->order > c->mm->max_order || pfn & (n - 1))
		return fail(c, "frame %u: heads a block of order %u", pfn, f->order);
	if (f->zone >= c->mm->zones || f->type >= KMM_MIGRATETYPES)
		return fail(c, "frame %u: zone %u, type %u", pfn, f->zone, f->type);
	for (uint32_t i = 1; i < n; i++)
		if (f[i].state != FRAME_IS_TAIL || f[i].zone != f->zone)
			return fail(c, "frame %u: in state %u inside the block of order %u at %u",
				    pfn + i, f[i].state, f->order, pfn);
	return true;
}

static bool check_buddy(struct check *c, kmm_pfn pfn)
{
	const struct kmm *mm = c->mm;
	const struct frame *f = &mm->frame[pfn];
	const struct frame *buddy;

	c->blocks[f->zone][f->type][f->order]++;
	if (f->order == mm->max_order || (f->order >= mm->pageblock_order && mm->unmergeable))
		return true;
	buddy = &mm->frame[pfn ^ (1u << f->order)];
	if (buddy->state == FRAME_IS_FREE && buddy->order == f->order && buddy->zone == f->zone)
		return fail(c, "frame %u: free, and so is its buddy of order %u", pfn, f->order);
	return true;
}

static bool check_frames(struct check *c)
{
	const struct kmm *mm = c->mm;
	kmm_pfn pfn = 0;

	while (pfn < mm->frames) {
		const struct frame *f = &mm->frame[pfn];

		switch (f->state) {
		case FRAME_IS_HOLE:
		case FRAME_IS_USED:
		case FRAME_IS_SLAB:
		case FRAME_IS_NAMED:
			pfn++;
			continue;
		case FRAME_IS_FREE:
			if (!check_tails(c, pfn) || !check_buddy(c, pfn))
				return false;
			break;
		case FRAME_IS_PCP:
			if (!check_tails(c, pfn))
				return false;
			c->pcp_pages += 1u << f->order;
			break;
		default:
			return fail(c, "frame %u: in state %u outside any block", pfn, f->state);
		}
		pfn += 1u << f->order;
	}
	return true;
}

static bool check_free_list(struct check *c, const struct zone *z, unsigned order, unsigned type)
{
	const struct frame *f = c->mm->frame;
	uint32_t head = buddy_list(z, order, type), before = head, n = 0;

	for (uint32_t at = f[head].next; at != head; before = at, at = f[at].next) {
		if (at >= c->mm->frames || f[at].prev != before || n > f[head].blocks)
			return fail(c, "zone %u order %u type %u: broken link at %u", z->index,
				    order, type, at);
		if (f[at].state != FRAME_IS_FREE || f[at].order != order || f[at].type != type ||
		    f[at].zone != z->index)
			return fail(c, "zone %u order %u type %u: frame %u does not belong there",
				    z->index, order, type, at);
		n++;
	}
	if (n != f[head].blocks || n != c->blocks[z->index][type][order])
		return fail(c, "zone %u order %u type %u: %u on the list, %u counted, %u exist",
			    z->index, order, type, n, f[head].blocks,
			    c->blocks[z->index][type][order]);
	if (!n != !(z->avail[type] >> order & 1))
		return fail(c, "zone %u order %u type %u: %u blocks but the bit is wrong", z->index,
			    order, type, n);
	return true;
}

static bool check_zone(struct check *c, const struct zone *z)
{
	uint64_t pages = 0, blocks[KMM_MIGRATETYPES] = { 0 };

	for (unsigned type = 0; type < KMM_MIGRATETYPES; type++)
		for (unsigned order = 0; order < KMM_ORDERS; order++) {
			if (!check_free_list(c, z, order, type))
				return false;
			pages += (uint64_t)buddy_blocks(c->mm, z, order, type) << order;
		}
	if (pages != z->free_pages)
		return fail(c, "zone %u: %llu free pages on lists, %llu counted", z->index,
			    (unsigned long long)pages, (unsigned long long)z->free_pages);
	for (uint32_t b = 0; b < c->mm->frames >> c->mm->pageblock_order; b++) {
		if (c->mm->tag[b] >= KMM_MIGRATETYPES)
			return fail(c, "page block %u: type %u", b, c->mm->tag[b]);
		blocks[c->mm->tag[b]] += frame_counts_in(c->mm, b, z);
	}
	for (unsigned type = 0; type < KMM_MIGRATETYPES; type++)
		if (blocks[type] != z->pageblocks[type])
			return fail(c, "zone %u: %llu page blocks of type %u, %llu counted",
				    z->index, (unsigned long long)blocks[type], type,
				    (unsigned long long)z->pageblocks[type]);
	if (z->isolated != blocks[KMM_ISOLATE])
		return fail(c, "zone %u: %u isolated page blocks counted", z->index, z->isolated);
	return true;
}

static bool check_pcp_list(struct check *c, const struct pcp *p, unsigned list, int32_t *pages,
			   int32_t *blocks)
{
	const struct frame *f = c->mm->frame;
	uint32_t head = p->head + list, before = head;

	for (uint32_t at = f[head].next; at != head; before = at, at = f[at].next) {
		if (at >= c->mm->frames || f[at].prev != before || *pages > p->count)
			return fail(c, "CPU %u zone %u list %u: broken link at %u", p->cpu, p->zone,
				    list, at);
		if (f[at].state != FRAME_IS_PCP || f[at].cpu != p->cpu || f[at].zone != p->zone ||
		    (c->mm->generation == KMM_LINUX_2_6 && f[at].cold != list))
			return fail(c, "CPU %u zone %u list %u: frame %u does not belong there",
				    p->cpu, p->zone, list, at);
		if (c->mm->generation != KMM_LINUX_2_6 && pcp_list(f[at].order, f[at].type) != list)
			return fail(c, "CPU %u zone %u list %u: frame %u of order %u, type %u",
				    p->cpu, p->zone, list, at, f[at].order, f[at].type);
		*pages += 1 << f[at].order;
		++*blocks;
	}
	return true;
}

static bool check_pcp(struct check *c, const struct pcp *p)
{
	int32_t pages = 0;

	for (unsigned list = 0; list < PCP_LISTS; list++) {
		int32_t blocks = 0;

		if (!check_pcp_list(c, p, list, &pages, &blocks))
			return false;
		if (c->mm->generation == KMM_LINUX_2_6 && list < 2 && blocks != p->side[list].count)
			return fail(c, "CPU %u zone %u: %d pages on side %u, %d counted", p->cpu,
				    p->zone, blocks, list, p->side[list].count);
	}
	if (pages != p->count)
		return fail(c, "CPU %u zone %u: %d pages on lists, %d counted", p->cpu, p->zone,
			    pages, p->count);
	if (p->free_factor > PCP_FACTOR_MAX || p->alloc_factor > PCP_FACTOR_MAX)
		return fail(c, "CPU %u zone %u: factors %u, %u", p->cpu, p->zone, p->free_factor,
			    p->alloc_factor);
	c->pcp_pages -= (uint64_t)pages;
	return true;
}

int kmm_validate(const struct kmm *mm, char *why, size_t n)
{
	struct check c = { .mm = mm, .why = why, .size = n };

	if (n)
		*why = '\0';
	if (!check_frames(&c))
		return -EUCLEAN;
	for (unsigned i = 0; i < mm->zones; i++)
		if (!check_zone(&c, &mm->zone[i]))
			return -EUCLEAN;
	for (unsigned i = 0; i < mm->zones * mm->cpus; i++)
		if (!check_pcp(&c, &mm->pcp[i]))
			return -EUCLEAN;
	if (c.pcp_pages) {
		fail(&c, "%lld pages say they are in per-CPU lists but are not",
		     (long long)c.pcp_pages);
		return -EUCLEAN;
	}
	return 0;
}
