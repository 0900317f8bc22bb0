// SPDX-License-Identifier: GPL-2.0-or-later
/* What a trace gives after it was rewound is what it gives when it is opened anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "trace/trace.h"

static void same_event(const struct event *a, const struct event *b)
{
	assert_int_equal(a->time, b->time);
	assert_int_equal(a->cpu, b->cpu);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->lost, b->lost);
	assert_int_equal(a->tied, b->tied);
	assert_int_equal(a->record_len, b->record_len);
	assert_memory_equal(a->record, b->record, a->record_len);
}

/* After `before` events of a first look. */
static void rewind_after(const char *path, uint64_t before)
{
	struct err e = { 0 };
	struct trace *t = trace_open(path, NULL, &e), *fresh = trace_open(path, NULL, &e);
	struct event a, b;
	uint64_t n = 0;
	int ret;

	assert_non_null(t);
	assert_non_null(fresh);
	while (n < before && trace_next(t, &a, &e) == 1)
		n++;
	assert_int_equal(trace_rewind(t, &e), 0);
	for (n = 0;; n++) {
		ret = trace_next(fresh, &b, &e);
		assert_int_equal(trace_next(t, &a, &e), ret);
		if (ret != 1)
			break;
		same_event(&a, &b);
	}
	assert_int_equal(ret, 0);
	assert_true(n > 2);
	for (uint32_t c = 0; c < trace_info(t)->cpus; c++) {
		assert_int_equal(trace_cpu(t, c)->events, trace_cpu(fresh, c)->events);
		assert_int_equal(trace_cpu(t, c)->lost, trace_cpu(fresh, c)->lost);
	}
	assert_int_equal(trace_damage(t) != NULL, trace_damage(fresh) != NULL);
	trace_close(t);
	trace_close(fresh);
}

static void a_trace_dat_starts_again(void **state)
{
	(void)state;
	rewind_after("traces/amd64-6.1-small/trace.dat", 0);
	rewind_after("traces/amd64-6.1-small/trace.dat", 12345);
	rewind_after("traces/amd64-6.1-small/trace.dat", UINT64_MAX);
}

static void a_perf_data_starts_again(void **state)
{
	const char *traces = getenv("KMEMLAB_TRACES");
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/host-6.18/perf.data.gz",
		 traces ? traces : "../shared/traces");
	if (access(path, R_OK))
		skip();
	rewind_after(path, 1000);
	rewind_after(path, UINT64_MAX);
}

static void a_text_starts_again(void **state)
{
	static const char text[] =
		"cpus=2\n"
		"  sh-7 [000]  1.000000001: kfree: call_site=0x1 ptr=0xffff888000001000\n"
		"CPU:1 [12 EVENTS DROPPED]\n"
		"  sh-8 [001]  1.000000003: kfree: call_site=0x1 ptr=0xffff888000002000\n"
		"  sh-7 [000]  1.000000002: kfree: call_site=0x1 ptr=0xffff888000003000\n"
		"  sh-8 [001]  1.000000004: kfree: call_site=0x1 ptr=0xffff888000004000\n";
	char path[] = "/tmp/kmemlab-rewind-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	rewind_after(path, 2);
	rewind_after(path, UINT64_MAX);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_dat_starts_again),
		cmocka_unit_test(a_perf_data_starts_again),
		cmocka_unit_test(a_text_starts_again),
	};

	return cmocka_run_group_tests_name("trace_rewind", tests, NULL, NULL);
}
