// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* gzread() passes plain files through, so one loop serves both. */
static int read_all(gzFile g, const char *path, size_t limit, struct blob *out, struct err *e)
{
	size_t room = 65536;
	uint8_t *buf = malloc(room + 1);

	if (!buf)
		return err_set(e, ENOMEM, "%s: out of memory", path);
	out->len = 0;
	for (;;) {
		int n = gzread(g, buf + out->len, (unsigned)(room - out->len));

		if (n < 0) {
			int code;

			free(buf);
			return err_set(e, EIO, "%s: %s", path, gzerror(g, &code));
		}
		out->len += (size_t)n;
		if (out->len > limit) {
			free(buf);
			return err_set(e, EFBIG, "%s: more than %zu bytes", path, limit);
		}
		if (n == 0)
			break;
		if (out->len == room) {
			uint8_t *more = realloc(buf, room * 2 + 1);

			if (!more) {
				free(buf);
				return err_set(e, ENOMEM, "%s: out of memory", path);
			}
			buf = more;
			room *= 2;
		}
	}
	buf[out->len] = 0;
	out->data = buf;
	return 0;
}

static int open_plain_or_gz(const char *path, char **used)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*used = NULL;
	if (fd < 0 && errno == ENOENT) {
		if (asprintf(used, "%s.gz", path) < 0)
			return -1;
		fd = open(*used, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

int file_read(const char *path, size_t limit, struct blob *out, struct err *e)
{
	char *used;
	int fd = open_plain_or_gz(path, &used), ret;
	struct stat st;
	gzFile g;

	out->data = NULL;
	out->len = 0;
	if (fd < 0) {
		ret = err_set(e, errno, "%s: %s", path, strerror(errno));
		free(used);
		return ret;
	}
	if (!fstat(fd, &st) && !S_ISREG(st.st_mode)) {
		close(fd);
		free(used);
		return err_set(e, EINVAL, "%s: not a regular file", path);
	}
	g = gzdopen(fd, "rb");
	if (!g) {
		close(fd);
		ret = err_set(e, ENOMEM, "%s: out of memory", path);
	} else {
		gzbuffer(g, 1 << 17);
		ret = read_all(g, used ? used : path, limit, out, e);
		gzclose(g);
	}
	free(used);
	return ret;
}

void blob_free(struct blob *b)
{
	free(b->data);
	b->data = NULL;
	b->len = 0;
}

int file_out_open(struct file_out *o, const char *path, int secret, struct err *e)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	memset(o, 0, sizeof(*o));
	o->final_name = strdup(path);
	if (!o->final_name || asprintf(&o->temp_name, "%s.XXXXXX", path) < 0) {
		free(o->final_name);
		memset(o, 0, sizeof(*o));
		return err_set(e, ENOMEM, "%s: out of memory", path);
	}
	fd = mkostemp(o->temp_name, O_CLOEXEC);
	if (fd >= 0 && !secret && fchmod(fd, 0666 & ~mask)) {
		close(fd);
		unlink(o->temp_name);
		fd = -1;
	}
	if (fd >= 0)
		o->f = fdopen(fd, "w+");
	if (!o->f) {
		int ret = err_set(e, errno, "%s: %s", path, strerror(errno));

		if (fd >= 0) {
			close(fd);
			unlink(o->temp_name);
		}
		free(o->final_name);
		free(o->temp_name);
		memset(o, 0, sizeof(*o));
		return ret;
	}
	return 0;
}

int file_out_commit(struct file_out *o, struct err *e)
{
	int bad = ferror(o->f), saved = bad ? EIO : 0, ret;

	if (!bad && (fflush(o->f) || (fsync(fileno(o->f)) && errno != EINVAL))) {
		bad = 1;
		saved = errno;
	}
	if (fclose(o->f) && !bad) {
		bad = 1;
		saved = errno;
	}
	o->f = NULL;
	if (!bad && rename(o->temp_name, o->final_name)) {
		bad = 1;
		saved = errno;
	}
	ret = bad ? err_set(e, saved ? saved : EIO, "%s: %s", o->final_name, strerror(saved ? saved : EIO)) : 0;
	if (bad)
		unlink(o->temp_name);
	free(o->final_name);
	free(o->temp_name);
	memset(o, 0, sizeof(*o));
	return ret;
}

void file_out_abort(struct file_out *o)
{
	if (!o->temp_name)
		return;
	if (o->f)
		fclose(o->f);
	unlink(o->temp_name);
	free(o->final_name);
	free(o->temp_name);
	memset(o, 0, sizeof(*o));
}
