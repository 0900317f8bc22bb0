// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "replay/simulated_inside.h"
#include "store/store.h"

void simulated_score_end(struct simulated *s)
{
	s->scoring = false;
}

const struct simulated_stats *simulated_stats(const struct simulated *s)
{
	return &s->stats;
}

kmm_pfn simulated_last(const struct simulated *s)
{
	return s->last;
}

struct kmm *simulated_model(struct simulated *s)
{
	return s->mm;
}

size_t simulated_memory(const struct simulated *s)
{
	return kmm_memory(s->mm) + s->slots * sizeof(*s->held) +
	       (s->born ? s->slots * sizeof(*s->born) : 0) +
	       (s->want ? s->slots * sizeof(*s->want) : 0) +
	       (s->origin ? s->frames * sizeof(*s->origin) : 0) +
	       (s->place ? s->m->max_pfn * sizeof(*s->place) : 0) + s->frames / 8 +
	       (s->frames >> s->m->pageblock_order);
}

struct objects *simulated_objects(struct simulated *s)
{
	return s->objects;
}

const struct transfer *simulated_transfer(const struct simulated *s)
{
	return s->o.target && s->o.target->moved ? &s->transfer : NULL;
}

struct sides *simulated_sides(struct simulated *s)
{
	return s->sides;
}

bool simulated_has(const struct simulated *s, enum demand_kind k)
{
	return k == DEMAND_PAGE	  ? true :
	       k == DEMAND_OBJECT ? s->objects != NULL :
				    s->sides && sides_have(s->sides, k);
}

struct demand simulated_demand(const struct simulated *s, enum demand_kind k)
{
	struct demand d = { 0 };

	if (k == DEMAND_PAGE)
		return s->pages;
	if (k == DEMAND_PGTABLE)
		return s->tables;
	if (k == DEMAND_OBJECT && s->objects) {
		const struct objects_stats *o = objects_stats(s->objects);

		d = s->objects_asked;
		d.requested = o->requested;
		d.served = o->served;
		d.failed = o->failed;
		return d;
	}
	return s->sides ? sides_demand(s->sides, k) : d;
}

void simulated_view(const struct simulated *s, struct view *v)
{
	const struct kmm_config *c = kmm_configuration(s->mm);

	memset(v, 0, sizeof(*v));
	v->zones = c->zones;
	for (unsigned z = 0; z < c->zones; z++) {
		for (unsigned t = 0; t < KMM_MIGRATETYPES; t++) {
			for (unsigned o = 0; o <= c->policy.max_order; o++)
				v->nr_free[z][t][o] = (uint32_t)kmm_nr_free(s->mm, z, o, t);
			v->pageblocks[z][t] = (uint32_t)kmm_pageblocks(s->mm, z, t);
		}
		for (unsigned cpu = 0; cpu < c->cpus; cpu++)
			v->pcp_pages[z] += kmm_pcp_pages(s->mm, z, cpu);
	}
}

struct view_touched *simulated_touched(struct simulated *s)
{
	return &s->touched;
}

const struct fallbacks *simulated_fallbacks(const struct simulated *s)
{
	return &s->fallbacks;
}

/* The owner of what has been there since before the start. */
static unsigned first_owner(const struct simulated *s, uint32_t pfn)
{
	return s->start && pfn < s->start->kpageflags_len ?
		       view_owner_of_flags(s->start->kpageflags[pfn]) :
		       OWNER_UNKNOWN;
}

unsigned simulated_owner(const struct simulated *s, uint32_t pfn)
{
	const struct kmm_frame_view f = kmm_frame_look(s->mm, pfn);

	if (pfn >= s->frames)
		return OWNER_UNKNOWN;
	if (f.slab)
		return OWNER_SLAB;
	if (f.word == OF_SIDES)
		return OWNER_KERNEL;
	if (f.word == OF_COMPACTION || f.word == OF_KEPT)
		return OWNER_USER;
	if (!f.word && s->o.target && s->o.target->moved)
		return OWNER_UNKNOWN;
	return f.word ? simulated_held_at(s, pfn).owner : first_owner(s, pfn);
}

uint8_t simulated_run(const void *who, uint32_t pfn, uint32_t *end)
{
	const struct simulated *s = who;
	const struct kmm_frame_view f = kmm_frame_look(s->mm, pfn);
	struct held h;

	*end = f.end;
	switch (f.state) {
	case KMM_FRAME_HOLE:
		return CELL_HOLE;
	case KMM_FRAME_FREE:
		return CELL_FREE;
	case KMM_FRAME_PCP:
		return CELL_PCP;
	default:
		break;
	}
	if (pfn >= s->frames)
		return CELL_HOLE;
	if (f.slab)
		return CELL_SLAB;
	if (f.word == OF_SIDES)
		return CELL_KERNEL;
	if (f.word == OF_COMPACTION || f.word == OF_KEPT)
		return CELL_USER;
	if (!f.word && s->o.target && s->o.target->moved)
		return CELL_UNKNOWN;
	if (!f.word) {
		unsigned owner = first_owner(s, pfn);

		return owner == OWNER_SLAB ? CELL_SLAB :
		       owner == OWNER_USER ? CELL_USER :
					     CELL_UNKNOWN;
	}
	h = simulated_held_at(s, pfn);
	if (h.owner == OWNER_SLAB)
		return CELL_SLAB;
	if (h.type == KMM_MOVABLE)
		return CELL_USER;
	return h.type == KMM_RECLAIMABLE ? CELL_RECLAIMABLE : CELL_KERNEL;
}
