// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "machine/machine.h"

/*
 * Most that a file may unpack to: a page array of 128 GiB of memory, and far
 * more text than any kernel prints.
 */
#define RAW_LIMIT (2ull << 30)
#define TEXT_LIMIT (64ull << 20)

static size_t limit_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	if ((dot && !strcmp(dot, ".raw")) || strstr(name, "/kpage") || strstr(name, "/lists"))
		return RAW_LIMIT;
	return TEXT_LIMIT;
}

static int dir_read(void *ctx, const char *name, struct blob *out, struct err *e)
{
	struct err why = { 0 };
	char *path;
	int ret;

	out->data = NULL;
	out->len = 0;
	if (asprintf(&path, "%s/%s", (const char *)ctx, name) < 0)
		return err_set(e, ENOMEM, "out of memory");
	ret = file_read(path, limit_of(name), out, &why);
	free(path);
	/* A system that lacks the file may also lack its folder. */
	if (ret == -ENOTDIR)
		ret = -ENOENT;
	if (ret < 0 && ret != -ENOENT)
		err_set(e, -ret, "%s", why.text);
	return ret;
}

int snapshot_dir_open(const char *dir, struct snapshot_source *src, struct err *e)
{
	struct stat st;

	src->read = NULL;
	src->lend = NULL;
	src->ctx = NULL;
	if (stat(dir, &st))
		return err_set(e, errno, "%s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "%s: not a directory", dir);
	src->ctx = strdup(dir);
	if (!src->ctx)
		return err_set(e, ENOMEM, "out of memory");
	src->read = dir_read;
	return 0;
}

void snapshot_dir_close(struct snapshot_source *src)
{
	free(src->ctx);
	src->ctx = NULL;
	src->read = NULL;
}
