// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "analyze/plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define COLUMNS 24
#define INDENT 8

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

static void table_end(struct plain *p)
{
	size_t width[COLUMNS] = { 0 };

	for (size_t r = 0; r < p->count; r++)
		for (unsigned c = 0; c < p->columns; c++) {
			size_t n = p->rows[r][c].text ? utf8_columns(p->rows[r][c].text) : 0;

			width[c] = n > width[c] ? n : width[c];
		}
	for (size_t r = 0; r < p->count && !p->failed; r++) {
		if (p->markdown)
			fputc('|', p->out);
		for (unsigned c = 0; c < p->columns; c++) {
			const char *t = p->rows[r][c].text ? p->rows[r][c].text : "";
			bool number = r && p->rows[r][c].number;
			int pad = (int)(width[c] - utf8_columns(t));
			bool last = c + 1 == p->columns;

			if (p->markdown)
				fprintf(p->out, " %s |", t);
			else
				fprintf(p->out, "%*s%s%*s%s", number ? pad : 0, "", t,
					number || last ? 0 : pad, "", last ? "" : "  ");
		}
		fputc('\n', p->out);
		if (p->markdown && !r) {
			fputc('|', p->out);
			for (unsigned c = 0; c < p->columns; c++)
				fputs(p->count > 1 && p->rows[1][c].number ? "---:|" : "---|",
				      p->out);
			fputc('\n', p->out);
		}
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
	static const char *const hidden[] = { "style", "script", "svg", "nav", "title" };

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
