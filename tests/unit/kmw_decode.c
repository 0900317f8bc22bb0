// SPDX-License-Identifier: GPL-2.0-or-later
/* The decoder on blocks that no encoder made: an error or valid records, nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kmw_records.h"
#include "workload/kmw_block.h"
#include "workload/kmw_section.h"

static struct request out[KMW_BLOCK_RECORDS];

/* A block of n kernel-like records, in memory of exactly its length and the slack. */
static uint8_t *make_block(uint32_t n, struct kmw_head *h, size_t *len)
{
	struct kmw_encoder *c = kmw_encoder_new();
	struct kmw_stream *g = calloc(1, sizeof(*g));
	const uint8_t *raw;
	struct request r;
	uint8_t *copy;

	assert_non_null(c);
	assert_non_null(g);
	g->seed = n;
	for (uint32_t i = 0; i < n; i++) {
		kmw_next_record(g, &r);
		assert_int_equal(kmw_encoder_put(c, &r, NULL), i + 1);
	}
	raw = kmw_encoder_finish(c, h, len);
	copy = calloc(1, *len + KMW_DECODE_SLACK);
	assert_non_null(copy);
	memcpy(copy, raw, *len);
	kmw_encoder_free(c);
	free(g);
	return copy;
}

/* What a caller may use as an index is in range, whatever the bytes were. */
static void check_records(const struct kmw_head *h)
{
	for (uint32_t i = 0; i < h->records; i++) {
		const struct request *r = &out[i];

		assert_true(r->sig.op < REQUEST_OP_COUNT && r->sig.owner < REQUEST_OWNER_COUNT);
		assert_true(r->cpu < h->cpus);
		assert_true(r->slot == NO_SLOT || r->slot < h->slots || (!r->slot && !h->slots));
		if (r->sig.op <= REQ_PAGE_BULK)
			assert_true(r->sig.order < KMM_ORDERS && r->sig.type < KMM_MIGRATETYPES);
	}
}

static void test_flipped(void **state)
{
	struct kmw_decoder *d = kmw_decoder_new();
	uint64_t seed = 4711;
	struct kmw_head h;
	unsigned refused = 0;
	size_t len;
	uint8_t *raw = make_block(1000, &h, &len);

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		size_t at = i < 1000 ? kmw_random(&seed) % 2000 : kmw_random(&seed) % len;
		uint8_t was = raw[at];
		struct err e = { 0 };
		int ret;

		raw[at] = (uint8_t)kmw_random(&seed);
		ret = kmw_decode(d, &h, raw, len, out, &e);
		if (ret)
			refused++;
		else
			check_records(&h);
		assert_true(!ret || e.text[0]);
		raw[at] = was;
	}
	/* Lengths and shapes that do not fit are noticed; other values cannot be, without the CRC. */
	assert_in_range(refused, 200, 1999);
	assert_int_equal(kmw_decode(d, &h, raw, len, out, NULL), 0);
	free(raw);
	kmw_decoder_free(d);
}

static void test_random_bytes(void **state)
{
	struct kmw_decoder *d = kmw_decoder_new();
	struct kmw_head h = { .records = KMW_BLOCK_RECORDS, .slots = 100, .cpus = 2 };
	uint8_t *raw = calloc(1, 4096 + KMW_DECODE_SLACK);
	uint64_t seed = 99;

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		for (unsigned k = 0; k < 4096; k++)
			raw[k] = (uint8_t)kmw_random(&seed);
		assert_true(kmw_decode(d, &h, raw, kmw_random(&seed) % 4096, out, NULL) < 0);
	}
	free(raw);
	kmw_decoder_free(d);
}

static void test_cut(void **state)
{
	struct kmw_decoder *d = kmw_decoder_new();
	struct kmw_head h;
	size_t len;
	uint8_t *raw = make_block(100, &h, &len);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_true(kmw_decode(d, &h, raw, n, out, NULL) < 0);
	h.records = 0;
	assert_true(kmw_decode(d, &h, raw, len, out, NULL) < 0);
	h.records = KMW_BLOCK_RECORDS + 1;
	assert_true(kmw_decode(d, &h, raw, len, out, NULL) < 0);
	h.records = 101;
	assert_true(kmw_decode(d, &h, raw, len, out, NULL) < 0);
	free(raw);
	kmw_decoder_free(d);
}

/* The block's description must hold for its records: a replay sizes its tables by it. */
static void test_description(void **state)
{
	struct kmw_decoder *d = kmw_decoder_new();
	struct kmw_head h;
	size_t len;
	uint8_t *raw = make_block(100, &h, &len);

	(void)state;
	assert_true(h.slots > 1 && h.cpus == 2);
	h.slots--;
	assert_true(kmw_decode(d, &h, raw, len, out, NULL) < 0);
	h.slots++;
	h.cpus--;
	assert_true(kmw_decode(d, &h, raw, len, out, NULL) < 0);
	h.cpus++;
	assert_int_equal(kmw_decode(d, &h, raw, len, out, NULL), 0);
	free(raw);
	kmw_decoder_free(d);
}

/* The document's worked example of numbers: docs/kmw.md. */
static void test_numbers(void **state)
{
	static const struct {
		uint64_t value;
		unsigned len;
		uint8_t bytes[9];
	} examples[] = {
		{ 0, 1, { 0x01 } },
		{ 1, 1, { 0x03 } },
		{ 127, 1, { 0xff } },
		{ 128, 2, { 0x02, 0x02 } },
		{ 300, 2, { 0xb2, 0x04 } },
		{ (1ull << 56) - 1, 8, { 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ 1ull << 56, 9, { 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
		{ UINT64_MAX, 9, { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		uint8_t buf[16] = { 0 };
		uint64_t v;

		assert_int_equal(kmw_varint_put(buf, examples[i].value), examples[i].len);
		assert_memory_equal(buf, examples[i].bytes, examples[i].len);
		assert_int_equal(kmw_varint_get(buf, &v), examples[i].len);
		assert_int_equal(v, examples[i].value);
	}
	assert_int_equal(kmw_zigzag((uint64_t)-1), 1);
	assert_int_equal(kmw_zigzag(1), 2);
	assert_int_equal(kmw_unzigzag(kmw_zigzag(1ull << 63)), 1ull << 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flipped), cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_cut),	cmocka_unit_test(test_description),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("kmw_decode", tests, NULL, NULL);
}
