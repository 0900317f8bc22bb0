// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef err_set
#undef err_prefix

/* Copy src to dst, control bytes escaped; always terminated. */
static void copy_clean(char *dst, size_t n, const char *src)
{
	size_t o = 0;

	for (; *src; src++) {
		unsigned char c = (unsigned char)*src;
		size_t need = c < 0x20 || c == 0x7f ? 4 : 1;

		if (o + need >= n)
			break;
		if (need == 1)
			dst[o++] = (char)c;
		else
			o += (size_t)snprintf(dst + o, n - o, "\\x%02x", c);
	}
	dst[o] = '\0';
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	if (e) {
		char raw[sizeof(e->text)];
		va_list ap;

		va_start(ap, fmt);
		vsnprintf(raw, sizeof(raw), fmt, ap);
		va_end(ap);
		copy_clean(e->text, sizeof(e->text), raw);
		e->code = code > 0 ? -code : -EIO;
	}
	return code > 0 ? -code : -EIO;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char head[sizeof(e->text)], whole[2 * sizeof(e->text)];
	va_list ap;

	if (!e)
		return -EIO;
	va_start(ap, fmt);
	vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "%s%s", head, e->text);
	copy_clean(e->text, sizeof(e->text), whole);
	return err_code(e);
}
