/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filemap: a whole file as memory to read, not copied.  A gzip or zstd file is
 * unpacked into an unlinked temporary one (in TMPDIR, else /tmp) first, since a
 * trace cannot be read from front to back; so is what comes through a pipe, if
 * the path is "-".
 */
#ifndef TRACE_FILEMAP_H
#define TRACE_FILEMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct filemap {
	const uint8_t *data;
	uint64_t size;
	bool packed, cut; /* it was packed; its packed data end early or are damaged */
	bool lent;	  /* it is somebody else's, who unmaps it */
};

/* 0 or a negative errno.  An empty file is an error. */
int filemap_open(struct filemap *m, const char *path, struct err *e);
void filemap_close(struct filemap *m);

#endif
