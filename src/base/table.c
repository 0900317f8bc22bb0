// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

struct cell {
	char *text;  /* as text output shows it; NULL: missing */
	char *exact; /* as CSV and JSON show it; NULL: same as text */
};

struct table {
	const struct column *columns;
	unsigned count;
	struct cell *cells; /* [rows * count] */
	size_t used, room;
	bool failed;
};

const char *const table_formats[] = { "text", "csv", "json", NULL };

struct table *table_new(const struct column *columns, unsigned count)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t) {
		t->columns = columns;
		t->count = count;
	}
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->used; i++) {
		free(t->cells[i].text);
		free(t->cells[i].exact);
	}
	free(t->cells);
	free(t);
}

void table_row(struct table *t)
{
	while (t->used % t->count && !t->failed)
		table_none(t);
}

static struct cell *next_cell(struct table *t)
{
	if (t->used == t->room) {
		size_t room = t->room ? t->room * 2 : 64 * (size_t)t->count;
		struct cell *more = realloc(t->cells, room * sizeof(*more));

		if (!more) {
			t->failed = true;
			return NULL;
		}
		t->cells = more;
		t->room = room;
	}
	t->cells[t->used] = (struct cell){ NULL, NULL };
	return &t->cells[t->used++];
}

static char *format(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static char *format(struct table *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		t->failed = true;
	}
	va_end(ap);
	return text;
}

void table_none(struct table *t)
{
	next_cell(t);
}

void table_string(struct table *t, const char *s)
{
	struct cell *c = next_cell(t);

	if (c && s)
		c->text = format(t, "%s", s);
}

void table_uint(struct table *t, uint64_t v)
{
	enum column_type type = t->columns[t->used % t->count].type;
	struct cell *c = next_cell(t);

	if (c)
		c->text = type == COLUMN_HEX ? format(t, "%#" PRIx64, v) : format(t, "%" PRIu64, v);
}

void table_int(struct table *t, int64_t v)
{
	struct cell *c = next_cell(t);

	if (c)
		c->text = format(t, "%" PRId64, v);
}

void table_real(struct table *t, double v)
{
	const struct column *col = &t->columns[t->used % t->count];
	struct cell *c = next_cell(t);

	if (!c || !isfinite(v))
		return;
	if (col->type == COLUMN_PERCENT)
		c->text = format(t, "%.*f %%", col->digits, 100.0 * v);
	else
		c->text = format(t, "%.*f", col->digits, v);
	c->exact = format(t, "%.15g", v);
}

/* ---- text ---- */

/* Columns that a UTF-8 text takes on a terminal, one a character. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void pad(FILE *out, size_t n)
{
	while (n--)
		fputc(' ', out);
}

/* A tab or control byte from a capture must not disturb the terminal. */
static void put_clean(FILE *out, const char *s)
{
	for (; *s; s++)
		fputc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, out);
}

static void put_aligned(FILE *out, const struct column *c, const char *s, size_t width, bool last)
{
	size_t have = width_of(s), fill = width > have ? width - have : 0;

	if (c->type != COLUMN_STRING)
		pad(out, fill);
	put_clean(out, s);
	if (c->type == COLUMN_STRING && !last)
		pad(out, fill);
}

static int print_text(const struct table *t, FILE *out)
{
	size_t *width = calloc(t->count, sizeof(*width));

	if (!width)
		return -ENOMEM;
	for (unsigned i = 0; i < t->count; i++)
		width[i] = width_of(t->columns[i].title);
	for (size_t i = 0; i < t->used; i++) {
		size_t w = t->cells[i].text ? width_of(t->cells[i].text) : 1;

		if (w > width[i % t->count])
			width[i % t->count] = w;
	}
	for (unsigned i = 0; i < t->count; i++) {
		put_aligned(out, &t->columns[i], t->columns[i].title, width[i], i + 1 == t->count);
		fputs(i + 1 == t->count ? "\n" : "  ", out);
	}
	for (size_t i = 0; i < t->used; i++) {
		unsigned col = (unsigned)(i % t->count);
		const char *s = t->cells[i].text ? t->cells[i].text : "-";

		put_aligned(out, &t->columns[col], s, width[col], col + 1 == t->count);
		fputs(col + 1 == t->count ? "\n" : "  ", out);
	}
	free(width);
	return 0;
}

/* ---- CSV (RFC 4180, with plain newlines) ---- */

static void put_csv(FILE *out, const char *s)
{
	if (!strpbrk(s, ",\"\r\n")) {
		fputs(s, out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

static void print_csv(const struct table *t, FILE *out)
{
	for (unsigned i = 0; i < t->count; i++) {
		put_csv(out, t->columns[i].name);
		fputc(i + 1 == t->count ? '\n' : ',', out);
	}
	for (size_t i = 0; i < t->used; i++) {
		const struct cell *c = &t->cells[i];

		if (c->text)
			put_csv(out, c->exact ? c->exact : c->text);
		fputc((i + 1) % t->count ? ',' : '\n', out);
	}
}

/* ---- JSON ---- */

static void json_cell(const struct column *col, const struct cell *c, struct json *j)
{
	if (!c->text)
		json_null(j, col->name);
	else if (col->type == COLUMN_STRING || col->type == COLUMN_HEX)
		json_string(j, col->name, c->text);
	else if (col->type == COLUMN_UINT)
		json_uint(j, col->name, strtoull(c->text, NULL, 10));
	else if (col->type == COLUMN_INT)
		json_int(j, col->name, strtoll(c->text, NULL, 10));
	else
		json_real(j, col->name, strtod(c->exact ? c->exact : c->text, NULL));
}

void table_json(const struct table *t, struct json *j)
{
	for (size_t i = 0; i < t->used; i++) {
		if (i % t->count == 0)
			json_object(j, NULL);
		json_cell(&t->columns[i % t->count], &t->cells[i], j);
		if ((i + 1) % t->count == 0)
			json_end_object(j);
	}
}

int table_print(const struct table *t, enum table_format f, FILE *out)
{
	int ret = t->failed ? -ENOMEM : 0;
	struct json j;

	if (ret < 0)
		return ret;
	switch (f) {
	case TABLE_TEXT:
		ret = print_text(t, out);
		break;
	case TABLE_CSV:
		print_csv(t, out);
		break;
	case TABLE_JSON:
		json_start(&j, out);
		json_array(&j, NULL);
		table_json(t, &j);
		json_end_array(&j);
		return json_finish(&j);
	}
	if (ret >= 0 && (fflush(out) || ferror(out)))
		ret = -EIO;
	return ret;
}
