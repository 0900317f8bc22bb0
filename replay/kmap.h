/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmap: how one simulated 32-bit machine maps pages of high memory.
 *
 * Recorded maps (probes of a 32-bit kernel) are replayed: the page is the one
 * that the model gave where the kernel gave that which was mapped.  Without
 * such a recording the page requests make the traffic: a page that its request
 * wants zeroed is mapped once, temporarily, to be cleared; another page of
 * memory that may be high (__GFP_HIGHMEM) once to be filled.
 *
 * Every map of a page counts, of low ones too; those need no window.
 */
#ifndef REPLAY_KMAP_H
#define REPLAY_KMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "mm/kmm_highmem.h"
#include "replay/demand.h"
#include "workload/request.h"

struct kmap_stats {
	uint64_t recorded, by_rule; /* maps, by where the request comes from */
	uint64_t waited;	    /* permanent maps that found no slot, and were made later */
	uint64_t unknown;	    /* recorded maps whose page the trace does not tell */
	uint64_t unmatched;	    /* unmaps of what was mapped before, or failed */
};

struct kmap;

struct kmap *kmap_new(const struct kmm_highmem_config *c, unsigned cpus, struct err *e);
void kmap_free(struct kmap *k);

/* A recorded map or unmap; pfn: the model's page for that of the recording, KMM_NO_PFN unknown. */
void kmap_map(struct kmap *k, const struct request *q, kmm_pfn pfn);
void kmap_unmap(struct kmap *k, const struct request *q);
/* A page block that the model gave for this request, under the rule. */
void kmap_fill(struct kmap *k, const struct request *q, kmm_pfn pfn);

/* What waits in the end counts as failed. */
struct demand kmap_demand(const struct kmap *k);
const struct kmap_stats *kmap_stats(const struct kmap *k);
struct kmm_highmem *kmap_model(struct kmap *k);

#endif
