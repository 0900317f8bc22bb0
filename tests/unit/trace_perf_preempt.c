// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * perf's probe turns preemption off before it looks how deep preemption is turned off, and
 * writes that down; ftrace takes its own level off again.  Both recorders' captures of one
 * machine show it; and records by hand show what the reader makes of each depth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/trace_file.h"
#include "trace/perf_file.h"
#include "trace/trace.h"

#define IN_INTERRUPT (EVENT_HARDIRQ | EVENT_SOFTIRQ | EVENT_NMI)
#define PREEMPT_AT 3 /* in a record, by COMMON */

/* ---- the captures ---- */

struct least {
	uint64_t events;
	unsigned written, read; /* the least of each */
};

/* Of events of tasks, kind by kind; false where there is no such capture. */
static bool least_of(const char *name, struct least l[EVENT_KIND_COUNT])
{
	const char *traces = getenv("KMEMLAB_TRACES");
	struct err e = { 0 };
	struct event ev;
	struct trace *t;
	char path[4200];

	memset(l, 0, EVENT_KIND_COUNT * sizeof(*l));
	snprintf(path, sizeof(path), "%s/host-6.18/%s", traces ? traces : "../shared/traces", name);
	t = trace_open(path, NULL, &e);
	if (!t)
		return false;
	while (trace_next(t, &ev, &e) == 1) {
		struct least *x = &l[ev.kind];
		unsigned written = ev.record[PREEMPT_AT];

		if (ev.irq & IN_INTERRUPT)
			continue;
		if (!x->events++)
			x->written = x->read = 255;
		x->written = written < x->written ? written : x->written;
		x->read = ev.preempt < x->read ? ev.preempt : x->read;
	}
	trace_close(t);
	return true;
}

static void as_both_recorders_show(void **state)
{
	struct least ftrace[EVENT_KIND_COUNT], perf[EVENT_KIND_COUNT];
	unsigned kinds = 0, locked = 0;

	(void)state;
	if (!least_of("trace.dat.gz", ftrace) || !least_of("perf.data.gz", perf)) {
		print_message(
			"host-6.18 is not there; KMEMLAB_TRACES names the folder of captures\n");
		skip();
	}
	for (unsigned k = EVENT_OTHER + 1; k < EVENT_KIND_COUNT; k++) {
		if (ftrace[k].events < 100 || perf[k].events < 100)
			continue;
		kinds++;
		locked += ftrace[k].written > 0;
		assert_int_equal(perf[k].written, ftrace[k].written + 1);
		assert_int_equal(perf[k].read, ftrace[k].read);
		assert_int_equal(ftrace[k].read, ftrace[k].written);
	}
	/* Of the page allocator and of slab; and some only under a lock. */
	assert_true(kinds >= 6 && locked >= 1);
}

/* ---- records by hand ---- */

struct pipe_file {
	uint8_t data[32768];
	uint32_t len;
};

static void add(struct pipe_file *x, const void *p, size_t n)
{
	assert_true(x->len + n <= sizeof(x->data));
	memcpy(x->data + x->len, p, n);
	x->len += (uint32_t)n;
}

static void add_u64(struct pipe_file *x, uint64_t v)
{
	add(x, &v, 8);
}

static void add_head(struct pipe_file *x, uint32_t type, uint16_t size)
{
	uint16_t misc = 0;

	add(x, &type, 4);
	add(x, &misc, 2);
	add(x, &size, 2);
}

static void add_text(struct pipe_file *x, const char *text)
{
	add_u64(x, strlen(text));
	add(x, text, strlen(text));
}

/* tools/perf/util/trace-event-info.c: the formats of one event, and nothing else. */
static void add_formats(struct pipe_file *x)
{
	static const char head[] = "\x17\x08\x44tracing0.5", page[] = "header_page",
			  event[] = "header_event";
	uint32_t one = 1, none = 0, at, size, page_size = 4096;
	uint8_t long_size = 8;

	add_head(x, PERF_TRACING_DATA, 12);
	at = x->len;
	add(x, &none, 4);
	add(x, head, sizeof(head));
	add(x, "", 1); /* little-endian */
	add(x, &long_size, 1);
	add(x, &page_size, 4);
	add(x, page, sizeof(page));
	add_text(x, "");
	add(x, event, sizeof(event));
	add_text(x, "");
	add(x, &none, 4); /* of ftrace itself */
	add(x, &one, 4);
	add(x, "kmem", 5);
	add(x, &one, 4);
	add_text(x, KFREE_FORMAT);
	add(x, &none, 4); /* kallsyms */
	add(x, &none, 4); /* printk formats */
	size = x->len - at - 4;
	memcpy(x->data + at, &size, 4);
	for (; size % 8; size++)
		add(x, "", 1);
}

#define SAMPLE_TYPE (4 | 1 << 7 | 1 << 10) /* TIME, CPU, RAW */

static void add_attribute(struct pipe_file *x)
{
	uint8_t attr[72] = { 0 };
	uint32_t type = 2, size = 64;
	uint64_t config = 502, sample_type = SAMPLE_TYPE, id = 1;

	memcpy(attr, &type, 4);
	memcpy(attr + 4, &size, 4);
	memcpy(attr + 8, &config, 8);
	memcpy(attr + 24, &sample_type, 8);
	memcpy(attr + 64, &id, 8);
	add_head(x, PERF_HEADER_ATTR, 80);
	add(x, attr, 72);
}

static void add_free(struct pipe_file *x, uint64_t time, uint8_t flags, uint8_t preempt)
{
	uint8_t rec[28] = { 502 & 255, 502 >> 8, flags, preempt, 77 };
	uint64_t site = 0xffffffff81000000, ptr = 0xffff888001000000 + time;
	uint32_t raw = sizeof(rec);

	memcpy(rec + 8, &site, 8);
	memcpy(rec + 16, &ptr, 8);
	add_head(x, PERF_SAMPLE, 8 + 16 + 4 + sizeof(rec));
	add_u64(x, time);
	add_u64(x, 0);
	add(x, &raw, 4);
	add(x, rec, sizeof(rec));
}

static void each_depth(void **state)
{
	/* flags, as perf has it, as ftrace has it */
	static const uint8_t depth[][3] = {
		{ 0, 1, 0 },	   /* a task that turned nothing off */
		{ 0, 2, 1 },	   /* and one that holds a lock */
		{ 0, 0x21, 0x20 }, /* migration turned off twice, preemption not */
		{ 0, 0x1f, 0x1e }, /* 15 stands for more */
		{ EVENT_SOFTIRQ, 1, 0 },
		{ EVENT_HARDIRQ, 3, 2 },
		{ 0, 0, 0 }, /* a kernel that does not count */
		{ 0, 0x10, 0x10 },
	};
	struct pipe_file x = { .len = 0 };
	struct err e = { 0 };
	struct event ev;
	struct trace *t;
	char path[] = "/tmp/kmemlab-perf-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	add(&x, "PERFILE2", 8);
	add_u64(&x, 16);
	add_attribute(&x);
	add_formats(&x);
	for (unsigned i = 0; i < sizeof(depth) / sizeof(*depth); i++)
		add_free(&x, 100 + i, depth[i][0], depth[i][1]);
	assert_int_equal(write(fd, x.data, x.len), x.len);
	close(fd);
	t = trace_open(path, NULL, &e);
	unlink(path);
	if (!t)
		fail_msg("%s", e.text);
	for (unsigned i = 0; i < sizeof(depth) / sizeof(*depth); i++) {
		if (trace_next(t, &ev, &e) != 1)
			fail_msg("%s", e.text);
		assert_int_equal(ev.kind, EVENT_KFREE);
		assert_int_equal(ev.time, 100 + i);
		assert_int_equal(ev.irq, depth[i][0]);
		assert_int_equal(ev.preempt, depth[i][2]);
	}
	assert_int_equal(trace_next(t, &ev, &e), 0);
	trace_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_both_recorders_show),
		cmocka_unit_test(each_depth),
	};

	return cmocka_run_group_tests_name("trace_perf_preempt", tests, NULL, NULL);
}
