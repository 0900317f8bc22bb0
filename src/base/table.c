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

#include "base/json.h"
#include "base/prose.h"
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

void table_uint(struct table *t, uint64_t v)
{
	enum column_type type = t->columns[t->used % t->count].type;
	struct cell *c = next_cell(t);

	if (!c)
		return;
	/* Hexadecimal is no number in JSON. */
	c->number = type != COLUMN_HEX;
	c->text = format(t, c->number ? "%" PRIu64 : "%#" PRIx64, v);
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

/* n bytes of s; a control character or stray byte from a capture must not disturb the terminal. */
static void put_clean(FILE *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t c;
		unsigned len = utf8_decode(s + i, &c);

		if (!len || c < 0x20 || (c >= 0x7f && c < 0xa0))
			fputc('?', out);
		else
			fwrite(s + i, 1, len, out);
		i += len ? len : 1;
	}
}

/* What names end in tells them apart as often as what they begin with: the middle goes. */
static void put_cut(FILE *out, const char *s, size_t width)
{
	size_t tail = (width - 1) / 2;
	const char *end = s;

	put_clean(out, s, utf8_fit(s, width - 1 - tail));
	fputs("\xe2\x80\xa6", out); /* an ellipsis */
	while (utf8_columns(end) > tail) {
		uint32_t c;
		unsigned len = utf8_decode(end, &c);

		end += len ? len : 1;
	}
	put_clean(out, end, strlen(end));
}

static void put_aligned(FILE *out, const struct column *c, const char *s, size_t width, bool last)
{
	size_t have = utf8_columns(s), fill = width > have ? width - have : 0;

	if (c->type != COLUMN_STRING)
		pad(out, fill);
	if (have <= width) {
		put_clean(out, s, strlen(s));
	} else {
		put_cut(out, s, width);
	}
	if (c->type == COLUMN_STRING && !last)
		pad(out, fill);
	fputs(last ? "\n" : "  ", out);
}

size_t table_terminal(FILE *out)
{
	struct winsize w;

	return isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &w) ? w.ws_col : 0;
}

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

/* One line, without blanks at its end; row SIZE_MAX is the headings. */
static void put_row(const struct table *t, size_t row, const size_t *width, unsigned shown,
		    FILE *out)
{
	unsigned last = 0;

	for (int pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < (pass ? last + 1 : shown); i++) {
			const char *s = row == SIZE_MAX ? t->columns[i].title :
							  cell_at(t, row, i)->text;

			s = s ? s : "-";
			if (pass)
				put_aligned(out, &t->columns[i], s, width[i], i == last);
			else if (*s)
				last = i;
		}
}

static int print_text(const struct table *t, FILE *out)
{
	size_t *width = calloc(t->count, sizeof(*width)), room = table_terminal(out);
	unsigned shown = t->count;

	if (!width)
		return -ENOMEM;
	measure(t, width);
	if (room)
		shown = fit(t, width, room);
	put_row(t, SIZE_MAX, width, shown, out);
	for (size_t row = 0; row < row_count(t); row++)
		put_row(t, row, width, shown, out);
	free(width);
	return shown < t->count ? put_left_out(t, shown, out) : 0;
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
	else if (c->exact)
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
