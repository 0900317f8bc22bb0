/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utf8: characters in a text that may come from anywhere (RFC 3629).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at s, 1 to 4, its code point in *c; 0 if no valid one stands there. */
unsigned utf8_decode(const char *s, uint32_t *c);
/*
 * Columns that a text takes on a terminal: 0 for a combining mark, 2 for a wide
 * character, 1 for a byte that is no UTF-8 (it is shown as one mark).
 */
size_t utf8_columns(const char *s);
/* Bytes of the longest beginning of s that takes at most so many columns. */
size_t utf8_fit(const char *s, size_t columns);

#endif
