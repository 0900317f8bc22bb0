// SPDX-License-Identifier: GPL-2.0-or-later
/* perf_sample: records laid out by hand as perf_event_open(2) has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "trace/perf_sample.h"

/* IDENTIFIER, IP, TID, TIME, CPU, PERIOD, RAW: what perf record asks for a tracepoint. */
#define USUAL (1u << 16 | 1 | 2 | 4 | 1 << 7 | 1 << 8 | 1 << 10)

static uint32_t put(uint8_t *rec, uint32_t at, uint64_t v)
{
	memcpy(rec + at, &v, 8);
	return at + 8;
}

static uint32_t put32(uint8_t *rec, uint32_t at, uint32_t v)
{
	memcpy(rec + at, &v, 4);
	return at + 4;
}

static void usual_layout(void **state)
{
	struct perf_attr a = { .type = 2, .sample_type = USUAL, .sample_id_all = true };
	struct perf_layout l;
	struct perf_sample s;
	uint8_t rec[256] = { 0 };
	uint32_t at = 8;

	(void)state;
	perf_layout_make(&l, &a);
	assert_true(l.tracepoint);
	assert_int_equal(l.id, 8);
	at = put(rec, at, 77);		       /* IDENTIFIER */
	at = put(rec, at, 0xffffffff81000000); /* IP */
	at = put(rec, at, 0x500000004);	       /* TID */
	at = put(rec, at, 123456789);	       /* TIME */
	at = put(rec, at, 3);		       /* CPU */
	at = put(rec, at, 1);		       /* PERIOD */
	at = put32(rec, at, 12);
	memcpy(rec + at, "raw record..", 12);
	assert_true(perf_sample_read(&l, rec, at + 12, false, &s));
	assert_int_equal(s.time, 123456789);
	assert_int_equal(s.cpu, 3);
	assert_int_equal(s.raw_len, 12);
	assert_memory_equal(s.raw, "raw record..", 12);
	/* One byte less, and the raw part would reach beyond the record. */
	assert_false(perf_sample_read(&l, rec, at + 11, false, &s));
	assert_false(perf_sample_read(&l, rec, 20, false, &s));
}

/* Counter values of a group and a call chain stand before the raw part. */
static void parts_of_variable_length(void **state)
{
	struct perf_attr a = { .type = 2,
			       .sample_type = 4 | 1 << 4 | 1 << 5 | 1 << 10,
			       .read_format = 8 | 4 | 1 };
	struct perf_layout l;
	struct perf_sample s;
	uint8_t rec[256] = { 0 };
	uint32_t at = 8;

	(void)state;
	perf_layout_make(&l, &a);
	at = put(rec, at, 5); /* TIME */
	at = put(rec, at, 2); /* READ: two counters, time enabled, then value and id of each */
	for (unsigned i = 0; i < 5; i++)
		at = put(rec, at, i);
	at = put(rec, at, 3); /* CALLCHAIN of three */
	for (unsigned i = 0; i < 3; i++)
		at = put(rec, at, i);
	at = put32(rec, at, 4);
	memcpy(rec + at, "rawb", 4);
	assert_true(perf_sample_read(&l, rec, at + 4, false, &s));
	assert_int_equal(s.cpu, PERF_NO_CPU);
	assert_memory_equal(s.raw, "rawb", 4);
	/* A chain that says to be longer than the record */
	put(rec, 64, UINT64_MAX / 8);
	assert_false(perf_sample_read(&l, rec, at + 4, false, &s));
}

/* Where no part of variable length stands before the raw data, nothing is left of an earlier sample. */
static void plain(void **state)
{
	struct perf_attr a = { .type = 2, .sample_type = 4 | 1 << 7 | 1 << 10 };
	struct perf_sample s = { .chain = (const uint8_t *)&a, .chain_words = 7 };
	struct perf_layout l;
	uint8_t rec[64] = { 0 };
	uint32_t at = 8;

	(void)state;
	perf_layout_make(&l, &a);
	assert_true(l.plain);
	at = put(rec, at, 5); /* TIME */
	at = put(rec, at, 1); /* CPU */
	at = put32(rec, at, 4);
	memcpy(rec + at, "rawb", 4);
	assert_true(perf_sample_plain(&l, rec, at + 4, &s));
	assert_int_equal(s.time, 5);
	assert_int_equal(s.cpu, 1);
	assert_null(s.chain);
	assert_int_equal(s.chain_words, 0);
	assert_memory_equal(s.raw, "rawb", 4);
	put32(rec, 24, 5); /* more than there is */
	assert_false(perf_sample_plain(&l, rec, at + 4, &s));
}

/* perf's own event without samples is known by its attribute. */
static void silent(void **state)
{
	struct perf_attr a;
	uint8_t attr[64] = { 0 };

	(void)state;
	put32(attr, 0, 1); /* PERF_TYPE_SOFTWARE */
	put(attr, 8, 9);   /* PERF_COUNT_SW_DUMMY */
	assert_true(perf_attr_read(&a, attr, sizeof(attr), false));
	assert_true(a.silent);
	put(attr, 8, 0); /* PERF_COUNT_SW_CPU_CLOCK */
	assert_true(perf_attr_read(&a, attr, sizeof(attr), false));
	assert_false(a.silent);
}

/* Other records end with the same parts in another order. */
static void trailer(void **state)
{
	struct perf_attr a = { .type = 2, .sample_type = USUAL, .sample_id_all = true };
	struct perf_layout l;
	struct perf_sample s;
	uint8_t rec[64] = { 0 };
	uint32_t at = 24; /* a LOST record: its head, an id, a number */

	(void)state;
	perf_layout_make(&l, &a);
	at = put(rec, at, 0x500000004); /* TID */
	at = put(rec, at, 999);		/* TIME */
	at = put(rec, at, 2);		/* CPU */
	at = put(rec, at, 77);		/* IDENTIFIER */
	assert_true(perf_trailer_read(&l, rec, at, false, &s));
	assert_int_equal(s.time, 999);
	assert_int_equal(s.cpu, 2);
	assert_false(perf_trailer_read(&l, rec, 16, false, &s));
	a.sample_id_all = false;
	perf_layout_make(&l, &a);
	assert_false(perf_trailer_read(&l, rec, at, false, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_layout), cmocka_unit_test(parts_of_variable_length),
		cmocka_unit_test(plain),	cmocka_unit_test(silent),
		cmocka_unit_test(trailer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
