// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/utf8.h"

#include <stdbool.h>

static bool follows(const char *s, unsigned n)
{
	for (unsigned i = 1; i <= n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return false;
	return true;
}

unsigned utf8_decode(const char *s, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)s;

	if (*p < 0x80) {
		*c = *p;
		return 1;
	}
	if (*p >= 0xc2 && *p <= 0xdf && follows(s, 1)) {
		*c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return 2;
	}
	if (*p >= 0xe0 && *p <= 0xef && follows(s, 2)) {
		*c = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		/* Overlong forms and halves of UTF-16 pairs are none. */
		return *c < 0x800 || (*c >= 0xd800 && *c <= 0xdfff) ? 0 : 3;
	}
	if (*p >= 0xf0 && *p <= 0xf4 && follows(s, 3)) {
		*c = (p[0] & 0x7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 |
		     (p[3] & 0x3fu);
		return *c < 0x10000 || *c > 0x10ffff ? 0 : 4;
	}
	return 0;
}

struct range {
	uint32_t first, last;
};

static bool within(uint32_t c, const struct range *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

/* The main blocks of Unicode's combining marks and East Asian wide characters. */
static unsigned columns_of(uint32_t c)
{
	static const struct range none[] = {
		{ 0x300, 0x36f }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }
	};
	static const struct range wide[] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
		{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },
		{ 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f },
		{ 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
	};

	if (c < 0x300)
		return 1;
	if (within(c, none, sizeof(none) / sizeof(*none)))
		return 0;
	return within(c, wide, sizeof(wide) / sizeof(*wide)) ? 2 : 1;
}

/* Step over one character, or one stray byte. */
static unsigned step(const char *s, size_t *columns)
{
	uint32_t c;
	unsigned n = utf8_decode(s, &c);

	*columns = n ? columns_of(c) : 1;
	return n ? n : 1;
}

size_t utf8_columns(const char *s)
{
	size_t total = 0, columns;

	while (*s) {
		s += step(s, &columns);
		total += columns;
	}
	return total;
}

size_t utf8_fit(const char *s, size_t columns)
{
	size_t at = 0, used = 0, n, more;

	while (s[at]) {
		n = step(s + at, &more);
		if (used + more > columns)
			break;
		used += more;
		at += n;
	}
	return at;
}
