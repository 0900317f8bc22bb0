// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cut.h"
#include "base/json.h"
#include "base/prose.h"
#include "base/units.h"
#include "base/utf8.h"

struct cell {
	char *text;  /* as text output shows it; NULL: missing */
	char *exact; /* as CSV and JSON show it; NULL: same as text */
	bool number; /* JSON writes it without quotes */
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
	t->cells[t->used] = (struct cell){ 0 };
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

/* Three significant digits, and no 12.0. */
static char *amount(struct table *t, uint64_t v, enum unit from)
{
	double is = (double)v;
	const char *unit = units_scale(&is, from);
	int digits = is >= 100 || is == floor(is) ? 0 : is >= 10 ? 1 : 2;

	return v ? format(t, "%.*f %s", digits, is, unit) : format(t, "0");
}

void table_uint(struct table *t, uint64_t v)
{
	enum column_type type = t->columns[t->used % t->count].type;
	struct cell *c = next_cell(t);

	if (!c)
		return;
	/* Hexadecimal is no number in JSON. */
	c->number = type != COLUMN_HEX;
	if (type == COLUMN_BYTES || type == COLUMN_KIB) {
		c->text = amount(t, v, type == COLUMN_KIB ? UNIT_KIB : UNIT_B);
		c->exact = format(t, "%" PRIu64, v);
	} else {
		c->text = format(t, c->number ? "%" PRIu64 : "%#" PRIx64, v);
	}
}

void table_int(struct table *t, int64_t v)
{
	struct cell *c = next_cell(t);

	if (!c)
		return;
	c->number = true;
	c->text = format(t, "%" PRId64, v);
}

void table_real(struct table *t, double v)
{
	const struct column *col = &t->columns[t->used % t->count];
	struct cell *c = next_cell(t);
	char exact[JSON_REAL];

	if (!c || !isfinite(v))
		return;
	c->number = true;
	if (col->type == COLUMN_PERCENT)
		c->text = format(t, "%.*f %%", col->digits, 100.0 * v);
	else
		c->text = format(t, "%.*f", col->digits, v);
	c->exact = format(t, "%s", json_format_real(exact, v));
}

static size_t row_count(const struct table *t)
{
	return t->count ? (t->used + t->count - 1) / t->count : 0;
}

/* A last row that is not full ends in missing values. */
static const struct cell *cell_at(const struct table *t, size_t row, unsigned col)
{
	static const struct cell none;
	size_t i = row * t->count + col;

	return i < t->used ? &t->cells[i] : &none;
}

static const char *exact_of(const struct cell *c)
{
	return c->exact ? c->exact : c->text;
}

/* ---- text ---- */

#define GAP 2	    /* columns between columns */
#define NARROWEST 8 /* a cut column keeps at least this, and a sixth of the terminal */

static void pad(FILE *out, size_t n)
{
	while (n--)
		fputc(' ', out);
}

/* Of a line: n bytes of s, or as many of them as can be seen. */
static void put_aligned(FILE *out, const struct column *c, const char *s, size_t n, size_t width,
			bool last)
{
	size_t have = utf8_columns(s) - utf8_columns(s + n), fill = width > have ? width - have : 0;

	if (c->type != COLUMN_STRING)
		pad(out, fill);
	if (have <= width)
		cut_put(out, s, n);
	else
		cut_put_short(out, s, width);
	if (c->type == COLUMN_STRING && !last)
		pad(out, fill);
	fputs(last ? "\n" : "  ", out);
}

size_t table_terminal(FILE *out)
{
	struct winsize w;

	return isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &w) ? w.ws_col : 0;
}

/* How a table is laid out. */
struct layout {
	size_t *width;	 /* [columns] */
	const char **at; /* [columns] what of a row is still to come */
	bool *lines; /* [columns] texts go on in the next line: shortened, some would look the same */
	unsigned shown; /* columns there is room for */
};

/*
 * Take columns off the widest names until the table fits; where none has any to give, leave
 * out the last ones, but for the first two.  Returns how many stay.
 */
static unsigned fit(const struct table *t, size_t *width, size_t room)
{
	size_t narrowest = room / 6 > NARROWEST ? room / 6 : NARROWEST;
	unsigned n = t->count;
	size_t total = (n - 1) * (size_t)GAP;

	for (unsigned i = 0; i < n; i++)
		total += width[i];
	while (total > room) {
		size_t *widest = NULL;

		for (unsigned i = 0; i < n; i++)
			if (t->columns[i].type == COLUMN_STRING && width[i] > narrowest &&
			    (!widest || width[i] > *widest))
				widest = &width[i];
		if (widest) {
			--*widest;
			total--;
		} else if (n > 2) {
			total -= width[--n] + GAP;
		} else {
			break;
		}
	}
	return n;
}

/* The widths that the columns want. */
static void measure(const struct table *t, size_t *width)
{
	for (unsigned i = 0; i < t->count; i++)
		width[i] = utf8_columns(t->columns[i].title);
	for (size_t i = 0; i < t->used; i++) {
		size_t w = t->cells[i].text ? utf8_columns(t->cells[i].text) : 1;

		if (w > width[i % t->count])
			width[i % t->count] = w;
	}
}

/* Says which columns the terminal has no room for. */
static int put_left_out(const struct table *t, unsigned from, FILE *out)
{
	char *names = NULL;
	size_t len;
	FILE *f = open_memstream(&names, &len);
	int ret = f ? 0 : -ENOMEM;

	for (unsigned i = from; f && i < t->count; i++)
		fprintf(f, "%s%s", i > from ? ", " : "",
			*t->columns[i].title ? t->columns[i].title : t->columns[i].name);
	if (f && fclose(f))
		ret = -ENOMEM;
	if (ret >= 0)
		ret = prose_print(out,
				  "(no room for: %s; a wider terminal has them, and --format csv)\n",
				  names);
	free(names);
	return ret;
}

/* Lines without blanks at their ends; row SIZE_MAX is the headings. */
static void put_row(const struct table *t, size_t row, const struct layout *l, FILE *out)
{
	bool more = true;

	for (unsigned i = 0; i < l->shown; i++) {
		const char *s = row == SIZE_MAX ? t->columns[i].title : cell_at(t, row, i)->text;

		l->at[i] = s ? s : "-";
	}
	while (more) {
		unsigned last = 0;

		more = false;
		for (unsigned i = 0; i < l->shown; i++)
			last = *l->at[i] ? i : last;
		for (unsigned i = 0; i <= last; i++) {
			const char *s = l->at[i];
			size_t n = l->lines[i] ? cut_line(s, l->width[i]) : strlen(s);

			put_aligned(out, &t->columns[i], s, n, l->width[i], i == last);
			l->at[i] = s + n + (s[n] == ' ');
			more |= s[n] != 0;
		}
	}
}

/* Which columns cannot be shortened. */
static int find_alike(const struct table *t, const struct layout *l)
{
	size_t rows = row_count(t);
	const char **texts = calloc(rows + 1, sizeof(*texts));

	for (unsigned i = 0; texts && i < l->shown; i++) {
		for (size_t row = 0; row < rows; row++)
			texts[row] = cell_at(t, row, i)->text;
		l->lines[i] = t->columns[i].type == COLUMN_STRING &&
			      cut_alike(texts, rows, l->width[i]);
	}
	free(texts);
	return texts ? 0 : -ENOMEM;
}

static int lay_out(const struct table *t, struct layout *l, FILE *out)
{
	size_t room = table_terminal(out);

	*l = (struct layout){ calloc(t->count, sizeof(*l->width)), calloc(t->count, sizeof(*l->at)),
			      calloc(t->count, sizeof(*l->lines)), t->count };
	if (!l->width || !l->at || !l->lines)
		return -ENOMEM;
	measure(t, l->width);
	if (!room)
		return 0;
	l->shown = fit(t, l->width, room);
	return find_alike(t, l);
}

static int print_text(const struct table *t, FILE *out)
{
	struct layout l;
	int ret = lay_out(t, &l, out);

	if (ret >= 0) {
		put_row(t, SIZE_MAX, &l, out);
		for (size_t row = 0; row < row_count(t); row++)
			put_row(t, row, &l, out);
		ret = l.shown < t->count ? put_left_out(t, l.shown, out) : 0;
	}
	free(l.width);
	free(l.at);
	free(l.lines);
	return ret;
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
	for (size_t row = 0; row < row_count(t); row++)
		for (unsigned i = 0; i < t->count; i++) {
			const struct cell *c = cell_at(t, row, i);

			if (c->text)
				put_csv(out, exact_of(c));
			fputc(i + 1 == t->count ? '\n' : ',', out);
		}
}

/* ---- JSON ---- */

static void json_cell(const struct column *col, const struct cell *c, struct json *j)
{
	const char *s = exact_of(c);

	if (!s)
		json_null(j, col->name);
	else if (!c->number)
		json_string(j, col->name, s);
	else if (col->type == COLUMN_REAL || col->type == COLUMN_PERCENT)
		json_real(j, col->name, strtod(s, NULL));
	else if (*s == '-')
		json_int(j, col->name, strtoll(s, NULL, 10));
	else
		json_uint(j, col->name, strtoull(s, NULL, 10));
}

void table_json(const struct table *t, struct json *j)
{
	for (size_t row = 0; row < row_count(t); row++) {
		json_object(j, NULL);
		for (unsigned i = 0; i < t->count; i++)
			json_cell(&t->columns[i], cell_at(t, row, i), j);
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
