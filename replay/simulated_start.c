// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/model.h"
#include "replay/simulated_inside.h"

/*
 * A zone keeps the last page block of its HIGHATOMIC reserve until it is nearly out of memory.  So where there was none before
 * and is none after, none was made; the counters by which a request near a mark is served without one are not traced.
 */
static bool reserves_nothing(const struct machine *m)
{
	if (!m->have_before || !m->have_after || !m->before.have_pagetypeinfo ||
	    !m->after.have_pagetypeinfo)
		return false;
	for (uint32_t z = 0; z < m->zone_count; z++)
		if (m->before.pageblocks[z][KMM_HIGHATOMIC] ||
		    m->after.pageblocks[z][KMM_HIGHATOMIC])
			return false;
	return true;
}

static struct kmm *create(const struct machine *m, const struct simulated_options *o, char *why,
			  size_t len)
{
	struct kmm_config c = *o->config;

	if (o->native && reserves_nothing(m))
		c.policy.highatomic_reserve = false;
	return kmm_create(&c, why, len);
}

/* Of the recording's machine and of this one, whichever has more. */
static uint32_t target_frames(const struct machine *m, const struct kmm_config *c)
{
	uint64_t frames = m->max_pfn;

	for (unsigned z = 0; z < c->zones; z++)
		if ((uint64_t)c->zone[z].start + c->zone[z].spanned > frames)
			frames = (uint64_t)c->zone[z].start + c->zone[z].spanned;
	return (uint32_t)frames;
}

struct simulated *simulated_new(const struct machine *m, const struct simulated_options *o,
				struct err *e)
{
	struct simulated *s = calloc(1, sizeof(*s));
	char why[256];

	if (!s) {
		err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	s->m = m;
	s->o = *o;
	s->early = UINT64_MAX;
	s->fallbacks.m = m;
	for (unsigned i = 0; i < FREESCAN_RUNS; i++)
		s->kept[i].pfn = KMM_NO_PFN;
	s->frames = target_frames(m, o->config);
	if (!freescan_init(&s->scan, m, &simulated_lists, s) &&
	    !view_touched_init(&s->touched, s->frames, m->pageblock_order))
		s->mm = create(m, o, why, sizeof(why));
	if (!s->mm) {
		err_set(e, s->touched.block ? EINVAL : ENOMEM, "the model cannot be built: %s",
			s->touched.block ? why : "out of memory");
		simulated_free(s);
		return NULL;
	}
	s->anchor = o->anchored && o->anchor_every < 2 ? anchor_new() : NULL;
	if (o->anchored && o->anchor_every < 2 && !s->anchor) {
		err_set(e, ENOMEM, "out of memory");
		simulated_free(s);
		return NULL;
	}
	s->may_run_short = !o->native && !o->anchored &&
			   (o->config->policy.reclaim || o->config->policy.compaction);
	s->wants = o->anchor_every > 1 || (o->target && o->target->moved) ||
		   (o->sides && o->sides->kmap && o->sides_source->kmaps);
	s->own_kswapd = s->may_run_short && o->config->policy.reclaim && o->config->policy.kswapd;
	simulated_watch(s);
	if (o->slab) {
		s->objects = objects_new(s->mm, m, o->objects, o->slab, o->target != NULL, e);
		if (!s->objects) {
			simulated_free(s);
			return NULL;
		}
	}
	return s;
}

void simulated_free(struct simulated *s)
{
	if (!s)
		return;
	objects_free(s->objects);
	sides_free(s->sides);
	if (s->mm)
		kmm_destroy(s->mm);
	anchor_free(s->anchor);
	freescan_free(&s->scan);
	fallbacks_free(&s->fallbacks);
	free(s->stats.course);
	simulated_shortage_free(s);
	simulated_held_free(s);
	free(s->since);
	free(s->place);
	view_touched_free(&s->touched);
	free(s);
}

int simulated_place_pages(struct simulated *s)
{
	s->place = malloc((s->m->max_pfn + 1) * sizeof(*s->place));
	for (uint64_t p = 0; s->place && p < s->m->max_pfn; p++)
		s->place[p] = (kmm_pfn)p;
	return s->place ? 0 : -ENOMEM;
}

/* A block that was allocated before the start; one whose pages are no neighbours any more is given up. */
static void move_held(struct simulated *s, struct held *h)
{
	kmm_pfn to;

	if (!h->live || h->pfn == KMM_NO_PFN || h->pfn >= s->m->max_pfn)
		return;
	to = s->place[h->pfn];
	for (uint32_t i = 1; i < 1u << h->order && to != KMM_NO_PFN; i++)
		if (h->pfn + i >= s->m->max_pfn || s->place[h->pfn + i] != to + i)
			to = KMM_NO_PFN;
	h->pfn = to;
}

int simulated_seed(struct simulated *s, const struct machine_state *st, struct err *e)
{
	bool moved = s->o.target && s->o.target->moved;
	int ret = moved ? transfer_start(&s->transfer, s->m, st, s->o.target, s->mm, e) :
			  machine_seed(s->m, st, s->mm, e);

	s->place = s->transfer.place;
	if (ret < 0)
		return ret;
	for (unsigned z = 0; z < s->m->zone_count && s->o.native; z++)
		if (st->pcp_batch[z])
			kmm_set_pcp_batch(s->mm, z, st->pcp_batch[z]);
	s->start = st;
	s->marks_unknown = !st->have_zoneinfo;
	memset(s->zone_used, -1, sizeof(s->zone_used));
	for (uint32_t i = 0; moved && i < s->slots; i++)
		move_held(s, &s->before[i]);
	if (moved && s->objects)
		objects_place(s->objects, s->place);
	s->seeded = s->scoring = true;
	s->vmstat.m = s->m;
	for (unsigned n = 0; n < KMM_NODES; n++)
		simulated_count(s, n, false);
	if (!simulated_hold_from_before(s))
		return err_set(e, ENOMEM, "out of memory");
	if (s->objects && objects_seed(s->objects, st, e) < 0)
		return err_code(e);
	if (s->o.sides) {
		s->sides = sides_new(s->mm, s->m, s->o.sides, s->o.sides_source, e);
		if (!s->sides)
			return err_code(e);
		if (sides_follows_pages(s->sides) && !s->place && simulated_place_pages(s))
			return err_set(e, ENOMEM, "out of memory");
	}
	s->stats.refills = s->stats.drains = s->stats.fallbacks = 0;
	return 0;
}
