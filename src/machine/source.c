// SPDX-License-Identifier: GPL-2.0-or-later
/* source: the snapshot files of a capture directory. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "machine/machine.h"

#define FILE_LIMIT (512u << 20) /* a struct page array of 32 GiB of memory */

static int dir_read(void *ctx, const char *name, struct blob *out, struct err *e)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", (const char *)ctx, name) >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "%s: name too long", name);
	return file_read(path, FILE_LIMIT, out, e);
}

int snapshot_dir_open(const char *dir, struct snapshot_source *src, struct err *e)
{
	struct stat st;

	if (stat(dir, &st) || !S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "%s: not a directory", dir);
	src->ctx = strdup(dir);
	src->read = dir_read;
	return src->ctx ? 0 : err_set(e, ENOMEM, "out of memory");
}

void snapshot_dir_close(struct snapshot_source *src)
{
	free(src->ctx);
	memset(src, 0, sizeof(*src));
}
