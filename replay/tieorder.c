// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/tieorder.h"

#include <string.h>

#include "replay/fates.h"
#include "replay/refill.h"

#define LANES 64 /* CPUs that share one time */
#define CHAINS 4096

/* One CPU's records of the time, in their order. */
struct lane {
	uint16_t cpu;
	uint16_t at, end; /* in next[]: places of its records */
};

struct group {
	struct recorded *r;
	struct latefree *late;
	const struct leaving *leaving;
	uint64_t number;
	const struct request *q;
	uint32_t n;
	uint16_t next[TIEORDER_MOST];  /* the records, lane by lane */
	uint16_t after[TIEORDER_MOST]; /* 1 + the record of another CPU that must come first */
	bool bound[TIEORDER_MOST];     /* it is as the places tell in which its page can be */
	bool done[TIEORDER_MOST];
	struct lane lane[LANES];
	unsigned lanes;
	uint16_t *order;
	uint32_t out;
};

/* The first page of a drain of all lists. */
static bool drains_all(const struct request *q)
{
	return q->sig.op == OBS_PCPU_DRAIN && q->sig.aux == DRAIN_ALL && !q->sig.aux2;
}

/* A drain among several CPUs' of one time. */
static bool may_leave(const struct request *q)
{
	return q->sig.op == OBS_PCPU_DRAIN && q->addr;
}

bool tieorder_matters(const struct request *q, uint32_t n)
{
	bool take = false, other = false;

	if (n < 2 || n > TIEORDER_MOST)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		/* Refills whose allocation has an earlier time are the rest of what holds the lock already. */
		take |= fates_takes(&q[i]) || q[i].sig.op == OBS_ZONE_LOCKED || drains_all(&q[i]) ||
			may_leave(&q[i]);
		other |= q[i].cpu != q[0].cpu;
	}
	return take && other;
}

/* ---- what must come first ---- */

static bool gives_slot(const struct request *q)
{
	return q->slot != NO_SLOT &&
	       (q->sig.op == REQ_PAGE_FREE || q->sig.op == REQ_OBJ_FREE ||
		q->sig.op == REQ_PERCPU_FREE || q->sig.op == REQ_VFREE || q->sig.op == REQ_KUNMAP);
}

/* Does b, of another CPU and later in the file, need what a does?  bind() finds a by the slot or the page. */
static bool needs(const struct request *b, const struct request *a)
{
	if (b->slot != NO_SLOT && b->slot == a->slot && !request_is_observation(a) &&
	    !request_is_observation(b))
		return gives_slot(a) != gives_slot(b);
	/* A drain of all lists finds what another CPU freed; a refill what it drained. */
	if (b->sig.op == OBS_PCPU_DRAIN && a->sig.op == REQ_PAGE_FREE)
		return a->pfn == b->pfn;
	if (b->sig.op == OBS_PCPU_DRAIN && a->sig.op == OBS_ZONE_LOCKED)
		return a->pfn == b->pfn;
	return b->sig.op == OBS_ZONE_LOCKED && a->sig.op == OBS_PCPU_DRAIN &&
	       b->pfn - a->pfn < 1u << a->sig.order;
}

/* Records by a key: chains from the last one back, those of other keys among them. */
struct chains {
	uint16_t head[CHAINS], back[TIEORDER_MOST]; /* 1 + record; 0: no more */
};

static uint16_t *chain_of(struct chains *c, uint32_t key)
{
	return &c->head[(key * 2654435761u) >> 20];
}

static void chain(struct chains *c, uint32_t key, uint32_t i)
{
	uint16_t *head = chain_of(c, key);

	c->back[i] = *head;
	*head = (uint16_t)(i + 1);
}

/* The last record of another CPU, if it is behind `found`, that b needs and that has the key; 1 + it. */
static uint16_t last_needed(const struct group *g, struct chains *c, uint32_t key, uint32_t b,
			    uint16_t found)
{
	for (uint16_t a = *chain_of(c, key); a > found; a = c->back[a - 1])
		if (g->q[a - 1].cpu != g->q[b].cpu && needs(&g->q[b], &g->q[a - 1]))
			return a;
	return found;
}

static bool is_of_page(const struct request *q)
{
	return q->sig.op == OBS_PCPU_DRAIN || q->sig.op == OBS_ZONE_LOCKED ||
	       q->sig.op == REQ_PAGE_FREE;
}

static bool covers(const struct request *a, uint32_t pfn)
{
	return pfn - a->pfn < 1u << a->sig.order;
}

/* ---- what became of one page ---- */

/* The first record of the operation in which one lock is held, of a refill or a drain; else itself. */
static uint32_t operation(const struct group *g, uint32_t i)
{
	const struct request *q = &g->q[i];
	uint32_t first = i;

	if (q->sig.op != OBS_ZONE_LOCKED && q->sig.op != OBS_PCPU_DRAIN)
		return i;
	for (uint32_t k = i; k--;) {
		if (g->q[k].cpu != q->cpu)
			continue;
		if (g->q[k].sig.op != q->sig.op || g->q[k].slot != q->slot)
			break;
		first = k;
	}
	return first;
}

/* Does anything in the operation of record a have to come behind one in that of record b? */
static bool waits_for(const void *who, uint32_t a, uint32_t b)
{
	const struct group *g = who;
	uint32_t of = operation(g, b);

	for (uint32_t i = operation(g, a); i < g->n; i++) {
		if (g->q[i].cpu != g->q[a].cpu)
			continue;
		if (g->q[i].sig.op != g->q[a].sig.op || g->q[i].slot != g->q[a].slot)
			break;
		if (g->bound[i] && g->after[i] && operation(g, g->after[i] - 1u) == of)
			return true;
	}
	return false;
}

static bool is_fate(const struct request *q)
{
	return is_of_page(q) || (q->sig.op == REQ_PAGE_ALLOC && !(q->sig.flags & REQ_FAILED));
}

/* All records about the page of record b, the last of them; false: others are about a block that it is part of. */
static bool find_fates(const struct group *g, struct chains *c, uint32_t b, struct fates *f)
{
	uint32_t pfn = g->q[b].pfn, last = 0;

	for (unsigned o = 1; o < KMM_ORDERS; o++)
		for (uint16_t a = *chain_of(c, pfn & ~((1u << o) - 1)); a; a = c->back[a - 1])
			if (g->q[a - 1].sig.order && covers(&g->q[a - 1], pfn))
				return false;
	f->n = 0;
	for (uint16_t a = *chain_of(c, pfn); a; a = c->back[a - 1]) {
		if (g->q[a - 1].pfn != pfn)
			continue;
		if (!last)
			last = a;
		if (f->n == FATES_MOST)
			return false;
		memmove(f->number + 1, f->number, f->n++ * sizeof(f->number[0]));
		f->number[0] = a - 1u;
	}
	for (unsigned k = 0; k < f->n; k++)
		f->q[k] = &g->q[f->number[k]];
	return last == b + 1;
}

/*
 * What several CPUs did with a page of order 0 is possible in one order alone, or in several: then it is the one nearest to
 * the file's that what is bound already allows.
 */
static void bind_page(struct group *g, struct chains *c, uint32_t b, bool certain)
{
	enum frame_state s = recorded_frame(g->r, g->q[b].pfn);
	enum fates_place start = s == FRAME_BUDDY ? FATES_IN_BUDDY :
				 s == FRAME_PCP	  ? FATES_ON_LIST :
				 s == FRAME_USED  ? FATES_IN_USE :
						    FATES_NOT_BUDDY;
	uint8_t order[FATES_MOST];
	uint16_t before = 0; /* 1 + record */
	struct fates f;
	unsigned found;

	if (g->bound[b] || !find_fates(g, c, b, &f) || f.n < 2)
		return;
	found = certain ? fates_order(&f, start, 2, NULL, NULL, order) :
			  fates_order(&f, start, 1, waits_for, g, order);
	if (!certain && !found)
		found = fates_order(&f, start, 1, NULL, NULL, order);
	if (found != 1)
		return;
	for (unsigned k = 0; k < f.n; k++) {
		uint16_t i = (uint16_t)f.number[order[k]];

		g->bound[i] = true;
		if (fates_takes(&g->q[i])) /* its refill is what counts */
			continue;
		if (before && g->q[before - 1].cpu != g->q[i].cpu)
			g->after[i] = before;
		else if (is_of_page(&g->q[i]))
			g->after[i] = 0;
		before = (uint16_t)(i + 1);
	}
}

static void bind(struct group *g)
{
	struct chains slots = { .head = { 0 } }, pages = { .head = { 0 } };

	for (uint32_t b = 0; b < g->n; b++) {
		const struct request *q = &g->q[b];
		bool named = q->slot != NO_SLOT && !request_is_observation(q);
		uint16_t *after = &g->after[b];

		if (named)
			*after = last_needed(g, &slots, q->slot, b, *after);
		if (q->sig.op == OBS_PCPU_DRAIN)
			*after = last_needed(g, &pages, q->pfn, b, *after);
		for (unsigned o = 0; q->sig.op == OBS_ZONE_LOCKED && o < KMM_ORDERS; o++)
			*after = last_needed(g, &pages, q->pfn & ~((1u << o) - 1), b, *after);
		if (named)
			chain(&slots, q->slot, b);
		if (is_fate(q))
			chain(&pages, q->pfn, b);
	}
	for (uint32_t i = 0; i < 2 * g->n; i++) {
		uint32_t b = i % g->n;

		if (is_fate(&g->q[b]) && !g->q[b].sig.order && g->q[b].pfn != KMM_NO_PFN)
			bind_page(g, &pages, b, i < g->n);
	}
}

/* The last page of the drain of all lists that begins at a. */
static uint32_t end_of_all(const struct group *g, uint32_t a)
{
	uint32_t last = a;

	for (uint32_t i = a + 1; i < g->n; i++)
		if (g->q[i].cpu == g->q[a].cpu) {
			if (g->q[i].sig.op != OBS_PCPU_DRAIN || !g->q[i].sig.aux2)
				break;
			last = i;
		}
	return last;
}

/* Does a page that the drains at b, and on both sides of it, give back wait for what the CPU of a did behind a? */
static bool drains_after(const struct group *g, uint32_t b, uint32_t a)
{
	uint32_t from = b;

	for (uint32_t k = b; k-- && g->q[from].sig.aux2;)
		if (g->q[k].cpu == g->q[b].cpu)
			from = k;
	for (uint32_t k = from; k < g->n; k++) {
		if (g->q[k].cpu != g->q[b].cpu)
			continue;
		if (k > b && (g->q[k].sig.op != OBS_PCPU_DRAIN || !g->q[k].sig.aux2))
			break;
		if (g->after[k] > a + 1 && g->q[g->after[k] - 1].cpu == g->q[a].cpu)
			return true;
	}
	return false;
}

/* Does the drain of all lists at a come before record i?  The file's order counts where nothing else tells. */
static bool precedes(const struct group *g, uint32_t a, uint32_t i)
{
	if (g->q[i].cpu == g->q[a].cpu)
		return i > a;
	if (g->q[i].sig.op != OBS_PCPU_DRAIN)
		return false;
	return drains_after(g, i, a) || (i > a && !drains_after(g, a, i));
}

/* Was the page freed at b on no list yet when the drain of all lists at a came past? */
static bool came_after(const struct group *g, uint32_t b, uint32_t a)
{
	uint32_t last = end_of_all(g, a), left = g->n;

	for (uint32_t i = 0; i < g->n; i++) {
		bool leaves = g->q[i].sig.op == OBS_PCPU_DRAIN || g->q[i].sig.op == REQ_PAGE_ALLOC;

		if (!leaves || g->q[i].pfn != g->q[b].pfn)
			continue;
		if (i >= a && i <= last && g->q[i].cpu == g->q[a].cpu)
			return false;
		if (i > b && left == g->n)
			left = i;
	}
	return left == g->n || precedes(g, a, left);
}

/* A drain of all lists leaves no page behind: what it did not find was freed later. */
static void bind_left(struct group *g)
{
	for (uint32_t a = 0; a < g->n; a++)
		for (uint32_t b = 0; drains_all(&g->q[a]) && b < g->n; b++)
			if (g->q[b].sig.op == REQ_PAGE_FREE && g->q[b].cpu != g->q[a].cpu &&
			    !(g->q[b].sig.flags & REQ_DIRECT) && !g->after[b] &&
			    came_after(g, b, a))
				g->after[b] = (uint16_t)(end_of_all(g, a) + 1);
}

static bool split(struct group *g)
{
	uint32_t put = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		unsigned l = 0;

		while (l < g->lanes && g->lane[l].cpu != g->q[i].cpu)
			l++;
		if (l == LANES)
			return false;
		if (l == g->lanes)
			g->lane[g->lanes++].cpu = g->q[i].cpu;
	}
	for (unsigned l = 0; l < g->lanes; l++) {
		g->lane[l].at = (uint16_t)put;
		for (uint32_t i = 0; i < g->n; i++)
			if (g->q[i].cpu == g->lane[l].cpu)
				g->next[put++] = (uint16_t)i;
		g->lane[l].end = (uint16_t)put;
	}
	return true;
}

/* ---- one operation ---- */

/* Does the free that a lane comes to drain? */
static bool drains(const struct group *g, const struct lane *l)
{
	const struct request *next = l->at + 1u < l->end ? &g->q[g->next[l->at + 1]] : NULL;

	return g->q[g->next[l->at]].sig.op == REQ_PAGE_FREE && next &&
	       next->sig.op == OBS_PCPU_DRAIN && !next->sig.aux2;
}

/* Records of the operation that a lane comes to: what one hold of the zone lock does. */
static uint32_t length(const struct group *g, const struct lane *l)
{
	const struct request *first = &g->q[g->next[l->at]];
	uint32_t n = 1, own = fates_takes(first) ? first->sig.own_obs : 0;

	if (first->sig.op != OBS_PCPU_DRAIN && !own && !drains(g, l))
		return 1;
	for (uint32_t k = l->at + 1u; k < l->end; k++, n++) {
		const struct request *q = &g->q[g->next[k]];

		if (own ? n > own : q->sig.op != OBS_PCPU_DRAIN)
			break;
	}
	return n;
}

/* So many of the records that a lane comes to wait for none of another. */
static uint32_t free_to_go(const struct group *g, const struct lane *l, uint32_t length)
{
	for (uint32_t k = 0; k < length; k++) {
		uint16_t a = g->after[g->next[l->at + k]];

		if (a && !g->done[a - 1])
			return k;
	}
	return length;
}

static bool ready(const struct group *g, const struct lane *l, uint32_t length)
{
	return free_to_go(g, l, length) == length;
}

/* Does what a lane comes to change the free lists? */
static bool touches(const struct group *g, const struct lane *l)
{
	const struct request *q = &g->q[g->next[l->at]];

	return q->sig.op == OBS_PCPU_DRAIN || fates_takes(q) || drains(g, l) ||
	       (q->sig.op == REQ_PAGE_FREE && q->sig.flags & REQ_DIRECT);
}

/* Would the refills of the operation that begins here get what they got, all of them? */
static bool possible(const struct group *g, const struct lane *l)
{
	uint32_t end = l->at + length(g, l);
	struct refill x = { .r = NULL };

	for (uint32_t k = l->at; k < end; k++) {
		const struct request *q = &g->q[g->next[k]];

		if (q->sig.op == OBS_EXTFRAG)
			return true;
		if (q->sig.op != OBS_ZONE_LOCKED)
			continue;
		if (q->sig.type >= VIEW_TYPES || recorded_zone(g->r, q->pfn) == MACHINE_ZONES)
			return false;
		if (!x.r)
			refill_begin(&x, g->r, recorded_zone(g->r, q->pfn), q->sig.type);
		if (refill_next(&x, q->sig.order) != q->pfn)
			return false;
	}
	return true;
}

static void follow(struct group *g, uint16_t i)
{
	g->done[i] = true;
	latefree_record(g->late, g->r, &g->q[i], g->number + g->out);
	g->order[g->out++] = i;
	recorded_apply(g->r, &g->q[i]);
}

static void emit(struct group *g, struct lane *l, uint32_t n)
{
	while (n--)
		follow(g, g->next[l->at++]);
}

/* ---- choosing ---- */

enum choice { NEUTRAL, TAKE, CHANGE, LEFT, CHOICES };

static enum choice judge(const struct group *g, const struct lane *l)
{
	const struct request *q = &g->q[g->next[l->at]];

	if (!touches(g, l))
		return NEUTRAL;
	if (!fates_takes(q))
		return CHANGE;
	return possible(g, l) ? TAKE : LEFT;
}

/* Which of two drains onto one list came first: that of the page that left later.  0: not known. */
static int compare_drains(const struct group *g, const struct request *a, const struct request *b)
{
	if (!may_leave(a) || !may_leave(b) || a->sig.type != b->sig.type ||
	    a->sig.order != b->sig.order ||
	    recorded_zone(g->r, a->pfn) != recorded_zone(g->r, b->pfn))
		return 0;
	return leaving_compare(g->leaving, b->addr - 1, a->addr - 1);
}

/* Of the operations that two lanes come to, and both of which drain pages, does a come first? */
static bool before(const struct group *g, const struct lane *a, uint32_t a_length,
		   const struct lane *b, uint32_t b_length)
{
	int order = 0;

	for (uint32_t i = 0; i < a_length && !order; i++)
		for (uint32_t k = 0; k < b_length && !order; k++)
			order = compare_drains(g, &g->q[g->next[a->at + i]],
					       &g->q[g->next[b->at + k]]);
	return order ? order < 0 : g->next[a->at] < g->next[b->at];
}

/*
 * What leaves the lists alone goes first; then a refill that finds its page, before
 * anything changes that; then the rest as the file has it.
 */
static struct lane *choose(struct group *g, uint32_t *n)
{
	struct lane *best = NULL;
	enum choice how = CHOICES;

	for (unsigned i = 0; i < g->lanes; i++) {
		struct lane *l = &g->lane[i];
		enum choice c;
		uint32_t len;

		if (l->at == l->end)
			continue;
		len = length(g, l);
		if (!ready(g, l, len))
			continue;
		c = judge(g, l);
		if (c < how || (c == how && before(g, l, len, best, *n))) {
			best = l;
			how = c;
			*n = len;
		}
	}
	return best;
}

/*
 * Operations wait for each other: a drain of all lists lets go of the lock between two of them, so others may come before
 * what it finds on the next.
 */
static struct lane *choose_part(struct group *g, uint32_t *n)
{
	for (unsigned i = 0; i < g->lanes; i++) {
		struct lane *l = &g->lane[i];
		const struct request *q = l->at < l->end ? &g->q[g->next[l->at]] : NULL;

		if (!q || q->sig.op != OBS_PCPU_DRAIN || q->sig.aux != DRAIN_ALL)
			continue;
		*n = free_to_go(g, l, length(g, l));
		if (*n)
			return l;
	}
	return NULL;
}

bool tieorder_follow(struct recorded *r, struct latefree *late, const struct leaving *leaving,
		     uint64_t number, const struct request *q, uint32_t n, uint16_t *order)
{
	struct group g = { .r = r,
			   .late = late,
			   .leaving = leaving,
			   .number = number,
			   .q = q,
			   .n = n,
			   .order = order };
	bool turned = false;

	if (!split(&g)) {
		for (uint32_t i = 0; i < n; i++)
			follow(&g, (uint16_t)i);
		return false;
	}
	bind(&g);
	bind_left(&g);
	while (g.out < n) {
		uint32_t len = 1;
		struct lane *l = choose(&g, &len);

		if (!l)
			l = choose_part(&g, &len);
		if (!l)
			len = 1;
		/* Each waits for another: the file's order is not possible either. */
		for (unsigned i = 0; !l && i < g.lanes; i++)
			if (g.lane[i].at < g.lane[i].end)
				l = &g.lane[i];
		if (!l) /* all have come to their ends: nothing is left */
			break;
		emit(&g, l, len);
	}
	for (uint32_t i = 0; i < n; i++)
		turned |= order[i] != i;
	return turned;
}
