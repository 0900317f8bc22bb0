/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmalloc: the vmalloc areas of one simulated machine.  An area asks the page
 * model for its pages, and for the page tables that map it, itself; the pages
 * that the recording took for it leave the stream of page requests.
 *
 * An area is known by the probe or event of its address, or by its pages alone
 * (a page array of vmalloc, request.h), where nothing tells of addresses.  Its
 * pages go back with the first of them that the recording frees.
 *
 * The start: the areas of before/vmallocinfo stand where they stood; on a
 * machine of another architecture they are placed anew, lowest address first.
 * Without that file all below the lowest area of the recording is in use; where no
 * address is known either, as at boot, one page: a kernel that records events has mapped
 * interrupt stacks or firmware tables before, so the window's first page tables are there.
 */
#ifndef REPLAY_VMALLOC_H
#define REPLAY_VMALLOC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "mm/kmm_vmalloc.h"
#include "replay/demand.h"
#include "workload/request.h"

struct vmalloc;

/*
 * c: the window of the machine's architecture; anew: not that of the recording;
 * lowest: address of the lowest area that the recording makes, 0 if it makes none.
 */
struct vmalloc *vmalloc_new(struct kmm *mm, const struct machine *m,
			    const struct kmm_vmalloc_config *c, bool anew, uint64_t lowest,
			    struct err *e);
void vmalloc_free(struct vmalloc *v);

/* ---- from the start on ---- */

/* A run of silent pages, want of them, all of one area. */
void vmalloc_bulk(struct vmalloc *v, const struct request *q, uint32_t want, uint32_t n);
/* A page that an event showed; false: of no area that follows within q[0..n). */
bool vmalloc_page(struct vmalloc *v, const struct request *q, uint32_t n);
void vmalloc_alloc(struct vmalloc *v, const struct request *q, uint32_t n);
void vmalloc_release(struct vmalloc *v, const struct request *q);
/* The recording freed a page of this slot; false: it was of no area. */
bool vmalloc_page_freed(struct vmalloc *v, uint32_t slot, unsigned cpu);

struct demand vmalloc_demand(const struct vmalloc *v);
uint64_t vmalloc_unmatched(const struct vmalloc *v); /* frees of areas that are not known */
uint64_t vmalloc_displaced(const struct vmalloc *v); /* areas of the start without a place */
struct kmm_vmalloc *vmalloc_model(struct vmalloc *v);
/* Each page that was taken silently is told: to be called behind any of the above. */
void vmalloc_taken(struct vmalloc *v, void (*each)(void *arg, kmm_pfn pfn), void *arg);

#endif
