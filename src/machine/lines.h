/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines: walking through the text files of /proc. */
#ifndef MACHINE_LINES_H
#define MACHINE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"

/* A copy of one line at a time, so that it can be parsed as a string. */
struct lines {
	const char *p, *end;
	unsigned number;	/* of the line in `text`, from 1 */
	char text[1024];	/* cut where longer */
};

static inline struct lines lines_of(const struct blob *b)
{
	struct lines l = { (const char *)b->data, (const char *)b->data + b->len, 0, "" };

	return l;
}

static inline bool lines_next(struct lines *l)
{
	const char *nl;
	size_t len;

	if (l->p >= l->end)
		return false;
	nl = memchr(l->p, '\n', (size_t)(l->end - l->p));
	len = (size_t)((nl ? nl : l->end) - l->p);
	if (len >= sizeof(l->text))
		len = sizeof(l->text) - 1;
	memcpy(l->text, l->p, len);
	l->text[len] = '\0';
	l->p = nl ? nl + 1 : l->end;
	l->number++;
	return true;
}

#endif
