/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * living: the objects that live at the end of a workload at the addresses that the
 * kernel gave them: those of the start that were not freed, and those allocated
 * since.
 */
#ifndef REPLAY_LIVING_H
#define REPLAY_LIVING_H

#include "base/map.h"
#include "replay/objects.h"
#include "workload/kmw.h"

struct living {
	const struct machine *m;
	const struct objects_source *src;
	struct map objects; /* address -> number of the cache */
	struct intern caches;
	uint64_t *addr; /* [slots] */
	uint32_t slots;
	bool started;
};

/* 0 or -ENOMEM. */
int living_init(struct living *l, const struct machine *m, const struct objects_source *src);
void living_free(struct living *l);
/* The start's objects, from the population. */
int living_start(struct living *l);
int living_record(struct living *l, const struct request *q);
/* The name of a cache; walk the objects with map_next(). */
const char *living_cache(const struct living *l, uint32_t val);

#endif
