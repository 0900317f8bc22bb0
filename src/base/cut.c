// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/cut.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void cut_put(FILE *out, const char *s, size_t n)
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

/* What a shortened text keeps: bytes of its beginning, and where its end begins. */
struct kept {
	size_t head;
	const char *tail;
};

static struct kept keep(const char *s, size_t columns)
{
	size_t tail = (columns - 1) / 2;
	struct kept k = { utf8_fit(s, columns - 1 - tail), s };

	while (utf8_columns(k.tail) > tail) {
		uint32_t c;
		unsigned len = utf8_decode(k.tail, &c);

		k.tail += len ? len : 1;
	}
	return k;
}

void cut_put_short(FILE *out, const char *s, size_t columns)
{
	struct kept k = keep(s, columns);

	cut_put(out, s, k.head);
	fputs("\xe2\x80\xa6", out); /* an ellipsis */
	cut_put(out, k.tail, strlen(k.tail));
}

/* By what is seen of them. */
static int by_looks(const char *a, const char *b, size_t columns)
{
	bool a_short = utf8_columns(a) > columns, b_short = utf8_columns(b) > columns;
	struct kept k, l;
	int d;

	if (a_short != b_short)
		return a_short ? 1 : -1;
	if (!a_short)
		return strcmp(a, b);
	k = keep(a, columns);
	l = keep(b, columns);
	d = memcmp(a, b, k.head < l.head ? k.head : l.head);
	if (!d && k.head != l.head)
		d = k.head < l.head ? -1 : 1;
	return d ? d : strcmp(k.tail, l.tail);
}

static int by_looks_and_text(const void *x, const void *y, void *columns)
{
	const char *a = *(const char *const *)x, *b = *(const char *const *)y;
	int d;

	if (!a || !b)
		return (a != NULL) - (b != NULL);
	d = by_looks(a, b, *(size_t *)columns);
	return d ? d : strcmp(a, b);
}

bool cut_alike(const char **texts, size_t n, size_t columns)
{
	if (n)
		qsort_r(texts, n, sizeof(*texts), by_looks_and_text, &columns);
	for (size_t i = 1; i < n; i++)
		if (texts[i - 1] && !by_looks(texts[i - 1], texts[i], columns) &&
		    strcmp(texts[i - 1], texts[i]))
			return true;
	return false;
}

size_t cut_line(const char *s, size_t columns)
{
	size_t fits = utf8_fit(s, columns);

	if (!s[fits] || s[fits] == ' ')
		return fits;
	/* Behind the last joint, where that leaves no more than half of the line empty. */
	for (size_t n = fits; n > fits / 2; n--)
		if (strchr("+=,_./-", s[n - 1]) || s[n] == ' ')
			return n;
	return fits ? fits : strlen(s); /* a character wider than the column */
}
