/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html: strings and numbers into HTML or XML.  Whatever comes from a capture is
 * written through html_text(), which lets nothing out that could act as markup.
 */
#ifndef ANALYZE_HTML_H
#define ANALYZE_HTML_H

#include <stdint.h>
#include <stdio.h>

/*
 * Text or the inside of a quoted attribute.  What is not UTF-8, control bytes
 * and the characters that turn the direction of writing become U+FFFD.
 */
void html_text(FILE *out, const char *s);
/* 1,234,567 */
void html_count(FILE *out, uint64_t v);
/* Up to `digits` significant digits, grouped as html_count() does; a dash for NaN. */
void html_real(FILE *out, double v, int digits);
/* A share, 0 to 1, in percent to one place; "<0.1 %" where it is less but not nothing. */
void html_percent(FILE *out, double share);
/* Kilobytes as "512 MiB". */
void html_kib(FILE *out, uint64_t kib);
/* Bytes, likewise; less than one KiB in "B". */
void html_bytes(FILE *out, double bytes);

#endif
