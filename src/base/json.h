/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: a streaming JSON writer (RFC 8259), indented by two spaces.  Strings
 * that are not UTF-8 have their stray bytes replaced by U+FFFD; NaN and
 * infinities become null.  key is NULL inside arrays and for the top value.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	int depth;
	int lines;  /* deeper than this, values stand on one line; json_start(): no such depth */
	bool first; /* no member written yet at this depth */
};

void json_start(struct json *j, FILE *out);
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_array(struct json *j);
void json_string(struct json *j, const char *key, const char *v); /* NULL: null */
void json_uint(struct json *j, const char *key, uint64_t v);
void json_int(struct json *j, const char *key, int64_t v);
void json_real(struct json *j, const char *key, double v);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
#define JSON_REAL 32
/* The shortest of 15 to 17 digits that reads back as v; "null" for NaN and infinity. */
const char *json_format_real(char text[JSON_REAL], double v);
/* The final newline.  0, or -EIO if anything could not be written. */
int json_finish(struct json *j);

#endif
