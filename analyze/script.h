/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script: the report's few lines of JavaScript: tables of class "grid" are sorted by
 * a click on a heading and filtered by a word.  Without it the page reads the same.
 */
#ifndef ANALYZE_SCRIPT_H
#define ANALYZE_SCRIPT_H

extern const char script_text[];
/* Its SHA-256 in base64: the page's content policy lets this script run and no other. */
extern const char script_hash[];

#endif
