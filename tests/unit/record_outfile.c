// SPDX-License-Identifier: GPL-2.0-or-later
/* outfile: nothing stands under a final name that is not whole, and nobody else reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/outfile.h"

struct folder {
	char path[64];
	int fd;
};

static int setup(void **state)
{
	static struct folder f;

	strcpy(f.path, "/tmp/kmemlab-outfile-XXXXXX");
	if (!mkdtemp(f.path))
		return -1;
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY);
	*state = &f;
	return f.fd < 0;
}

static int teardown(void **state)
{
	struct folder *f = *state;

	unlinkat(f->fd, "x", 0);
	unlinkat(f->fd, "sub", AT_REMOVEDIR);
	close(f->fd);
	return rmdir(f->path); /* fails where anything else was left */
}

static unsigned mode_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) ? 0 : st.st_mode & 0777;
}

static void whole_files_get_their_name(void **state)
{
	struct folder *f = *state;
	struct err e = { 0 };
	FILE *out;
	int sub;

	umask(0);
	out = outfile_open(f->fd, "x", &e);
	assert_non_null(out);
	fputs("half", out);
	fflush(out);
	assert_int_equal(faccessat(f->fd, "x", F_OK, 0), -1);
	assert_int_equal(mode_of(f->fd, "x.part"), 0600);
	assert_int_equal(outfile_close(out, f->fd, "x", &e), 0);
	assert_int_equal(mode_of(f->fd, "x"), 0600);
	assert_int_equal(mode_of(f->fd, "x.part"), 0);
	sub = outfile_folder(f->fd, "sub", &e);
	assert_true(sub >= 0);
	assert_int_equal(mode_of(f->fd, "sub"), 0700);
	close(sub);
	sub = outfile_folder(f->fd, "sub", &e); /* it is there */
	assert_true(sub >= 0);
	close(sub);
}

/* A limit on the size of files does what a full disk does. */
static void failed_writes_leave_nothing(void **state)
{
	static char data[1 << 16];
	struct folder *f = *state;
	struct rlimit was, small;
	struct err e = { 0 };

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(outfile_put(f->fd, "y", data, sizeof(data), &e), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_non_null(strstr(e.text, "y: "));
	assert_int_equal(mode_of(f->fd, "y"), 0);
	assert_int_equal(mode_of(f->fd, "y.part"), 0);
}

static void dropped_files_leave_nothing(void **state)
{
	struct folder *f = *state;
	struct err e = { 0 };
	FILE *out = outfile_open(f->fd, "z", &e);

	assert_non_null(out);
	fputs("something", out);
	outfile_drop(out, f->fd, "z");
	assert_int_equal(mode_of(f->fd, "z"), 0);
	assert_int_equal(mode_of(f->fd, "z.part"), 0);
	assert_null(outfile_open(f->fd, "no/such/folder", &e));
	assert_int_equal(err_code(&e), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_files_get_their_name, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_writes_leave_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(dropped_files_leave_nothing, setup, teardown),
	};

	return cmocka_run_group_tests_name("record_outfile", tests, NULL, NULL);
}
