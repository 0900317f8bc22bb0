// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "analyze/plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cut.h"
#include "base/utf8.h"

#define COLUMNS 24
#define INDENT 8
#define GAP 2	     /* columns between columns */
#define NARROWEST 14 /* a broken column keeps at least this */

struct cell {
	char *text;
	bool number;
};

struct plain {
	FILE *out;
	bool markdown;
	unsigned width;
	char *text; /* gathered: of a paragraph, a heading, a cell */
	size_t n, room;
	bool space;	     /* a blank is due before the next word */
	unsigned list, item; /* depth of lists; number of the item, 0 where they have none */
	bool small;	     /* inside of <small> */
	const char *hidden;  /* the element at hand that has no text form; NULL */
	/* the table at hand */
	struct cell (*rows)[COLUMNS];
	size_t count, rows_room;
	unsigned columns, column;
	bool in_table, in_cell, number, failed;
};

static void put(struct plain *p, const char *s, size_t n)
{
	if (p->n + n + 1 > p->room) {
		size_t room = (p->n + n + 1) * 2;
		char *more = realloc(p->text, room);

		if (!more) {
			p->failed = true;
			return;
		}
		p->text = more;
		p->room = room;
	}
	memcpy(p->text + p->n, s, n);
	p->n += n;
	p->text[p->n] = '\0';
}

static void puts_(struct plain *p, const char *s)
{
	put(p, s, strlen(s));
}

/* Text between tags: entities become characters, white space one blank. */
static void add_text(struct plain *p, const char *s, const char *end)
{
	static const struct {
		const char *name, *text, *in_markdown;
	} entities[] = {
		{ "&amp;", "&", "&" },	  { "&lt;", "<", "&lt;" }, { "&gt;", ">", "&gt;" },
		{ "&quot;", "\"", "\"" }, { "&#39;", "'", "'" },
	};

	while (s < end) {
		if (strchr(" \n\t", *s)) {
			p->space = true;
			s++;
			continue;
		}
		if (p->space && p->n)
			puts_(p, " ");
		p->space = false;
		if (*s == '&') {
			bool known = false;

			for (unsigned i = 0; i < sizeof(entities) / sizeof(*entities); i++) {
				size_t n = strlen(entities[i].name);

				if ((size_t)(end - s) < n || memcmp(s, entities[i].name, n))
					continue;
				puts_(p, p->markdown ? entities[i].in_markdown : entities[i].text);
				s += n;
				known = true;
				break;
			}
			if (known)
				continue;
		}
		/* What Markdown would take for markup. */
		if (p->markdown && strchr("*_`[]|\\", *s))
			puts_(p, "\\");
		put(p, s++, 1);
	}
}

/* The text gathered, in lines that fit, behind so many blanks. */
static void flush(struct plain *p, const char *before, unsigned indent)
{
	unsigned column = 0;
	char *save = NULL;

	if (p->n && !p->failed) {
		fprintf(p->out, "%*s%s", (int)(indent - strlen(before)), "", before);
		column = indent;
		for (char *w = strtok_r(p->text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
			unsigned n = (unsigned)utf8_columns(w);

			if (column > indent && column + 1 + n > p->width) {
				fprintf(p->out, "\n%*s", (int)indent, "");
				column = indent;
			} else if (column > indent) {
				fputc(' ', p->out);
				column++;
			}
			fputs(w, p->out);
			column += n;
		}
		fputc('\n', p->out);
		if (!p->list)
			fputc('\n', p->out);
	}
	p->n = 0;
	p->space = false;
}

static void heading(struct plain *p, unsigned level)
{
	if (p->n && !p->failed) {
		if (p->markdown) {
			fprintf(p->out, "%.*s %s\n\n", (int)level, "####", p->text);
		} else {
			size_t n = utf8_columns(p->text);

			fprintf(p->out, "%s%s\n", level < 3 ? "\n" : "", p->text);
			for (size_t i = 0; i < n && level < 3; i++)
				fputc(level == 1 ? '=' : '-', p->out);
			fputs(level < 3 ? "\n\n" : "", p->out);
		}
	}
	p->n = 0;
	p->space = false;
}

/* ---- tables ---- */

static const char *cell_text(const struct plain *p, size_t row, unsigned column)
{
	return p->rows[row][column].text ? p->rows[row][column].text : "";
}

static void markdown_table(const struct plain *p)
{
	for (size_t r = 0; r < p->count; r++) {
		fputc('|', p->out);
		for (unsigned c = 0; c < p->columns; c++)
			fprintf(p->out, " %s |", cell_text(p, r, c));
		fputc('\n', p->out);
		if (r)
			continue;
		fputc('|', p->out);
		for (unsigned c = 0; c < p->columns; c++)
			fputs(p->rows[0][c].number ? "---:|" : "---|", p->out);
		fputc('\n', p->out);
	}
}

/* Of the first n bytes. */
static size_t columns_of(const char *s, size_t n)
{
	return utf8_columns(s) - utf8_columns(s + n);
}

static size_t longest_word(const char *s)
{
	size_t most = 0;

	while (*s) {
		size_t n = strcspn(s, " "), columns = columns_of(s, n);

		most = columns > most ? columns : most;
		s += n + (s[n] == ' ');
	}
	return most;
}

/* A heading that stands over all columns. */
static bool is_heading(const struct plain *p, size_t row)
{
	return row && p->columns > 1 && !p->rows[row][1].text;
}

/* Widths with which the table fits; headings are broken first, then names.  False: there are none. */
static bool fit(const struct plain *p, size_t width[COLUMNS])
{
	bool names[COLUMNS] = { false };
	size_t total = 0;

	for (unsigned c = 0; c < p->columns; c++) {
		width[c] = longest_word(cell_text(p, 0, c));
		for (size_t r = 1; r < p->count; r++) {
			size_t n = utf8_columns(cell_text(p, r, c));

			if (is_heading(p, r))
				continue;
			width[c] = n > width[c] ? n : width[c];
			names[c] |= !p->rows[r][c].number;
		}
		total += width[c] + (c ? GAP : 0);
	}
	while (total > p->width) {
		size_t *widest = NULL;

		for (unsigned c = 0; c < p->columns; c++)
			if (names[c] && width[c] > NARROWEST && (!widest || width[c] > *widest))
				widest = &width[c];
		if (!widest)
			return false;
		--*widest;
		total--;
	}
	return true;
}

/* So much of a cell as fits in a line, at blanks where it has any; moves on behind it. */
static void put_piece(const struct plain *p, const char **at, size_t width, bool number, bool last)
{
	size_t n = 0, fits = utf8_fit(*at, width);
	const char *s = *at;
	int pad;

	if (!s[fits]) {
		n = fits;
	} else {
		for (size_t i = 1; i <= fits; i++)
			if (s[i] == ' ')
				n = i;
		for (size_t i = 1; !n && i < fits; i++)
			if (strchr("+=_./-", s[fits - i - 1]))
				n = fits - i;
		n = n ? n : fits ? fits : strlen(s); /* a character wider than the column */
	}
	*at = s + n + (s[n] == ' ');
	pad = (int)(width - columns_of(s, n));
	fprintf(p->out, "%*s%.*s%*s", number ? pad : 0, "", (int)n, s,
		last   ? 0 :
		number ? GAP :
			 pad + GAP,
		"");
}

/* A name or heading in as many lines as it takes. */
static void put_name(const struct plain *p, const char *s)
{
	while (*s) {
		size_t n = cut_line(s, p->width);

		fprintf(p->out, "%.*s\n", (int)n, s);
		s += n + (s[n] == ' ');
	}
}

static void text_row(const struct plain *p, size_t r, const size_t width[COLUMNS])
{
	const char *at[COLUMNS];
	bool more = true;

	for (unsigned c = 0; c < p->columns; c++)
		at[c] = cell_text(p, r, c);
	if (is_heading(p, r)) {
		put_name(p, at[0]);
		return;
	}
	while (more) {
		unsigned last = 0;

		more = false;
		for (unsigned c = 0; c < p->columns; c++)
			last = *at[c] ? c : last;
		for (unsigned c = 0; c <= last; c++) {
			put_piece(p, &at[c], width[c], p->rows[r][c].number, c == last);
			more |= *at[c] != 0;
		}
		for (unsigned c = last + 1; c < p->columns; c++)
			more |= *at[c] != 0;
		fputc('\n', p->out);
	}
}

/* Where numbers alone are wider than the line: each row a paragraph of headings and values. */
static void text_cards(const struct plain *p)
{
	for (size_t r = 1; r < p->count; r++) {
		size_t column = 0;

		put_name(p, cell_text(p, r, 0));
		if (is_heading(p, r))
			continue;
		for (unsigned c = 1; c < p->columns; c++) {
			const char *name = cell_text(p, 0, c), *t = cell_text(p, r, c);
			size_t n = utf8_columns(name) + utf8_columns(t) + 2;

			if (!*t)
				continue;
			if (!column || column + n > p->width) {
				fprintf(p->out, "%s%*s", column ? ";\n" : "", INDENT / 2, "");
				column = INDENT / 2;
			} else {
				fputs("; ", p->out);
			}
			fprintf(p->out, "%s %s", name, t);
			column += n + 1;
		}
		fputc('\n', p->out);
	}
}

static void table_end(struct plain *p)
{
	size_t width[COLUMNS] = { 0 };

	if (!p->failed && p->markdown) {
		markdown_table(p);
	} else if (!p->failed && p->columns && fit(p, width)) {
		for (size_t r = 0; r < p->count; r++)
			text_row(p, r, width);
	} else if (!p->failed && p->columns) {
		text_cards(p);
	}
	fputc('\n', p->out);
	for (size_t r = 0; r < p->count; r++)
		for (unsigned c = 0; c < COLUMNS; c++)
			free(p->rows[r][c].text);
	p->count = 0;
	p->columns = 0;
	p->in_table = false;
}

static void row_begin(struct plain *p)
{
	if (p->count == p->rows_room) {
		size_t room = p->rows_room ? p->rows_room * 2 : 64;
		void *more = realloc(p->rows, room * sizeof(*p->rows));

		if (!more) {
			p->failed = true;
			return;
		}
		p->rows = more;
		p->rows_room = room;
	}
	memset(&p->rows[p->count++], 0, sizeof(*p->rows));
	p->column = 0;
}

static void cell_end(struct plain *p)
{
	if (!p->failed && p->count && p->column < COLUMNS) {
		struct cell *c = &p->rows[p->count - 1][p->column];

		c->text = strdup(p->n ? p->text : "");
		c->number = p->number;
		p->failed |= !c->text;
		p->column++;
		if (p->column > p->columns)
			p->columns = p->column;
	}
	p->n = 0;
	p->space = false;
	p->in_cell = false;
}

/* ---- the page ---- */

static bool is(const char *tag, size_t n, const char *name)
{
	return n == strlen(name) && !memcmp(tag, name, n);
}

static void item(struct plain *p)
{
	char mark[INDENT] = "* ";

	if (!p->n)
		return;
	if (p->item)
		snprintf(mark, sizeof(mark), "%u. ", p->item++ % 1000);
	flush(p, mark, (unsigned)strlen(mark));
}

static void open_tag(struct plain *p, const char *tag, size_t n, const char *end)
{
	static const char *const hidden[] = { "style", "script", "svg",	   "nav",
					      "title", "label",	 "summary" };

	for (unsigned i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (is(tag, n, hidden[i]))
			p->hidden = hidden[i];
	if (is(tag, n, "table"))
		p->in_table = true;
	else if (is(tag, n, "tr"))
		row_begin(p);
	else if (is(tag, n, "td") || is(tag, n, "th")) {
		p->n = 0;
		p->space = false;
		p->in_cell = true;
		p->number = memmem(tag, (size_t)(end - tag), "class=\"n\"", 9) != NULL;
	} else if (is(tag, n, "ul") || is(tag, n, "ol")) {
		flush(p, "", 0);
		p->list++;
		p->item = is(tag, n, "ol");
	} else if (is(tag, n, "br") || is(tag, n, "small") || is(tag, n, "span"))
		p->space = true;
	else if (p->markdown && is(tag, n, "b") && !p->in_cell) {
		if (p->space && p->n)
			puts_(p, " ");
		p->space = false;
		puts_(p, "**");
	}
	if (is(tag, n, "small") && p->in_cell && p->n) {
		puts_(p, " (");
		p->space = false;
		p->small = true;
	}
}

static void close_tag(struct plain *p, const char *tag, size_t n)
{
	if (p->in_cell && (is(tag, n, "td") || is(tag, n, "th"))) {
		cell_end(p);
	} else if (is(tag, n, "small") && p->small) {
		puts_(p, ")");
		p->small = false;
	} else if (is(tag, n, "table")) {
		table_end(p);
	} else if (n == 2 && *tag == 'h' && tag[1] >= '1' && tag[1] <= '4') {
		heading(p, (unsigned)(tag[1] - '0'));
	} else if (is(tag, n, "li")) {
		item(p);
	} else if (is(tag, n, "ul") || is(tag, n, "ol")) {
		p->list -= p->list > 0;
		fputc('\n', p->out);
	} else if (is(tag, n, "dt")) {
		heading(p, 3);
	} else if (is(tag, n, "p") || is(tag, n, "footer") || is(tag, n, "dd")) {
		flush(p, "", 0);
	} else if (p->markdown && is(tag, n, "b") && !p->in_cell) {
		puts_(p, "**");
	}
}

int plain_write(const char *html, size_t len, bool markdown, unsigned width, FILE *out,
		struct err *e)
{
	struct plain p = { .out = out, .markdown = markdown, .width = width };
	const char *s = html, *end = html + len;

	while (s < end) {
		const char *lt = memchr(s, '<', (size_t)(end - s)), *gt;
		size_t n;

		if (!p.hidden)
			add_text(&p, s, lt ? lt : end);
		if (!lt || !(gt = memchr(lt, '>', (size_t)(end - lt))))
			break;
		lt++;
		if (*lt == '/') {
			n = (size_t)(gt - lt - 1);
			if (!p.hidden)
				close_tag(&p, lt + 1, n);
			else if (is(lt + 1, n, p.hidden))
				p.hidden = NULL;
		} else if (!p.hidden) {
			n = strcspn(lt, " >/");
			open_tag(&p, lt, n, gt);
		}
		s = gt + 1;
	}
	if (p.in_table)
		table_end(&p);
	free(p.rows);
	free(p.text);
	if (p.failed)
		return err_set(e, ENOMEM, "out of memory for the text of the report");
	return 0;
}
