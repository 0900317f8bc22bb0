// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading files that were cut off or made by somebody with other aims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <zlib.h>

#include "base/file.h"
#include "kmw_records.h"
#include "workload/kmw_block.h"
#include "workload/kmw_section.h"

#define RECORDS (3 * KMW_BLOCK_RECORDS + 100)

static struct request out[KMW_BLOCK_RECORDS];

static void write_bytes(const char *path, const uint8_t *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static struct blob make_file(const char *path)
{
	struct err e = { 0 };
	struct blob b = { 0 };

	if (kmw_write_stream(path, KMW_DEFAULT, 7, RECORDS, &e) || file_read(path, 1 << 30, &b, &e))
		fail_msg("%s", e.text);
	return b;
}

/* The records of the blocks served are the first of the stream; how many there are. */
static uint32_t check_start(const struct kmw_reader *k)
{
	struct kmw_stream *g = calloc(1, sizeof(*g));
	struct kmw_scratch *s = kmw_scratch_new();
	uint32_t seen = 0;
	struct err e = { 0 };

	g->seed = 7;
	for (uint32_t b = 0; b < kmw_block_count(k); b++) {
		int n = kmw_block_read(k, b, out, s, &e);

		if (n <= 0)
			fail_msg("%s", e.text);
		for (int i = 0; i < n; i++, seen++) {
			struct request r;

			kmw_next_record(g, &r);
			if (!kmw_same_record(&r, &out[i]))
				fail_msg("record %u differs", seen);
		}
	}
	kmw_scratch_free(s);
	free(g);
	return seen;
}

static void test_cut_off(void **state)
{
	uint64_t first, last, ordinal;
	uint32_t most = 0;
	char path[256];
	struct blob b;

	(void)state;
	kmw_temp_name(path, "cut");
	b = make_file(path);
	for (unsigned i = 0; i < 200; i++) {
		size_t n = i < 199 ? b.len * i / 200 : b.len - 1;
		struct kmw_reader *k;
		struct err e = { 0 };
		uint32_t seen;

		write_bytes(path, b.data, n);
		k = kmw_open(path, &e);
		if (!k) {
			assert_true(e.code && strstr(e.text, path));
			assert_int_equal(most, 0); /* more bytes never give fewer records */
			continue;
		}
		assert_true(kmw_cut_off(k));
		seen = check_start(k);
		assert_true(seen >= most && seen > 0 && seen % KMW_BLOCK_RECORDS <= 100);
		most = seen;
		/* The names of these records' caches are there. */
		assert_true(kmw_strings(k)->count > (seen - 1) / 5000);
		assert_string_equal(intern_str(kmw_strings(k), 1), "cache-0");
		assert_int_equal(kmw_summary(k)->requests, seen);
		assert_true(kmw_summary(k)->truncated || seen == RECORDS);
		kmw_block_span(k, 0, &first, &last, &ordinal);
		assert_int_equal(ordinal, 0);
		assert_true(first < last);
		kmw_close(k);
	}
	assert_int_equal(most, RECORDS);
	blob_free(&b);
	unlink(path);
}

/* One damaged block: that one is refused, the others are served. */
static void test_damaged_block(void **state)
{
	struct kmw_scratch *s = kmw_scratch_new();
	struct kmw_section sec = { .end = KMW_HEADER_LEN };
	struct kmw_reader *k;
	struct err e = { 0 };
	unsigned blocks = 0;
	char path[256];
	struct blob b;

	(void)state;
	kmw_temp_name(path, "block");
	b = make_file(path);
	while (blocks < 2) {
		assert_int_equal(kmw_section_parse(b.data, b.len, sec.end, &sec, NULL), 0);
		blocks += sec.type == KMW_SECTION_BLOCK;
	}
	b.data[(sec.offset + sec.end) / 2] ^= 1;
	write_bytes(path, b.data, b.len);
	k = kmw_open(path, &e);
	assert_non_null(k);
	assert_false(kmw_cut_off(k));
	assert_int_equal(kmw_block_count(k), 4);
	assert_int_equal(kmw_block_read(k, 0, out, s, &e), KMW_BLOCK_RECORDS);
	assert_int_equal(kmw_block_read(k, 1, out, s, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "block 1"));
	assert_non_null(strstr(e.text, "checksum"));
	assert_int_equal(kmw_block_read(k, 2, out, s, &e), KMW_BLOCK_RECORDS);
	assert_int_equal(kmw_block_read(k, 3, out, s, &e), 100);
	kmw_close(k);
	kmw_scratch_free(s);
	blob_free(&b);
	unlink(path);
}

/* A damaged trailer or index: the blocks are found without it. */
static void test_damaged_end(void **state)
{
	char path[256];
	struct blob b;

	(void)state;
	kmw_temp_name(path, "end");
	b = make_file(path);
	for (size_t back = 1; back < 200; back += 3) {
		struct kmw_reader *k;
		struct err e = { 0 };

		b.data[b.len - back] ^= 0x40;
		write_bytes(path, b.data, b.len);
		k = kmw_open(path, &e);
		if (!k)
			fail_msg("%s", e.text);
		assert_true(kmw_cut_off(k));
		assert_int_equal(check_start(k), RECORDS);
		assert_string_equal(kmw_summary(k)->kernel, "6.1.0");
		assert_string_equal(kmw_attachment_names(k)[0], "before/zoneinfo");
		kmw_close(k);
		b.data[b.len - back] ^= 0x40;
	}
	blob_free(&b);
	unlink(path);
}

static void test_not_a_workload(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *what;
	} files[] = {
		{ "", 0, "too short" },
		{ KMW_MAGIC, 8, "too short" },
		{ "\x17\x08\x44tracing6\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 25, "not a workload" },
		{ KMW_MAGIC "\1\0\0\0\0\x40\0\0\0\0\0\0\0\0\0\0", 24, "checksum" },
	};
	char path[256];
	struct err e;

	(void)state;
	kmw_temp_name(path, "not");
	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
		write_bytes(path, (const uint8_t *)files[i].bytes, files[i].len);
		assert_null(kmw_open(path, &e));
		if (!strstr(e.text, files[i].what))
			fail_msg("'%s' does not say '%s'", e.text, files[i].what);
	}
	unlink(path);
	assert_null(kmw_open(path, &e));
	assert_non_null(strstr(e.text, "No such file"));
	assert_null(kmw_open("/", &e));
	assert_non_null(strstr(e.text, "not a regular file"));
}

/* ---- files that are whole but lie ---- */

/* A file of one block whose head is changed by `lie`, with all checksums right and no index. */
static void write_lie(const char *path, void (*lie)(struct kmw_head *, uint32_t *version))
{
	struct kmw_packer *p = kmw_packer_new();
	struct kmw_encoder *c = kmw_encoder_new();
	uint8_t head[KMW_HEADER_LEN] = KMW_MAGIC, plain[KMW_HEAD_LEN];
	uint64_t at = sizeof(head);
	uint32_t version = KMW_VERSION;
	struct request r = { .slot = 3, .pfn = KMM_NO_PFN };
	const uint8_t *raw;
	struct kmw_head h;
	size_t len;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(kmw_encoder_put(c, &r, NULL), 1);
	raw = kmw_encoder_finish(c, &h, &len);
	lie(&h, &version);
	kmw_store32(head + 8, version);
	kmw_store32(head + 12, KMW_BLOCK_RECORDS);
	kmw_store32(head + 20, (uint32_t)crc32(0, head, 20));
	kmw_head_store(plain, &h);
	fwrite(head, sizeof(head), 1, f);
	assert_int_equal(kmw_section_write(f, &at, p, KMW_SECTION_BLOCK, KMW_NONE, plain,
					   sizeof(plain), raw, len, NULL),
			 0);
	assert_int_equal(fclose(f), 0);
	kmw_packer_free(p);
	kmw_encoder_free(c);
}

static void no_lie(struct kmw_head *h, uint32_t *v)
{
	(void)h;
	(void)v;
}

static void lie_version(struct kmw_head *h, uint32_t *v)
{
	(void)h;
	*v = KMW_VERSION + 1;
}

static void lie_records(struct kmw_head *h, uint32_t *v)
{
	(void)v;
	h->records = 1u << 30;
}

static void lie_ordinal(struct kmw_head *h, uint32_t *v)
{
	(void)v;
	h->ordinal = 5;
}

static void lie_cpus(struct kmw_head *h, uint32_t *v)
{
	(void)v;
	h->cpus = 60000;
}

/* Nobody can use 4 billion slots in one record: a replay would ask for their memory. */
static void lie_slots(struct kmw_head *h, uint32_t *v)
{
	(void)v;
	h->slots = 4000000000u;
}

static void test_lies(void **state)
{
	static const struct {
		void (*lie)(struct kmw_head *, uint32_t *);
		const char *what;
	} lies[] = {
		{ lie_version, "version" },
		{ lie_records, "cannot be right" },
		{ lie_ordinal, "cannot be right" },
		{ lie_cpus, "cannot be right" },
		{ lie_slots, "4000000000 slots for 1 records" },
	};
	struct kmw_reader *k;
	struct err e = { 0 };
	char path[256];

	(void)state;
	kmw_temp_name(path, "lie");
	write_lie(path, no_lie);
	k = kmw_open(path, &e);
	assert_non_null(k);
	assert_int_equal(kmw_summary(k)->slots, 4);
	kmw_close(k);
	for (unsigned i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		write_lie(path, lies[i].lie);
		assert_null(kmw_open(path, &e));
		if (!strstr(e.text, lies[i].what))
			fail_msg("'%s' does not say '%s'", e.text, lies[i].what);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_off),	    cmocka_unit_test(test_damaged_block),
		cmocka_unit_test(test_damaged_end), cmocka_unit_test(test_not_a_workload),
		cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests_name("kmw_read", tests, NULL, NULL);
}
