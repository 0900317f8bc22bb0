// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/prose.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cut.h"
#include "base/table.h"
#include "base/utf8.h"

#define NARROWEST 8 /* in less nothing is broken */

/* One that is longer than a line goes on in the next.  Returns the column behind it. */
static size_t put_word(FILE *out, const char *word, size_t at, size_t indent, size_t room)
{
	while (at + utf8_columns(word) > room && room > indent + NARROWEST) {
		size_t n = cut_line(word, room - at);

		fprintf(out, "%.*s\n%*s", (int)n, word, (int)indent, "");
		word += n;
		at = indent;
	}
	fputs(word, out);
	return at + utf8_columns(word);
}

static void put_line(FILE *out, char *line, size_t room)
{
	size_t indent = strspn(line, " "), at = 0;

	if (!room || utf8_columns(line) <= room) {
		fputs(line, out);
		return;
	}
	for (char *p = line; *p;) {
		size_t blanks = strspn(p, " "), n = strcspn(p + blanks, " "), columns;
		char *word = p + blanks, end = word[n];

		word[n] = '\0';
		columns = utf8_columns(word);
		if (at > indent && at + blanks + columns > room) {
			fprintf(out, "\n%*s", (int)indent + 2, "");
			at = indent + 2;
		} else {
			fprintf(out, "%*s", (int)blanks, "");
			at += blanks;
		}
		at = put_word(out, word, at, indent + 2, room);
		word[n] = end;
		p = word + n;
	}
}

int prose_print(FILE *out, const char *format, ...)
{
	size_t room = table_terminal(out);
	char *text, *line, *rest;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		put_line(out, line, room);
		if (rest)
			fputc('\n', out);
	}
	free(text);
	return 0;
}
