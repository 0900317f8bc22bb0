/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zone: what a zone's size decides: its watermarks, lowmem_reserve, the batch
 * and limit of its per-CPU lists, and the boost that fallbacks give its marks.
 * Values in the configuration come first; the rest is computed by the rules of
 * the generation (2.6.24, 5.10, 6.1, 6.18), with 64-bit HIGHMEM and MOVABLE
 * handled as in 6.1.
 */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

/* Fill in marks, reserves, batch and high of every zone of the configuration. */
void zone_compute(struct kmm_config *c);
/* Raise the marks after a fallback; false if this zone is never boosted. */
bool zone_boost(struct kmm *mm, struct zone *z);

/* The parts, for zone_compute() and the tests. */
unsigned zone_min_free_kbytes(const struct kmm_config *c);
int zone_batch(enum kmm_generation g, uint64_t present, uint64_t managed);

#pragma GCC visibility pop
#endif
