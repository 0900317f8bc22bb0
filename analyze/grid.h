/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grid: a table of the report that is one query: a title, a kind and a label a
 * column, a row a row.  Readers can sort and filter it (script.h), and see more of a long one (fold.h).
 */
#ifndef ANALYZE_GRID_H
#define ANALYZE_GRID_H

#include "analyze/page.h"

enum grid_kind {
	GRID_TEXT,
	GRID_NAME, /* text with long words: on a phone it gets two of three columns */
	GRID_COUNT,
	GRID_ID,      /* a number that is a name: not grouped */
	GRID_REAL,    /* four significant digits */
	GRID_PERCENT, /* a share, 0 to 1 */
	GRID_BYTES,   /* shown in KiB or more */
	GRID_TIME,    /* clock units, shown in seconds where the clock counts time */
};

struct grid_column {
	const char *title;
	enum grid_kind kind;
	const char *help; /* what it is, told below the table; may be NULL */
};

/*
 * The columns of the query in order, the first as the row's heading; parameters as of
 * sql_bind().  Where the query has no row, `none` is said instead of the table (NULL:
 * nothing is).  How many rows, or a negative errno.
 */
int grid(const struct page *p, const char *caption, const char *none, const struct grid_column *c,
	 unsigned columns, struct err *e, const char *sql, const char *types, ...);

#endif
