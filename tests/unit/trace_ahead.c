// SPDX-License-Identifier: GPL-2.0-or-later
/* What is read ahead is what is read event by event, with what is known at each event, whoever reads it. */
#define _GNU_SOURCE
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/ahead.h"

#define LINES 5000

static void same_event(const struct ahead *a, const struct event *got, const struct trace *t,
		       const struct event *want)
{
	const char *comm = ahead_comm(a, want->pid), *as_read = trace_comm(t, want->pid);

	assert_int_equal(got->time, want->time);
	assert_int_equal(got->cpu, want->cpu);
	assert_int_equal(got->pid, want->pid);
	assert_int_equal(got->kind, want->kind);
	assert_int_equal(got->lost, want->lost);
	assert_int_equal(got->tied, want->tied);
	assert_null(got->record);
	assert_int_equal(comm != NULL, as_read != NULL);
	if (comm)
		assert_string_equal(comm, as_read);
	if (want->kind >= EVENT_KMALLOC && want->kind <= EVENT_KMEM_CACHE_FREE) {
		assert_int_equal(got->object.ptr, want->object.ptr);
		assert_string_equal(ahead_name(a, got->object.name),
				    intern_str(trace_names(t), want->object.name));
	}
	if (want->kind == EVENT_PRINT) {
		assert_int_equal(got->print.len, want->print.len);
		assert_memory_equal(got->print.text, want->print.text, want->print.len);
	}
}

/* Every event, and the end; what the trace ended with. */
static int all_is_the_same(const char *path)
{
	struct err e = { 0 }, f = { 0 };
	struct trace *t = trace_open(path, NULL, &e), *single = trace_open(path, NULL, &e);
	struct ahead *a = ahead_start(t, &e);
	const struct event *ev;
	struct event one;
	uint64_t lost, read, total;
	int got, ret;

	assert_non_null(a);
	while ((got = ahead_next(a, &ev, &lost, &e)) > 0) {
		for (int i = 0; i < got; i++) {
			assert_int_equal(trace_next(single, &one, &f), 1);
			same_event(a, &ev[i], single, &one);
			assert_true(!ev[i].lost || i + 1 == got);
		}
		if (one.lost)
			assert_int_equal(lost, trace_cpu(single, one.cpu)->lost);
		read = ahead_progress(a, &total);
		assert_true(read <= total);
	}
	ret = trace_next(single, &one, &f);
	assert_int_equal(got, ret);
	if (ret < 0)
		assert_string_equal(e.text, f.text);
	assert_int_equal(ahead_next(a, &ev, &lost, &e), got);
	ahead_stop(a);
	for (uint32_t c = 0; c < trace_info(t)->cpus; c++) {
		assert_int_equal(trace_cpu(t, c)->events, trace_cpu(single, c)->events);
		assert_int_equal(trace_cpu(t, c)->lost, trace_cpu(single, c)->lost);
	}
	trace_close(t);
	trace_close(single);
	return ret;
}

/* With a thread of its own, where the machine has two CPUs, and without. */
static int with_and_without_a_thread(const char *path)
{
	cpu_set_t was, one;
	int cpu = 0, ret = all_is_the_same(path);

	assert_int_equal(sched_getaffinity(0, sizeof(was), &was), 0);
	while (!CPU_ISSET(cpu, &was))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(all_is_the_same(path), ret);
	assert_int_equal(sched_setaffinity(0, sizeof(was), &was), 0);
	return ret;
}

static void of_a_trace_dat(void **state)
{
	(void)state;
	assert_int_equal(with_and_without_a_thread("traces/amd64-6.1-small/trace.dat"), 0);
	assert_int_equal(with_and_without_a_thread("traces/amd64-6.18-small/trace.dat"), 0);
}

static void of_a_perf_data(void **state)
{
	const char *traces = getenv("KMEMLAB_TRACES");
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/host-6.18/perf.data.gz",
		 traces ? traces : "../shared/traces");
	if (access(path, R_OK))
		skip();
	assert_int_equal(with_and_without_a_thread(path), 0);
}

/* Caches that come up and processes that change their names all along, markers and losses. */
static char *a_text(char path[32])
{
	FILE *f;

	strcpy(path, "/tmp/ahead-XXXXXX");
	f = fdopen(mkstemp(path), "w");
	assert_non_null(f);
	fputs("# tracer: nop\n#\n", f);
	for (unsigned i = 0; i < LINES; i++) {
		unsigned pid = 30 + i % 7, cpu = i % 2;

		if (i % 997 == 5)
			fprintf(f, "CPU:%u [LOST %u EVENTS]\n", cpu, i);
		fprintf(f, " task%u-%u [%03u] ..... %u.%06u: ", i / 300, pid, cpu, 100 + i / 1000,
			i % 1000 * 1000);
		if (i % 50 == 49)
			fprintf(f, "tracing_mark_write: marker %u\n", i);
		else
			fprintf(f, "kmem_cache_free: call_site=%x ptr=%x name=cache%u\n",
				0x8000u + i % 90, 0x10000 + i * 64, i / 20);
	}
	fclose(f);
	return path;
}

static void of_a_text(void **state)
{
	char path[32];

	(void)state;
	assert_int_equal(with_and_without_a_thread(a_text(path)), 0);
	unlink(path);
}

/* Its last part is missing: the events before that come first, then the error. */
static void of_a_cut_trace(void **state)
{
	const char *whole = "traces/amd64-6.1-small/trace.dat";
	static uint8_t data[1 << 20];
	char path[32] = "/tmp/ahead-XXXXXX";
	FILE *in = fopen(whole, "r"), *out = fdopen(mkstemp(path), "w");
	size_t n;

	(void)state;
	assert_non_null(in);
	assert_non_null(out);
	n = fread(data, 1, sizeof(data), in);
	for (size_t i = n - n / 4; i < n - n / 4 + 64; i++)
		data[i] ^= 0x5a;
	fwrite(data, 1, n, out);
	fclose(in);
	fclose(out);
	assert_true(with_and_without_a_thread(path) < 0);
	unlink(path);
}

/* Whoever wants no more may stop at any time; the trace can be read again then. */
static void a_part_is_enough(void **state)
{
	struct err e = { 0 };
	struct trace *t;
	const struct event *ev;
	struct ahead *a;
	struct event first, again;
	char path[32];
	uint64_t lost;

	(void)state;
	t = trace_open(a_text(path), NULL, &e);
	a = ahead_start(t, &e);
	assert_non_null(a);
	ahead_stop(a);
	assert_int_equal(trace_rewind(t, &e), 0);
	assert_int_equal(trace_next(t, &first, &e), 1);
	a = ahead_start(t, &e);
	assert_true(ahead_next(a, &ev, &lost, &e) > 0);
	assert_true(ev->time > first.time);
	ahead_stop(a);
	assert_int_equal(trace_rewind(t, &e), 0);
	assert_int_equal(trace_next(t, &again, &e), 1);
	assert_int_equal(again.time, first.time);
	trace_close(t);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_trace_dat),   cmocka_unit_test(of_a_perf_data),
		cmocka_unit_test(of_a_text),	    cmocka_unit_test(of_a_cut_trace),
		cmocka_unit_test(a_part_is_enough),
	};

	return cmocka_run_group_tests_name("trace_ahead", tests, NULL, NULL);
}
