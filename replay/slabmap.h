/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabmap: the slabs of a run as it stands at its end: the caches in the layout of
 * /proc/slabinfo; every slab; and who holds slabs open, that is, has the objects for
 * which a slab with room in it cannot go back to the page allocator.
 */
#ifndef REPLAY_SLABMAP_H
#define REPLAY_SLABMAP_H

#include <stdio.h>

#include "base/table.h"
#include "machine/kallsyms.h"
#include "replay/replay.h"

/* Objects of one cache and call site in slabs that have free objects too. */
struct slab_opener {
	uint32_t cache; /* place in slablife_cache() */
	uint32_t site;	/* number for slablife_site(), LIFE_BEFORE */
	uint64_t slabs; /* slabs with such an object */
	uint64_t alone; /* of them those where no other site has one */
	uint64_t objects;
	uint64_t oldest; /* time of the first allocation; UINT64_MAX: before the start */
};

/* Most slabs alone first; free(*out). The number, or -ENOMEM. */
int slabmap_openers(const struct slablife *l, struct slab_opener **out);

/* at_mark: as things stood at the marker of after/slabinfo. 0 or -ENOMEM. */
int slabmap_slabinfo(const struct machine *m, const struct replay_run *run, bool at_mark,
		     FILE *out);
/* Of a run that follows the recorded slabs. `unit`: seconds of the clock's unit. NULL out of memory. */
struct table *slabmap_slabs(const struct replay_run *run, const struct kallsyms *k, double unit);
struct table *slabmap_holders(const struct replay_run *run, const struct kallsyms *k, double unit);
/* "symbol+0xoffset", an address, or "" for what was there before the start. */
void slabmap_site(const struct slablife *l, uint32_t site, const struct kallsyms *k, char out[80]);

#endif
