// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "record/facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "record/outfile.h"

#define ATTRIBUTE 4096 /* most of one sysfs file that is kept */
#define KLOG_READ_ALL 3
#define KLOG_SIZE 10

static const struct {
	const char *path, *name;
} files[] = {
	{ "/proc/cmdline", "cmdline" },
	{ "/proc/iomem", "iomem" },
	{ "/proc/cpuinfo", "cpuinfo" },
	{ "/proc/kallsyms", "kallsyms" },
	{ "/proc/modules", "modules" },
	{ "/proc/filesystems", "filesystems" },
	{ "/sys/kernel/btf/vmlinux", "btf_vmlinux.raw" },
};

static int write_version(int dir, struct err *e)
{
	struct utsname u;
	FILE *f = outfile_open(dir, "version", e);

	if (!f)
		return err_code(e);
	if (!uname(&u))
		fprintf(f, "%s %s\n", u.release, u.machine);
	return outfile_close(f, dir, "version", e);
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
	} else {
		snapshot_unread(o, "/proc/kcore", errno);
	}
	f = n > 0 ? outfile_open(dir, "kcore_head.raw", e) : NULL;
	if (f)
		fwrite(buffer, 1, (size_t)n, f);
	free(buffer);
	if (n <= 0)
		return 0;
	return f ? outfile_close(f, dir, "kcore_head.raw", e) : err_code(e);
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
	f = outfile_open(dir, "sysctl_vm", e);
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
	return f ? outfile_close(f, dir, "sysctl_vm", e) : err_code(e);
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
	f = outfile_open(dir, name, e);
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
	return f ? outfile_close(f, dir, name, e) : err_code(e);
}

/* As the running kernel has it built in, or as the distribution left it beside the kernel. */
static int take_config(int dir, const struct snapshot_options *o, struct err *e)
{
	struct snapshot_options quiet = *o;
	struct utsname u;
	char path[200];
	int ret;

	quiet.unread = NULL;
	ret = snapshot_copy(dir, &quiet, "/proc/config.gz", "kernel_config.gz", e);
	if (ret <= 0 || uname(&u))
		return ret;
	snprintf(path, sizeof(path), "/boot/config-%.100s", u.release);
	return snapshot_copy(dir, o, path, "kernel_config", e);
}

int facts_log(int dir, const char *name, const struct snapshot_options *o, struct err *e)
{
	int size = *o->root ? 0 : klogctl(KLOG_SIZE, NULL, 0), n, ret;
	char *text = size > 0 ? malloc((size_t)size) : NULL;

	if (!text)
		return 0;
	n = klogctl(KLOG_READ_ALL, text, size);
	if (n < 0)
		snapshot_unread(o, "the kernel's log", errno);
	ret = n < 0 ? 0 : outfile_put(dir, name, text, (size_t)n, e);
	free(text);
	return ret;
}

int facts_take(int dir, const struct snapshot_options *o, struct err *e)
{
	static const struct {
		const char *name, *pattern;
		bool headed;
	} many[] = {
		{ "nodes", "/sys/devices/system/node/node[0-9]*/{cpulist,distance}", true },
		{ "cpu_cache", "/sys/devices/system/cpu/cpu0/cache/index[0-9]*/*", false },
		{ "thp", "/sys/kernel/mm/transparent_hugepage/{*,khugepaged/*}", false },
		/* Who takes free pages without an event: the host, through the guest's drivers. */
		{ "page_reporting",
		  "/sys/{module/page_reporting/parameters/*,bus/virtio/drivers/virtio_balloon/"
		  "virtio*/{status,features}}",
		  false },
	};
	int to = outfile_folder(dir, "system", e), ret;

	if (to < 0)
		return to;
	ret = write_version(to, e);
	if (ret >= 0)
		ret = take_kcore(to, o, e);
	if (ret >= 0)
		ret = write_sysctl(to, o, e);
	if (ret >= 0)
		ret = take_config(to, o, e);
	if (ret >= 0)
		ret = facts_log(to, "dmesg_before", o, e);
	for (size_t i = 0; i < sizeof(many) / sizeof(*many) && ret >= 0; i++)
		ret = write_files(to, o, many[i].name, many[i].pattern, many[i].headed, e);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files) && ret >= 0; i++)
		ret = snapshot_copy(to, o, files[i].path, files[i].name, e);
	close(to);
	return ret < 0 ? err_prefix(e, "system/") : 0;
}
