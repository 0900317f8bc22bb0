// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * objects_order: what took place before it was logged: an allocation that an interrupt came
 * into, and of one time of the clock the free of the CPU that was first (population.h).
 */
#include "replay/objects_inside.h"

/* The record with this ordinal, among those that are there; NULL: it is further on. */
static const struct request *record_of(const struct request *q, uint32_t n, uint64_t seq)
{
	for (uint32_t i = 1; i < n && i < LOOK_AHEAD; i++)
		if (q[i].seq == seq)
			return &q[i];
	return NULL;
}

/* An interrupt's free is about to change from which slab its task, already at it, allocates. */
static void alloc_late(struct objects *o, const struct request *q, uint32_t n, kmm_addr freed)
{
	struct waiting *w = &o->waiting[q->cpu];
	uint64_t pending = o->early[q->cpu].seq;
	const struct request *late;

	if ((pending != UINT64_MAX && pending > q->seq) ||
	    kmm_slab_cache_of(o->sl, freed) != kmm_slab_cache_of(o->sl, w->at) ||
	    !kmm_slab_full(o->sl, freed) || !kmm_slab_comes_next(o->sl, q->cpu, w->at))
		return;
	late = record_of(q, n, w->seq);
	if (!late)
		return;
	o->early[q->cpu].seq = late->seq;
	o->early[q->cpu].h = objects_serve(o, late);
	w->seq = 0;
}

/* What took place before this free, though it was logged behind it. */
static void make_late(struct objects *o, const struct request *q, uint32_t n)
{
	const struct objects_held *h = q->slot < o->slots ? &o->held[q->slot] : NULL;
	kmm_addr freed = h ? h->at : q->addr;
	uint32_t count;
	const struct population_late *x = population_late(&o->src->population, q->seq, &count);

	for (; count--; x++) {
		const struct request *late = record_of(q, n, x->seq);

		if (!late)
			continue;
		if (late->sig.op == REQ_OBJ_ALLOC) {
			o->waiting[q->cpu] = (struct waiting){ late->seq, late->addr };
		} else if (o->done_count < DONE && kmm_slab_full(o->sl, freed)) {
			o->done[o->done_count++] = late->seq;
			objects_give(o, late);
		}
	}
	if (o->waiting[q->cpu].seq > q->seq)
		alloc_late(o, q, n, freed);
}

static bool is_done(struct objects *o, uint64_t seq)
{
	for (unsigned i = 0; i < o->done_count; i++)
		if (o->done[i] == seq) {
			o->done[i] = o->done[--o->done_count];
			return true;
		}
	return false;
}

void objects_release(struct objects *o, const struct request *q, uint32_t n)
{
	if (o->done_count && is_done(o, q->seq))
		return;
	if (q->time >= o->reap_soonest && o->seeded)
		objects_reap(o, q->time);
	if (o->in_step && o->seeded)
		make_late(o, q, n);
	objects_give(o, q);
}
