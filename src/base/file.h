/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file: whole files in and out.  Reading understands gzip by content.  Writing
 * goes to a temporary name beside the target and is renamed at the end, so that
 * nothing half-written ever stands under a final name; what is no regular file
 * (/dev/null, a pipe) is written to directly.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct blob {
	uint8_t *data; /* with one NUL byte behind it, so that a text can be parsed as a string */
	size_t len;
};

/*
 * Read PATH, or PATH.gz if PATH is not there; gzip content is unpacked.  At most
 * `limit` unpacked bytes are accepted (-EFBIG beyond).  0, or a negative errno;
 * -ENOENT where neither name exists.
 */
int file_read(const char *path, size_t limit, struct blob *out, struct err *e);
void blob_free(struct blob *b);

/* A file under construction. */
struct file_out {
	FILE *f; /* write here with stdio; errors are checked at commit */
	char *final_name;
	char *temp_name; /* NULL: the target itself is written to */
};

/* Create the temporary file, mode 0600 where `secret`, else 0666 less the umask. */
int file_out_open(struct file_out *o, const char *path, int secret, struct err *e);
/* Flush, fsync, rename.  On failure the temporary is removed. */
int file_out_commit(struct file_out *o, struct err *e);
/* Remove the temporary; harmless after a commit. */
void file_out_abort(struct file_out *o);

#endif
