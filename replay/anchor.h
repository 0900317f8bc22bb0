/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * anchor: puts the per-CPU lists of a simulated machine right where the events
 * show what the kernel's were.  A refill happens on an empty list, so after it
 * the list holds what was refilled and nothing else; a drained page is on no
 * list.  What the model has there besides goes to the tail of the buddy lists.
 */
#ifndef REPLAY_ANCHOR_H
#define REPLAY_ANCHOR_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/kmm.h"
#include "workload/request.h"

#define ANCHOR_REFILL 2048 /* blocks of one refill that are followed: 6.18 takes up to 63 << 5 */

struct anchor {
	struct anchor_refill {
		uint32_t slot; /* of the allocation under way; NO_SLOT: none */
		uint32_t left; /* of its own observations */
		uint32_t count;
		kmm_pfn pfn[ANCHOR_REFILL];
		uint8_t order, type;
	} refill[KMM_CPUS];
	uint64_t moved; /* blocks put right */
};

struct anchor *anchor_new(void);
void anchor_free(struct anchor *a);
/* An allocation with refills of its own, just made. */
void anchor_alloc(struct anchor *a, const struct request *q);
/* OBS_ZONE_LOCKED or OBS_EXTFRAG of an allocation; took: its page left the free lists (request_takes()). */
void anchor_taken(struct anchor *a, struct kmm *mm, const struct request *q, bool took);
/* OBS_EXTFRAG: the page block is of the type that the kernel gave it. */
void anchor_claimed(struct anchor *a, struct kmm *mm, const struct request *q);
/* OBS_PCPU_DRAIN, after the model's own drains. */
void anchor_drained(struct anchor *a, struct kmm *mm, const struct request *q);

#endif
