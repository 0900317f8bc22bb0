// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "trace/filemap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static int write_all(int fd, const char *buf, size_t n)
{
	while (n) {
		ssize_t done = write(fd, buf, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -ENOSPC;
		buf += done;
		n -= (size_t)done;
	}
	return 0;
}

static int copy_unpacked(gzFile g, int fd, const char *dir, bool *cut, struct err *e)
{
	char buf[65536];
	int n;

	while ((n = gzread(g, buf, sizeof(buf))) > 0) {
		int ret = write_all(fd, buf, (size_t)n);

		if (ret < 0)
			return err_set(e, -ret, "cannot be unpacked in %s: %s", dir,
				       strerror(-ret));
	}
	/* A cut-off file shows as an error at the end, or only when the stream is closed. */
	*cut = n < 0;
	return 0;
}

/* Unpack into a temporary file; its descriptor, or a negative errno. */
static int gunzip(const char *path, bool *cut, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char name[PATH_MAX];
	gzFile g;
	int fd, ret;

	if (!dir || !*dir)
		dir = "/tmp";
	snprintf(name, sizeof(name), "%.4000s/kmemlab-XXXXXX", dir);
	g = gzopen(path, "rb");
	if (!g)
		return err_set(e, errno ? errno : ENOMEM, "%s", strerror(errno ? errno : ENOMEM));
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		ret = err_set(e, errno, "%s: %s", name, strerror(errno));
		gzclose(g);
		return ret;
	}
	unlink(name);
	gzbuffer(g, 1 << 17);
	ret = copy_unpacked(g, fd, dir, cut, e);
	if (gzclose(g) != Z_OK)
		*cut = true;
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return fd;
}

int filemap_open(struct filemap *m, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 0;
	uint8_t head[2] = { 0, 0 };
	struct stat st;
	void *data;

	memset(m, 0, sizeof(*m));
	if (fd < 0)
		return err_set(e, errno, "%s", strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, EINVAL, "not a regular file");
	}
	if (pread(fd, head, 2, 0) == 2 && head[0] == 0x1f && head[1] == 0x8b) {
		close(fd);
		m->gzip = true;
		fd = gunzip(path, &m->cut, e);
		if (fd < 0)
			return fd;
		if (fstat(fd, &st)) {
			ret = err_set(e, errno, "%s", strerror(errno));
			goto out;
		}
	}
	if (!st.st_size) {
		ret = err_set(e, EBADMSG, m->cut ? "damaged gzip data" : "the file is empty");
		goto out;
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		ret = err_set(e, errno, "cannot be mapped: %s", strerror(errno));
		goto out;
	}
	m->data = data;
	m->size = (uint64_t)st.st_size;
out:
	close(fd);
	return ret;
}

void filemap_close(struct filemap *m)
{
	if (m->data)
		munmap((void *)m->data, m->size);
	memset(m, 0, sizeof(*m));
}
