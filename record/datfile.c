// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/datfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <tracefs.h>
#include <unistd.h>

#include "record/spool.h"

#define OPTION_DONE 0
#define OPTION_CPUSTAT 2
#define OPTION_TRACECLOCK 4
#define MOST_CPUS 4096
#define RESERVE "reserve"
#define UNFINISHED DATFILE_HEAD ".part"
#define CHUNK (4u << 20) /* copied at once where the disk is full */

/* All numbers are of the machine's own byte order; the head says which. */
static void put(FILE *f, uint64_t v, unsigned size)
{
	uint8_t b[8] = { 0 };

	for (unsigned i = 0; i < size; i++)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		b[size - 1 - i] = (uint8_t)(v >> 8 * i);
#else
		b[i] = (uint8_t)(v >> 8 * i);
#endif
	fwrite(b, 1, size, f);
}

/* A tracefs file, with its length before it in `size` bytes; 0 or a negative errno. */
static int put_file(FILE *f, struct tracefs_instance *t, const char *name, unsigned size)
{
	int n = 0;
	char *text = tracefs_instance_file_read(t, name, &n);

	if (!text)
		return -(errno ? errno : ENOENT);
	put(f, (uint64_t)n, size);
	fwrite(text, 1, (size_t)n, f);
	free(text);
	return 0;
}

/* The kernel's symbols: what reads a trace elsewhere has no other source. */
static int put_kallsyms(FILE *f)
{
	FILE *from = fopen("/proc/kallsyms", "re");
	char *text = NULL, buffer[65536];
	size_t len = 0, n;
	FILE *to = open_memstream(&text, &len);

	while (from && to && (n = fread(buffer, 1, sizeof(buffer), from)))
		fwrite(buffer, 1, n, to);
	if (from)
		fclose(from);
	if (!to || fclose(to)) {
		free(text);
		return -ENOMEM;
	}
	put(f, len, 4);
	fwrite(text, 1, len, f);
	free(text);
	return 0;
}

/* The formats of one system: those of the set, or all of it. */
static int put_system(FILE *f, struct tracefs_instance *t, const struct event_set *s,
		      const char *system)
{
	bool whole = false;
	char **all, name[256];
	uint32_t n = 0;
	int ret = 0;

	for (unsigned i = 0; i < s->count; i++)
		whole |= !s->e[i].event && !strcmp(s->e[i].system, system);
	all = tracefs_system_events(tracefs_instance_get_trace_dir(t), system);
	if (!all)
		return -ENOENT;
	for (int turn = 0; turn < 2 && !ret; turn++) {
		if (turn) {
			fwrite(system, 1, strlen(system) + 1, f);
			put(f, n, 4);
		}
		for (char **x = all; *x && !ret; x++) {
			bool wanted = whole;

			for (unsigned i = 0; i < s->count && !wanted; i++)
				wanted = s->e[i].event && !strcmp(s->e[i].system, system) &&
					 !strcmp(s->e[i].event, *x);
			if (!wanted)
				continue;
			snprintf(name, sizeof(name), "events/%s/%s/format", system, *x);
			if (turn)
				ret = put_file(f, t, name, 8);
			else
				n++;
		}
	}
	tracefs_list_free(all);
	return ret;
}

static bool is_first(const struct event_set *s, unsigned at, struct tracefs_instance *t)
{
	char name[200];

	for (unsigned i = 0; i < at; i++)
		if (!strcmp(s->e[i].system, s->e[at].system))
			return false;
	snprintf(name, sizeof(name), "events/%s/enable", s->e[at].system);
	return tracefs_file_exists(t, name);
}

static int put_formats(FILE *f, struct tracefs_instance *t, const struct event_set *s)
{
	uint32_t systems = 0;
	int ret;

	/* Of ftrace itself only print: the markers. */
	put(f, 1, 4);
	ret = put_file(f, t, "events/ftrace/print/format", 8);
	for (unsigned i = 0; i < s->count; i++)
		systems += is_first(s, i, t);
	put(f, systems, 4);
	for (unsigned i = 0; i < s->count && !ret; i++)
		if (is_first(s, i, t))
			ret = put_system(f, t, s, s->e[i].system);
	return ret;
}

/* Byte order, long size, page size, then everything that the events need to be understood. */
static int write_head(FILE *f, struct tracefs_instance *t, const struct event_set *s)
{
	static const char magic[] = "\x17\x08\x44tracing6";
	const uint16_t one = 1;
	int ret;

	fwrite(magic, 1, sizeof(magic), f);
	put(f, *(const uint8_t *)&one != 1, 1);
	put(f, sizeof(long), 1);
	put(f, (uint64_t)sysconf(_SC_PAGESIZE), 4);
	fwrite("header_page", 1, 12, f);
	ret = put_file(f, t, "events/header_page", 8);
	fwrite("header_event", 1, 13, f);
	if (!ret)
		ret = put_file(f, t, "events/header_event", 8);
	if (!ret)
		ret = put_formats(f, t, s);
	if (!ret)
		ret = put_kallsyms(f);
	if (!ret && put_file(f, t, "printk_formats", 4))
		put(f, 0, 4);
	return ret;
}

#define RESERVE_MORE (off_t)(CHUNK + (1 << 20)) /* names of tasks, statistics, one chunk */

/* Room for what trace.dat has besides the data, so that a full disk does not spoil it. */
static int reserve(int dir, off_t bytes, struct err *e)
{
	int fd = openat(dir, RESERVE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret = fd < 0 ? errno : posix_fallocate(fd, 0, bytes);

	if (fd >= 0)
		close(fd);
	return ret ? err_set(e, ret, "no room for a trace: %s", strerror(ret)) : 0;
}

int datfile_head(int dir, struct tracefs_instance *t, const struct event_set *s, unsigned cpus,
		 const char *clock, struct err *e)
{
	int fd = openat(dir, UNFINISHED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), ret;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	off_t at;

	if (!f)
		return err_set(e, errno, DATFILE_HEAD ": %s", strerror(errno));
	/* First what the end needs again: CPUs and clock. */
	put(f, cpus, 4);
	put(f, strlen(clock), 4);
	fwrite(clock, 1, strlen(clock), f);
	ret = write_head(f, t, s);
	if (ret)
		err_set(e, -ret, "the event formats cannot be read: %s", strerror(-ret));
	at = ftello(f);
	if ((ferror(f) | fclose(f)) && !ret)
		ret = err_set(e, errno ? errno : EIO, DATFILE_HEAD ": %s",
			      strerror(errno ? errno : EIO));
	/* Whole or not there: pieces behind half a head could not be read. */
	if (!ret && renameat(dir, UNFINISHED, dir, DATFILE_HEAD))
		ret = err_set(e, errno, DATFILE_HEAD ": %s", strerror(errno));
	return ret ? ret : reserve(dir, at + RESERVE_MORE, e);
}

/* ---- the end ---- */

static void put_option(FILE *f, unsigned id, const char *text)
{
	put(f, id, 2);
	put(f, strlen(text) + 1, 4);
	fwrite(text, 1, strlen(text) + 1, f);
}

static uint64_t piece_size(int dir, unsigned cpu)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char name[32];
	struct stat st;

	spool_name(cpu, name);
	if (fstatat(dir, name, &st, 0))
		return 0;
	return (uint64_t)st.st_size / page * page;
}

static int copy(int from, int to, uint64_t bytes)
{
	char buffer[1 << 16];

	while (bytes) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, bytes, 0);

		if (n < 0 &&
		    (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
			n = read(from, buffer, bytes < sizeof(buffer) ? bytes : sizeof(buffer));
			if (n > 0 && write(to, buffer, (size_t)n) != n)
				return -(errno ? errno : EIO);
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes -= (uint64_t)n;
	}
	return 0;
}

/* Chunk by chunk, each given back to the disk as soon as its copy stands. */
static int move(int from, int to, uint64_t bytes)
{
	int ret = 0;

	for (uint64_t at = 0, n; at < bytes && !ret; at += n) {
		n = bytes - at < CHUNK ? bytes - at : CHUNK;
		ret = copy(from, to, n);
		if (!ret && fallocate(from, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
				      (off_t)n))
			ret = -errno;
	}
	return ret;
}

static bool is_tight(int dir, unsigned cpus)
{
	struct statvfs v;
	uint64_t need = 0;

	for (unsigned i = 0; i < cpus; i++)
		need += piece_size(dir, i);
	return !fstatvfs(dir, &v) && (uint64_t)v.f_bavail * v.f_frsize < need + RESERVE_MORE;
}

static int copy_pieces(int dir, int to, unsigned cpus)
{
	bool tight = is_tight(dir, cpus);
	int ret = 0;

	for (unsigned i = 0; i < cpus && !ret; i++) {
		uint64_t size = piece_size(dir, i);
		char name[32];
		int from;

		if (!size)
			continue;
		spool_name(i, name);
		from = openat(dir, name, (tight ? O_RDWR : O_RDONLY) | O_CLOEXEC);
		ret = from < 0 ? -errno : tight ? move(from, to, size) : copy(from, to, size);
		if (from >= 0)
			close(from);
	}
	return ret;
}

static int write_all(int dir, FILE *head, FILE *f, const char *cmdlines, const char (*stats)[512],
		     unsigned cpus, const char *clock)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), at;
	char buffer[65536];
	size_t n;

	while ((n = fread(buffer, 1, sizeof(buffer), head)))
		fwrite(buffer, 1, n, f);
	put(f, cmdlines ? strlen(cmdlines) : 0, 8);
	if (cmdlines)
		fwrite(cmdlines, 1, strlen(cmdlines), f);
	put(f, cpus, 4);
	fwrite("options  ", 1, 10, f);
	put_option(f, OPTION_TRACECLOCK, clock);
	for (unsigned i = 0; i < cpus && stats; i++)
		put_option(f, OPTION_CPUSTAT, stats[i]);
	put(f, OPTION_DONE, 2);
	fwrite("flyrecord", 1, 10, f);
	at = ((uint64_t)ftello(f) + 16ull * cpus + page - 1) / page * page;
	for (unsigned i = 0; i < cpus; i++) {
		put(f, at, 8);
		put(f, piece_size(dir, i), 8);
		at += piece_size(dir, i);
	}
	while ((uint64_t)ftello(f) % page)
		putc(0, f);
	if (ferror(f) || fflush(f))
		return -(errno ? errno : EIO);
	return copy_pieces(dir, fileno(f), cpus);
}

static int finish(int dir, FILE *head, const char *cmdlines, const char (*stats)[512],
		  unsigned *cpus, struct err *e)
{
	uint32_t n, len;
	char clock[256] = "";
	FILE *f;
	int fd, ret;

	if (fread(&n, 4, 1, head) != 1 || fread(&len, 4, 1, head) != 1 || n > MOST_CPUS ||
	    len >= sizeof(clock) || fread(clock, 1, len, head) != len)
		return err_set(e, EBADMSG, DATFILE_HEAD " is damaged");
	*cpus = n;
	fd = openat(dir, "trace.dat.part", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return err_set(e, errno, "trace.dat: %s", strerror(errno));
	ret = write_all(dir, head, f, cmdlines, stats, n, clock);
	if (!ret && fsync(fd))
		ret = -errno;
	if (fclose(f) && !ret)
		ret = -errno;
	if (!ret && renameat(dir, "trace.dat.part", dir, "trace.dat"))
		ret = -errno;
	if (!ret)
		return 0;
	unlinkat(dir, "trace.dat.part", 0);
	return err_set(e, -ret, "trace.dat: %s", strerror(-ret));
}

int datfile_finish(int dir, const char *cmdlines, const char (*stats)[512], struct err *e)
{
	int fd = openat(dir, DATFILE_HEAD, O_RDONLY | O_CLOEXEC), ret;
	FILE *head = fd < 0 ? NULL : fdopen(fd, "r");
	unsigned cpus = 0;
	char name[32];

	if (!head)
		return err_set(e, errno, "%s",
			       errno == ENOENT ? "nothing was recorded in it yet" :
						 strerror(errno));
	unlinkat(dir, RESERVE, 0);
	ret = finish(dir, head, cmdlines, stats, &cpus, e);
	fclose(head);
	for (unsigned i = 0; i < cpus && !ret; i++) {
		spool_name(i, name);
		unlinkat(dir, name, 0);
	}
	if (!ret)
		unlinkat(dir, DATFILE_HEAD, 0);
	return ret;
}
