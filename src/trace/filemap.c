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
#include <zstd.h>

enum packing { PLAIN, GZIP, ZSTD };

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

/* What is written to the temporary file: from whom, and did it come whole. */
struct spool {
	int in, out;
	const char *dir;
	bool cut;
};

static int put(const struct spool *s, const void *buf, size_t n, struct err *e)
{
	int ret = write_all(s->out, buf, n);

	return ret < 0 ? err_set(e, -ret, "cannot be unpacked in %s: %s", s->dir, strerror(-ret)) :
			 0;
}

static ssize_t read_some(int fd, void *buf, size_t n)
{
	ssize_t got;

	do
		got = read(fd, buf, n);
	while (got < 0 && errno == EINTR);
	return got;
}

static int copy_plain(struct spool *s, struct err *e)
{
	char buf[65536];
	ssize_t n;

	while ((n = read_some(s->in, buf, sizeof(buf))) > 0)
		if (put(s, buf, (size_t)n, e) < 0)
			return err_code(e);
	return n < 0 ? err_set(e, errno, "%s", strerror(errno)) : 0;
}

static int copy_gzip(struct spool *s, struct err *e)
{
	int fd = dup(s->in), ret = 0, n = 0;
	char buf[65536];
	gzFile g = fd < 0 ? NULL : gzdopen(fd, "rb");

	if (!g) {
		if (fd >= 0)
			close(fd);
		return err_set(e, ENOMEM, "out of memory for unpacking");
	}
	gzbuffer(g, 1 << 17);
	while (ret >= 0 && (n = gzread(g, buf, sizeof(buf))) > 0)
		ret = put(s, buf, (size_t)n, e);
	/* A cut-off file shows as an error at the end, or only when the stream is closed. */
	if (gzclose(g) != Z_OK || n < 0)
		s->cut = true;
	return ret;
}

static int copy_zstd(struct spool *s, struct err *e)
{
	char from[65536], to[65536];
	ZSTD_inBuffer in = { from, 0, 0 };
	ZSTD_DCtx *z = ZSTD_createDCtx();
	size_t hint = 0;
	ssize_t n = 0;
	int ret = z ? 0 : err_set(e, ENOMEM, "out of memory for unpacking");

	while (ret >= 0 && !s->cut && (n = read_some(s->in, from, sizeof(from))) > 0) {
		ZSTD_outBuffer out = { to, sizeof(to), 0 };

		in = (ZSTD_inBuffer){ from, (size_t)n, 0 };
		while (ret >= 0 && (in.pos < in.size || out.pos == out.size)) {
			out.pos = 0;
			hint = ZSTD_decompressStream(z, &out, &in);
			if (ZSTD_isError(hint)) {
				s->cut = true;
				break;
			}
			ret = put(s, to, out.pos, e);
		}
	}
	if (n < 0)
		ret = err_set(e, errno, "%s", strerror(errno));
	if (hint)
		s->cut = true; /* a frame was under way */
	ZSTD_freeDCtx(z);
	return ret;
}

/* Copy or unpack `in` into a temporary file; its descriptor, or a negative errno. */
static int spool(int in, enum packing packing, bool *cut, struct err *e)
{
	struct spool s = { .in = in, .dir = getenv("TMPDIR") };
	char name[PATH_MAX];
	int ret;

	if (!s.dir || !*s.dir)
		s.dir = "/tmp";
	snprintf(name, sizeof(name), "%.4000s/kmemlab-XXXXXX", s.dir);
	s.out = mkostemp(name, O_CLOEXEC);
	if (s.out < 0)
		return err_set(e, errno, "%s: %s", name, strerror(errno));
	unlink(name);
	if (packing == GZIP)
		ret = copy_gzip(&s, e);
	else if (packing == ZSTD)
		ret = copy_zstd(&s, e);
	else
		ret = copy_plain(&s, e);
	if (ret < 0) {
		close(s.out);
		return ret;
	}
	*cut = s.cut;
	return s.out;
}

static enum packing packing_of(int fd)
{
	uint8_t head[4] = { 0 };

	if (pread(fd, head, 4, 0) < 2)
		return PLAIN;
	if (head[0] == 0x1f && head[1] == 0x8b)
		return GZIP;
	return !memcmp(head, "\x28\xb5\x2f\xfd", 4) ? ZSTD : PLAIN;
}

/*
 * Standard input, as something that can be mapped and read again: what comes
 * through a pipe is put into a temporary file, which then takes the pipe's place.
 */
static int open_input(struct err *e)
{
	struct stat st;
	bool cut;
	int fd;

	if (fstat(STDIN_FILENO, &st))
		return err_set(e, errno, "%s", strerror(errno));
	if (S_ISREG(st.st_mode)) {
		fd = dup(STDIN_FILENO);
		return fd < 0 ? err_set(e, errno, "%s", strerror(errno)) : fd;
	}
	if (isatty(STDIN_FILENO))
		return err_set(e, EINVAL, "standard input is a terminal");
	fd = spool(STDIN_FILENO, PLAIN, &cut, e);
	if (fd >= 0 && dup2(fd, STDIN_FILENO) < 0) {
		close(fd);
		return err_set(e, errno, "%s", strerror(errno));
	}
	return fd;
}

/* Put the file that fd is unpacked to in its place. */
static int unpack_file(struct filemap *m, int *fd, enum packing packing, struct err *e)
{
	int unpacked;

	if (lseek(*fd, 0, SEEK_SET) < 0)
		return err_set(e, errno, "%s", strerror(errno));
	unpacked = spool(*fd, packing, &m->cut, e);
	if (unpacked < 0)
		return unpacked;
	close(*fd);
	*fd = unpacked;
	m->packed = true;
	return 0;
}

int filemap_open(struct filemap *m, const char *path, struct err *e)
{
	int fd, ret = 0;
	enum packing packing;
	struct stat st;
	void *data;

	memset(m, 0, sizeof(*m));
	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : open_input(e);
	if (fd < 0)
		return strcmp(path, "-") ? err_set(e, errno, "%s", strerror(errno)) : fd;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		ret = err_set(e, EINVAL, "not a regular file");
		goto out;
	}
	packing = packing_of(fd);
	if (packing != PLAIN) {
		ret = unpack_file(m, &fd, packing, e);
		if (ret < 0)
			goto out;
		if (fstat(fd, &st)) {
			ret = err_set(e, errno, "%s", strerror(errno));
			goto out;
		}
	}
	if (!st.st_size) {
		ret = err_set(e, EBADMSG, m->cut ? "damaged packed data" : "the file is empty");
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
	if (m->data && !m->lent)
		munmap((void *)m->data, m->size);
	memset(m, 0, sizeof(*m));
}
