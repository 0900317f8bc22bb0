// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"

static void put_quoted(FILE *out, const char *s)
{
	fputc('"', out);
	while (*s) {
		uint32_t c;
		unsigned n = utf8_decode(s, &c);

		if (n == 0)
			fputs("\\ufffd", out);
		else if (n > 1)
			fwrite(s, 1, n, out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc((int)c, out);
		s += n ? n : 1;
	}
	fputc('"', out);
}

static void indent(struct json *j)
{
	if (j->depth > j->lines)
		return;
	fputc('\n', j->out);
	for (int i = 0; i < j->depth; i++)
		fputs("  ", j->out);
}

static void begin(struct json *j, const char *key)
{
	if (!j->first)
		fputc(',', j->out);
	if (j->depth)
		indent(j);
	j->first = false;
	if (key) {
		put_quoted(j->out, key);
		fputs(": ", j->out);
	}
}

void json_start(struct json *j, FILE *out)
{
	j->out = out;
	j->depth = 0;
	j->lines = INT_MAX;
	j->first = true;
}

static void open_with(struct json *j, const char *key, char c)
{
	begin(j, key);
	fputc(c, j->out);
	j->depth++;
	j->first = true;
}

static void close_with(struct json *j, char c)
{
	bool empty = j->first;

	j->depth--;
	if (!empty && j->depth < j->lines)
		indent(j);
	fputc(c, j->out);
	j->first = false;
}

void json_object(struct json *j, const char *key)
{
	open_with(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
	open_with(j, key, '[');
}

void json_end_object(struct json *j)
{
	close_with(j, '}');
}

void json_end_array(struct json *j)
{
	close_with(j, ']');
}

void json_string(struct json *j, const char *key, const char *v)
{
	begin(j, key);
	if (v)
		put_quoted(j->out, v);
	else
		fputs("null", j->out);
}

void json_uint(struct json *j, const char *key, uint64_t v)
{
	begin(j, key);
	fprintf(j->out, "%" PRIu64, v);
}

void json_int(struct json *j, const char *key, int64_t v)
{
	begin(j, key);
	fprintf(j->out, "%" PRId64, v);
}

const char *json_format_real(char text[JSON_REAL], double v)
{
	if (!isfinite(v))
		return "null";
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, JSON_REAL, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	return text;
}

void json_real(struct json *j, const char *key, double v)
{
	char text[JSON_REAL];

	begin(j, key);
	fputs(json_format_real(text, v), j->out);
}

void json_bool(struct json *j, const char *key, bool v)
{
	begin(j, key);
	fputs(v ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	fputs("null", j->out);
}

int json_finish(struct json *j)
{
	fputc('\n', j->out);
	return fflush(j->out) || ferror(j->out) ? -EIO : 0;
}
