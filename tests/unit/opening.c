// SPDX-License-Identifier: GPL-2.0-or-later
/* opening: what matters stands first, by the memory that it costs, with the numbers of the results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/report.h"
#include "base/file.h"

static char dir[] = "/tmp/kmemlab-opening-XXXXXX";

#define NOT_TOLD UINT64_MAX

static void add_sample(struct store *s, int64_t run, uint32_t seq, uint32_t single, uint32_t huge,
		       uint64_t failed, uint64_t costly)
{
	uint32_t blocks[1][KMM_MIGRATETYPES + 1][KMM_ORDERS] = { 0 };
	uint32_t types[1][KMM_MIGRATETYPES + 1] = { { 1, 7 } };
	uint64_t pcp[1] = { 0 };
	struct store_sample x = { .seq = seq,
				  .time = 1000 * (uint64_t)seq,
				  .zones = 1,
				  .nr_free = blocks,
				  .pageblocks = types,
				  .pcp_pages = pcp };

	blocks[0][KMM_MOVABLE][0] = single;
	blocks[0][KMM_MOVABLE][9] = huge;
	assert_int_equal(store_add_sample(s, run, &x, NULL), 0);
	assert_int_equal(store_add_counter(s, run, seq, "failed", failed, NULL), 0);
	if (costly != NOT_TOLD)
		assert_int_equal(store_add_counter(s, run, seq, "failed_costly", costly, NULL), 0);
}

/* The opening of a report on one recorded run: free memory, failures and one fallback. */
static char *opening_of(uint32_t single, uint32_t huge, uint64_t failed, uint64_t costly,
			uint64_t severe)
{
	struct store_capture c = { .name = "x",
				   .clock_is_time = true,
				   .last = 3000,
				   .cpus = 1,
				   .nodes = 1,
				   .page_size = 4096,
				   .pageblock_order = 9,
				   .orders = 11 };
	struct store_fallback f = {
		.type = 0, .from = 1, .found = 3, .severity = "severe", .events = severe
	};
	char path[64], html[64], *from, *to;
	struct report_options o = { .path = html };
	struct err e = { 0 };
	struct store *s;
	struct blob b;
	int64_t id, run;

	snprintf(path, sizeof(path), "%s/x.db", dir);
	snprintf(html, sizeof(html), "%s/x.html", dir);
	s = store_open(path, true, &e);
	assert_non_null(s);
	id = store_add_capture(s, &c, NULL);
	store_add_zone(s, id, 0, 0, "Normal", 0, 4096, 4096, 4096, 1, 2, 3, NULL);
	run = store_begin_run(s, id, STORE_RECORDED, "recorded", NULL, "lists", NULL);
	add_sample(s, run, 0, 0, 8, 0, costly == NOT_TOLD ? costly : 0);
	add_sample(s, run, 1, single, huge, failed, costly);
	if (severe)
		assert_int_equal(store_add_fallback(s, run, &f, NULL), 0);
	assert_int_equal(store_end_run(s, run, true, 1, 1, NULL), 0);
	if (report_write(s, 0, &o, &e) < 0)
		fail_msg("%s", e.text);
	store_close(s, NULL);
	assert_int_equal(file_read(html, 64 << 20, &b, &e), 0);
	remove(path);
	remove(html);
	from = strstr((char *)b.data, "<div class=\"opening\">");
	to = from ? strstr(from, "</div>") : NULL;
	assert_non_null(to);
	memmove(b.data, from, (size_t)(to - from));
	b.data[to - from] = 0;
	return (char *)b.data;
}

static void numbers(void **state)
{
	/* 512 single pages and one huge page: half of 4 MiB is of no use for a huge page */
	char *text = opening_of(512, 1, 0, NOT_TOLD, 0);

	(void)state;
	assert_non_null(strstr(text, "of the 4 MiB free at the end 50\xc2\xa0%"));
	assert_non_null(strstr(text, "0.500, 0.000 at the start"));
	assert_non_null(strstr(text, "and 1 huge pages can be had"));
	assert_null(strstr(text, "got nothing"));
	assert_null(strstr(text, "fell back"));
	free(text);
}

static void failures_come_first(void **state)
{
	char *text = opening_of(512, 1, 3, NOT_TOLD, 0);

	(void)state;
	assert_non_null(strstr(text, "3 attempts"));
	assert_true(strstr(text, "got nothing") < strstr(text, "free at the end"));
	free(text);
	text = opening_of(512, 1, 1, NOT_TOLD, 0);
	assert_non_null(strstr(text, "1 attempt at"));
	free(text);
}

/* What the kernel does not insist on is worth a huge page each: 3 of them against 8 MiB in pieces, or against none. */
static void large_attempts_are_weighed(void **state)
{
	char *text = opening_of(2048, 1, 3, 3, 0);

	(void)state;
	assert_non_null(strstr(text, "3 attempts"));
	assert_non_null(strstr(text, "all of order 4 or above"));
	assert_true(strstr(text, "got nothing") > strstr(text, "free at the end"));
	free(text);
	text = opening_of(1, 1, 3, 3, 0);
	assert_true(strstr(text, "got nothing") < strstr(text, "free at the end"));
	free(text);
	text = opening_of(2048, 1, 3, 1, 0);
	assert_non_null(strstr(text, "2 of them of order 3 or below"));
	assert_true(strstr(text, "got nothing") < strstr(text, "free at the end"));
	free(text);
}

/* A severe fallback may cost a huge page: 2 MiB each, against the 2 MiB in pieces. */
static void ranked_by_bytes(void **state)
{
	char *text = opening_of(500, 1, 0, NOT_TOLD, 2);

	(void)state;
	assert_non_null(strstr(text, "fell back to another migratetype: 2, of which"));
	assert_true(strstr(text, "fell back") < strstr(text, "free at the end"));
	free(text);
	text = opening_of(2000, 1, 0, NOT_TOLD, 1);
	assert_true(strstr(text, "fell back") > strstr(text, "free at the end"));
	free(text);
}

/* Without a run under the kernel's own policy it says that the error is not known. */
static void trust(void **state)
{
	char *text = opening_of(1, 1, 0, NOT_TOLD, 0);

	(void)state;
	assert_non_null(strstr(text, "the error of a what-if is not known"));
	assert_non_null(strstr(text, "no snapshot"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(failures_come_first),
		cmocka_unit_test(large_attempts_are_weighed),
		cmocka_unit_test(ranked_by_bytes),
		cmocka_unit_test(trust),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests_name("opening", tests, NULL, NULL);
	remove(dir);
	return failed;
}
