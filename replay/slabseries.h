/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slabseries: the caches of one run over its samples: slabs, active objects as
 * /proc/slabinfo counts them, and objects in use.
 */
#ifndef REPLAY_SLABSERIES_H
#define REPLAY_SLABSERIES_H

#include <stdint.h>

#include "replay/objects.h"

struct slabseries_point {
	uint32_t slabs, active, in_use;
	uint32_t partial;	/* of the recorded machine, objects.h */
	uint64_t partial_since; /* clock units */
};

struct slabseries_cache {
	char name[48];
	unsigned order;			/* of its slabs */
	struct slabseries_point *point; /* [samples] */
};

struct slabseries {
	struct slabseries_cache *cache;
	uint32_t count, samples; /* samples: room of each */
};

void slabseries_init(struct slabseries *s, uint32_t samples);
void slabseries_free(struct slabseries *s);
/* Sample n; a cache that is not among them has no slab then. 0 or -ENOMEM. */
int slabseries_take(struct slabseries *s, uint32_t n, const struct objects_cache *caches,
		    int count);
/* NULL: the run never had a slab of it. */
const struct slabseries_cache *slabseries_find(const struct slabseries *s, const char *name);

#endif
