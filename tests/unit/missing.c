// SPDX-License-Identifier: GPL-2.0-or-later
/* missing: events that a trace should have beside others, and what is unknown without them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workload/missing.h"

/* What is said of a text of n lines of each of the events. */
static const char *said_of(unsigned n, const char *const *events)
{
	static char said[512];
	char path[] = "missing-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	uint64_t count = 0;
	struct err e = { 0 };
	struct event ev;
	struct trace *t;

	assert_non_null(f);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; events[k]; k++)
			fprintf(f,
				"  a-7 [000] .... 1.%06u: %s: page=0 pfn=0x%x order=0 migratetype=0\n",
				i, events[k], i);
	fclose(f);
	t = trace_open(path, NULL, &e);
	assert_non_null(t);
	while (trace_next(t, &ev, &e) == 1)
		count++;
	missing_events(t, count, said, sizeof(said));
	trace_close(t);
	unlink(path);
	return said;
}

static void what_is_unknown(void **state)
{
	static const char *const all[] = { "mm_page_alloc", "mm_page_free", "mm_page_free_batched",
					   "mm_page_alloc_zone_locked", NULL };
	static const char *const two[] = { "mm_page_alloc", "mm_page_free", NULL };
	static const char *const one[] = { "mm_page_free", NULL };
	static const char *const none[] = { "rss_stat", NULL };

	(void)state;
	/* No drain need have happened. */
	assert_string_equal(said_of(500, all), "");
	assert_string_equal(said_of(1000, none), "");
	assert_string_equal(said_of(100, one), "");
	assert_string_equal(
		said_of(500, two),
		"without mm_page_free_batched it is unknown in which order batches of pages were given back; "
		"without mm_page_alloc_zone_locked and mm_page_pcpu_drain it is unknown what moved between "
		"the CPUs' lists and the free lists");
	assert_non_null(strstr(said_of(1000, one),
			       "without mm_page_alloc it is unknown which pages were taken;"));
}

/* A trace.dat describes what could have been recorded. */
static void a_whole_one(void **state)
{
	struct err e = { 0 };
	struct trace *t = trace_open("traces/amd64-6.1-small/trace.dat", NULL, &e);
	char said[512];

	(void)state;
	assert_non_null(t);
	missing_events(t, 1000000, said, sizeof(said));
	assert_string_equal(said, "");
	trace_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_unknown),
		cmocka_unit_test(a_whole_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
