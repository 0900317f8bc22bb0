/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sides: the allocators of one simulated machine that stand beside its page and
 * object allocators: per-CPU memory, vmalloc areas, maps of high memory.  They
 * ask the page model for their pages themselves; those that the recording took
 * for them are no page requests then.
 */
#ifndef REPLAY_SIDES_H
#define REPLAY_SIDES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "mm/kmm_arch.h"
#include "replay/demand.h"
#include "replay/kmap.h"
#include "replay/percpu.h"
#include "replay/vmalloc.h"
#include "workload/request.h"

/* Which of them there are, and on what machine. */
struct sides_policy {
	bool percpu, vmalloc, kmap;
	bool vmalloc_huge;    /* areas may have huge mappings */
	int32_t vmalloc_lazy; /* pages that may wait for a purge; 0: the kernel's rule */
	bool anew;	      /* not the machine of the recording */
	enum kmm_arch arch;
};

/* What all machines of a replay share; read-only while they run. */
struct sides_source {
	struct percpu_start percpu;
	bool kmaps;	      /* the recording has maps of its own */
	uint64_t lowest_area; /* address, of those made after the start; 0: none */
};

/* 0 or -ENOMEM. */
int sides_source_init(struct sides_source *s);
void sides_source_free(struct sides_source *s);
void sides_source_start(struct sides_source *s);
/* Every record, in order. 0 or -ENOMEM. */
int sides_source_record(struct sides_source *s, const struct request *q);

enum kmm_arch sides_arch(const struct machine *m);
/* All of them, on the recording's own machine. */
void sides_native_policy(const struct machine *m, struct sides_policy *p);

struct sides;

/* The page model need not be seeded yet. */
struct sides *sides_new(struct kmm *mm, const struct machine *m, const struct sides_policy *p,
			const struct sides_source *src, struct err *e);
void sides_free(struct sides *s);

/*
 * A page request of the recording, from the start on: true if it was for one of
 * these allocators, which has been asked in its place, if it is served now.
 */
bool sides_page(struct sides *s, const struct request *q, uint32_t n);
/* Likewise for a run of want silent pages. */
bool sides_bulk(struct sides *s, const struct request *q, uint32_t want, uint32_t n);
/* A slot of such a page was freed; false: not of these allocators. */
bool sides_page_freed(struct sides *s, uint8_t owner, uint32_t slot, unsigned cpu);
/* Requests of their own; pfn: the model's page for that of a kmap. */
void sides_request(struct sides *s, const struct request *q, uint32_t n, kmm_pfn pfn);
/* The model gave a page to a request: it may have to be mapped to be filled. */
void sides_filled(struct sides *s, const struct request *q, kmm_pfn pfn);
/* A page request's flags on this machine. */
kmm_gfp sides_gfp(const struct sides *s, const struct request *q);
/* Does the recording name pages of its own that are mapped? */
bool sides_follows_pages(const struct sides *s);

/* The page model gave, silently or not, a page while one of these asked. */
void sides_took(struct sides *s, kmm_pfn pfn);
/* The pages taken since the last request that one of these was asked for, in order; KMM_NO_PFN at the end. */
kmm_pfn sides_next_taken(struct sides *s);
/* Pages that were taken silently: to be told before the next request. */
void sides_silent(struct sides *s, void (*each)(void *arg, kmm_pfn pfn), void *arg);

bool sides_have(const struct sides *s, enum demand_kind k);
/* Zeros where there is no such allocator. */
struct demand sides_demand(const struct sides *s, enum demand_kind k);
const struct percpu *sides_percpu(const struct sides *s);
const struct vmalloc *sides_vmalloc(const struct sides *s);
const struct kmap *sides_kmap(const struct sides *s);

#endif
