/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prose: whole lines of text, broken at blanks where the terminal that a stream
 * writes to is narrower.  Into a file or a pipe they go as they are.
 */
#ifndef BASE_PROSE_H
#define BASE_PROSE_H

#include <stdio.h>

/* As fprintf(); what follows a break stands two columns further in than its line.  -ENOMEM or 0. */
int prose_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
