// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workload/capture.h"
#include "workload/kmw.h"

static char dir[] = "/tmp/kmemlab-capture-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int find(const char *name, struct capture *c)
{
	char path[256];
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return capture_find(path, c, &e);
}

static void kinds(void **state)
{
	struct capture c;

	(void)state;
	put("a.dat", "\x17\x08\x44tracing");
	put("b.kmw", KMW_MAGIC);
	assert_int_equal(find("a.dat", &c), 0);
	assert_int_equal(c.kind, CAPTURE_TRACE);
	assert_string_equal(c.name, "a");
	assert_int_equal(find("b.kmw", &c), 0);
	assert_int_equal(c.kind, CAPTURE_KMW);
	assert_int_equal(find("none", &c), -ENOENT);
	assert_int_equal(find("", &c), -ENOENT); /* a folder without a trace */
	put("trace.dat.gz", "");
	assert_int_equal(find("", &c), 0);
	assert_int_equal(c.kind, CAPTURE_DIR);
	assert_non_null(strstr(c.trace, "trace.dat.gz"));
	put("trace.dat", "");
	assert_int_equal(find("", &c), 0);
	assert_null(strstr(c.trace, ".gz"));
}

static void devices_are_refused(void **state)
{
	struct err e = { 0 };
	struct capture c;

	(void)state;
	assert_int_equal(capture_find("/dev/null", &c, &e), -EINVAL);
	assert_non_null(strstr(e.text, "/dev/null"));
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "a.dat", "b.kmw", "trace.dat", "trace.dat.gz" };
	char path[256];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(devices_are_refused),
	};

	return cmocka_run_group_tests_name("capture", tests, setup, teardown);
}
