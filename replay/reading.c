// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/reading.h"

#include <string.h>

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static uint64_t differ(const struct reading *r, const struct view *v, uint32_t z)
{
	const struct machine_state *s = &r->m->after;
	uint64_t pages = 0;

	for (unsigned o = 0; o < r->m->orders; o++) {
		if (!r->by_type)
			pages += distance(view_blocks(v, z, o), s->nr_free[z][o]) << o;
		for (unsigned t = 0; r->by_type && t < KMM_MIGRATETYPES; t++)
			if (!s->nr_free_type_cut[z][t][o])
				pages += distance(v->nr_free[z][t][o], s->nr_free_type[z][t][o])
					 << o;
	}
	return pages;
}

void reading_begin(struct reading *r, const struct machine *m, bool by_type, const struct view *v)
{
	*r = (struct reading){ .m = m, .by_type = by_type };
	r->open = m->have_after && (by_type ? m->after.have_pagetypeinfo : m->after.have_buddyinfo);
	for (uint32_t z = 0; r->open && z < m->zone_count; z++)
		r->zone[z].differ = differ(r, v, z);
}

bool reading_goes_on(const struct reading *r)
{
	for (uint32_t z = 0; r->open && z < r->m->zone_count; z++)
		if (r->zone[z].differ)
			return true;
	return false;
}

void reading_see(struct reading *r, const struct view *v, struct view *at)
{
	r->events++;
	for (uint32_t z = 0; z < r->m->zone_count; z++) {
		struct reading_zone *x = &r->zone[z];
		uint64_t d = x->differ ? differ(r, v, z) : 0;

		if (!x->differ || d >= x->differ)
			continue;
		*x = (struct reading_zone){ d, r->events };
		memcpy(at->nr_free[z], v->nr_free[z], sizeof(at->nr_free[z]));
		memcpy(at->pageblocks[z], v->pageblocks[z], sizeof(at->pageblocks[z]));
		at->pcp_pages[z] = v->pcp_pages[z];
	}
}

void reading_end(struct reading *r)
{
	r->open = false;
}
