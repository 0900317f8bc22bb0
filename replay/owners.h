/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * owners: page allocations added up by what they are for, and by slab cache.
 */
#ifndef REPLAY_OWNERS_H
#define REPLAY_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "workload/request.h"

struct owner_total {
	uint8_t owner;			    /* enum request_owner */
	uint32_t cache;			    /* string number in the workload; 0 none */
	uint64_t allocs, frees, live, peak; /* live and peak in pages */
};

struct owners {
	struct owner_total *t; /* [count] */
	uint32_t count, room;
	struct map numbers; /* owner << 32 | cache -> place in t */
	uint32_t *of;	    /* [slots] place in t + 1; 0 none */
	uint32_t slots;
	bool no_memory;
};

int owners_init(struct owners *o);
void owners_free(struct owners *o);
/* Follow page allocations and frees; other records are passed over. */
void owners_record(struct owners *o, const struct request *q);

#endif
