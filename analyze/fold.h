/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fold: a table of the report that may be long.  Its rows beyond the first twenty stand
 * behind a box to tick; sorted, the first twenty are those of the new order.  It needs no
 * script, a browser that does not know :has() shows all, and so do the other forms of the report.
 */
#ifndef ANALYZE_FOLD_H
#define ANALYZE_FOLD_H

#include <stddef.h>
#include <stdio.h>

struct fold {
	FILE *rows; /* the table goes here, from <table> to </table>; NULL: out of memory */
	char *text;
	size_t len;
};

/* Returns the stream to write the table to; NULL: out of memory. */
FILE *fold_begin(struct fold *f);
/* Write the table, of so many rows. 0 or -ENOMEM. */
int fold_end(struct fold *f, unsigned rows, FILE *out);

#endif
