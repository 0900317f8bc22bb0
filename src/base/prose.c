// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/prose.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/utf8.h"

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
			fprintf(out, "\n%*s%s", (int)indent + 2, "", word);
			at = indent + 2 + columns;
		} else {
			fprintf(out, "%*s%s", (int)blanks, "", word);
			at += blanks + columns;
		}
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
