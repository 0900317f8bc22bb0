/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * series: what the figures are made from, read back from a results file: a
 * capture and its zones, and for each run its samples over time.  A file may be
 * hostile: counts are bounded, and of more than SERIES_SAMPLES samples every
 * n-th is taken.
 */
#ifndef ANALYZE_SERIES_H
#define ANALYZE_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "mm/gfp.h"
#include "store/store.h"

#define SERIES_SAMPLES 500
#define SERIES_ZONES 64
#define SERIES_TYPES (KMM_MIGRATETYPES + 1)
#define SERIES_RUNS 32
#define SERIES_MAP_ROWS 4096

enum series_counter {
	SERIES_ALLOCS,
	SERIES_FREES,
	SERIES_REFILLS,
	SERIES_DRAINS,
	SERIES_FALLBACKS,
	SERIES_FAILED,
	SERIES_COUNTERS,
};
extern const char *const series_counter_names[SERIES_COUNTERS];

struct series_zone {
	char name[24]; /* "Normal", or "node 1 Normal" where there are several nodes */
	unsigned node;
	uint64_t start_pfn, spanned, present, managed, min, low, high;
};

struct series_capture {
	int64_t id;
	char *name, *format, *clock, *kernel, *arch;
	bool clock_is_time;
	uint64_t first, last, events, lost, mem_total_kb;
	unsigned cpus, nodes, page_size, pageblock_order, orders;
	unsigned zones; /* highest zone number + 1 */
	struct series_zone zone[SERIES_ZONES];
};

/* 0; -ENOENT where there is no such capture. id 0: the newest one. */
int series_capture_read(struct store *s, int64_t id, struct series_capture *c, struct err *e);
void series_capture_free(struct series_capture *c);
/* The zone with the most managed pages; 0 where nothing is known. */
unsigned series_main_zone(const struct series_capture *c);
/* By name, as struct series_zone has it or as the kernel has it; -1 if there is none. */
int series_zone_by_name(const struct series_capture *c, const char *name);

/* Page blocks that huge pages can be made of: view thp_memory. */
enum series_thp { SERIES_THP_FREE, SERIES_THP_ABLE, SERIES_THP_GROUPED, SERIES_THP };

struct series_map {
	uint64_t first_pfn;
	uint32_t pages_per_cell, rows;
	uint8_t *cells; /* [samples][rows]; CELL_KINDS where a sample has no column */
};

struct series {
	int64_t id;
	bool simulated;
	char *policy, *start, *status;
	double requests, seconds; /* NaN: not finished */
	unsigned orders;
	uint32_t samples, in_file; /* taken, and how many the file has */
	uint32_t *seq;
	double *time;				      /* seconds, or clock units */
	uint32_t (*blocks)[SERIES_ZONES][KMM_ORDERS]; /* [samples] all types; NULL: none */
	uint32_t (*pageblocks)[SERIES_TYPES];	      /* [samples] all zones; NULL: none */
	double (*counters)[SERIES_COUNTERS];	      /* [samples] cumulative, NaN: not there */
	uint64_t *pcp_pages;			      /* [samples] all zones */
	double (*thp)[SERIES_THP]; /* [samples] all zones, NaN: not there; NULL: none */
	struct series_map map;
};

/*
 * All runs of the capture, the recorded one first; at most SERIES_RUNS.  *count of
 * them, freed by series_free().
 */
int series_read(struct store *s, const struct series_capture *c, struct series *runs,
		unsigned *count, struct err *e);
void series_free(struct series *runs, unsigned count);

/* Free blocks per order at a sample, of one zone or (zone < 0) of all. */
void series_blocks(const struct series *r, uint32_t sample, int zone, uint64_t out[KMM_ORDERS]);

#endif
