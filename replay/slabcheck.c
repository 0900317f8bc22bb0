// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/slabcheck.h"

#include <string.h>

static bool same_place(const struct machine_slabpage *x, const struct life_slab *s)
{
	static const enum life_place places[] = { [SLAB_ON_CPU] = LIFE_CPU,
						  [SLAB_CPU_PARTIAL] = LIFE_CPU_PARTIAL,
						  [SLAB_PARTIAL] = LIFE_NODE,
						  [SLAB_FULL] = LIFE_FULL };

	return s->place == places[x->place] && (x->cpu < 0 || x->cpu == s->cpu);
}

void slabcheck_compare(struct slabcheck *c, const struct slablife *l, const struct machine *m,
		       const struct machine_state *after)
{
	memset(c, 0, sizeof(*c));
	c->known = after->have_slabpages;
	for (uint32_t i = 0; i < after->slabpage_count && c->known; i++) {
		const struct machine_slabpage *x = &after->slabpages[i];
		const struct life_slab *s = slablife_of_frame(l, x->pfn);

		c->slabs++;
		if (!s || s->cache == LIFE_NONE ||
		    strcmp(slablife_cache(l, s->cache)->name, m->slabs[x->cache].name)) {
			c->missing++;
			continue;
		}
		if (x->place != SLAB_FROZEN) {
			c->placed++;
			c->same_place += same_place(x, s);
		}
		if (x->place == SLAB_ON_CPU || x->place == SLAB_FROZEN)
			continue;
		c->counted++;
		c->same += x->inuse == s->in_use;
		c->objects += x->inuse;
		c->objects_differ += (uint64_t)(x->inuse > s->in_use ? x->inuse - s->in_use :
								       s->in_use - x->inuse);
	}
}
