/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stattables: the tables of `stat`: rows of the sums, named, sorted and cut. */
#ifndef CLI_STATTABLES_H
#define CLI_STATTABLES_H

#include "base/table.h"
#include "replay/stat.h"
#include "trace/trace.h"

#define STAT_SORTS(X)             \
	X(BYTES, "bytes")         \
	X(REQUESTED, "requested") \
	X(ALLOCS, "allocs")       \
	X(FREES, "frees")         \
	X(WASTE, "waste")         \
	X(LIVE, "live")           \
	X(PEAK, "peak")           \
	X(CHURN, "churn")         \
	X(PING_PONG, "ping-pong") \
	X(LIFE, "life")           \
	X(NAME, "name")

enum stat_sort {
#define X(name, text) SORT_##name,
	STAT_SORTS(X)
#undef X
};

/* What a table is about; the first four are made from one set of rows. */
#define STAT_VIEWS(X)                                                                    \
	X(SITE, "site", "call sites", STAT_SITE)                                         \
	X(FUNCTION, "function", "functions that call", STAT_SITE)                        \
	X(CACHE, "cache", "slab caches", STAT_SITE)                                      \
	X(SIZE, "size", "sizes, bytes allocated", STAT_SITE)                             \
	X(GFP, "gfp", "GFP flags", STAT_GFP)                                             \
	X(PROCESS, "process", "processes", STAT_PROCESS)                                 \
	X(CPU, "cpu", "CPUs", STAT_CPU)                                                  \
	X(PAGE_TYPE, "page-type", "pages by order and raw migrate type", STAT_PAGE_TYPE) \
	X(PAGE_GFP, "page-gfp", "pages by GFP flags", STAT_PAGE_GFP)                     \
	X(PAGE_PROCESS, "page-process", "pages by process", STAT_PAGE_PROCESS)           \
	X(PAGE_CPU, "page-cpu", "pages by CPU", STAT_PAGE_CPU)                           \
	X(PAGE_SITE, "page-site", "pages by caller", STAT_PAGE_SITE)                     \
	X(ORDER, "order", "page allocations by order and raw migrate type", STAT_PAGE_TYPE)

enum stat_view {
#define X(name, text, title, table) VIEW_##name,
	STAT_VIEWS(X)
#undef X
		STAT_VIEW_COUNT
};

struct stat_tables {
	const struct stat *s;
	const struct trace *t;
	bool is_time, live_only;
	bool raw_ip; /* call sites stay addresses */
	enum stat_sort sort;
	uint64_t top; /* rows; 0: all */
	size_t width; /* of the terminal; 0: show every column */
};

extern const char *const stat_sort_names[]; /* NULL-terminated */
const char *stat_view_name(enum stat_view v);
const char *stat_view_title(enum stat_view v);
/* The stat tables that a view is made of, as bits of enum stat_by. */
unsigned stat_view_needs(enum stat_view v);
/* *rows: how many there would be in all. NULL out of memory. */
struct table *stat_table_of(const struct stat_tables *c, enum stat_view v, uint32_t *rows);

#endif
