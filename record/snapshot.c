// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "record/outfile.h"

#define ATTRIBUTE 4096 /* most of one sysfs file that is kept */

struct source {
	const char *path, *name;
};

/* In this order at a start: the frames first, which take longest; the ordered lists come behind them. */
static const struct source quick[] = {
	{ "/proc/timer_list", "jiffies" },	  { "/proc/kpageflags", "kpageflags" },
	{ "/proc/pagetypeinfo", "pagetypeinfo" }, { "/proc/vmstat", "vmstat" },
	{ "/proc/slabinfo", "slabinfo" },	  { "/proc/zoneinfo", "zoneinfo" },
	{ "/proc/buddyinfo", "buddyinfo" },
};

#define LISTS_BEHIND 2 /* of them */
#define JIFFIES_ROUNDS 4
#define JIFFIES_LINE 128

static const struct source slow[] = {
	{ "/proc/meminfo", "meminfo" },
	{ "/proc/vmallocinfo", "vmallocinfo" },
	{ "/sys/kernel/debug/extfrag/extfrag_index", "extfrag_extfrag_index" },
	{ "/sys/kernel/debug/extfrag/unusable_index", "extfrag_unusable_index" },
	{ "/proc/swaps", "swaps" },
	{ "/proc/interrupts", "interrupts" },
	{ "/proc/kpagecount", "kpagecount" },
};

void snapshot_unread(const struct snapshot_options *o, const char *path, int code)
{
	if (o->unread)
		fprintf(o->unread, "%s: %s\n", path, strerror(code));
}

/* 0; 1 not readable to its end; a negative errno for a failed write. */
static int copy(int from, FILE *to)
{
	char buffer[1 << 16];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))))
		if (n < 0 && errno != EINTR)
			return 1;
		else if (n > 0 && fwrite(buffer, 1, (size_t)n, to) != (size_t)n)
			return -(errno ? errno : EIO);
	return 0;
}

int snapshot_copy(int dir, const struct snapshot_options *o, const char *file, const char *name,
		  struct err *e)
{
	char path[4200];
	int from, ret;
	FILE *to;

	snprintf(path, sizeof(path), "%s%s", o->root, file);
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0) {
		snapshot_unread(o, file, errno);
		return 1;
	}
	to = outfile_open(dir, name, e);
	if (!to) {
		close(from);
		return err_code(e);
	}
	ret = copy(from, to);
	if (ret > 0)
		snapshot_unread(o, file, errno);
	close(from);
	if (!ret)
		return outfile_close(to, dir, name, e);
	/* What could be read of it stays out. */
	outfile_drop(to, dir, name);
	return ret < 0 ? err_set(e, -ret, "%s: %s", name, strerror(-ret)) : ret;
}

/* "cache/file: value" for /sys/kernel/slab, line ends inside a value as |; "alias -> cache". */
static void write_cache(FILE *f, int slabs, const char *cache)
{
	int fd = openat(slabs, cache, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char value[ATTRIBUTE + 1];
	struct dirent *d;
	DIR *files;

	if (fd < 0) {
		ssize_t n = readlinkat(slabs, cache, value, ATTRIBUTE);

		if (n > 0)
			fprintf(f, "%s -> %.*s\n", cache, (int)n, value);
		return;
	}
	files = fdopendir(fd);
	if (!files) {
		close(fd);
		return;
	}
	while ((d = readdir(files))) {
		int from = *d->d_name == '.' ? -1 : openat(fd, d->d_name, O_RDONLY | O_CLOEXEC);
		ssize_t n = from < 0 ? -1 : read(from, value, ATTRIBUTE);

		if (from >= 0)
			close(from);
		if (n < 0)
			continue;
		while (n && value[n - 1] == '\n')
			n--;
		for (ssize_t i = 0; i < n; i++)
			if (value[i] == '\n')
				value[i] = '|';
		fprintf(f, "%s/%s: %.*s\n", cache, d->d_name, (int)n, value);
	}
	closedir(files);
}

static int take_slabs(int dir, const struct snapshot_options *o, struct err *e)
{
	char path[4200];
	struct dirent **all = NULL;
	int slabs, n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/kernel/slab", o->root);
	slabs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (slabs < 0) {
		snapshot_unread(o, "/sys/kernel/slab", errno);
		return 0;
	}
	n = scandirat(slabs, ".", &all, NULL, alphasort);
	f = n > 2 ? outfile_open(dir, "slab_attrs.txt", e) : NULL;
	for (int i = 0; i < n; i++) {
		if (f && *all[i]->d_name != '.')
			write_cache(f, slabs, all[i]->d_name);
		free(all[i]);
	}
	free(all);
	close(slabs);
	if (n <= 2)
		return 0;
	return f ? outfile_close(f, dir, "slab_attrs.txt", e) : err_code(e);
}

static void mark(const struct snapshot_options *o, const char *name, const char *file,
		 const char *what)
{
	char text[160];

	if (!o->mark)
		return;
	snprintf(text, sizeof(text), "snap: %s%s%s %s", name, *file ? "/" : "", file, what);
	o->mark(o->arg, text);
}

/* The only lines of the list of timers that are wanted; 1: they are not there. */
static int find_jiffies(const struct snapshot_options *o, const struct source *s, char *now,
			char *ticks)
{
	static const char time[] = "now at ", count[] = "jiffies: ";
	char path[4200], line[JIFFIES_LINE];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", o->root, s->path);
	f = fopen(path, "re");
	if (!f) {
		snapshot_unread(o, s->path, errno);
		return 1;
	}
	*now = *ticks = '\0';
	while (!*ticks && fgets(line, sizeof(line), f))
		if (!strncmp(line, time, strlen(time)))
			memcpy(now, line, sizeof(line));
		else if (!strncmp(line, count, strlen(count)))
			memcpy(ticks, line, sizeof(line));
	fclose(f);
	if (*now && *ticks)
		return 0;
	snapshot_unread(o, s->path, ENODATA);
	return 1;
}

/*
 * How jiffies stand in the monotonic clock and that in the trace's.  The count is read a little after
 * the time and the mark is made a little after its own: the best of some rounds is good to microseconds.
 */
static int take_jiffies(int dir, const char *name, const struct snapshot_options *o,
			const struct source *s, struct err *e)
{
	char now[JIFFIES_LINE], ticks[JIFFIES_LINE];
	FILE *to = NULL;

	for (int i = 0; i < JIFFIES_ROUNDS; i++) {
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		mark(o, name, s->name, "read");
		if (find_jiffies(o, s, now, ticks))
			break;
		if (!to)
			to = outfile_open(dir, s->name, e);
		if (!to)
			return err_code(e);
		fprintf(to, "marked at %lld nsecs\n%s%s", t.tv_sec * 1000000000ll + t.tv_nsec, now,
			ticks);
	}
	return to ? outfile_close(to, dir, s->name, e) : 0;
}

int snapshot_slow(int dir, const char *name, const struct snapshot_options *o, struct err *e)
{
	int to = outfile_folder(dir, name, e), ret;

	if (to < 0)
		return to;
	ret = take_slabs(to, o, e);
	for (size_t i = 0; i < sizeof(slow) / sizeof(*slow) && ret >= 0; i++)
		ret = snapshot_copy(to, o, slow[i].path, slow[i].name, e);
	close(to);
	return ret < 0 ? err_prefix(e, "%s/", name) : 0;
}

int snapshot_take(int dir, const char *name, bool last, const struct snapshot_options *o,
		  struct err *e)
{
	size_t n = sizeof(quick) / sizeof(*quick);
	int to = outfile_folder(dir, name, e), ret = 0;

	if (to < 0)
		return to;
	mark(o, name, "", "begin");
	for (size_t i = 0; i < n && ret >= 0; i++) {
		const struct source *s = &quick[last ? n - 1 - i : i];

		/* The ordered lists stand between the frames and the counters. */
		if (o->lists && i == (last ? n - LISTS_BEHIND : LISTS_BEHIND))
			ret = o->lists(o->lists_arg, dir, name, e);
		if (ret < 0)
			break;
		mark(o, name, s->name, "begin");
		ret = s == quick ? take_jiffies(to, name, o, s, e) :
				   snapshot_copy(to, o, s->path, s->name, e);
		mark(o, name, s->name, "end");
	}
	mark(o, name, "", "end");
	close(to);
	return ret < 0 ? err_prefix(e, "%s/", name) : 0;
}
