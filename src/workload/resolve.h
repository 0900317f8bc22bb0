/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolve: events in, requests and observations out, in order of operations.
 *
 * Does the hard, kernel-specific part once: ids, owners of page allocations,
 * double and silent events, batched frees, blocks freed in pieces, lost
 * events, demand and response.  One pass, memory bounded by what is live.
 * The pitfalls by number refer to docs/events.md.
 */
#ifndef WORKLOAD_RESOLVE_H
#define WORKLOAD_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/machine.h"
#include "trace/event.h"
#include "workload/request.h"
#include "workload/sites.h"

struct resolver;

/* A range of code, first address inclusive, end exclusive. */
struct resolve_range {
	uint64_t start, end;
};

struct resolve_options {
	const struct machine *machine; /* NULL: nothing known */
	uint64_t direct_map_base;      /* 0: unknown; then owners are guessed from flags alone */
	/* Functions that kmalloc the page array of a vmalloc area and then bulk-allocate its pages. */
	const struct resolve_range *vmalloc_sites;
	unsigned vmalloc_site_count;
	bool joins_areas; /* vfree gives back neighbours as blocks, as large as they are aligned (7.x) */
	uint8_t long_size; /* of the traced kernel */
	bool tells_ties;   /* trace_info.tells_ties */
	/* Name of a process, or NULL. */
	const char *(*comm)(void *arg, int32_t pid);
	/* Text of event.object.name. */
	const char *(*name)(void *arg, uint32_t name);
	/* Number of a string in the workload. */
	uint32_t (*string)(void *arg, const char *s, size_t len);
	/* Take a record; 0, or a negative errno that ends the import. */
	int (*put)(void *arg, const struct request *r, struct err *e);
	void *arg;
};

struct resolve_stats {
	uint64_t events, requests, observations;
	uint64_t null_frees;	 /* kfree(NULL), kfree(ZERO_SIZE_PTR): no request */
	uint64_t twins;		 /* large kmallocs traced twice, collapsed */
	uint64_t batched;	 /* frees paired with their mm_page_free_batched */
	uint64_t batched_alone;	 /* mm_page_free_batched without its mm_page_free */
	uint64_t unpaired_pages; /* frees of pages with no known allocation */
	uint64_t unpaired_objects;
	uint64_t implied_pages; /* silent frees of pages that must have happened */
	uint64_t implied_objects;
	uint64_t bulk_pages;	 /* silent pages of bulk allocations that were recognised */
	uint64_t bulk_paired;	 /* of these, frees found */
	uint64_t early;		 /* allocations logged after an interrupt that came after them */
	uint64_t ties;		 /* operations put before others of the same time */
	uint64_t silent_refills; /* refills whose allocation no event shows */
	uint64_t pieces;	 /* frees of parts of blocks */
	uint64_t failed;	 /* failed allocations */
	uint64_t responses;
	uint64_t forced; /* records decided by default because the window was full */
	uint64_t owners[REQUEST_OWNER_COUNT]; /* page allocations by owner */
	uint64_t lost;
	uint32_t slots; /* most slots in use */
};

struct resolver *resolver_new(const struct resolve_options *o, struct err *e);
void resolver_free(struct resolver *r);
/*
 * Feed the next n events.  Where they bear `lost`, the last one alone may; lost: events lost on its
 * CPU just before it (0: number unknown).
 */
int resolver_events(struct resolver *r, const struct event *ev, unsigned n, uint64_t lost,
		    struct err *e);
/* Decide and hand on what is still waiting. */
int resolver_finish(struct resolver *r, struct err *e);
const struct resolve_stats *resolver_stats(const struct resolver *r);
/* What was learned of call sites and caches. */
const struct sites *resolver_sites(const struct resolver *r);

#endif
