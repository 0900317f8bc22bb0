/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outfile: a file of a capture under construction.  It is written as NAME.part
 * and gets its name when it is whole, so that a recorder that was killed leaves
 * nothing cut under a final name.  Mode 0600.
 */
#ifndef RECORD_OUTFILE_H
#define RECORD_OUTFILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* A folder in dir, made where it is not there (0700); its descriptor or a negative errno. */
int outfile_folder(int dir, const char *name, struct err *e);
/* NULL with e set. */
FILE *outfile_open(int dir, const char *name, struct err *e);
/* Into place, if all was written; else nothing stays.  0 or a negative errno. */
int outfile_close(FILE *f, int dir, const char *name, struct err *e);
/* Nothing stays. */
void outfile_drop(FILE *f, int dir, const char *name);
/* All at once. */
int outfile_put(int dir, const char *name, const void *data, size_t len, struct err *e);
/* All files of a capture under construction, and its folders: of what came to nothing, nothing stays. */
void outfile_clear(int dir);

#endif
