/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store: results in an SQLite file (docs/schema.md).  One file holds many
 * captures and many runs.  Writers buffer and commit in batches; a run that was
 * killed stays in the file with status 'incomplete', and the file opens.
 * Aggregates and time samples only, never a row per event.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "mm/gfp.h"

struct sqlite3;
struct store;

/* Open or create; the schema is made or its version checked.  NULL with e on failure. */
struct store *store_open(const char *path, bool create, struct err *e);
/* Close; anything not committed is committed first. 0 or a negative errno. */
int store_close(struct store *s, struct err *e);
/* For readers (analyze): the connection itself. */
struct sqlite3 *store_db(struct store *s);

struct store_capture {
	const char *name, *format, *clock, *kernel, *arch;
	bool clock_is_time;
	uint64_t first, last; /* clock units; ns where clock_is_time */
	uint64_t events, lost;
	uint32_t cpus, nodes, page_size, pageblock_order, orders;
	uint64_t mem_total_kb;
};
/* Returns the capture's id (> 0) or a negative errno. */
int64_t store_add_capture(struct store *s, const struct store_capture *c, struct err *e);
int store_add_zone(struct store *s, int64_t capture, unsigned zone, unsigned node, const char *name,
		   uint64_t start_pfn, uint64_t spanned, uint64_t present, uint64_t managed,
		   uint64_t min, uint64_t low, uint64_t high, struct err *e);
int store_add_event_count(struct store *s, int64_t capture, const char *system, const char *name,
			  uint64_t count, struct err *e);
/* What could not be known of this capture: one sentence. */
int store_add_note(struct store *s, int64_t capture, int64_t run /* 0: of the capture */,
		   const char *text, struct err *e);

enum store_mode { STORE_RECORDED, STORE_SIMULATED };
/* Begin a run, status 'incomplete'. policy: its name; policy_text: all keys as INI. */
int64_t store_begin_run(struct store *s, int64_t capture, enum store_mode mode, const char *policy,
			const char *policy_text, const char *start, struct err *e);
/*
 * A run under the captured kernel's own policy that was made as this one was: how far it
 * is from the recorded one is this run's error.
 */
int store_set_control(struct store *s, int64_t run, int64_t control, struct err *e);
/* Where its starting state came from, in words, once that is known. */
int store_set_start(struct store *s, int64_t run, const char *start, struct err *e);
/* Finish it: status 'complete' (or 'stopped' if !complete, e.g. sliced or interrupted). */
int store_end_run(struct store *s, int64_t run, bool complete, uint64_t requests, double seconds,
		  struct err *e);

/* One sample: the state of one run at one instant. */
struct store_sample {
	uint32_t seq; /* 0, 1, ... the same number is the same instant in all runs of one replay */
	uint64_t time;
	uint64_t request; /* requests done so far */
	uint32_t zones;	  /* 0: what the zones hold is not known */
	/* [zone][type][order] free blocks; type UNKNOWN is the last one */
	const uint32_t (*nr_free)[KMM_MIGRATETYPES + 1][KMM_ORDERS];
	const uint32_t (*pageblocks)[KMM_MIGRATETYPES + 1]; /* [zone][type] */
	const uint64_t *pcp_pages;			    /* [zone] pages on per-CPU lists */
};
int store_add_sample(struct store *s, int64_t run, const struct store_sample *x, struct err *e);
/*
 * Cumulative counters at a sample, by name: "allocs", "frees", "refills", "drains",
 * "fallbacks", "failed", ...
 */
int store_add_counter(struct store *s, int64_t run, uint32_t seq, const char *name, uint64_t value,
		      struct err *e);

/*
 * The map of memory: one column of cells a sample, a cell the dominant state of
 * `pages_per_cell` page frames from first_pfn on.
 */
enum store_cell {
	CELL_HOLE,
	CELL_FREE,
	CELL_PCP,
	CELL_USER,
	CELL_SLAB,
	CELL_KERNEL,
	CELL_RECLAIMABLE,
	CELL_UNKNOWN,
	CELL_KINDS,
};
int store_add_map_column(struct store *s, int64_t run, uint32_t seq, uint64_t first_pfn,
			 uint32_t pages_per_cell, const uint8_t *cells, uint32_t count,
			 struct err *e);

/* A row of the fidelity table. zone, order, type: -1 for "all". */
struct store_fidelity {
	const char *metric; /* "placement", "anchored", "refills", "blocks", ... */
	int zone, order, type;
	double recorded, simulated; /* NaN where it makes no sense */
	double error;		    /* in `unit`; NaN unknown */
	const char *unit;	    /* "share", "count", "% of free pages", "blocks" */
	const char *note;	    /* may be NULL */
};
int store_add_fidelity(struct store *s, int64_t run, const struct store_fidelity *f, struct err *e);
/* Totals of a run by owner of page allocations ("slab", cache name or NULL, ...). */
int store_add_owner(struct store *s, int64_t run, const char *owner, const char *cache,
		    uint64_t allocs, uint64_t frees, uint64_t pages_live, uint64_t pages_peak,
		    struct err *e);
/* What a simulated run was asked for, by kind ("page", "object", ...), and what became of it. */
struct store_demand {
	const char *kind;
	uint64_t requested, served, failed; /* refused unless requested = served + failed */
	uint64_t responses;		    /* the kernel's own, not among the requested */
	uint64_t pages_recorded, pages_taken;
};
int store_add_demand(struct store *s, int64_t run, const struct store_demand *d, struct err *e);

/* A slab cache of a simulated run at the marker of after/slabinfo, else at its end. */
struct store_slab_cache {
	const char *name;
	unsigned order, object_size, size;
	uint64_t slabs, objects;
	uint64_t active; /* as slabinfo counts */
	uint64_t in_use; /* given out */
};
int store_add_slab_cache(struct store *s, int64_t run, const struct store_slab_cache *c,
			 struct err *e);

/* What became of a cache by a sample; until its next row it stays so (docs/schema.md, slab_change). */
struct store_slab_change {
	uint32_t slabs, active, in_use;
	bool have_partial;
	uint32_t partial;	/* slabs with objects given out and others free */
	uint64_t partial_since; /* the mean of the times since which they are; STORE_NO_TIME none */
};
int store_add_slab_change(struct store *s, int64_t run, const char *cache, uint32_t seq,
			  const struct store_slab_change *c, struct err *e);

/* What the page blocks of a zone hold at a sample (docs/schema.md, block_use). */
struct store_block_use {
	uint64_t free, movable, mixed, pinned, partial, unknown; /* page blocks */
	uint64_t pinning_pages, kept_pages;
};
int store_add_block_use(struct store *s, int64_t run, uint32_t seq, unsigned zone,
			const struct store_block_use *u, struct err *e);

#define STORE_NO_TIME UINT64_MAX /* before the start */

/* Allocations that are alike and keep page blocks from being whole; rank 0 the worst. */
struct store_pin {
	const char *owner, *cache, *site;
	bool reclaimable, before;
	double kept;
	uint64_t blocks, alone, pages, allocations, one_object;
	uint64_t oldest, newest; /* STORE_NO_TIME */
};
int store_add_pin(struct store *s, int64_t run, unsigned rank, const struct store_pin *p,
		  struct err *e);
struct store_mixed_block {
	uint64_t first_pfn, free, pcp, movable, pinned, allocations;
	unsigned zone, type, rank; /* rank: the pin with most pages of it */
	uint64_t since;		   /* the largest allocation of that pin; STORE_NO_TIME */
};
int store_add_mixed_block(struct store *s, int64_t run, const struct store_mixed_block *b,
			  struct err *e);

struct store_fallback {
	unsigned zone, type, from, order, found;
	bool claimed;
	const char *severity;
	uint64_t events, first, last;
};
int store_add_fallback(struct store *s, int64_t run, const struct store_fallback *f, struct err *e);

/* So many slabs of a cache hold in_use of the `room` objects that fit. */
int store_add_occupancy(struct store *s, int64_t run, const char *cache, unsigned room,
			unsigned in_use, uint64_t slabs, struct err *e);

/* Objects of one cache and call site. */
struct store_object_site {
	const char *cache, *site;
	uint64_t allocs, frees, live, bytes_req, bytes_alloc, live_req, live_alloc;
	double held_req, held_alloc; /* bytes times clock units */
};
int store_add_object_site(struct store *s, int64_t run, const struct store_object_site *o,
			  struct err *e);

/* ---- hardware ---- */

/* Lines of live objects by cache set (docs/hardware.md). */
struct store_set_load {
	const char *cache, *addresses, *level;
	uint32_t size, ways, line, sets, object_size /* 0: NULL */;
	uint64_t hot_lines; /* 0: all of each object */
	uint64_t objects, lines, misses, even_misses;
	uint32_t sets_used, most;
	double mean, deviation;
	const uint64_t *histogram; /* [most + 1] sets with so many lines */
};
int store_add_set_load(struct store *s, int64_t capture, const struct store_set_load *x,
		       struct err *e);

/* A piece of memory and what maps it, or could. */
struct store_mapping {
	const char *subject, *how;
	uint64_t ranges;   /* 0: NULL */
	uint64_t bytes[3]; /* by pages of 4 KiB, 2 MiB, 1 GiB */
	uint64_t entries, extra;
};
int store_add_mapping(struct store *s, int64_t capture, const struct store_mapping *x,
		      struct err *e);

struct store_tlb_pressure {
	const char *processor, *mapping;
	uint64_t reach, accesses, l1_misses, walks;
};
int store_add_tlb_pressure(struct store *s, int64_t capture, const struct store_tlb_pressure *x,
			   struct err *e);

/* Maps of high memory through a window of so many slots. */
struct store_kmap {
	uint32_t slots;
	bool own; /* the captured kernel's */
	uint64_t maps, reused, flushes, sleeps, temporary, local_flushes;
};
int store_add_kmap(struct store *s, int64_t capture, const struct store_kmap *x, struct err *e);

#endif
