// SPDX-License-Identifier: GPL-2.0-or-later
/* Events that are read many at once are those that are read one by one. */
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

#define ROOM 48

static void same_event(const struct trace *t, const struct event *a, const struct trace *u,
		       const struct event *b)
{
	char text[2][4096] = { 0 };
	FILE *f[2] = { fmemopen(text[0], sizeof(text[0]) - 1, "w"),
		       fmemopen(text[1], sizeof(text[1]) - 1, "w") };

	assert_int_equal(a->time, b->time);
	assert_int_equal(a->cpu, b->cpu);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->irq, b->irq);
	assert_int_equal(a->preempt, b->preempt);
	assert_int_equal(a->lost, b->lost);
	assert_int_equal(a->tied, b->tied);
	assert_int_equal(trace_event_text((struct trace *)t, a, f[0]), 0);
	assert_int_equal(trace_event_text((struct trace *)u, b, f[1]), 0);
	fclose(f[0]);
	fclose(f[1]);
	assert_string_equal(text[0], text[1]);
}

static void many_are_the_same(const char *path, const struct trace_options *o)
{
	struct err e = { 0 };
	struct trace *t = trace_open(path, o, &e), *single = trace_open(path, o, &e);
	unsigned most = 0, room = 1;
	struct event ev[ROOM], one;
	int got;

	assert_non_null(t);
	assert_non_null(single);
	while ((got = trace_next_many(t, ev, room, &e)) > 0) {
		uint64_t lost = trace_cpu(t, ev[got - 1].cpu)->lost;

		assert_true((unsigned)got <= room);
		most = (unsigned)got > most ? (unsigned)got : most;
		for (int i = 0; i < got; i++) {
			assert_int_equal(trace_next(single, &one, &e), 1);
			same_event(t, &ev[i], single, &one);
			assert_true(!ev[i].lost || i + 1 == got);
		}
		assert_int_equal(trace_cpu(single, one.cpu)->lost, lost);
		room = room % ROOM + 1;
	}
	assert_int_equal(got, 0);
	assert_int_equal(trace_next(single, &one, &e), 0);
	assert_true(most > ROOM / 2);
	for (uint32_t c = 0; c < trace_info(t)->cpus; c++) {
		assert_int_equal(trace_cpu(t, c)->events, trace_cpu(single, c)->events);
		assert_int_equal(trace_cpu(t, c)->bytes, trace_cpu(single, c)->bytes);
	}
	trace_close(t);
	trace_close(single);
}

static void of_a_trace_dat(void **state)
{
	const uint8_t second[] = { 0, 1 };
	const struct trace_options window = { .from = 5300000000, .to = 5800000000 },
				   one_cpu = { .cpu_mask = second, .cpu_mask_len = 2 };

	(void)state;
	many_are_the_same("traces/amd64-6.1-small/trace.dat", NULL);
	many_are_the_same("traces/amd64-6.1-small/trace.dat", &one_cpu);
	many_are_the_same("traces/amd64-6.1-small/trace.dat", &window);
	many_are_the_same("traces/amd64-5.10-small/trace.dat", NULL);
	many_are_the_same("traces/amd64-6.18-small/trace.dat", NULL);
}

static void of_a_perf_data(void **state)
{
	const struct trace_options window = { .from = 2665800000000, .to = 2666050000000 };
	const char *traces = getenv("KMEMLAB_TRACES");
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/host-6.18/perf.data.gz",
		 traces ? traces : "../shared/traces");
	if (access(path, R_OK))
		skip();
	many_are_the_same(path, NULL);
	many_are_the_same(path, &window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_trace_dat),
		cmocka_unit_test(of_a_perf_data),
	};

	return cmocka_run_group_tests_name("trace_many", tests, NULL, NULL);
}
