/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sql: what the store's writers and the readers in analyze/ share of SQLite's C interface. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <stdarg.h>

#include "base/err.h"

struct sqlite3;
struct sqlite3_stmt;

/* Describe SQLite's result code; returns a negative errno that fits it. */
int sql_error(struct sqlite3 *db, const char *path, int rc, struct err *e);

/*
 * Bind parameters 1, 2, ... as `types` says, one letter each:
 * i int64_t, u uint64_t (capped at INT64_MAX), d double (NaN: NULL),
 * t const char * (NULL: NULL; it must live until the statement is reset).
 * Returns SQLite's code.
 */
int sql_bind(struct sqlite3_stmt *st, const char *types, ...);
int sql_vbind(struct sqlite3_stmt *st, const char *types, va_list ap);

/* Prepare and bind for reading.  NULL with e on failure. */
struct sqlite3_stmt *sql_query(struct sqlite3 *db, struct err *e, const char *sql,
			       const char *types, ...);
/* The next row: 1, 0 at the end, negative errno with e on failure. */
int sql_row(struct sqlite3_stmt *st, struct err *e);
/* A number column as a double; NaN where it is NULL. */
double sql_real(struct sqlite3_stmt *st, int column);

#endif
