// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ATTRIBUTE 4096 /* most of one sysfs file that is kept */

struct source {
	const char *path, *name;
};

/* In this order at a start: the frames first, which take longest. */
static const struct source quick[] = {
	{ "/proc/kpageflags", "kpageflags" }, { "/proc/pagetypeinfo", "pagetypeinfo" },
	{ "/proc/vmstat", "vmstat" },	      { "/proc/slabinfo", "slabinfo" },
	{ "/proc/zoneinfo", "zoneinfo" },     { "/proc/buddyinfo", "buddyinfo" },
};

static const struct source slow[] = {
	{ "/proc/meminfo", "meminfo" },
	{ "/proc/vmallocinfo", "vmallocinfo" },
	{ "/sys/kernel/debug/extfrag/extfrag_index", "extfrag_extfrag_index" },
	{ "/sys/kernel/debug/extfrag/unusable_index", "extfrag_unusable_index" },
	{ "/proc/swaps", "swaps" },
};

static const struct source machine[] = {
	{ "/proc/cmdline", "cmdline" },
	{ "/proc/iomem", "iomem" },
	{ "/proc/cpuinfo", "cpuinfo" },
	{ "/proc/kallsyms", "kallsyms" },
	{ "/proc/config.gz", "kernel_config.gz" },
	{ "/sys/kernel/btf/vmlinux", "btf_vmlinux.raw" },
};

static int copy(int from, int to)
{
	char buffer[1 << 16];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))))
		if (n < 0 && errno != EINTR)
			return 1; /* not readable to its end: what there is stays out */
		else if (n > 0 && write(to, buffer, (size_t)n) != n)
			return -(errno ? errno : EIO);
	return 0;
}

/* One file.  1: it cannot be had. */
static int take(int dir, const struct snapshot_options *o, const struct source *s, struct err *e)
{
	char path[4200];
	int from, to, ret;

	snprintf(path, sizeof(path), "%s%s", o->root, s->path);
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return 1;
	to = openat(dir, s->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ret = to < 0 ? -errno : copy(from, to);
	if (to >= 0 && close(to) && ret >= 0)
		ret = -errno;
	close(from);
	if (ret)
		unlinkat(dir, s->name, 0);
	return ret < 0 ? err_set(e, -ret, "%s: %s", s->name, strerror(-ret)) : ret;
}

static int open_folder(int dir, const char *name, struct err *e)
{
	int fd;

	if (mkdirat(dir, name, 0700) && errno != EEXIST)
		return err_set(e, errno, "%s: %s", name, strerror(errno));
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_set(e, errno, "%s: %s", name, strerror(errno)) : fd;
}

static FILE *create(int dir, const char *name, struct err *e)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		err_set(e, errno, "%s: %s", name, strerror(errno));
	return f;
}

static int close_created(FILE *f, const char *name, struct err *e)
{
	bool failed = ferror(f);

	errno = 0;
	if (fclose(f) || failed)
		return err_set(e, errno ? errno : EIO, "%s: %s", name,
			       strerror(errno ? errno : EIO));
	return 0;
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
	if (slabs < 0)
		return 0;
	n = scandirat(slabs, ".", &all, NULL, alphasort);
	f = n > 2 ? create(dir, "slab_attrs.txt", e) : NULL;
	for (int i = 0; i < n; i++) {
		if (f && *all[i]->d_name != '.')
			write_cache(f, slabs, all[i]->d_name);
		free(all[i]);
	}
	free(all);
	close(slabs);
	if (n <= 2)
		return 0;
	return f ? close_created(f, "slab_attrs.txt", e) : err_code(e);
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

int snapshot_slow(int dir, const char *name, const struct snapshot_options *o, struct err *e)
{
	int to = open_folder(dir, name, e), ret;

	if (to < 0)
		return to;
	ret = take_slabs(to, o, e);
	for (size_t i = 0; i < sizeof(slow) / sizeof(*slow) && ret >= 0; i++)
		ret = take(to, o, &slow[i], e);
	close(to);
	return ret < 0 ? err_prefix(e, "%s/", name) : 0;
}

int snapshot_take(int dir, const char *name, bool last, const struct snapshot_options *o,
		  struct err *e)
{
	size_t n = sizeof(quick) / sizeof(*quick);
	int to = open_folder(dir, name, e), ret = 0;

	if (to < 0)
		return to;
	mark(o, name, "", "begin");
	for (size_t i = 0; i < n && ret >= 0; i++) {
		const struct source *s = &quick[last ? n - 1 - i : i];

		mark(o, name, s->name, "begin");
		ret = take(to, o, s, e);
		mark(o, name, s->name, "end");
	}
	mark(o, name, "", "end");
	close(to);
	return ret < 0 ? err_prefix(e, "%s/", name) : 0;
}

/* ---- system ---- */

static int write_version(int dir, struct err *e)
{
	struct utsname u;
	FILE *f = create(dir, "version", e);

	if (!f)
		return err_code(e);
	if (!uname(&u))
		fprintf(f, "%s %s\n", u.release, u.machine);
	return close_created(f, "version", e);
}

/* The head of /proc/kcore: its program headers tell where the direct map begins. */
static int take_kcore(int dir, const struct snapshot_options *o, struct err *e)
{
	char path[4200], *buffer = malloc(65536);
	ssize_t n = -1;
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "%s/proc/kcore", o->root);
	fd = buffer ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		n = read(fd, buffer, 65536);
		close(fd);
	}
	f = n > 0 ? create(dir, "kcore_head.raw", e) : NULL;
	if (f)
		fwrite(buffer, 1, (size_t)n, f);
	free(buffer);
	if (n <= 0)
		return 0;
	return f ? close_created(f, "kcore_head.raw", e) : err_code(e);
}

/* "NAME: VALUE" for /proc/sys/vm. */
static int write_sysctl(int dir, const struct snapshot_options *o, struct err *e)
{
	char path[4600], value[ATTRIBUTE + 1];
	struct dirent *d;
	DIR *all;
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/sys/vm", o->root);
	all = opendir(path);
	if (!all)
		return 0;
	f = create(dir, "sysctl_vm", e);
	while (f && (d = readdir(all))) {
		int from = *d->d_name == '.' ? -1 :
					       openat(dirfd(all), d->d_name, O_RDONLY | O_CLOEXEC);
		ssize_t n = from < 0 ? -1 : read(from, value, ATTRIBUTE);

		if (from >= 0)
			close(from);
		while (n > 0 && value[n - 1] == '\n')
			n--;
		if (n >= 0)
			fprintf(f, "%s: %.*s\n", d->d_name, (int)n, value);
	}
	closedir(all);
	return f ? close_created(f, "sysctl_vm", e) : err_code(e);
}

/* Small files by pattern, "PATH: VALUE" a line each, or below a line "== PATH". */
static int write_files(int dir, const struct snapshot_options *o, const char *name,
		       const char *pattern, bool headed, struct err *e)
{
	char path[4600], value[ATTRIBUTE + 1];
	glob_t g;
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", o->root, pattern);
	if (glob(path, GLOB_BRACE, NULL, &g))
		return 0;
	f = create(dir, name, e);
	for (size_t i = 0; f && i < g.gl_pathc; i++) {
		int from = open(g.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		ssize_t n = from < 0 ? -1 : read(from, value, ATTRIBUTE);

		if (from >= 0)
			close(from);
		while (n > 0 && value[n - 1] == '\n')
			n--;
		if (n >= 0)
			fprintf(f, headed ? "== %s\n%.*s\n" : "%s: %.*s\n",
				g.gl_pathv[i] + strlen(o->root), (int)n, value);
	}
	globfree(&g);
	return f ? close_created(f, name, e) : err_code(e);
}

int snapshot_system(int dir, const struct snapshot_options *o, struct err *e)
{
	int to = open_folder(dir, "system", e), ret;

	if (to < 0)
		return to;
	ret = write_version(to, e);
	if (ret >= 0)
		ret = take_kcore(to, o, e);
	if (ret >= 0)
		ret = write_sysctl(to, o, e);
	if (ret >= 0)
		ret = write_files(to, o, "nodes",
				  "/sys/devices/system/node/node[0-9]*/{cpulist,distance}", true,
				  e);
	if (ret >= 0)
		ret = write_files(to, o, "cpu_cache",
				  "/sys/devices/system/cpu/cpu0/cache/index[0-9]*/*", false, e);
	if (ret >= 0)
		ret = write_files(to, o, "thp", "/sys/kernel/mm/transparent_hugepage/*", false, e);
	for (size_t i = 0; i < sizeof(machine) / sizeof(*machine) && ret >= 0; i++)
		ret = take(to, o, &machine[i], e);
	close(to);
	return ret < 0 ? err_prefix(e, "system/") : 0;
}
