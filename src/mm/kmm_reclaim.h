/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmm_reclaim: what a machine does when its memory runs short: kswapd, direct
 * reclaim, shrinkers of caches, compaction and the OOM killer.  A simple model
 * over the LRU lists of struct kmm_pages, each part counted and able to be off:
 *
 * - Each zone has an inactive and an active list.  Priorities run from 12 to 0; at
 *   each, a 2^-priority part of every zone's inactive list is looked at, oldest
 *   first.  A page that was referenced goes to the active list, one with further
 *   users goes round, any other is unmapped, written if dirty, and freed.  Active
 *   pages follow, oldest first, where they are more than the inactive ones.
 * - Shrinkers get the same pressure: 4 / seeks of their objects for each page
 *   scanned of all on the lists, in batches of 128.
 * - kswapd is woken at the low mark and works until each zone up to the requested
 *   one is above its high mark.  As with every worker of the library, the caller
 *   says when: kmm_kswapd_run().
 * - Direct reclaim stops at 32 pages, or as many as were asked for.
 * - Compaction moves pages of the lists that have one user, from the zone's bottom
 *   to its top.
 * - The OOM killer asks who is to die where the kernel would: the request may sleep
 *   and use the file system, is of order 3 at most, and may neither give up nor
 *   insist on a node or on ZONE_DMA.
 *
 * Not modelled: time (a page is written at once), anonymous and file lists apart,
 * swappiness, memory cgroups, workingset detection, deferred compaction.
 * After mm/vmscan.c of Linux 2.6.24 to 6.1.  Belongs to its machine's thread.
 */
#ifndef KMM_RECLAIM_H
#define KMM_RECLAIM_H

#include "kmm_page.h"
#include "kmm_slab.h"

struct kmm_reclaim_config {
	bool kswapd, direct, shrinkers, compaction, oom; /* what there is */
	/* The page leaves its owner: false: it must stay.  NULL: none minds. */
	bool (*evict)(void *arg, kmm_pfn pfn);
	/* Compaction made `to` of `from`.  NULL: no page can move. */
	void (*moved)(void *arg, kmm_pfn from, kmm_pfn to);
	/* A task dies and frees pages; false: nobody is left. */
	bool (*oom_kill)(void *arg, unsigned cpu);
	void *arg;
};

/* All of it on, without an owner. */
void kmm_reclaim_config_init(struct kmm_reclaim_config *c);

struct kmm_reclaim;

/*
 * From now on the machine asks this when it runs short, wherever its observer has no
 * reclaim_pages() or migrate_page() of its own.  NULL: out of memory, or it has one.
 */
struct kmm_reclaim *kmm_reclaim_create(struct kmm_pages *p, const struct kmm_reclaim_config *c);
void kmm_reclaim_destroy(struct kmm_reclaim *r);

/* Somebody keeps objects that he can do without. */
struct kmm_shrinker {
	const char *name;
	unsigned seeks;		      /* cost of making one again; 2 (DEFAULT_SEEKS), 0: none */
	uint64_t (*count)(void *arg); /* how many he could free */
	uint64_t (*scan)(void *arg, unsigned cpu, uint64_t n); /* look at n: how many he freed */
	void *arg;
};

/* 0 or -ENOMEM.  The name must live as long. */
int kmm_shrinker_register(struct kmm_reclaim *r, const struct kmm_shrinker *s);

/* Was kswapd of a node woken, and not run since? */
bool kmm_kswapd_pending(const struct kmm_reclaim *r, unsigned node);
/* It runs, on this CPU, until its zones are balanced or nothing is left; pages freed. */
uint64_t kmm_kswapd_run(struct kmm_reclaim *r, unsigned cpu, unsigned node);
/* drop_caches: all that can go; pages freed. */
uint64_t kmm_reclaim_all(struct kmm_reclaim *r, unsigned cpu);
/* A page of the lists was used: the first time it is marked, the second it becomes active. */
void kmm_mark_page_accessed(struct kmm_reclaim *r, kmm_pfn pfn);

/* By the names of /proc/vmstat. */
struct kmm_reclaim_stats {
	uint64_t pageoutrun, allocstall;		  /* runs of kswapd; of direct reclaim */
	uint64_t pgscan_kswapd, pgscan_direct;		  /* pages looked at */
	uint64_t pgsteal_kswapd, pgsteal_direct;	  /* pages freed */
	uint64_t pgactivate, pgdeactivate, pgrotated;	  /* to active, to inactive, round */
	uint64_t nr_vmscan_write;			  /* dirty pages written */
	uint64_t slabs_scanned, slab_objects, slab_pages; /* objects; freed; pages that freed */
	uint64_t compact_migrated, compact_fail, oom_kill;
};
const struct kmm_reclaim_stats *kmm_reclaim_stats(const struct kmm_reclaim *r);

#endif
