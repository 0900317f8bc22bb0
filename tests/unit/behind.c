// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that a thread writes behind is the one that would have been written at once, up to its failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kmw_records.h"
#include "workload/behind.h"

#define RECORDS (2 * KMW_BLOCK_RECORDS + 777)

/* Record `bad` is of no operation; names come up all along, around the ends of blocks too. */
static int write_file(const char *path, bool at_once, uint32_t bad, struct err *e)
{
	struct kmw_writer *w = kmw_create(path, KMW_NONE, e);
	struct behind *b = at_once ? NULL : behind_start(w, e);
	struct kmw_stream *g = calloc(1, sizeof(*g));
	struct kmw_event_count counts[2];
	struct kmw_summary s;
	struct err why = { 0 };
	char name[32];
	int ret = 0;

	assert_non_null(w);
	assert_true(at_once || b);
	g->seed = 7;
	for (uint32_t i = 0; i < RECORDS && ret >= 0; i++) {
		struct request r;

		snprintf(name, sizeof(name), "cache-%u", i / 3);
		assert_int_equal(b ? behind_string(b, name, strlen(name)) :
				     kmw_string(w, name, strlen(name)),
				 1 + i / 3);
		kmw_next_record(g, &r);
		if (i == bad)
			r.sig.op = REQUEST_OP_COUNT;
		ret = b ? behind_put(b, &r, e) : kmw_put(w, &r, e);
	}
	free(g);
	if (b && behind_finish(b, &why) < 0) {
		*e = why;
		ret = why.code;
	}
	if (ret < 0) {
		kmw_abort(w);
		return ret;
	}
	kmw_test_summary(&s, counts);
	return kmw_commit(w, &s, e);
}

static char *content(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = malloc(8 << 20);

	assert_non_null(f);
	assert_non_null(text);
	*len = fread(text, 1, 8 << 20, f);
	fclose(f);
	return text;
}

static void the_file_is_the_same(void **state)
{
	char a[256], b[256], *x, *y;
	struct err e = { 0 };
	size_t n, m;

	(void)state;
	kmw_temp_name(a, "at-once");
	kmw_temp_name(b, "behind");
	assert_int_equal(write_file(a, true, UINT32_MAX, &e), 0);
	assert_int_equal(write_file(b, false, UINT32_MAX, &e), 0);
	x = content(a, &n);
	y = content(b, &m);
	assert_int_equal(n, m);
	assert_memory_equal(x, y, n);
	free(x);
	free(y);
	unlink(a);
	unlink(b);
}

static void a_failure_is_told_in_the_same_words(void **state)
{
	static const uint32_t bad[] = { 0, 1000, KMW_BLOCK_RECORDS, RECORDS - 1 };
	struct err e, f;
	char path[256];

	(void)state;
	kmw_temp_name(path, "bad");
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int ret = write_file(path, true, bad[i], &e);

		assert_true(ret < 0);
		assert_int_equal(write_file(path, false, bad[i], &f), ret);
		assert_string_equal(e.text, f.text);
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void nothing_to_write_is_no_failure(void **state)
{
	struct err e = { 0 };
	struct kmw_writer *w;
	struct behind *b;
	char path[256];

	(void)state;
	kmw_temp_name(path, "none");
	w = kmw_create(path, KMW_NONE, &e);
	b = behind_start(w, &e);
	assert_int_equal(behind_string(b, "late", 4), 1);
	assert_int_equal(behind_finish(b, &e), 0);
	assert_int_equal(kmw_string(w, "later", 5), 2);
	kmw_abort(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_is_the_same),
		cmocka_unit_test(a_failure_is_told_in_the_same_words),
		cmocka_unit_test(nothing_to_write_is_no_failure),
	};

	return cmocka_run_group_tests_name("behind", tests, NULL, NULL);
}
