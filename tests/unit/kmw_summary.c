// SPDX-License-Identifier: GPL-2.0-or-later
/* The summary as text: all of it comes back, and a strange text does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kmw_records.h"
#include "workload/kmw_summary.h"

static void test_round_trip(void **state)
{
	struct kmw_cpu_count cpus[3] = { { 7, 2, true, true, UINT64_MAX },
					 { 0, 0, false, false, 0 },
					 { 1, 1, false, true, 0 } };
	struct kmw_event_count counts[2];
	struct kmw_summary s, t;
	struct blob text;

	(void)state;
	kmw_test_summary(&s, counts);
	s.big_endian = s.truncated = s.lost_unknown = true;
	s.requests = 1ull << 63;
	s.observations = 5;
	s.slots = UINT32_MAX;
	s.per_cpu = cpus;
	s.per_cpu_n = 3;
	assert_int_equal(kmw_summary_text(&s, &text, NULL), 0);
	assert_int_equal(kmw_summary_parse(&text, &t, NULL), 0);
	assert_int_equal(t.count_n, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_string_equal(t.counts[i].system, counts[i].system);
		assert_string_equal(t.counts[i].name, counts[i].name);
		assert_int_equal(t.counts[i].count, counts[i].count);
	}
	assert_int_equal(t.per_cpu_n, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(t.per_cpu[i].events, cpus[i].events);
		assert_int_equal(t.per_cpu[i].lost, cpus[i].lost);
		assert_int_equal(t.per_cpu[i].lost_unknown, cpus[i].lost_unknown);
		assert_int_equal(t.per_cpu[i].have_overrun, cpus[i].have_overrun);
		assert_int_equal(t.per_cpu[i].overrun, cpus[i].overrun);
	}
	free(t.counts);
	free(t.per_cpu);
	t.counts = s.counts;
	t.per_cpu = s.per_cpu;
	assert_memory_equal(&s, &t, sizeof(s));
	blob_free(&text);
}

static void test_strange(void **state)
{
	static char text[] = "cpus 4000000000\nlong_size 8 bits\nfuture key 1\n\n \nevent\nevent 5\n"
			     "event 5 kmem\nevent 5 kmem kfree\ncpu 1 5 5 0\ncpu 0 x\ncpu 0 1 2\n"
			     "cpu 0 1 2 1 \ncpu\nsource %4\nclock %41%zz%00b\nkernel ";
	struct blob b = { (uint8_t *)text, sizeof(text) - 1 };
	struct kmw_summary s;

	(void)state;
	assert_int_equal(kmw_summary_parse(&b, &s, NULL), 0);
	assert_int_equal(s.cpus, KMM_CPUS); /* an index for others */
	assert_int_equal(s.long_size, 8);
	assert_int_equal(s.count_n, 1);
	assert_string_equal(s.counts[0].name, "kfree");
	assert_int_equal(s.per_cpu_n, 1); /* in order, and whole */
	assert_true(s.per_cpu[0].lost_unknown && !s.per_cpu[0].have_overrun);
	free(s.per_cpu);
	assert_string_equal(s.source, "%4");
	assert_string_equal(s.clock, "A%zz");
	assert_string_equal(s.kernel, "");
	free(s.counts);
}

static void test_long_texts(void **state)
{
	struct kmw_summary s;
	struct blob b = { malloc(100001), 100000 };

	(void)state;
	memset(b.data, 'x', b.len);
	b.data[b.len] = 0;
	memcpy(b.data, "source ", 7);
	memcpy(b.data + 50000, "\nevent 1 ", 9);
	b.data[60000] = ' ';
	assert_int_equal(kmw_summary_parse(&b, &s, NULL), 0);
	assert_int_equal(strlen(s.source), sizeof(s.source) - 1);
	assert_int_equal(strlen(s.counts[0].system), sizeof(s.counts[0].system) - 1);
	assert_int_equal(strlen(s.counts[0].name), sizeof(s.counts[0].name) - 1);
	free(s.counts);
	blob_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests_name("kmw_summary", tests, NULL, NULL);
}
