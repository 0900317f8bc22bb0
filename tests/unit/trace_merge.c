// SPDX-License-Identifier: GPL-2.0-or-later
/* The CPUs' records in one order: by time, then by CPU, then as they stand. */
#include "tests/unit/trace_file.h"

#include "trace/trace.h"

static void many_cpus(void **state)
{
	struct trace_file f;
	struct err e = { 0 };
	struct trace *t;
	struct event ev, last = { .time = 0 };
	uint64_t n = 0, per_cpu[16] = { 0 };

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 16 });
	for (uint64_t i = 0; i < 20000; i++) {
		unsigned cpu = (unsigned)(i * 2654435761u >> 7) % 16;

		/* Many share a time; the frame number counts what a CPU wrote. */
		page_alloc(&f, cpu, 1000 + i / 5, per_cpu[cpu]++, 0, 0xcc0);
	}
	file_end(&f);
	memset(per_cpu, 0, sizeof(per_cpu));
	t = trace_open(f.path, NULL, &e);
	assert_non_null(t);
	while (trace_next(t, &ev, &e) > 0) {
		assert_true(ev.time > last.time || (ev.time == last.time && ev.cpu >= last.cpu) ||
			    !n);
		assert_int_equal(ev.page.pfn, per_cpu[ev.cpu]++);
		last = ev;
		n++;
	}
	assert_int_equal(n, 20000);
	trace_close(t);
	file_drop(&f);
}

/* A CPU without a record, and one whose only record is the last. */
static void idle_cpus(void **state)
{
	struct trace_file f;
	struct err e = { 0 };
	struct trace *t;
	struct event ev;
	unsigned n = 0;

	(void)state;
	file_begin(&f, (struct dw_options){ .cpus = 3 });
	for (unsigned i = 0; i < 10; i++)
		page_alloc(&f, 0, 10 + i, i, 0, 0xcc0);
	page_alloc(&f, 2, 100, 99, 0, 0xcc0);
	file_end(&f);
	t = trace_open(f.path, NULL, &e);
	assert_non_null(t);
	while (trace_next(t, &ev, &e) > 0)
		n++;
	assert_int_equal(n, 11);
	assert_int_equal(ev.cpu, 2);
	trace_close(t);
	file_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_cpus),
		cmocka_unit_test(idle_cpus),
	};

	return cmocka_run_group_tests_name("trace_merge", tests, NULL, NULL);
}
