/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stat: sums over a trace's allocations and frees as they pass: in total, with the
 * meanings of `perf kmem stat` (tools/perf/builtin-kmem.c, Linux 6.12), and by
 * call site, cache, size, GFP flags, process and CPU.
 */
#ifndef REPLAY_STAT_H
#define REPLAY_STAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/map.h"
#include "replay/liveset.h"
#include "trace/event.h"

#define STAT_LIFETIMES 64 /* by powers of two of the clock's unit */

struct stat_sums {
	uint64_t allocs, frees; /* frees: of what was seen allocated */
	uint64_t bytes_req, bytes_alloc;
	uint64_t live, live_bytes, peak_bytes; /* now; the most at once */
	uint64_t ping_pong;		       /* freed on another CPU than allocated */
	uint64_t failed;
	uint32_t lifetime[STAT_LIFETIMES]; /* frees by the time that the object lived */
};

enum stat_by {
	STAT_SITE, /* call site and size: what sites, caches and sizes are made of */
	STAT_GFP,
	STAT_PROCESS, /* pid */
	STAT_CPU,
	STAT_PAGE_TYPE, /* order << 8 | raw number of the migrate type */
	STAT_PAGE_GFP,
	STAT_PAGE_PROCESS,
	STAT_PAGE_CPU,
	STAT_PAGE_SITE, /* where the trace has stacks */
	STAT_BYS,
};

struct stat_row {
	uint64_t key;	/* STAT_SITE: call site; else one number */
	uint64_t size;	/* STAT_SITE: bytes_alloc; STAT_PAGE_TYPE: bytes of the block */
	uint32_t cache; /* STAT_SITE: name number that frees bore; 0 none */
	bool kmalloc;	/* STAT_SITE: not from a cache of its own */
	kmm_gfp gfp;	/* of its last allocation */
	struct stat_sums sums;
};

struct stat_table {
	struct stat_row *rows;
	uint32_t count, room;
	struct map index;
	uint64_t last_key, last_size; /* asked for last */
	uint32_t last;
};

/* Totals; perf's words in brackets. */
struct stat_slab {
	uint64_t allocations, frees;
	uint64_t bytes_requested, bytes_allocated, bytes_freed;
	uint64_t ping_pong;
	uint64_t failed;
};

struct stat_page {
	uint64_t allocations, bytes_allocated; /* [Total allocation requests] */
	uint64_t frees, bytes_freed;	       /* [Total free requests] */
	uint64_t paired, bytes_paired;	       /* [Total alloc+freed requests] */
	uint64_t free_only, bytes_free_only;   /* [Total free-only requests] */
	uint64_t failures, bytes_failed;
	uint64_t orders[KMM_ORDERS][KMM_MIGRATETYPES + 2]; /* by raw number of the migrate type */
};

struct stat {
	unsigned by; /* bits of enum stat_by that are wanted */
	struct stat_slab slab;
	struct stat_page page;
	struct stat_table t[STAT_BYS];
	uint64_t page_site; /* of the page allocation that comes next; 0: not known */
	struct liveset objects, pages;
	bool no_memory;
};

/* STAT_SITE and STAT_PAGE_TYPE are always among them. 0 or -ENOMEM. */
int stat_init(struct stat *s, unsigned by);
void stat_free(struct stat *s);
/* Every event; false once memory has run out. */
bool stat_event(struct stat *s, const struct event *ev, uint32_t page_size);
/* An event that comes soon: bring near what it will need. */
void stat_prefetch(const struct stat *s, const struct event *ev);
/* Add one row's sums to another's: live peaks are added too, so the result is an upper bound. */
void stat_add(struct stat_sums *to, const struct stat_sums *x);
/* The cache of a STAT_SITE row: by the name that its frees bore, kmalloc's class, or its size. */
void stat_cache_name(const struct stat_row *r, const struct intern *names, char *out, size_t n);
/* The lifetime that this share of the frees did not exceed, in the clock's unit; NaN none. */
double stat_lifetime(const struct stat_sums *s, double share);

#endif
