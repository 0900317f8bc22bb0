/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain: the report as Markdown or as text, from its own HTML, so that all forms say
 * the same.  It knows the few elements that the report is made of, and is meant for
 * no other page.  Figures become their captions.
 */
#ifndef ANALYZE_PLAIN_H
#define ANALYZE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/*
 * width: of the text's lines.  Tables that are wider have their headings and names broken; where
 * their numbers alone are wider, a row becomes a paragraph.
 */
int plain_write(const char *html, size_t len, bool markdown, unsigned width, FILE *out,
		struct err *e);

#endif
