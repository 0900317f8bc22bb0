// SPDX-License-Identifier: GPL-2.0-or-later
/* perf_file: the outside of a file, as tools/perf/Documentation/perf.data-file-format.txt has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "trace/perf_file.h"

static uint32_t head(uint8_t *p, uint32_t type, uint16_t size)
{
	memset(p, 0, 8);
	memcpy(p, &type, 4);
	memcpy(p + 6, &size, 2);
	return size;
}

/* What follows a record without being counted in its size is a part of it. */
static void lengths_of_records(void **state)
{
	struct perf_file f = { .swap = false };
	uint8_t data[256] = { 0 };
	uint32_t n = 13;
	uint64_t big = 100, huge = UINT64_MAX - 8;

	(void)state;
	head(data, PERF_SAMPLE, 40);
	assert_int_equal(perf_record_len(&f, data, data + 256), 40);
	assert_int_equal(perf_record_len(&f, data, data + 40), 40);
	assert_int_equal(perf_record_len(&f, data, data + 39), 0);
	assert_int_equal(perf_record_len(&f, data, data + 7), 0);
	head(data, PERF_SAMPLE, 7); /* less than its own head */
	assert_int_equal(perf_record_len(&f, data, data + 256), 0);
	/* "u32 size" of tracing data, which are padded to eight bytes */
	head(data, PERF_TRACING_DATA, 12);
	memcpy(data + 8, &n, 4);
	assert_int_equal(perf_record_len(&f, data, data + 256), 12 + 16);
	assert_int_equal(perf_record_len(&f, data, data + 27), 0);
	n = UINT32_MAX;
	memcpy(data + 8, &n, 4);
	assert_int_equal(perf_record_len(&f, data, data + 256), 0);
	/* "u64 size" of AUX data */
	head(data, PERF_AUXTRACE, 48);
	memcpy(data + 8, &big, 8);
	assert_int_equal(perf_record_len(&f, data, data + 256), 148);
	memcpy(data + 8, &huge, 8);
	assert_int_equal(perf_record_len(&f, data, data + 256), 0);
}

/* A file in the form of a pipe: its head and these records. */
struct piped {
	uint8_t data[1024];
	uint32_t len;
};

static void pipe_head(struct piped *x)
{
	uint64_t size = 16;

	memset(x, 0, sizeof(*x));
	memcpy(x->data, "PERFILE2", 8);
	memcpy(x->data + 8, &size, 8);
	x->len = 16;
}

/* HEADER_ATTR: a perf_event_attr of 64 bytes, and the ids of its events. */
static void add_attr(struct piped *x, uint32_t type, uint64_t config, uint64_t sample_type,
		     uint64_t id)
{
	uint8_t *p = x->data + x->len;
	uint32_t size = 64;

	memset(p, 0, 80);
	x->len += head(p, PERF_HEADER_ATTR, 80);
	memcpy(p + 8, &type, 4);
	memcpy(p + 12, &size, 4);
	memcpy(p + 16, &config, 8);
	memcpy(p + 32, &sample_type, 8);
	memcpy(p + 72, &id, 8);
}

/* What is wrong with the file. */
static void refused(struct piped *x, const char *why)
{
	struct datfile d = { .map = { .data = x->data, .size = x->len } };
	struct perf_file f;
	struct err e = { 0 };

	assert_true(perf_file_open(&f, &d, &e) < 0);
	if (!strstr(e.text, why))
		fail_msg("'%s' has no '%s'", e.text, why);
	perf_file_close(&f);
}

static void what_it_must_have(void **state)
{
	struct piped x;

	(void)state;
	pipe_head(&x);
	refused(&x, "no tracepoint");
	add_attr(&x, 0, 0, 1 << 10, 1); /* cycles */
	refused(&x, "no tracepoint");
	add_attr(&x, 2, 300, 4, 2); /* without its raw data */
	refused(&x, "no tracepoint");
	add_attr(&x, 2, 300, 4 | 1 << 10, 2);
	refused(&x, "no event formats");
	x.data[8] = 17; /* the header's size */
	refused(&x, "offset");
	x.len = 12;
	refused(&x, "offset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_of_records),
		cmocka_unit_test(what_it_must_have),
	};

	return cmocka_run_group_tests_name("trace_perf_file", tests, NULL, NULL);
}
