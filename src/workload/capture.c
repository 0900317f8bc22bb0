// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workload/kmw.h"

static void name_of(const char *path, char *name, size_t n)
{
	static const char *const ends[] = { ".gz", ".zst", ".dat", ".data", ".txt", ".kmw" };
	char buf[PATH_MAX];
	size_t len = strlen(path);
	const char *base;

	while (len > 1 && path[len - 1] == '/')
		len--;
	snprintf(buf, sizeof(buf), "%.*s", (int)len, path);
	base = strrchr(buf, '/');
	base = base ? base + 1 : buf;
	snprintf(name, n, "%.*s", (int)n - 1, *base ? base : "capture");
	for (unsigned i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t have = strlen(name), cut = strlen(ends[i]);

		if (have > cut && !strcmp(name + have - cut, ends[i]))
			name[have - cut] = '\0';
	}
}

/* What perf record --threads writes is a directory: its first file, data, tells of the others. */
static bool into_directory(char trace[PATH_MAX])
{
	size_t len = strlen(trace);

	if (len + sizeof("/data") > PATH_MAX)
		return false;
	memcpy(trace + len, "/data", sizeof("/data"));
	if (!access(trace, F_OK))
		return true;
	trace[len] = '\0';
	return false;
}

static int find_in_dir(const char *path, struct capture *c, struct err *e)
{
	static const char *const names[] = { "trace.dat", "trace.dat.gz", "trace.dat.zst",
					     "perf.data", "perf.data.gz", "perf.data.zst",
					     "trace.txt", "trace.txt.gz", "trace.txt.zst" };

	c->kind = CAPTURE_DIR;
	if ((size_t)snprintf(c->dir, sizeof(c->dir), "%s", path) >= sizeof(c->dir))
		return err_set(e, ENAMETOOLONG, "%s: name too long", path);
	if ((size_t)snprintf(c->kallsyms, sizeof(c->kallsyms), "%s/system/kallsyms", path) >=
	    sizeof(c->kallsyms))
		return err_set(e, ENAMETOOLONG, "%s: name too long", path);
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if ((size_t)snprintf(c->trace, sizeof(c->trace), "%s/%s", path, names[i]) >=
		    sizeof(c->trace))
			return err_set(e, ENAMETOOLONG, "%s: name too long", path);
		if (!access(c->trace, F_OK)) {
			into_directory(c->trace);
			return 0;
		}
	}
	return err_set(e, ENOENT,
		       "%s: no trace.dat, perf.data or trace.txt (.gz, .zst) in this directory",
		       path);
}

int capture_find(const char *path, struct capture *c, struct err *e)
{
	char head[sizeof(KMW_MAGIC)] = "";
	struct stat st;
	ssize_t got;
	int fd;

	memset(c, 0, sizeof(*c));
	if (!strcmp(path, "-")) {
		/* Standard input: whatever the readers of traces know. */
		c->kind = CAPTURE_TRACE;
		snprintf(c->name, sizeof(c->name), "capture");
		snprintf(c->trace, sizeof(c->trace), "-");
		return 0;
	}
	name_of(path, c->name, sizeof(c->name));
	if (stat(path, &st))
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		snprintf(c->trace, sizeof(c->trace), "%s", path);
		if (!into_directory(c->trace))
			return find_in_dir(path, c, e);
		c->kind = CAPTURE_TRACE;
		return 0;
	}
	/* It can be read once only, and under one name: that of standard input. */
	if (S_ISFIFO(st.st_mode))
		return err_set(e, EINVAL, "%s: a pipe, to be read as standard input: - < %s", path,
			       path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: neither a file nor a directory", path);
	if ((size_t)snprintf(c->trace, sizeof(c->trace), "%s", path) >= sizeof(c->trace))
		return err_set(e, ENAMETOOLONG, "%s: name too long", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	got = read(fd, head, sizeof(head) - 1);
	close(fd);
	if (got < 0)
		return err_set(e, EIO, "%s: cannot be read", path);
	c->kind = !memcmp(head, KMW_MAGIC, sizeof(KMW_MAGIC) - 1) ? CAPTURE_KMW : CAPTURE_TRACE;
	return 0;
}
