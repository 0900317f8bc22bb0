// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/reanchor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/simulated_inside.h"

#define PATIENCE 64 /* allocations more, while something half done is waited for */

/* The lists that differ; the others are left alone. */
struct differing {
	bool list[KMM_ZONES][KMM_ORDERS][KMM_MIGRATETYPES];
	bool pcp[KMM_ZONES][KMM_CPUS];
	bool reserve[KMM_ZONES]; /* the model has made or given up a HIGHATOMIC reserve */
};

static bool half_done(const struct simulated *s, const struct recorded *r,
		      const struct request *next)
{
	if (!recorded_settled(r) || request_is_observation(next) || s->drain_left > 0 ||
	    (s->early != UINT64_MAX && s->early >= next->seq))
		return true;
	for (unsigned cpu = 0; cpu < s->m->cpus && cpu < KMM_CPUS; cpu++)
		if (s->unseen[cpu])
			return true;
	return false;
}

bool reanchor_due(const struct simulated *s, const struct recorded *r, const struct request *next)
{
	uint64_t since = s->requests - s->reanchored;

	if (!s->seeded || since < s->o.anchor_every)
		return false;
	return since >= s->o.anchor_every + PATIENCE || !half_done(s, r, next);
}

/* ---- the reserves ---- */

/* No event tells of a HIGHATOMIC reserve, neither that it is made nor that it is given up. */
static bool reserve_differs(unsigned a, unsigned b)
{
	return (a == KMM_HIGHATOMIC) != (b == KMM_HIGHATOMIC);
}

/* The model's list for a free block that the reconstruction has on the list of `type`. */
static unsigned model_list(const struct kmm *mm, kmm_pfn block, unsigned type)
{
	unsigned tag = kmm_pageblock_type(mm, block);

	return reserve_differs(tag, type) ? tag : type;
}

/* Where a walk of the reconstruction's blocks stands. */
struct walk {
	const struct kmm *mm;
	const struct recorded *r;
	unsigned zone, order, type; /* the model's list for which it walks */
	unsigned list, lists;	    /* what it walks; `type` itself alone, or after it all others */
	kmm_pfn at;
};

static struct walk walk_begin(const struct kmm *mm, const struct recorded *r,
			      const struct differing *d, unsigned zone, unsigned order,
			      unsigned type)
{
	return (struct walk){ .mm = mm,
			      .r = r,
			      .zone = zone,
			      .order = order,
			      .type = type,
			      .list = 0,
			      .lists = d->reserve[zone] ? KMM_MIGRATETYPES : 1,
			      .at = KMM_NO_PFN };
}

static kmm_pfn walk_next(struct walk *w)
{
	for (; w->list < w->lists; w->list++) {
		unsigned type = (w->type + w->list) % KMM_MIGRATETYPES;

		while ((w->at = recorded_free_next(w->r, w->zone, w->order, type, w->at)) !=
		       KMM_NO_PFN)
			if (model_list(w->mm, w->at, type) == w->type)
				return w->at;
	}
	return KMM_NO_PFN;
}

/* ---- which lists differ ---- */

static bool list_differs(const struct kmm *mm, const struct recorded *r, const struct differing *d,
			 unsigned zone, unsigned order, unsigned type)
{
	struct walk w = walk_begin(mm, r, d, zone, order, type);
	kmm_pfn a = KMM_NO_PFN, b;

	do {
		a = kmm_free_list_next(mm, zone, order, type, a);
		b = walk_next(&w);
		if (a != b)
			return true;
	} while (a != KMM_NO_PFN);
	return false;
}

/* Blocks of the size of a page block are all on one list, or on one of two (6.11). */
static unsigned list_type(const struct kmm *mm, unsigned cpu, unsigned zone, unsigned order,
			  unsigned type)
{
	if (type >= KMM_PCPTYPES)
		type = KMM_MOVABLE;
	if (order != kmm_configuration(mm)->policy.pageblock_order)
		return type;
	for (unsigned t = 0; t < type; t++)
		if (kmm_pcp_list_next(mm, cpu, zone, order, t, KMM_NO_PFN) ==
		    kmm_pcp_list_next(mm, cpu, zone, order, type, KMM_NO_PFN))
			return t;
	return type;
}

static bool pcp_differs(const struct kmm *mm, const struct recorded *r, unsigned zone, unsigned cpu)
{
	kmm_pfn at[KMM_ORDERS][KMM_PCPTYPES], b = KMM_NO_PFN;
	uint64_t pages = 0;

	memset(at, 0xff, sizeof(at));
	while ((b = recorded_pcp_next(r, zone, cpu, b)) != KMM_NO_PFN) {
		unsigned type, order = recorded_pcp_block(r, b, &type);
		kmm_pfn *a = &at[order][list_type(mm, cpu, zone, order, type)];

		*a = kmm_pcp_list_next(mm, cpu, zone, order, (unsigned)(a - at[order]), *a);
		if (*a != b)
			return true;
		pages += 1u << order;
	}
	return pages != kmm_pcp_pages(mm, zone, cpu);
}

static void find(const struct kmm *mm, const struct recorded *r, uint64_t max_pfn,
		 struct differing *d)
{
	const struct kmm_config *c = kmm_configuration(mm);
	kmm_pfn step = (kmm_pfn)1 << c->policy.pageblock_order;

	for (kmm_pfn p = 0; p < max_pfn; p += step) {
		int zone = kmm_zone_of(mm, p);

		if (zone >= 0 &&
		    reserve_differs(kmm_pageblock_type(mm, p), recorded_pageblock(r, (uint32_t)p)))
			d->reserve[zone] = true;
	}
	for (unsigned z = 0; z < c->zones; z++) {
		for (unsigned o = 0; o <= c->policy.max_order; o++)
			for (unsigned t = 0; t < KMM_MIGRATETYPES; t++)
				d->list[z][o][t] = list_differs(mm, r, d, z, o, t);
		for (unsigned cpu = 0; cpu < c->cpus; cpu++)
			d->pcp[z][cpu] = pcp_differs(mm, r, z, cpu);
	}
}

/* ---- and are emptied, and filled ---- */

static void empty(struct kmm *mm, const struct differing *d)
{
	const struct kmm_config *c = kmm_configuration(mm);
	kmm_pfn at;

	for (unsigned z = 0; z < c->zones; z++)
		for (unsigned o = 0; o <= c->policy.max_order; o++)
			for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
				while (d->list[z][o][t] &&
				       (at = kmm_free_list_next(mm, z, o, t, KMM_NO_PFN)) !=
					       KMM_NO_PFN &&
				       !kmm_take(mm, at, o))
					;
				for (unsigned cpu = 0; cpu < c->cpus && t < KMM_PCPTYPES; cpu++)
					while (d->pcp[z][cpu] &&
					       (at = kmm_pcp_list_next(mm, cpu, z, o, t,
								       KMM_NO_PFN)) != KMM_NO_PFN &&
					       !kmm_take(mm, at, o))
						;
			}
}

static void fill(struct simulated *s, const struct recorded *r, const struct differing *d)
{
	const struct kmm_config *c = kmm_configuration(s->mm);
	kmm_pfn at;

	for (unsigned z = 0; z < c->zones; z++) {
		for (unsigned o = 0; o <= c->policy.max_order; o++)
			for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
				struct walk w = walk_begin(s->mm, r, d, z, o, t);

				while (d->list[z][o][t] && (at = walk_next(&w)) != KMM_NO_PFN)
					s->stats.uncorrected += kmm_seed_free(s->mm, at, o, t) != 0;
			}
		for (unsigned cpu = 0; cpu < c->cpus; cpu++)
			for (at = KMM_NO_PFN;
			     d->pcp[z][cpu] &&
			     (at = recorded_pcp_next(r, z, cpu, at)) != KMM_NO_PFN;) {
				unsigned type, order = recorded_pcp_block(r, at, &type);

				s->stats.uncorrected += kmm_seed_pcp(s->mm, cpu, at, order, type) !=
							0;
			}
	}
}

static void tag(struct simulated *s, const struct recorded *r)
{
	uint32_t step = 1u << s->m->pageblock_order;

	for (uint64_t p = 0; p < s->m->max_pfn; p += step) {
		unsigned type = recorded_pageblock(r, (uint32_t)p);
		unsigned own = kmm_pageblock_type(s->mm, (kmm_pfn)p);

		if (kmm_zone_of(s->mm, (kmm_pfn)p) >= 0 && type < KMM_MIGRATETYPES && type != own &&
		    !reserve_differs(type, own))
			kmm_seed_pageblock(s->mm, (kmm_pfn)p, type);
	}
}

/* ---- who holds what ---- */

/* What stands behind an id, all of it. */
static struct held held_of(const struct simulated *s, const struct since *g)
{
	struct held h = g->slot == NO_SLOT ? g->held : simulated_held(s, g->slot);

	if (g->slot == NO_SLOT)
		return h;
	if (h.pfn != KMM_NO_PFN)
		simulated_named(s, g->slot, h.pfn, &h);
	return h;
}

/* A page that no request names is forgotten once the model has it back. */
static bool returned(const struct simulated *s, const struct since *g)
{
	return g->slot == NO_SLOT && (kmm_frame_state(s->mm, g->held.pfn) != KMM_FRAME_USED ||
				      kmm_frame_word(s->mm, g->held.pfn));
}

/* Nobody holds by name any more what the model gave, if the kernel gave another page. */
static void disown(struct simulated *s)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->since_count; i++) {
		struct since g = s->since[i];

		if (returned(s, &g))
			continue;
		g.held = held_of(s, &g);
		s->since[kept++] = g;
		if (g.slot != NO_SLOT && g.held.live && g.held.pfn != KMM_NO_PFN &&
		    g.held.pfn != simulated_want(s, g.slot) &&
		    simulated_named(s, g.slot, g.held.pfn, &g.held))
			simulated_own(s, g.held.pfn, g.held.order, 0);
	}
	s->since_count = kept;
}

/* The reconstruction knows by now that it had gone, and the model has nobody else there. */
static bool known_gone(const struct simulated *s, const struct recorded *r, const struct held *h)
{
	unsigned type;

	return recorded_frame(r, (uint32_t)h->pfn) == FRAME_USED &&
	       recorded_owner(r, (uint32_t)h->pfn, &type) == OWNER_KERNEL &&
	       kmm_frame_state(s->mm, h->pfn) == KMM_FRAME_USED;
}

/* Take again what the recording does not show as taken; false: it has another user now. */
static bool take_again(struct simulated *s, const struct recorded *r, struct since *g)
{
	bool named = g->slot != NO_SLOT;
	struct held *h = &g->held, other;

	if (named && simulated_named(s, g->slot, h->pfn, &other))
		return false; /* its number was given out twice meanwhile: done already */
	if (!kmm_take(s->mm, h->pfn, h->order) || known_gone(s, r, h)) {
		if (named)
			simulated_hold(s, g->slot, h, KMM_NO_PFN);
		return true;
	}
	if (named) {
		h->pfn = KMM_NO_PFN; /* its free will tell */
		simulated_move(s, g->slot, h);
	}
	return false;
}

/* Was it taken without an event?  Then the reconstruction has it on a list until it shows that it went. */
static bool taken_silently(const struct simulated *s, const struct since *g)
{
	return g->slot == NO_SLOT || (g->held.live && g->held.pfn != KMM_NO_PFN &&
				      simulated_want(s, g->slot) == KMM_NO_PFN);
}

static void own_again(struct simulated *s, const struct recorded *r)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->since_count; i++) {
		struct since g = s->since[i];
		struct held *h = &g.held;
		kmm_pfn want;

		if (taken_silently(s, &g)) {
			if (take_again(s, r, &g))
				s->since[kept++] = g;
			continue;
		}
		want = simulated_want(s, g.slot);
		if (!h->live || simulated_held(s, g.slot).pfn == want)
			continue;
		h->pfn = want;
		simulated_move(s, g.slot, h);
		if (recorded_frame(r, want) == FRAME_USED &&
		    !kmm_seed_used(s->mm, want, h->order, h->type))
			simulated_hold(s, g.slot, h, want);
		else
			s->stats.uncorrected++;
	}
	s->since_count = kept;
}

int reanchor(struct simulated *s, const struct recorded *r, struct err *e)
{
	struct differing *d = malloc(sizeof(*d));

	if (!d || s->no_memory || freescan_copy(&s->scan, recorded_scan(r))) {
		free(d);
		return err_set(e, ENOMEM, "out of memory for a correction");
	}
	memset(d, 0, sizeof(*d));
	find(s->mm, r, s->m->max_pfn, d);
	disown(s);
	empty(s->mm, d);
	tag(s, r);
	fill(s, r, d);
	own_again(s, r);
	memcpy(s->kept, recorded_kept(r), sizeof(s->kept));
	memset(s->unseen, 0, sizeof(s->unseen));
	s->drain_left = 0;
	s->reanchored = s->requests;
	s->stats.reanchored++;
	free(d);
	return 0;
}
