// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/latefree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ABOVE_MOST \
	512 /* blocks that stand before one that went first: a drain gives back a whole list */

#define EARLY_MOST 1024 /* records that a free may have been overtaken by */

void latefree_race(struct latefree_race *x, const struct request *q, uint64_t number)
{
	bool free = q->sig.op == REQ_PAGE_FREE && q->sig.flags & REQ_DIRECT;

	if (q->cpu >= KMM_CPUS)
		return;
	if (free || q->sig.op == OBS_ZONE_LOCKED)
		x->seen |= x->number && x->cpu != q->cpu && x->last[x->cpu] == x->number;
	if (free) {
		x->number = number + 1;
		x->cpu = q->cpu;
	}
	x->last[q->cpu] = number + 1;
}

int latefree_init(struct latefree *l, const struct machine *m)
{
	memset(l, 0, sizeof(*l));
	l->frames = (uint32_t)m->max_pfn;
	l->of = calloc(l->frames + 1ull, sizeof(*l->of));
	return l->of ? 0 : -ENOMEM;
}

void latefree_free(struct latefree *l)
{
	free(l->of);
	free(l->moves);
	memset(l, 0, sizeof(*l));
}

/* The last free that a block is made of, + 1; 0: not known any more. */
static uint64_t made_by(const struct latefree *l, uint32_t pfn, unsigned order)
{
	uint64_t last = 0;

	for (uint32_t p = pfn; p < pfn + (1u << order) && p < l->frames; p++)
		if (l->of[p] > last)
			last = l->of[p];
	return last && l->number - (last - 1) < LATEFREE_KEPT ? last : 0;
}

static const struct latefree_seen *seen(const struct latefree *l, uint64_t number)
{
	return &l->seen[number % LATEFREE_KEPT];
}

/*
 * May `a` have taken place behind `b` of another CPU?  It was under way then, or its CPU's clock stood still
 * (sched_clock does not go past the next tick, however late that comes), or both have one time.
 */
static bool may_be_behind(const struct latefree *l, uint64_t a, uint64_t b)
{
	const struct latefree_seen *sa = seen(l, a), *sb = seen(l, b);

	if (sa->cpu == sb->cpu || (sa->drain && sa->time != sb->time))
		return false;
	/* The lock was held at an earlier time already. */
	if (sa->drain && sa->began != sa->time)
		return false;
	for (uint64_t i = a + 1; i < b; i++)
		if (seen(l, i)->cpu == sa->cpu && seen(l, i)->time != sa->time &&
		    seen(l, i)->time < sb->time)
			return false;
	return true;
}

/* The last record of the operation that this one is part of. */
static uint64_t end_of(const struct latefree *l, uint64_t number)
{
	uint64_t end = number;

	for (uint64_t i = number + 1; i <= l->number && !seen(l, number)->all; i++)
		if (seen(l, i)->cpu == seen(l, number)->cpu) {
			if (seen(l, i)->first != seen(l, number)->first)
				break;
			end = i;
		}
	return end;
}

void latefree_move(struct latefree *l, struct turns_move move)
{
	if (l->move_count == l->move_room) {
		uint64_t room = l->move_room ? l->move_room * 2 : 64;
		struct turns_move *more = realloc(l->moves, room * sizeof(*more));

		if (!more) {
			l->no_memory = true;
			return;
		}
		l->moves = more;
		l->move_room = room;
	}
	l->moves[l->move_count++] = move;
}

static void note_move(struct latefree *l, uint64_t from, uint64_t behind)
{
	latefree_move(l, (struct turns_move){ from, behind });
}

/* The free at `from` took place behind that at `behind`, and so did what its CPU did next. */
static void note_late(struct latefree *l, uint64_t from, uint64_t behind)
{
	uint64_t last = from;

	note_move(l, from, behind);
	for (uint64_t i = from + 1; i < behind; i++)
		if (seen(l, i)->cpu == seen(l, from)->cpu) {
			note_move(l, i, last);
			last = i;
		}
}

/* All from `ahead` on took place behind the free at `number`. */
static void settle_early(struct latefree *l)
{
	uint64_t last = l->early.number - 1;

	for (uint64_t i = l->early.ahead; l->early.number && i < l->early.number - 1; i++) {
		note_move(l, i, last);
		last = i;
	}
	l->early.number = 0;
}

/* What was given back at `own` is taken though this free stands before it: did the free come first? */
static void came_earlier(struct latefree *l, uint64_t number, uint64_t own)
{
	const struct latefree_seen *f = seen(l, number), *next = seen(l, number + 1);

	/* It has the time of the next of its batch, and its CPU did nothing that was logged since before `own`. */
	if (own >= number || number >= l->number || number - own >= EARLY_MOST || !f->past ||
	    f->before > own || seen(l, own)->cpu == f->cpu || next->cpu != f->cpu ||
	    next->time != f->time || !next->batched)
		return;
	if (l->early.number != number + 1) {
		settle_early(l);
		l->early = (struct latefree_early){ number + 1, own };
	} else if (own < l->early.ahead) {
		l->early.ahead = own;
	}
}

/* Such stand before it as were freed while its own free was under way: the last of them; 0: it is not so. */
static uint64_t freed_meanwhile(const struct latefree *l, const uint64_t *above, unsigned n,
				uint64_t own)
{
	uint64_t behind = 0;

	for (unsigned i = 0; i < n; i++) {
		if (above[i] < own || !may_be_behind(l, own - 1, above[i] - 1))
			return 0;
		if (above[i] > behind)
			behind = above[i];
	}
	return behind;
}

/* Is this free past the lists the last that its CPU did so far, so that it may be waiting for the lock? */
static bool is_under_way(const struct latefree *l, const struct request *q, uint64_t number)
{
	const struct latefree_seen *f = seen(l, number);

	return f->free && f->cpu != q->cpu && l->last[f->cpu] == number + 1;
}

/* What stands before the block that a refill got. */
struct above {
	uint64_t by[ABOVE_MOST]; /* the free that it is made of, + 1 */
	unsigned n, waiting;
};

/* Blocks of a list up to `end`; false: too many, or it is not known of one how it came there. */
static bool collect(struct above *x, const struct latefree *l, const struct recorded *r,
		    const struct request *q, unsigned zone, unsigned order, uint32_t end)
{
	uint32_t at = KMM_NO_PFN;

	while ((at = recorded_free_next(r, zone, order, q->sig.type, at)) != end) {
		uint64_t by = at != KMM_NO_PFN && x->n < ABOVE_MOST ? made_by(l, at, order) : 0;

		if (!by)
			return false;
		x->waiting += is_under_way(l, q, by - 1);
		x->by[x->n++] = by;
	}
	return true;
}

/* A refill gets this block, before which others stand: which frees do not stand where they are logged? */
static void look(struct latefree *l, const struct recorded *r, const struct request *q)
{
	unsigned order, zone, smaller;
	uint32_t head = recorded_block(r, q->pfn, &zone, &order);
	struct above x = { .n = 0 };
	uint64_t own, behind;

	if (head == KMM_NO_PFN || q->sig.type >= VIEW_TYPES)
		return;
	/* A block is split only where there is none that is smaller: all of those came later. */
	for (unsigned o = q->sig.order; o < order; o++)
		if (!collect(&x, l, r, q, zone, o, KMM_NO_PFN))
			return;
	smaller = x.n;
	if (!collect(&x, l, r, q, zone, order, head) || (smaller && x.waiting < x.n))
		return;
	own = made_by(l, head, order);
	if (own && own == l->early.number)
		settle_early(l);
	behind = own && !smaller ? freed_meanwhile(l, x.by, x.n, own) : 0;
	if (behind)
		note_late(l, seen(l, own - 1)->first, end_of(l, behind - 1));
	else if (own && !smaller && x.n == 1)
		came_earlier(l, x.by[0] - 1, own - 1);
	for (unsigned i = 0; !behind && x.waiting == x.n && i < x.n; i++)
		note_move(l, x.by[i] - 1, l->number);
}

/* A free and what its list gave back then belong together. */
static uint64_t first_of(const struct latefree *l, const struct request *q, uint64_t number)
{
	uint64_t last = l->last[q->cpu];
	const struct latefree_seen *s = last ? seen(l, last - 1) : NULL;

	if (q->sig.op != OBS_PCPU_DRAIN || !s || number - last >= LATEFREE_KEPT - 1)
		return number;
	return s->free || s->drain ? s->first : number;
}

/* The time of the first page of a drain. */
static uint64_t began(const struct latefree *l, const struct request *q, uint64_t number)
{
	uint64_t last = l->last[q->cpu];
	const struct latefree_seen *s = last ? seen(l, last - 1) : NULL;

	return q->sig.op == OBS_PCPU_DRAIN && s && s->drain && number - last < LATEFREE_KEPT - 1 ?
		       s->began :
		       q->time;
}

void latefree_record(struct latefree *l, const struct recorded *r, const struct request *q,
		     uint64_t number)
{
	if (q->cpu >= KMM_CPUS)
		return;
	l->seen[number % LATEFREE_KEPT] = (struct latefree_seen){
		.time = q->time,
		.first = first_of(l, q, number),
		.began = began(l, q, number),
		.cpu = q->cpu,
		.free = q->sig.op == REQ_PAGE_FREE,
		.drain = q->sig.op == OBS_PCPU_DRAIN,
		.past = q->sig.op == REQ_PAGE_FREE && q->sig.flags & REQ_DIRECT,
		.batched = q->sig.op == REQ_PAGE_FREE && q->sig.flags & REQ_BATCHED,
		.before = l->last[q->cpu],
		.all = q->sig.op == OBS_PCPU_DRAIN && q->sig.aux == DRAIN_ALL,
	};
	l->number = number;
	l->last[q->cpu] = number + 1;
	if (q->sig.op == OBS_MARK || q->pfn >= l->frames)
		return;
	if (q->sig.op == OBS_PCPU_DRAIN ||
	    (q->sig.op == REQ_PAGE_FREE && q->sig.flags & REQ_DIRECT))
		l->of[q->pfn] = number < UINT32_MAX ? (uint32_t)number + 1 : 0;
	if (q->sig.op == OBS_ZONE_LOCKED)
		look(l, r, q);
}
