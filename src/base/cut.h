/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cut: a text in fewer columns of a terminal than it takes: shortened, or line by
 * line.  A control character or stray byte from a capture shows as a question mark.
 */
#ifndef BASE_CUT_H
#define BASE_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The first n bytes of s. */
void cut_put(FILE *out, const char *s, size_t n);
/* In so many columns, 3 or more; what names end in tells them apart as often as what they begin with: the middle goes. */
void cut_put_short(FILE *out, const char *s, size_t columns);
/* Do any two of these texts that differ look the same when shortened so?  Sorts them; NULL stands for none. */
bool cut_alike(const char **texts, size_t n, size_t columns);
/* Bytes of s that stand in the first of several lines, broken where a name has a joint; a blank there is not to be shown. */
size_t cut_line(const char *s, size_t columns);

#endif
