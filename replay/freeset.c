// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/freeset.h"

#include <stdlib.h>
#include <string.h>

static uint32_t list_of(const struct freeset *s, unsigned zone, unsigned order, unsigned type)
{
	return s->frames + (zone * VIEW_TYPES + type) * KMM_ORDERS + order;
}

int freeset_init(struct freeset *s, const struct machine *m)
{
	uint32_t heads = MACHINE_ZONES * VIEW_TYPES * KMM_ORDERS;

	s->m = m;
	s->frames = (uint32_t)((m->max_pfn + (1u << m->pageblock_order) - 1) &
			       ~((1ull << m->pageblock_order) - 1));
	s->blocks = s->frames >> m->pageblock_order;
	s->max_order = m->orders ? m->orders - 1 : 10;
	s->f = calloc((size_t)s->frames + heads, sizeof(*s->f));
	s->block_type = malloc(s->blocks + 1ull);
	if (!s->f || !s->block_type)
		return -1;
	memset(s->block_type, VIEW_UNKNOWN, s->blocks + 1ull);
	s->v.zones = m->zone_count;
	for (uint32_t p = 0; p < s->frames; p++) {
		s->f[p].state = FRAME_HOLE;
		s->f[p].order = NOT_HEAD;
	}
	for (uint32_t h = s->frames; h < s->frames + heads; h++)
		s->f[h].next = s->f[h].prev = h;
	return 0;
}

void freeset_free(struct freeset *s)
{
	free(s->f);
	free(s->block_type);
}

/* ---- lists ---- */

static void insert(struct freeset *s, uint32_t at, uint32_t prev, uint32_t next)
{
	s->f[at].prev = prev;
	s->f[at].next = next;
	s->f[prev].next = at;
	s->f[next].prev = at;
}

static void unlink_(struct freeset *s, uint32_t at)
{
	s->f[s->f[at].prev].next = s->f[at].next;
	s->f[s->f[at].next].prev = s->f[at].prev;
}

static void enlist(struct freeset *s, uint32_t head, bool tail)
{
	struct frame *f = &s->f[head];
	uint32_t list = list_of(s, f->zone, f->order, f->type);

	if (tail)
		insert(s, head, s->f[list].prev, list);
	else
		insert(s, head, list, s->f[list].next);
	s->v.nr_free[f->zone][f->type][f->order]++;
}

/* Its frames stay as they are. */
static void delist(struct freeset *s, uint32_t head)
{
	struct frame *f = &s->f[head];

	unlink_(s, head);
	s->v.nr_free[f->zone][f->type][f->order]--;
}

uint32_t freeset_next(const struct freeset *s, unsigned zone, unsigned order, unsigned type,
		      uint32_t at)
{
	uint32_t list = list_of(s, zone, order, type);
	uint32_t next = s->f[at == KMM_NO_PFN ? list : at].next;

	return next == list ? KMM_NO_PFN : next;
}

uint32_t freeset_prev(const struct freeset *s, unsigned zone, unsigned order, unsigned type,
		      uint32_t at)
{
	uint32_t list = list_of(s, zone, order, type);
	uint32_t prev = s->f[at == KMM_NO_PFN ? list : at].prev;

	return prev == list ? KMM_NO_PFN : prev;
}

void freeset_turn(struct freeset *s, unsigned zone, unsigned order, unsigned type, uint32_t first)
{
	uint32_t list = list_of(s, zone, order, type);

	if (s->f[list].next == first)
		return;
	/* The list is a ring: only its head changes its place. */
	unlink_(s, list);
	insert(s, list, s->f[first].prev, first);
}

/* ---- blocks ---- */

void freeset_set(struct freeset *s, uint32_t pfn, unsigned order, unsigned type, bool tail)
{
	for (uint32_t i = 0; i < 1u << order; i++) {
		s->f[pfn + i].state = FRAME_BUDDY;
		s->f[pfn + i].order = NOT_HEAD;
		s->f[pfn + i].isolated = false;
	}
	s->f[pfn].order = (uint8_t)order;
	s->f[pfn].type = (uint8_t)type;
	enlist(s, pfn, tail);
}

uint32_t freeset_block_of(const struct freeset *s, uint32_t pfn)
{
	for (unsigned k = 0; k <= s->max_order; k++) {
		uint32_t head = pfn & ~((1u << k) - 1);

		if (s->f[head].state == FRAME_BUDDY && s->f[head].order != NOT_HEAD &&
		    s->f[head].order >= k)
			return head;
	}
	return KMM_NO_PFN;
}

static bool mergeable(unsigned type)
{
	return type < KMM_PCPTYPES || type == VIEW_UNKNOWN;
}

static bool is_block(const struct freeset *s, uint32_t pfn, unsigned order, unsigned zone)
{
	return pfn < s->frames && s->f[pfn].state == FRAME_BUDDY && s->f[pfn].order == order &&
	       s->f[pfn].zone == zone;
}

bool freeset_may_join(const struct freeset *s, uint32_t a, uint32_t b, unsigned order)
{
	unsigned ta, tb;

	if (!is_block(s, b, order, s->f[a].zone))
		return false;
	if (order < s->m->pageblock_order)
		return true;
	ta = s->block_type[a >> s->m->pageblock_order];
	tb = s->block_type[b >> s->m->pageblock_order];
	return ta == tb || (mergeable(ta) && mergeable(tb));
}

bool freeset_completes(const struct freeset *s, uint32_t pfn, unsigned order, unsigned whole)
{
	for (; order < whole; order++) {
		if (!freeset_may_join(s, pfn, pfn ^ 1u << order, order))
			return false;
		pfn &= ~(1u << order);
	}
	return true;
}

void freeset_put(struct freeset *s, uint32_t pfn, unsigned order, unsigned type, bool tail)
{
	while (order < s->max_order) {
		uint32_t buddy = pfn ^ 1u << order;

		if (!freeset_may_join(s, pfn, buddy, order))
			break;
		delist(s, buddy);
		s->f[buddy].order = NOT_HEAD;
		pfn &= ~(1u << order);
		order++;
	}
	/* What the next larger block lacks only a neighbour for is held back at the tail. */
	if (order + 2 <= s->max_order)
		tail |= is_block(s, (pfn & ~(1u << order)) ^ (2u << order), order + 1,
				 s->f[pfn].zone);
	freeset_set(s, pfn, order, type, tail);
}

void freeset_remove(struct freeset *s, uint32_t head)
{
	uint32_t pages = 1u << (s->f[head].order % KMM_ORDERS);

	delist(s, head);
	s->f[head].order = NOT_HEAD;
	for (uint32_t i = 0; i < pages; i++)
		s->f[head + i].state = FRAME_NOT_FREE;
}

void freeset_split_out(struct freeset *s, uint32_t head, uint32_t pfn, unsigned order)
{
	unsigned have = s->f[head].order, type = s->f[head].type;

	if (have >= KMM_ORDERS) /* no block starts here */
		return;
	delist(s, head);
	s->f[head].order = NOT_HEAD;
	while (have > order) {
		uint32_t upper;

		have--;
		upper = head + (1u << have);
		if (pfn >= upper) {
			freeset_set(s, head, have, type, false);
			head = upper;
		} else {
			freeset_set(s, upper, have, type, false);
		}
	}
	for (uint32_t i = 0; i < 1u << order; i++)
		s->f[pfn + i].state = FRAME_NOT_FREE;
}

void freeset_take(struct freeset *s, uint32_t pfn, unsigned order)
{
	uint32_t head = freeset_block_of(s, pfn);

	if (head != KMM_NO_PFN && s->f[head].order >= order) {
		freeset_split_out(s, head, pfn, order);
		return;
	}
	for (uint32_t i = 0; i < 1u << order; i++)
		if (s->f[pfn + i].state == FRAME_BUDDY)
			freeset_split_out(s, freeset_block_of(s, pfn + i), pfn + i, 0);
}

void freeset_move(struct freeset *s, uint32_t head, unsigned type)
{
	delist(s, head);
	s->f[head].type = (uint8_t)type;
	enlist(s, head, true);
}

void freeset_move_range(struct freeset *s, uint32_t start, uint32_t end, unsigned type)
{
	for (uint32_t p = start; p < end; p++)
		if (s->f[p].state == FRAME_BUDDY && s->f[p].order != NOT_HEAD)
			freeset_move(s, p, type);
}

void freeset_retag(struct freeset *s, uint32_t pfn, unsigned type)
{
	uint32_t b = pfn >> s->m->pageblock_order;
	unsigned zone = s->f[pfn].zone;

	s->v.pageblocks[zone][s->block_type[b]]--;
	s->block_type[b] = (uint8_t)type;
	s->v.pageblocks[zone][type]++;
}
