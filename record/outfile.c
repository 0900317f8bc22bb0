// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void part_name(const char *name, char part[256])
{
	snprintf(part, 256, "%.240s.part", name);
}

int outfile_folder(int dir, const char *name, struct err *e)
{
	int fd;

	if (mkdirat(dir, name, 0700) && errno != EEXIST)
		return err_set(e, errno, "%s: %s", name, strerror(errno));
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_set(e, errno, "%s: %s", name, strerror(errno)) : fd;
}

FILE *outfile_open(int dir, const char *name, struct err *e)
{
	char part[256];
	FILE *f;
	int fd;

	part_name(name, part);
	fd = openat(dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f)
		return f;
	err_set(e, errno, "%s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

void outfile_drop(FILE *f, int dir, const char *name)
{
	char part[256];

	fclose(f);
	part_name(name, part);
	unlinkat(dir, part, 0);
}

/* Why a write failed: stdio does not keep it, so it is tried again. The file is of no use any more. */
static int reason(FILE *f)
{
	clearerr(f);
	errno = 0;
	return (fputc('\n', f) == EOF || fflush(f)) && errno ? errno : EIO;
}

int outfile_close(FILE *f, int dir, const char *name, struct err *e)
{
	int code = ferror(f) ? reason(f) : 0;
	char part[256];

	part_name(name, part);
	errno = 0;
	if (fclose(f) && !code)
		code = errno ? errno : EIO;
	if (!code && !renameat(dir, part, dir, name))
		return 0;
	if (!code)
		code = errno;
	unlinkat(dir, part, 0);
	return err_set(e, code, "%s: %s", name, strerror(code));
}

int outfile_put(int dir, const char *name, const void *data, size_t len, struct err *e)
{
	FILE *f = outfile_open(dir, name, e);

	if (!f)
		return err_code(e);
	fwrite(data, 1, len, f);
	return outfile_close(f, dir, name, e);
}

void outfile_clear(int dir)
{
	static const char *const folders[] = { "before", "after", "system", "." };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		int fd = openat(dir, folders[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		DIR *d = fd < 0 ? NULL : fdopendir(fd);
		struct dirent *x;

		while (d && (x = readdir(d)))
			unlinkat(fd, x->d_name, 0);
		if (d)
			closedir(d);
		unlinkat(dir, folders[i], AT_REMOVEDIR);
	}
}
