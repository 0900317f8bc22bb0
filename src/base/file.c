// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/gunzip.h"

#define HUGE_PAGE (2u << 20)

/* Make room for at least one more byte and the NUL. */
static int grow(struct blob *b, size_t *room)
{
	size_t more = *room ? *room * 2 : 65536;
	uint8_t *data = realloc(b->data, more + 1);

	if (!data)
		return -ENOMEM;
	b->data = data;
	*room = more;
	return 0;
}

/* Room for a large file in huge pages, where the kernel gives them: to fault it in page by page takes longer than to read it. */
static uint8_t *room_for(size_t bytes)
{
	size_t whole = (bytes + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	uint8_t *data;

	if (bytes < HUGE_PAGE)
		return malloc(bytes);
	data = aligned_alloc(HUGE_PAGE, whole);
	if (data)
		madvise(data, whole, MADV_HUGEPAGE);
	return data;
}

/* All of it, whatever the size that it says it has: that of a file of /proc is 0. */
static int read_all(int fd, const char *path, size_t size, size_t limit, struct blob *out,
		    struct err *e)
{
	size_t room = 0;
	ssize_t n;

	if (size && size < limit) {
		out->data = room_for(size + 2);
		room = out->data ? size + 1 : 0;
	}
	do {
		if (out->len == room && grow(out, &room))
			return err_set(e, ENOMEM, "%s: out of memory", path);
		do {
			n = read(fd, out->data + out->len, room - out->len);
		} while (n < 0 && errno == EINTR);
		if (n < 0)
			return err_set(e, errno, "%s: %s", path, strerror(errno));
		out->len += (size_t)n;
		if (out->len > limit)
			return err_set(e, EFBIG, "%s: more than %zu bytes", path, limit);
	} while (n);
	out->data[out->len] = 0;
	return 0;
}

/* What was read, unpacked. */
static int unpack(struct blob *b, const char *path, size_t limit, struct err *e)
{
	struct blob packed = *b;
	int ret = gunzip(packed.data, packed.len, limit, b);

	blob_free(&packed);
	if (ret == -ENOMEM)
		return err_set(e, ENOMEM, "%s: out of memory", path);
	if (ret == -EFBIG)
		return err_set(e, EFBIG, "%s: more than %zu bytes", path, limit);
	return ret ? err_set(e, EIO, "%s: the compressed data is damaged or cut off", path) : 0;
}

/* O_NONBLOCK: a pipe that somebody left in a capture's folder must not hold us up. */
static int open_plain_or_gz(const char *path, char **used)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*used = NULL;
	if (fd < 0 && errno == ENOENT) {
		if (asprintf(used, "%s.gz", path) < 0) {
			*used = NULL;
			errno = ENOMEM;
			return -1;
		}
		fd = open(*used, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	return fd;
}

static int read_fd(int fd, const char *path, size_t limit, struct blob *out, struct err *e)
{
	struct stat st;
	int ret;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		ret = err_set(e, EINVAL, "%s: not a regular file", path);
	else
		ret = read_all(fd, path, (size_t)st.st_size, limit, out, e);
	close(fd);
	if (!ret && gunzip_knows(out->data, out->len))
		ret = unpack(out, path, limit, e);
	if (ret)
		blob_free(out);
	return ret;
}

int file_read(const char *path, size_t limit, struct blob *out, struct err *e)
{
	char *used;
	int fd = open_plain_or_gz(path, &used), ret;

	out->data = NULL;
	out->len = 0;
	if (fd < 0)
		ret = err_set(e, errno, "%s: %s", path, strerror(errno));
	else
		ret = read_fd(fd, used ? used : path, limit, out, e);
	free(used);
	return ret;
}

void blob_free(struct blob *b)
{
	free(b->data);
	b->data = NULL;
	b->len = 0;
}

/* ---- writing ---- */

static void forget(struct file_out *o)
{
	free(o->final_name);
	free(o->temp_name);
	memset(o, 0, sizeof(*o));
}

/* Not mkstemp(): that leaves the mode to be mended, for which the umask must be known. */
static int open_temporary(struct file_out *o, int secret)
{
	for (unsigned i = 0; i < 100; i++) {
		int fd;

		if (asprintf(&o->temp_name, "%s.tmp-%ld-%u", o->final_name, (long)getpid(), i) <
		    0) {
			o->temp_name = NULL;
			errno = ENOMEM;
			return -1;
		}
		fd = open(o->temp_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  secret ? 0600 : 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
		free(o->temp_name);
		o->temp_name = NULL;
	}
	return -1;
}

/*
 * A device or a pipe is written to directly: renaming onto /dev/null would
 * replace it.  A symbolic link stays one; what it names is replaced.
 */
static int open_target(struct file_out *o, const char *path, int secret)
{
	struct stat st;
	bool there = !stat(path, &st);

	if (there && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	o->final_name = there ? realpath(path, NULL) : strdup(path);
	if (!o->final_name)
		return -1;
	if (there && !S_ISREG(st.st_mode))
		return open(path, O_WRONLY | O_CLOEXEC);
	return open_temporary(o, secret);
}

int file_out_open(struct file_out *o, const char *path, int secret, struct err *e)
{
	int fd, ret;

	memset(o, 0, sizeof(*o));
	fd = open_target(o, path, secret);
	if (fd >= 0)
		o->f = fdopen(fd, o->temp_name ? "w+" : "w");
	if (o->f)
		return 0;
	ret = err_set(e, errno, "%s: %s", path, strerror(errno));
	if (fd >= 0) {
		close(fd);
		if (o->temp_name)
			unlink(o->temp_name);
	}
	forget(o);
	return ret;
}

/* Everything out of our hands; 0, or the positive errno of the first failure. */
static int finish(struct file_out *o)
{
	int code = 0;

	if (ferror(o->f))
		code = EIO;
	else if (fflush(o->f) || (o->temp_name && fsync(fileno(o->f))))
		code = errno;
	if (fclose(o->f) && !code)
		code = errno;
	o->f = NULL;
	if (!code && o->temp_name && rename(o->temp_name, o->final_name))
		code = errno;
	return code;
}

int file_out_commit(struct file_out *o, struct err *e)
{
	int code = finish(o), ret = 0;

	if (code) {
		ret = err_set(e, code, "%s: %s", o->final_name, strerror(code));
		if (o->temp_name)
			unlink(o->temp_name);
	}
	forget(o);
	return ret;
}

void file_out_abort(struct file_out *o)
{
	if (o->f)
		fclose(o->f);
	if (o->temp_name)
		unlink(o->temp_name);
	forget(o);
}
