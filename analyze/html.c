// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/units.h"

/* Length of the well-formed UTF-8 character at s with its value, or 0. */
static unsigned character(const unsigned char *s, uint32_t *value)
{
	unsigned n = *s < 0x80		     ? 1 :
		     *s >= 0xc2 && *s < 0xe0 ? 2 :
		     *s >= 0xe0 && *s < 0xf0 ? 3 :
		     *s >= 0xf0 && *s < 0xf5 ? 4 :
					       0;
	uint32_t v = n == 1 ? *s : n == 2 ? *s & 0x1f : n == 3 ? *s & 0xf : *s & 7;

	for (unsigned i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && v < 0x800) || (n == 4 && (v < 0x10000 || v > 0x10ffff)) ||
	    (v >= 0xd800 && v < 0xe000))
		return 0;
	*value = v;
	return n;
}

static bool shown(uint32_t v)
{
	if (v < 0x20)
		return v == '\n' || v == '\t';
	return !((v >= 0x7f && v < 0xa0) || (v >= 0x200e && v <= 0x200f) ||
		 (v >= 0x202a && v <= 0x202e) || (v >= 0x2066 && v <= 0x2069) || v == 0xfffe ||
		 v == 0xffff);
}

static const char *entity(uint32_t v)
{
	switch (v) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)(s ? s : "");

	while (*p) {
		uint32_t v = 0;
		unsigned n = character(p, &v);
		const char *as = n ? entity(v) : NULL;

		if (!n || !shown(v))
			fputs("\xef\xbf\xbd", out);
		else if (as)
			fputs(as, out);
		else
			fwrite(p, 1, n, out);
		p += n ? n : 1;
	}
}

static void grouped(FILE *out, const char *digits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			fputc(',', out);
		fputc(digits[i], out);
	}
}

void html_count(FILE *out, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	grouped(out, text, strlen(text));
}

void html_real(FILE *out, double v, int digits)
{
	char text[40], *end;
	int whole, after;

	if (!isfinite(v)) {
		fputs("\xe2\x80\x93", out); /* an en dash */
		return;
	}
	if (v < 0)
		fputs("\xe2\x88\x92", out); /* a minus as wide as a digit */
	v = fabs(v);
	if (v >= 1e15) {
		fprintf(out, "%.*g", digits, v);
		return;
	}
	whole = v >= 1 ? (int)floor(log10(v)) + 1 : 0;
	after = v == floor(v) ? 0 : digits > whole ? digits - whole : 0;
	snprintf(text, sizeof(text), "%.*f", after > 6 ? 6 : after, v);
	end = strchr(text, '.');
	if (end) {
		char *last = text + strlen(text) - 1;

		while (last > end && *last == '0')
			*last-- = 0;
		if (last == end)
			*last = 0;
	}
	grouped(out, text, strcspn(text, "."));
	fputs(text + strcspn(text, "."), out);
}

void html_percent(FILE *out, double share)
{
	double v = 100 * share;

	if (v > 0 && v < 0.05)
		fputs("&lt;0.1", out);
	else if (v < 100 && v >= 99.95)
		fputs("&gt;99.9", out);
	else if (isfinite(v))
		fprintf(out, v == 0 || v == 100 ? "%.0f" : "%.1f", v);
	else
		fputs("\xe2\x80\x93", out);
	if (isfinite(v))
		fputs("\xc2\xa0%", out);
}

static void amount(FILE *out, double v, enum unit from)
{
	const char *unit = units_scale(&v, from);

	html_real(out, v, 3);
	fprintf(out, " %s", unit);
}

void html_kib(FILE *out, uint64_t kib)
{
	amount(out, (double)kib, UNIT_KIB);
}

void html_bytes(FILE *out, double bytes)
{
	amount(out, round(bytes), UNIT_B);
}
