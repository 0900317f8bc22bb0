/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table: rows of typed fields printed as aligned text, CSV or JSON from one
 * column table.  Text is fitted to the terminal where there is one; a number
 * stands right, a name left.  JSON is an array of objects, or an object of
 * named tables and values (see json.h) where a command has more to say.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum table_format { TABLE_TEXT, TABLE_CSV, TABLE_JSON };
extern const char *const table_formats[]; /* "text", "csv", "json", NULL: for OPTION_CHOICE */

enum column_type {
	COLUMN_STRING,
	COLUMN_UINT,
	COLUMN_INT,
	COLUMN_REAL,
	COLUMN_PERCENT,
	COLUMN_HEX,
	COLUMN_BYTES, /* table_uint() takes bytes in and prints "1.25 TiB" in text, bytes in CSV and JSON */
	COLUMN_KIB /* likewise of KiB */
};

struct column {
	const char *name;  /* machine name: CSV header and JSON key */
	const char *title; /* heading in text */
	enum column_type type;
	int digits;	  /* decimals of COLUMN_REAL and COLUMN_PERCENT */
	const char *help; /* what it is, with its unit */
};

struct table;
struct json;

struct table *table_new(const struct column *columns, unsigned count);
void table_free(struct table *t);
/* Fill a row left to right.  A missing value (table_none) is "-" in text, empty in CSV, null in JSON. */
void table_row(struct table *t);
void table_string(struct table *t, const char *s);
void table_uint(struct table *t, uint64_t v);
void table_int(struct table *t, int64_t v);
void table_real(
	struct table *t,
	double v); /* NaN: missing. COLUMN_PERCENT takes a share 0..1 in and prints percent in text, the share in CSV and JSON */
void table_none(struct table *t);
/* Print.  Returns 0, or a negative errno if memory ran out while filling or the write failed. */
int table_print(const struct table *t, enum table_format f, FILE *out);
/* Columns of the terminal that a stream writes to; 0: it is none. */
size_t table_terminal(FILE *out);
/* The rows as objects, inside an array that the caller has begun. */
void table_json(const struct table *t, struct json *j);

#endif
