/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text: a cursor over the lines and words of a snapshot's text file.  Words are
 * pieces of the file's own memory, so nothing is copied and nothing is trusted:
 * no length is assumed, and NUL bytes are as good as any others.
 */
#ifndef MACHINE_TEXT_H
#define MACHINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"

struct span {
	const char *p, *end;
};

struct text {
	const char *name; /* for messages: "before/zoneinfo" */
	const char *p, *end;
	unsigned line; /* of the line returned last, from 1 */
};

void text_init(struct text *t, const char *name, const struct blob *b);
/* The next line without its newline; false at the end. */
bool text_next(struct text *t, struct span *line);
/* "NAME: line N: ..."; returns -EBADMSG. */
int text_bad(const struct text *t, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The next word (no white space inside) of a line; false if there is none. */
bool span_word(struct span *s, struct span *word);
/* What stands before the next `sep`, which is skipped; false if there is no `sep`. */
bool span_until(struct span *s, char sep, struct span *piece);
bool span_is(struct span s, const char *text);
bool span_starts(struct span s, const char *text);
bool span_ends(struct span s, const char *text);
/* All of it as a number, decimal or 0x...; false if it is none or does not fit. */
bool span_u64(struct span s, uint64_t *v);
/* The next word as a number. */
bool span_next_u64(struct span *s, uint64_t *v);
/* A piece of hexadecimal without 0x. */
bool span_hex(struct span s, uint64_t *v);
/* Into n bytes, cut and terminated. */
void span_copy(struct span s, char *to, size_t n);
size_t span_len(struct span s);

#endif
