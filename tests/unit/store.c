// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * store: what is written is found again through SQL; what is damaged, foreign,
 * full or half done is said clearly.  Indices of the views are checked against
 * the worked example of docs/metrics.md, counted by hand.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/sql.h"
#include "store/store.h"

static char dir[] = "/tmp/kmemlab-store-XXXXXX";

static char *name_of(const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static int64_t number(struct store *s, const char *sql)
{
	struct err e = { 0 };
	sqlite3_stmt *st = sql_query(store_db(s), &e, sql, "");
	int64_t v;

	assert_non_null(st);
	assert_int_equal(sql_row(st, &e), 1);
	v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static double real(struct store *s, const char *sql)
{
	struct err e = { 0 };
	sqlite3_stmt *st = sql_query(store_db(s), &e, sql, "");
	double v;

	assert_non_null(st);
	assert_int_equal(sql_row(st, &e), 1);
	v = sql_real(st, 0);
	sqlite3_finalize(st);
	return v;
}

static int64_t add_capture(struct store *s)
{
	struct err e = { 0 };
	struct store_capture c = {
		.name = "capture",
		.format = "trace.dat",
		.clock = "global",
		.kernel = "6.1.0",
		.arch = "x86_64",
		.clock_is_time = true,
		.first = 1000,
		.last = UINT64_MAX,
		.events = 5,
		.cpus = 2,
		.nodes = 1,
		.page_size = 4096,
		.pageblock_order = 9,
		.orders = 11,
		.mem_total_kb = 1 << 20,
	};
	int64_t id = store_add_capture(s, &c, &e);

	assert_true(id > 0);
	assert_int_equal(store_add_zone(s, id, 0, 0, "DMA", 1, 4095, 3998, 3840, 10, 20, 30, &e),
			 0);
	assert_int_equal(store_add_zone(s, id, 1, 0, "Normal", 4096, 258048, 258048, 250000, 1, 2,
					3, &e),
			 0);
	return id;
}

/*
 * Zone 0: one block of order 10.  Zone 1: 5 of order 0, 3 of order 1, 2 of order 3:
 * 27 pages, 10 blocks.
 */
static void add_sample(struct store *s, int64_t run, uint32_t seq)
{
	uint32_t free_blocks[2][KMM_MIGRATETYPES + 1][KMM_ORDERS] = { 0 };
	uint32_t blocks[2][KMM_MIGRATETYPES + 1] = { { 1, 7, 0 }, { 2, 500, 3 } };
	uint64_t pcp[2] = { 0, 63 };
	struct store_sample x = { .seq = seq,
				  .time = 1000 + 500 * (uint64_t)seq,
				  .request = 10 * seq,
				  .zones = 2,
				  .nr_free = free_blocks,
				  .pageblocks = blocks,
				  .pcp_pages = pcp };
	struct err e = { 0 };

	free_blocks[0][KMM_MOVABLE][10] = 1;
	free_blocks[1][KMM_MOVABLE][0] = 4;
	free_blocks[1][KMM_UNMOVABLE][0] = 1;
	free_blocks[1][KMM_UNMOVABLE][1] = 3;
	free_blocks[1][KMM_MIGRATETYPES][3] = 2;
	assert_int_equal(store_add_sample(s, run, &x, &e), 0);
	assert_int_equal(store_add_counter(s, run, seq, "allocs", 100 * (uint64_t)seq * seq, &e),
			 0);
}

static void keeps_what_was_written(void **state)
{
	const struct store_slab_change before = { 2, 40, 38, true, 1, 100 };
	const struct store_slab_change after = { 3, 60, 50, false, 0, 0 };
	char *path = name_of("a.db");
	struct err e = { 0 };
	struct store *s = store_open(path, true, &e);
	struct store_fidelity f = { .metric = "placement",
				    .zone = -1,
				    .order = -1,
				    .type = 1,
				    .recorded = 1,
				    .simulated = 0.9,
				    .error = NAN,
				    .unit = "share" };
	const uint8_t cells[4] = { CELL_FREE, CELL_USER, CELL_USER, CELL_HOLE };
	int64_t c, run;

	(void)state;
	assert_non_null(s);
	c = add_capture(s);
	assert_int_equal(store_add_event_count(s, c, "kmem", "mm_page_alloc", 17, &e), 0);
	run = store_begin_run(s, c, STORE_SIMULATED, "native", "[pcp]\nbatch=63\n", "lists", &e);
	assert_true(run > 0);
	assert_int_equal(store_add_note(s, c, 0, "no snapshots", &e), 0);
	assert_int_equal(store_add_note(s, c, run, "reclaimed twice", &e), 0);
	for (uint32_t i = 0; i < 3; i++)
		add_sample(s, run, i);
	assert_int_equal(store_add_map_column(s, run, 2, 16, 512, cells, 4, &e), 0);
	assert_int_equal(store_add_fidelity(s, run, &f, &e), 0);
	assert_int_equal(store_add_owner(s, run, "slab", "dentry", 9, 4, 5, 8, &e), 0);
	assert_int_equal(store_add_slab_change(s, run, "dentry", 0, &before, &e), 0);
	assert_int_equal(store_add_slab_change(s, run, "dentry", 2, &after, &e), 0);
	assert_int_equal(store_add_owner(s, run, "user", NULL, 9, 4, 5, 8, &e), 0);
	assert_int_equal(store_end_run(s, run, true, 42, 0.5, &e), 0);
	assert_int_equal(store_close(s, &e), 0);

	s = store_open(path, false, &e);
	assert_non_null(s);
	assert_int_equal(number(s, "SELECT count(*) FROM zone"), 2);
	/* 64-bit values beyond SQLite's are capped, not made negative. */
	assert_true(number(s, "SELECT last FROM capture") == INT64_MAX);
	assert_int_equal(number(s, "SELECT count FROM event_count WHERE name='mm_page_alloc'"), 17);
	assert_int_equal(number(s, "SELECT count(*) FROM note WHERE run_id IS NULL"), 1);
	assert_int_equal(number(s, "SELECT count(*) FROM free_blocks WHERE seq=1"), 5);
	/* A cache is as it was until it changes. */
	assert_int_equal(number(s, "SELECT count(*) FROM slab_series"), 3);
	assert_int_equal(number(s, "SELECT active FROM slab_series WHERE seq=1"), 40);
	assert_int_equal(number(s, "SELECT partial_age + 100 - time FROM slab_series WHERE seq=1"),
			 0);
	assert_int_equal(number(s, "SELECT slabs FROM slab_series WHERE seq=2"), 3);
	assert_int_equal(number(s, "SELECT partial IS NULL AND partial_age IS NULL FROM slab_series"
				   " WHERE seq=2"),
			 1);
	assert_int_equal(number(s, "SELECT pcp_pages FROM sample_zone WHERE seq=1 AND zone=1"), 63);
	assert_int_equal(
		number(s, "SELECT pageblocks FROM pageblocks WHERE seq=0 AND zone=1 AND type=1"),
		500);
	assert_int_equal(number(s, "SELECT cells = x'01030300' FROM map_column"), 1);
	assert_int_equal(number(s, "SELECT samples FROM run_summary WHERE status='complete'"), 3);
	assert_int_equal(number(s, "SELECT requests_per_second FROM run_summary"), 84);
	assert_int_equal(number(s, "SELECT seq FROM latest_sample"), 2);
	assert_int_equal(number(s, "SELECT error IS NULL AND zone IS NULL AND type='Movable'"
				   " FROM fidelity_side_by_side"),
			 1);
	assert_int_equal(number(s, "SELECT count(*) FROM owner WHERE cache=''"), 1);
	/* 100 events in the first 500 ns, 300 in the next. */
	assert_int_equal(number(s, "SELECT sum(events) FROM event_rate"), 400);
	assert_true(fabs(real(s, "SELECT max(per_unit) FROM event_rate") - 0.6) < 1e-12);
	assert_int_equal(number(s, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_int_equal(store_close(s, &e), 0);
	free(path);
}

static void views_agree_with_the_worked_example(void **state)
{
	char *path = name_of("a.db"); /* left by the test before */
	struct err e = { 0 };
	struct store *s = store_open(path, false, &e);
	static const char zone1[] =
		"SELECT %s FROM zone_fragmentation WHERE seq=0 AND zone=1 AND block_order=%d";
	/* S(o) of 5, 3, 0, 2 free blocks of order 0..3 */
	static const int suitable[] = { 27, 11, 4, 2, 0 };
	char sql[160];

	(void)state;
	assert_non_null(s);
	for (int o = 0; o < 5; o++) {
		snprintf(sql, sizeof(sql), zone1, "suitable", o);
		assert_int_equal(number(s, sql), suitable[o]);
		snprintf(sql, sizeof(sql), zone1, "unusable", o);
		assert_true(fabs(real(s, sql) - (27 - suitable[o] * (1 << o)) / 27.0) < 1e-12);
	}
	snprintf(sql, sizeof(sql), zone1, "extfrag", 3);
	assert_true(real(s, sql) == -1);
	/* order 4: 1 - (1 + 27/16)/10 */
	snprintf(sql, sizeof(sql), zone1, "extfrag", 4);
	assert_true(fabs(real(s, sql) - 0.73125) < 1e-12);
	/* All zones: 1024 + 27 pages, of which the 27 are of no use for order 10. */
	assert_true(
		fabs(real(s, "SELECT unusable FROM fragmentation WHERE seq=0 AND block_order=10") -
		     27 / 1051.0) < 1e-12);
	assert_int_equal(number(s, "SELECT count(*) FROM zone_fragmentation"), 3 * 2 * 11);
	assert_int_equal(store_close(s, &e), 0);
	free(path);
}

static void refuses_what_breaks_the_schema(void **state)
{
	char *path = name_of("b.db");
	struct err e = { 0 };
	struct store *s = store_open(path, true, &e);

	(void)state;
	assert_non_null(s);
	assert_true(store_begin_run(s, 99, STORE_RECORDED, "recorded", NULL, NULL, &e) < 0);
	assert_non_null(strstr(e.text, "FOREIGN KEY"));
	/* After a failed write nothing more is written, and closing says so again. */
	assert_true(store_add_note(s, 1, 0, "x", &e) < 0);
	assert_true(store_close(s, &e) < 0);
	free(path);
}

/* Run fn in a child that dies without closing. */
static void in_killed_child(void (*fn)(const char *), const char *path)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		fn(path);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void write_half_a_run(const char *path)
{
	struct store *s = store_open(path, true, NULL);
	int64_t run;

	if (!s)
		_exit(1);
	run = store_begin_run(s, add_capture(s), STORE_RECORDED, "recorded", NULL, NULL, NULL);
	for (uint32_t i = 0; i < 5000; i++)
		add_sample(s, run, i);
}

static void a_killed_run_is_incomplete(void **state)
{
	char *path = name_of("c.db"), *journal = name_of("c.db-journal");
	struct err e = { 0 };
	struct store *s;
	int64_t samples;

	(void)state;
	in_killed_child(write_half_a_run, path);
	s = store_open(path, false, &e);
	assert_non_null(s);
	assert_int_equal(number(s, "SELECT status = 'incomplete' FROM run"), 1);
	samples = number(s, "SELECT count(*) FROM sample");
	assert_in_range(samples, 1, 4999);
	/* whole samples only */
	assert_int_equal(number(s, "SELECT count(*) FROM sample_zone"), 2 * samples);
	assert_int_equal(number(s, "SELECT count(*) FROM free_blocks"), 5 * samples);
	assert_int_equal(
		number(s, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check='ok'"),
		1);
	assert_int_equal(store_add_note(s, 1, 0, "resumed", &e), 0);
	assert_int_equal(store_close(s, &e), 0);
	assert_int_equal(access(journal, F_OK), -1); /* one file again after the next write */
	free(path);
	free(journal);
}

static void a_full_disk_is_one_clear_error(void **state)
{
	char *path = name_of("full.db");
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		struct rlimit limit = { 400 << 10, 400 << 10 };
		struct err e = { 0 };
		struct store *s = store_open(path, true, &e);
		uint32_t free_blocks[1][KMM_MIGRATETYPES + 1][KMM_ORDERS] = { { { 1, 1, 1 } } };
		struct store_sample x = { .zones = 1, .nr_free = free_blocks };
		int64_t run = store_begin_run(s, add_capture(s), STORE_RECORDED, "recorded", NULL,
					      NULL, &e);
		int ret = 0;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		for (x.seq = 0; x.seq < 100000 && ret >= 0; x.seq++)
			ret = store_add_sample(s, run, &x, &e);
		_exit(ret < 0 && e.code == ret && strstr(e.text, path) && !strchr(e.text, '\n') &&
				      store_add_note(s, 1, 0, "x", &e) < 0 &&
				      store_close(s, &e) == ret ?
			      0 :
			      1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	free(path);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void expect_refused(const char *path, bool create, const char *words)
{
	struct err e = { 0 };

	assert_null(store_open(path, create, &e));
	assert_true(e.code < 0);
	assert_non_null(strstr(e.text, words));
}

static void sql_on(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void refuses_foreign_files(void **state)
{
	char *text = name_of("text"), *other = name_of("other.db"),
	     *missing = name_of("no/such.db");
	char *ours = name_of("ours.db"), *gone = name_of("gone.db");
	struct err e = { 0 };

	(void)state;
	write_text(text,
		   "this is no database, but it is longer than a header of a hundred bytes, so "
		   "that the reader has enough to look at before it decides what this is.");
	expect_refused(text, false, "not a results file");
	expect_refused(text, true, "not a results file");
	expect_refused(missing, true, "cannot be created (No such file or directory)");
	expect_refused(gone, false, "cannot be opened");
	assert_int_equal(access(gone, F_OK), -1);
	expect_refused("", true, "empty");
	sql_on(other, "CREATE TABLE t (a)");
	expect_refused(other, true, "not one of kmemlab's");
	assert_int_equal(store_close(store_open(ours, true, &e), &e), 0);
	/* A view of one's own is welcome, another version is not. */
	sql_on(ours, "CREATE VIEW mine AS SELECT 1");
	assert_int_equal(store_close(store_open(ours, false, &e), &e), 0);
	sql_on(ours, "PRAGMA user_version = 99");
	expect_refused(ours, false, "schema version 99");
	sql_on(ours, "PRAGMA user_version = 5; DROP VIEW run_summary;"
		     "CREATE VIEW run_summary AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL "
		     "SELECT n+1 FROM r) SELECT n FROM r");
	expect_refused(ours, false, "'run_summary' is not as expected");
	sql_on(ours, "DROP VIEW run_summary");
	expect_refused(ours, false, "'run_summary' is missing");
	free(text);
	free(other);
	free(missing);
	free(ours);
	free(gone);
}

static void a_read_only_file_can_be_read(void **state)
{
	struct err e = { 0 };
	struct store *s;
	char *path;

	(void)state;
	if (!geteuid()) /* permissions do not hold root back */
		skip();
	path = name_of("ro.db");
	assert_int_equal(store_close(store_open(path, true, &e), &e), 0);
	assert_int_equal(chmod(path, 0444), 0);
	s = store_open(path, false, &e);
	assert_non_null(s);
	assert_int_equal(number(s, "SELECT count(*) FROM migratetype"), KMM_MIGRATETYPES + 1);
	assert_int_equal(store_add_note(s, 1, 0, "x", &e), -EROFS);
	store_close(s, &e);
	free(path);
}

static void flipped_bytes_do_no_harm(void **state)
{
	char *path = name_of("a.db"), *bad = name_of("bad.db");
	FILE *f = fopen(path, "rb");
	static uint8_t data[1 << 20];
	size_t n;
	unsigned opened = 0, refused = 0;

	(void)state;
	assert_non_null(f);
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	srand(1);
	for (int i = 0; i < 60; i++) {
		size_t at = (size_t)rand() % n;
		uint8_t old = data[at];
		struct err e = { 0 };
		struct store *s;

		data[at] ^= (uint8_t)(1 + rand() % 255);
		f = fopen(bad, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(data, 1, i % 4 ? n : at, f), i % 4 ? n : at);
		fclose(f);
		data[at] = old;
		s = store_open(bad, false, &e);
		if (s) {
			sqlite3_stmt *st = sql_query(store_db(s), &e,
						     "SELECT * FROM zone_fragmentation", "");

			while (st && sql_row(st, &e) == 1)
				;
			sqlite3_finalize(st);
			opened++;
			store_close(s, &e);
		} else {
			assert_true(e.code < 0 && e.text[0]);
			refused++;
		}
	}
	assert_int_equal(opened + refused, 60);
	assert_true(refused > 0);
	free(path);
	free(bad);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char *cmd;
	int ret;

	(void)state;
	if (asprintf(&cmd, "rm -rf '%s'", dir) < 0)
		return -1;
	ret = system(cmd);
	free(cmd);
	return ret;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_written),
		cmocka_unit_test(views_agree_with_the_worked_example),
		cmocka_unit_test(refuses_what_breaks_the_schema),
		cmocka_unit_test(a_killed_run_is_incomplete),
		cmocka_unit_test(a_full_disk_is_one_clear_error),
		cmocka_unit_test(refuses_foreign_files),
		cmocka_unit_test(a_read_only_file_can_be_read),
		cmocka_unit_test(flipped_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
