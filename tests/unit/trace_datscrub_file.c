// SPDX-License-Identifier: GPL-2.0-or-later
/* datscrub_file: the file around the records: its date, one that is cut off, one that finds no room. */
#define _GNU_SOURCE
#include "tests/unit/trace_scrubbed.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* The time of day goes; what else the times were shifted by stays, and how far they are apart. */
static void date(void **state)
{
	struct dw_options o = { .version = 6, .offset = 1000000, .date = 1700000000000000 };
	const uint64_t day = o.date * 1000;
	struct datscrub_result res;
	struct trace *from, *to;
	struct event a, b;
	struct trace_file f;
	struct rebase key;
	struct err e = { 0 };
	char path[64];

	(void)state;
	write_capture(&f, o);
	fclose(scrub(f.path, &key, false, path, 0, &res));
	from = trace_open(f.path, NULL, &e);
	to = trace_open(path, NULL, &e);
	assert_true(from && to);
	while (trace_next(from, &a, &e) == 1) {
		assert_int_equal(trace_next(to, &b, &e), 1);
		assert_in_range(a.time, day + o.offset, day + o.offset + 6000);
		assert_int_equal(b.time, a.time - day);
	}
	trace_close(from);
	trace_close(to);
	rebase_free(&key);
	unlink(path);
	file_drop(&f);
}

/* What is damaged is refused, or scrubbed as far as it is whole. */
static void cut_off(void **state)
{
	struct datscrub_result res;
	struct trace_file f;
	struct rebase key;
	struct err e = { 0 };
	char path[64];
	FILE *file;
	long size;

	(void)state;
	write_capture(&f, (struct dw_options){ .version = 6 });
	file = fopen(f.path, "r");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	fclose(file);
	assert_int_equal(truncate(f.path, size - 100), 0);
	fclose(scrub(f.path, &key, false, path, -EBADMSG, &res));
	rebase_free(&key);
	unlink(path);
	fclose(scrub(f.path, &key, true, path, 0, &res));
	assert_in_range(res.events, 100, 607);
	rebase_free(&key);
	unlink(path);
	assert_int_equal(truncate(f.path, 100), 0);
	assert_true(datscrub_long_size(f.path, &e) < 0);
	file_drop(&f);
}

/* A limit on the size of files does what a full disk does. */
static void no_room(void **state)
{
	struct datscrub_result res;
	const struct datscrub_options how = { false, functions, 1 };
	struct rlimit was, small;
	struct map code;
	struct trace_file f;
	struct rebase key;
	char path[64];
	struct err e = { 0 };
	FILE *out;

	(void)state;
	write_capture(&f, (struct dw_options){ .version = 6 });
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 2000;
	strcpy(path, "/tmp/kmemlab-scrub-XXXXXX");
	out = fdopen(mkstemp(path), "w+");
	assert_non_null(out);
	setvbuf(out, NULL, _IOFBF, 512);
	assert_int_equal(rebase_init(&key, 8, &e), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(map_init(&code, 16), 0);
	assert_true(datscrub(f.path, &key, &how, out, &code, &res, &e) < 0);
	map_free(&code);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_true(*e.text);
	fclose(out);
	rebase_free(&key);
	unlink(path);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(date),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests_name("trace_datscrub_file", tests, NULL, NULL);
}
