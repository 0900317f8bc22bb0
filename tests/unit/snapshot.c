// SPDX-License-Identifier: GPL-2.0-or-later
/* A snapshot of a folder that stands for /: what is there is copied, marked and closed to others. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/facts.h"
#include "record/snapshot.h"

static char root[] = "/tmp/snapshot-XXXXXX";
static char marks[4096];

static void put(const char *path, const char *text)
{
	char name[300];
	FILE *f;

	snprintf(name, sizeof(name), "%s/%s", root, path);
	for (char *at = name + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(name, 0700);
		*at = '/';
	}
	f = fopen(name, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void is(int dir, const char *name, const char *want)
{
	char got[1000] = "";
	struct stat st;
	int fd = openat(dir, name, O_RDONLY);

	assert_true(fd >= 0 && read(fd, got, sizeof(got) - 1) >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close(fd);
	assert_string_equal(got, want);
}

static void mark(void *arg, const char *text)
{
	(void)arg;
	strcat(strcat(marks, text), "\n");
}

static void test_all(void **state)
{
	struct snapshot_options o = { .root = root, .mark = mark };
	struct err e = { 0 };
	char link[300];
	int dir;

	(void)state;
	assert_non_null(mkdtemp(root));
	put("proc/buddyinfo", "Node 0, zone Normal 1 2 3\n");
	put("proc/zoneinfo", "Node 0, zone Normal\n");
	put("proc/meminfo", "MemTotal: 1 kB\n");
	put("proc/timer_list",
	    "Timer List Version: v0.10\nnow at 5000000 nsecs\n\ncpu: 0\n .jiffies: 9\n"
	    "jiffies: 4294907021\njiffies: 4294907022\n");
	put("proc/sys/vm/swappiness", "60\n");
	put("sys/kernel/slab/:0000192/order", "0\n");
	put("sys/kernel/slab/:0000192/slabs", "5 N0=5\nmore\n");
	put("sys/devices/system/node/node0/cpulist", "0-1\n");
	snprintf(link, sizeof(link), "%s/sys/kernel/slab/dentry", root);
	assert_int_equal(symlink(":0000192", link), 0);
	put("out/x", "");
	snprintf(link, sizeof(link), "%s/out", root);
	dir = open(link, O_RDONLY | O_DIRECTORY);
	assert_true(dir >= 0);

	assert_int_equal(snapshot_take(dir, "before", false, &o, &e), 0);
	is(dir, "before/buddyinfo", "Node 0, zone Normal 1 2 3\n");
	assert_int_equal(faccessat(dir, "before/jiffies", R_OK, 0), 0);
	assert_non_null(strstr(marks, "snap: before/jiffies read\nsnap: before/jiffies read\n"));
	assert_int_equal(faccessat(dir, "before/slabinfo", F_OK, 0), -1);
	assert_non_null(strstr(marks, "snap: before begin\n"));
	assert_true(strstr(marks, "before/zoneinfo end\n") <
		    strstr(marks, "before/buddyinfo begin\n"));
	*marks = '\0';
	/* At the end of a workload the free lists are read first. */
	assert_int_equal(snapshot_take(dir, "after", true, &o, &e), 0);
	assert_true(strstr(marks, "after/buddyinfo end\n") <
		    strstr(marks, "after/zoneinfo begin\n"));
	*marks = '\0';
	assert_int_equal(snapshot_slow(dir, "after", &o, &e), 0);
	assert_string_equal(marks, "");
	is(dir, "after/meminfo", "MemTotal: 1 kB\n");
	assert_int_equal(facts_take(dir, &o, &e), 0);
	is(dir, "system/sysctl_vm", "swappiness: 60\n");
	is(dir, "system/nodes", "== /sys/devices/system/node/node0/cpulist\n0-1\n");
	close(dir);
}

/* Line ends inside a value are bars, links are arrows: what the reader of slab_attrs.txt wants. */
static void test_slabs(void **state)
{
	char name[300], got[1000] = "";
	FILE *f;

	(void)state;
	snprintf(name, sizeof(name), "%s/out/after/slab_attrs.txt", root);
	f = fopen(name, "r");
	assert_non_null(f);
	assert_true(fread(got, 1, sizeof(got) - 1, f) > 0);
	fclose(f);
	assert_non_null(strstr(got, ":0000192/order: 0\n"));
	assert_non_null(strstr(got, ":0000192/slabs: 5 N0=5|more\n"));
	assert_non_null(strstr(got, "dentry -> :0000192\n"));
}

static void test_no_room(void **state)
{
	struct snapshot_options o = { .root = root };
	struct err e = { 0 };

	(void)state;
	assert_true(snapshot_take(-1, "before", false, &o, &e) < 0);
	assert_true(*e.text != '\0');
}

static int clean(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_slabs),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
