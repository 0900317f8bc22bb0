// SPDX-License-Identifier: GPL-2.0-or-later
/* perf_order: rounds written by hand, whose order of times is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "trace/perf_order.h"

#define TIME_CPU (4u | 1 << 7)

struct records {
	uint8_t data[4096];
	uint32_t len;
};

static void head(struct records *r, uint32_t type, uint16_t size)
{
	memcpy(r->data + r->len, &type, 4);
	memcpy(r->data + r->len + 6, &size, 2);
}

static void sample(struct records *r, uint64_t time, uint64_t cpu)
{
	head(r, PERF_SAMPLE, 24);
	memcpy(r->data + r->len + 8, &time, 8);
	memcpy(r->data + r->len + 16, &cpu, 8);
	r->len += 24;
}

static void finished_round(struct records *r)
{
	head(r, PERF_FINISHED_ROUND, 8);
	r->len += 8;
}

static void start(struct perf_order *o, struct perf_file *f, struct perf_layout *l,
		  const struct records *r)
{
	struct perf_attr a = { .sample_type = TIME_CPU };

	perf_layout_make(l, &a);
	memset(f, 0, sizeof(*f));
	f->layouts = l;
	f->layout_count = 1;
	f->uniform = true;
	f->end = r->len;
	perf_order_init(o, f, r->data, r->data, r->data + r->len, false);
}

/* CPU 1 is emptied after CPU 0, and its late records come one round later. */
static void rounds(void **state)
{
	/* time, CPU, whether another CPU's of that time follows */
	static const uint64_t want[][3] = { { 10, 0, 0 }, { 11, 1, 0 }, { 20, 0, 1 }, { 20, 1, 0 },
					    { 25, 1, 0 }, { 30, 0, 0 }, { 31, 1, 0 }, { 40, 0, 0 } };
	struct records r = { .len = 0 };
	struct perf_record rec;
	struct perf_layout l;
	struct perf_order o;
	struct perf_file f;
	struct err e = { 0 };

	(void)state;
	sample(&r, 10, 0);
	sample(&r, 20, 0);
	sample(&r, 11, 1);
	sample(&r, 20, 1);
	finished_round(&r);
	sample(&r, 30, 0);
	sample(&r, 40, 0);
	sample(&r, 25, 1);
	finished_round(&r);
	sample(&r, 31, 1);
	start(&o, &f, &l, &r);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(perf_order_next(&o, &rec, NULL, NULL, &e), 1);
		assert_int_equal(rec.s.time, want[i][0]);
		assert_int_equal(rec.s.cpu, want[i][1]);
		assert_int_equal(rec.tied, want[i][2]);
	}
	assert_int_equal(perf_order_next(&o, &rec, NULL, NULL, &e), 0);
	perf_order_free(&o);
}

/* A record that reaches beyond the end is told of once, after what came before it. */
static void cut_off(void **state)
{
	struct records r = { .len = 0 };
	struct perf_record rec;
	struct perf_layout l;
	struct perf_order o;
	struct perf_file f;
	struct err e = { 0 };

	(void)state;
	sample(&r, 10, 0);
	sample(&r, 5, 1);
	sample(&r, 20, 0);
	r.len -= 3;
	start(&o, &f, &l, &r);
	assert_int_equal(perf_order_next(&o, &rec, NULL, NULL, &e), 1);
	assert_int_equal(rec.s.time, 5);
	assert_int_equal(perf_order_next(&o, &rec, NULL, NULL, &e), 1);
	assert_int_equal(rec.s.time, 10);
	assert_int_equal(perf_order_next(&o, &rec, NULL, NULL, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "offset 48"));
	assert_int_equal(perf_order_next(&o, &rec, NULL, NULL, &e), 0);
	perf_order_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rounds), cmocka_unit_test(cut_off) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
