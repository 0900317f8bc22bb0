// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/fieldfmt.h"

#include <string.h>

/* Of one line; no array stands inside of another's length. */
static bool line_sane(const char *p, const char *end)
{
	bool array = false;
	int depth = 0;

	for (; p < end; p++)
		switch (*p) {
		case '[':
			if (array || depth)
				return false;
			array = true;
			break;
		case ']':
			if (!array || depth)
				return false;
			array = false;
			break;
		case '(':
			depth++;
			break;
		case ')':
			if (!depth--)
				return false;
			break;
		case ';':
			if (array || depth)
				return false;
			break;
		case '"':
		case '\'':
		case '\\':
			return false;
		default:
			if (*p != '\t' && (*p < ' ' || *p > '~'))
				return false;
		}
	return !array && !depth;
}

bool fieldfmt_sane(const char *text, size_t len)
{
	static const char print[] = "print fmt:";
	const char *end = text + len, *eol;

	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', (size_t)(end - text));
		if (!eol)
			eol = end;
		if ((size_t)(end - text) >= strlen(print) && !memcmp(text, print, strlen(print)))
			return true;
		if (!line_sane(text, eol))
			return false;
	}
	return true;
}
