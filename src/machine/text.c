// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void text_init(struct text *t, const char *name, const struct blob *b)
{
	t->name = name;
	t->p = (const char *)b->data;
	t->end = t->p + b->len;
	t->line = 0;
}

bool text_next(struct text *t, struct span *line)
{
	const char *nl;

	if (t->p >= t->end)
		return false;
	nl = memchr(t->p, '\n', (size_t)(t->end - t->p));
	line->p = t->p;
	line->end = nl ? nl : t->end;
	t->p = nl ? nl + 1 : t->end;
	t->line++;
	return true;
}

int text_bad(const struct text *t, struct err *e, const char *fmt, ...)
{
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(e, EBADMSG, "%s: line %u: %s", t->name, t->line, why);
}

bool span_word(struct span *s, struct span *word)
{
	while (s->p < s->end && blank(*s->p))
		s->p++;
	word->p = s->p;
	while (s->p < s->end && !blank(*s->p))
		s->p++;
	word->end = s->p;
	return word->p < word->end;
}

bool span_until(struct span *s, char sep, struct span *piece)
{
	const char *at = s->p < s->end ? memchr(s->p, sep, span_len(*s)) : NULL;

	if (!at)
		return false;
	piece->p = s->p;
	piece->end = at;
	s->p = at + 1;
	return true;
}

size_t span_len(struct span s)
{
	return (size_t)(s.end - s.p);
}

bool span_is(struct span s, const char *text)
{
	return span_len(s) == strlen(text) && !memcmp(s.p, text, span_len(s));
}

bool span_starts(struct span s, const char *text)
{
	return span_len(s) >= strlen(text) && !memcmp(s.p, text, strlen(text));
}

bool span_ends(struct span s, const char *text)
{
	size_t n = strlen(text);

	return span_len(s) >= n && !memcmp(s.end - n, text, n);
}

bool span_hex(struct span s, uint64_t *v)
{
	uint64_t n = 0;

	if (s.p == s.end || span_len(s) > 16)
		return false;
	for (; s.p < s.end; s.p++) {
		char c = *s.p;

		if (c >= '0' && c <= '9')
			n = n << 4 | (uint64_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			n = n << 4 | (uint64_t)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*v = n;
	return true;
}

bool span_u64(struct span s, uint64_t *v)
{
	uint64_t n = 0;

	if (span_starts(s, "0x")) {
		s.p += 2;
		return span_hex(s, v);
	}
	if (s.p == s.end)
		return false;
	for (; s.p < s.end; s.p++)
		if (*s.p < '0' || *s.p > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s.p - '0'), &n))
			return false;
	*v = n;
	return true;
}

bool span_next_u64(struct span *s, uint64_t *v)
{
	struct span w;

	return span_word(s, &w) && span_u64(w, v);
}

void span_copy(struct span s, char *to, size_t n)
{
	size_t len = span_len(s);

	if (len >= n)
		len = n - 1;
	memcpy(to, s.p, len);
	to[len] = '\0';
}
