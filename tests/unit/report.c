// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report, series, figures, page: one file that needs nothing beside it, that
 * states its gaps, and that no string of a capture can break out of.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyze/report.h"
#include "analyze/series.h"
#include "base/file.h"

#define EVIL "</title><script>alert(1)</script>\"'&\xff"

static char dir[] = "/tmp/kmemlab-report-XXXXXX";

static char *name_of(const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static struct store *fresh(const char *name)
{
	char *path = name_of(name);
	struct err e = { 0 };
	struct store *s;

	remove(path);
	s = store_open(path, true, &e);
	assert_non_null(s);
	free(path);
	return s;
}

static int64_t add_capture(struct store *s, const char *name, bool time)
{
	struct store_capture c = {
		.name = name,
		.format = name,
		.clock = time ? "global" : "counter",
		.kernel = name,
		.arch = name,
		.clock_is_time = time,
		.first = 1000000000,
		.last = 3000000000,
		.events = 12345,
		.lost = 7,
		.cpus = 2,
		.nodes = 1,
		.page_size = 4096,
		.pageblock_order = 9,
		.orders = 11,
		.mem_total_kb = 1 << 19,
	};
	int64_t id = store_add_capture(s, &c, NULL);

	assert_true(id > 0);
	assert_int_equal(store_add_zone(s, id, 0, 0, "DMA", 1, 4095, 3998, 3840, 1, 2, 3, NULL), 0);
	assert_int_equal(store_add_zone(s, id, 1, 0, name, 4096, 126976, 126976, 113193, 1, 2, 3,
					NULL),
			 0);
	return id;
}

static void add_samples(struct store *s, int64_t run, uint32_t n, bool map)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t blocks[2][KMM_MIGRATETYPES + 1][KMM_ORDERS] = { 0 };
		uint32_t types[2][KMM_MIGRATETYPES + 1] = { { 1, 7 }, { 3, 240, 5 } };
		uint64_t pcp[2] = { 0, 63 + i };
		uint8_t cells[4] = { CELL_HOLE, CELL_FREE, CELL_USER, 200 };
		struct store_sample x = { .seq = i,
					  .time = 1000000000 + 10000000 * (uint64_t)i,
					  .request = i,
					  .zones = 2,
					  .nr_free = blocks,
					  .pageblocks = types,
					  .pcp_pages = pcp };

		blocks[0][KMM_MOVABLE][10] = 3;
		blocks[1][KMM_MOVABLE][0] = 100 + i;
		blocks[1][KMM_UNMOVABLE][3] = 50;
		assert_int_equal(store_add_sample(s, run, &x, NULL), 0);
		assert_int_equal(store_add_counter(s, run, i, "allocs", 50 * (uint64_t)i, NULL), 0);
		if (map)
			assert_int_equal(store_add_map_column(s, run, i, 0, 32768, cells, 4, NULL),
					 0);
	}
}

/* The report of the newest capture as one string. */
static char *report(struct store *s, const struct report_options *how)
{
	struct report_options o = how ? *how : (struct report_options){ 0 };
	char *path = name_of("report.html");
	struct err e = { 0 };
	struct blob b;

	o.path = path;
	if (report_write(s, 0, &o, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(file_read(path, 64 << 20, &b, &e), 0);
	assert_int_equal(strlen((char *)b.data), b.len);
	remove(path);
	free(path);
	return (char *)b.data;
}

static unsigned times(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
		n++;
	return n;
}

static void ids_are_unique_and_links_lead_somewhere(const char *html)
{
	for (const char *p = html; (p = strstr(p, " id=\"")) != NULL; p++) {
		char id[96];

		snprintf(id, sizeof(id), "%.*s\"", (int)strcspn(p + 5, "\"") + 5, p);
		assert_int_equal(times(html, id), 1);
	}
	for (const char *p = html; (p = strstr(p, "href=\"")) != NULL; p++) {
		char id[96];

		assert_int_equal(p[6], '#'); /* nothing outside the file */
		snprintf(id, sizeof(id), " id=\"%.*s\"", (int)strcspn(p + 7, "\""), p + 7);
		assert_int_equal(times(html, id), 1);
	}
}

static void a_whole_report(void **state)
{
	struct store *s = fresh("whole.db");
	int64_t c = add_capture(s, "capture", true), run;
	struct store_fidelity f = { "placement", -1, -1, -1, 1, 0.934, 0.066, "share", NULL };
	char *html;

	(void)state;
	run = store_begin_run(s, c, STORE_SIMULATED, "native", NULL, "lists", NULL);
	add_samples(s, run, 200, true);
	store_add_fidelity(s, run, &f, NULL);
	store_end_run(s, run, true, 10, 1, NULL);
	run = store_begin_run(s, c, STORE_RECORDED, "recorded", NULL, "lists", NULL);
	add_samples(s, run, 200, true);
	store_add_owner(s, run, "slab", "dentry", 3, 2, 1, 1, NULL);
	store_add_note(s, c, 0, "a thing that is not known", NULL);
	store_end_run(s, run, true, 10, 1, NULL);
	store_add_event_count(s, c, "kmem", "mm_page_alloc", 77777, NULL);
	html = report(s, NULL);
	/* eight figures over time with two panels; what if needs a third run */
	assert_int_equal(times(html, "<svg "), 16);
	assert_int_equal(times(html, "<script"), 1);
	assert_int_equal(times(html, "Not drawn"), 1); /* what page blocks hold was not sampled */
	assert_int_equal(times(html, "</html>"), 1);
	/* recorded stands left of simulated, whatever came first */
	assert_true(strstr(html, "Free memory by block order. Recorded") <
		    strstr(html, "Free memory by block order. Simulated: native"));
	assert_non_null(strstr(html, "93.4\xc2\xa0%"));
	assert_non_null(strstr(html, "a thing that is not known"));
	assert_non_null(strstr(html, "dentry"));
	assert_non_null(strstr(html, "77,777"));
	/* 3 of order 10, 100 of order 0 and 50 of order 3 are 3572 pages; 500 of no use for order 9 */
	assert_non_null(strstr(html, "13.95\xc2\xa0MiB"));
	assert_non_null(strstr(html, "0.140"));
	ids_are_unique_and_links_lead_somewhere(html);
	free(html);
	store_close(s, NULL);
}

static void hostile_strings_are_inert(void **state)
{
	struct store *s = fresh("evil.db");
	int64_t c = add_capture(s, EVIL, false), run;
	struct store_fidelity f = { EVIL, 1, 3, 1, INFINITY, -1e308, NAN, "%" EVIL, EVIL };
	char *html;

	(void)state;
	run = store_begin_run(s, c, STORE_SIMULATED, EVIL EVIL EVIL, EVIL, EVIL, NULL);
	add_samples(s, run, 3, true);
	store_add_fidelity(s, run, &f, NULL);
	store_add_owner(s, run, EVIL, EVIL, UINT64_MAX, 2, 1, 1, NULL);
	store_add_note(s, c, run, EVIL, NULL);
	store_add_event_count(s, c, EVIL, EVIL, 1, NULL);
	html = report(s, NULL);
	assert_int_equal(times(html, "<script"), 1);
	assert_int_equal(times(html, "</title>"), 1 + times(html, "<svg "));
	assert_null(strchr(html, '\xff'));
	assert_true(times(html, "&lt;script&gt;") > 8);
	assert_non_null(strstr(html, "counts no time"));
	assert_non_null(strstr(html, "the run did not end"));
	ids_are_unique_and_links_lead_somewhere(html);
	free(html);
	store_close(s, NULL);
}

static void gaps_are_stated(void **state)
{
	struct store *s = fresh("gaps.db");
	int64_t c = add_capture(s, "gaps", true), run;
	static const uint32_t none[1][KMM_MIGRATETYPES + 1][KMM_ORDERS];
	struct err e = { 0 };
	char *html = report(s, NULL);

	(void)state;
	assert_non_null(strstr(html, "No run of this capture"));
	assert_int_equal(times(html, "<svg "), 0);
	free(html);

	run = store_begin_run(s, c, STORE_RECORDED, "recorded", NULL, NULL, NULL);
	html = report(s, NULL);
	assert_int_equal(times(html, "Not drawn"), 9);
	assert_non_null(strstr(html, "No simulated run"));
	assert_non_null(strstr(html, "No fidelity was measured"));
	assert_non_null(strstr(html, "No totals by owner"));
	free(html);

	/* a sample without a free block: nothing is known of the lists */
	assert_int_equal(store_add_sample(s, run,
					  &(struct store_sample){ .seq = 7,
								  .time = 2000000000,
								  .zones = 1,
								  .nr_free = none },
					  &e),
			 0);
	html = report(s, NULL);
	assert_int_equal(times(html, "Not drawn: what was free is not known"), 4);
	assert_null(strstr(html, "1.000"));
	free(html);

	add_samples(s, run, 1, false); /* a single instant, and no map */
	html = report(s, NULL);
	assert_non_null(strstr(html, "Not drawn: no map was taken"));
	assert_int_equal(times(html, "<svg "), 6);
	assert_null(strstr(html, "nan"));
	free(html);
	store_close(s, NULL);
}

static void options_choose(void **state)
{
	struct store *s = fresh("choose.db");
	int64_t c = add_capture(s, "Normal", true), run;
	const char *const one[] = { "b" }, *const none[] = { "c" };
	struct report_options o = { .policies = one, .policy_count = 1, .zone = "Normal" };
	char *dir_path = name_of("figures"), *file = name_of("figures/free-memory-b-1.svg"), *html;
	struct err e = { 0 };

	(void)state;
	add_samples(s, store_begin_run(s, c, STORE_SIMULATED, "a", NULL, NULL, NULL), 4, false);
	add_samples(s, store_begin_run(s, c, STORE_RECORDED, "recorded", NULL, NULL, NULL), 4,
		    false);
	add_samples(s, store_begin_run(s, c, STORE_SIMULATED, "b", NULL, NULL, NULL), 4, false);
	run = store_begin_run(s, c, STORE_SIMULATED, "b, anchored", NULL, NULL, NULL);
	add_samples(s, run, 4, false);
	html = report(s, NULL);
	/* rows of every run, panels of all but the one that follows the recorded */
	assert_int_equal(times(html, "<th scope=\"row\">Simulated: b, anchored"), 1);
	assert_int_equal(times(html, "</title>"), 1 + 3 * 7);
	assert_null(strstr(html, "index. Simulated: b, anchored"));
	free(html);
	html = report(s, &o);
	assert_null(strstr(html, "Simulated: a"));
	assert_non_null(strstr(html, "Simulated: b"));
	assert_non_null(strstr(html, "Free memory by block order, zone Normal"));
	free(html);
	o.figures_dir = dir_path;
	assert_int_equal(report_write(s, 0, &o, &e), 0);
	assert_int_equal(access(file, R_OK), 0);
	o.policies = none;
	assert_int_equal(report_write(s, 0, &o, &e), -ENOENT);
	o.policies = NULL;
	o.zone = "Moon";
	assert_int_equal(report_write(s, 0, &o, &e), -ENOENT);
	assert_non_null(strstr(e.text, "'Moon'"));
	assert_int_equal(report_write(s, 99, &o, &e), -ENOENT);
	o = (struct report_options){ .path = "/nowhere/at/all.html" };
	assert_true(report_write(s, 0, &o, &e) < 0);
	store_close(s, NULL);
	free(dir_path);
	free(file);
}

static void many_samples_are_thinned(void **state)
{
	struct store *s = fresh("many.db");
	int64_t c = add_capture(s, "many", true), run;
	struct series runs[SERIES_RUNS];
	struct series_capture cap;
	struct err e = { 0 };
	uint64_t blocks[KMM_ORDERS];
	unsigned n;

	(void)state;
	run = store_begin_run(s, c, STORE_RECORDED, "recorded", NULL, NULL, NULL);
	add_samples(s, run, 1777, false);
	assert_int_equal(series_capture_read(s, 0, &cap, &e), 0);
	assert_int_equal(series_main_zone(&cap), 1);
	assert_int_equal(series_read(s, &cap, runs, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_int_equal(runs[0].in_file, 1777);
	assert_in_range(runs[0].samples, SERIES_SAMPLES / 2, SERIES_SAMPLES + 1);
	/* the first and the last are there, each with its own rows */
	assert_int_equal(runs[0].seq[0], 0);
	assert_int_equal(runs[0].seq[runs[0].samples - 1], 1776);
	for (uint32_t i = 0; i < runs[0].samples; i++) {
		series_blocks(&runs[0], i, 1, blocks);
		assert_int_equal(blocks[0], 100 + runs[0].seq[i]);
		assert_int_equal(blocks[3], 50);
		assert_true(runs[0].counters[i][SERIES_ALLOCS] == 50.0 * runs[0].seq[i]);
		assert_true(isnan(runs[0].counters[i][SERIES_FREES]));
		assert_int_equal(runs[0].pcp_pages[i], 63 + runs[0].seq[i]);
	}
	series_free(runs, n);
	series_capture_free(&cap);
	store_close(s, NULL);
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
		cmocka_unit_test(a_whole_report),
		cmocka_unit_test(hostile_strings_are_inert),
		cmocka_unit_test(gaps_are_stated),
		cmocka_unit_test(options_choose),
		cmocka_unit_test(many_samples_are_thinned),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
