// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing: all that was put comes back, and nothing half-written stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "kmw_records.h"

#define RECORDS (2 * KMW_BLOCK_RECORDS + 777)

static struct request out[KMW_BLOCK_RECORDS];

/* Every record of the stream of this seed is in the file, in order. */
static void check_records(const struct kmw_reader *k, uint64_t seed, uint32_t want)
{
	struct kmw_stream *g = calloc(1, sizeof(*g));
	struct kmw_scratch *s = kmw_scratch_new();
	uint64_t first, last, ordinal;
	uint32_t seen = 0;
	struct err e = { 0 };

	g->seed = seed;
	for (uint32_t b = 0; b < kmw_block_count(k); b++) {
		int n = kmw_block_read(k, b, out, s, &e);

		if (n <= 0)
			fail_msg("%s", e.text);
		kmw_block_span(k, b, &first, &last, &ordinal);
		assert_int_equal(ordinal, seen);
		assert_int_equal(first, out[0].time);
		assert_int_equal(last, out[n - 1].time);
		for (int i = 0; i < n; i++, seen++) {
			struct request r;

			kmw_next_record(g, &r);
			if (!kmw_same_record(&r, &out[i]))
				fail_msg("record %u differs", seen);
		}
	}
	assert_int_equal(seen, want);
	kmw_scratch_free(s);
	free(g);
}

static void test_all_comes_back(void **state)
{
	struct kmw_event_count counts[2];
	struct kmw_summary want;
	char path[256];

	(void)state;
	kmw_temp_name(path, "write");
	for (int c = KMW_NONE; c <= KMW_DEFAULT; c++) {
		const struct kmw_summary *s;
		struct kmw_reader *k;
		struct err e = { 0 };
		struct blob b;

		if (kmw_write_stream(path, (enum kmw_compression)c, 42, RECORDS, &e))
			fail_msg("%s", e.text);
		k = kmw_open(path, &e);
		if (!k)
			fail_msg("%s", e.text);
		assert_false(kmw_cut_off(k));
		assert_int_equal(kmw_block_count(k), 3);
		check_records(k, 42, RECORDS);
		kmw_test_summary(&want, counts);
		s = kmw_summary(k);
		assert_string_equal(s->source, want.source);
		assert_int_equal(s->events, want.events);
		assert_int_equal(s->last, want.last);
		assert_int_equal(s->requests, RECORDS); /* counted, whatever the summary said */
		assert_int_equal(s->observations, 0);
		assert_in_range(s->slots, 100, KMW_LIVE);
		assert_string_equal(intern_str(kmw_strings(k), 1), "cache-0");
		assert_string_equal(intern_str(kmw_strings(k), 7), "cache-30000");
		assert_int_equal(kmw_strings(k)->count, 8);
		assert_string_equal(kmw_attachment_names(k)[0], "before/zoneinfo");
		assert_string_equal(kmw_attachment_names(k)[1], "empty");
		assert_null(kmw_attachment_names(k)[2]);
		assert_int_equal(kmw_attachment(k, "before/zoneinfo", &b, &e), 0);
		assert_string_equal((char *)b.data, "Node 0, zone DMA\n");
		blob_free(&b);
		assert_int_equal(kmw_attachment(k, "empty", &b, &e), 0);
		assert_int_equal(b.len, 0);
		blob_free(&b);
		assert_int_equal(kmw_attachment(k, "none", &b, &e), -ENOENT);
		assert_null(b.data);
		kmw_close(k);
		unlink(path);
	}
}

static void test_no_records(void **state)
{
	struct kmw_reader *k;
	struct err e = { 0 };
	char path[256];

	(void)state;
	kmw_temp_name(path, "none");
	assert_int_equal(kmw_write_stream(path, KMW_DEFAULT, 1, 0, &e), 0);
	k = kmw_open(path, &e);
	assert_non_null(k);
	assert_int_equal(kmw_block_count(k), 0);
	assert_false(kmw_cut_off(k));
	assert_int_equal(kmw_summary(k)->cpus, 2);
	kmw_close(k);
	unlink(path);
}

/* Longer than one section, and not compressible, so that its parts are real ones. */
static void test_long_attachment(void **state)
{
	size_t len = (9u << 20) + 5;
	uint8_t *data = malloc(len);
	uint64_t seed = 5;
	struct kmw_summary s = { .cpus = 1 };
	struct kmw_writer *w;
	struct kmw_reader *k;
	struct err e = { 0 };
	struct blob b;
	char path[256];

	(void)state;
	kmw_temp_name(path, "long");
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i < len / 2 ? kmw_random(&seed) : 0);
	w = kmw_create(path, KMW_DEFAULT, &e);
	assert_non_null(w);
	assert_int_equal(kmw_attach(w, "large", data, len, &e), 0);
	assert_int_equal(kmw_attach(w, "large", "x", 1, &e), -EEXIST);
	assert_int_equal(kmw_attach(w, "kmw/index", "x", 1, &e), -EINVAL);
	assert_int_equal(kmw_commit(w, &s, &e), 0);
	k = kmw_open(path, &e);
	assert_non_null(k);
	assert_int_equal(kmw_attachment(k, "large", &b, &e), 0);
	assert_int_equal(b.len, len);
	assert_memory_equal(b.data, data, len);
	blob_free(&b);
	kmw_close(k);
	free(data);
	unlink(path);
}

/* Bytes counted so far, with nothing waiting once a file was embedded. */
static void test_written(void **state)
{
	struct kmw_stream *g = calloc(1, sizeof(*g));
	uint64_t blocks, rest;
	struct kmw_writer *w;
	struct request r;
	char path[256];

	(void)state;
	g->seed = 3;
	kmw_temp_name(path, "count");
	w = kmw_create(path, KMW_NONE, NULL);
	assert_non_null(w);
	for (unsigned i = 0; i < 1000; i++) {
		kmw_next_record(g, &r);
		assert_int_equal(kmw_put(w, &r, NULL), 0);
	}
	kmw_written(w, &blocks, &rest);
	assert_int_equal(blocks, 0);
	assert_int_equal(kmw_attach(w, "x", "y", 1, NULL), 0);
	kmw_written(w, &blocks, &rest);
	assert_in_range(blocks, 4000,
			8000 + 3000); /* the table of signatures weighs in so short a block */
	assert_in_range(rest, 24, 200);
	kmw_abort(w);
	free(g);
}

static unsigned files_like(const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	char dir[256];
	struct dirent *d;
	unsigned n = 0;
	DIR *f;

	snprintf(dir, sizeof(dir), "%.*s", (int)(base - path), path);
	f = opendir(dir);
	assert_non_null(f);
	while ((d = readdir(f)))
		n += !strncmp(d->d_name, base, strlen(base));
	closedir(f);
	return n;
}

static void test_failures(void **state)
{
	struct kmw_summary s = { .cpus = 1 };
	struct request bad = { .cpu = 5000 }, good = { .slot = NO_SLOT, .pfn = KMM_NO_PFN };
	struct err e = { 0 };
	struct kmw_writer *w;
	char path[256];

	(void)state;
	assert_null(kmw_create("/nonexistent/dir/x.kmw", KMW_DEFAULT, &e));
	assert_non_null(strstr(e.text, "/nonexistent/dir/x.kmw"));
	kmw_temp_name(path, "fail");
	/* Given up: no file, and no temporary one. */
	w = kmw_create(path, KMW_DEFAULT, &e);
	assert_int_equal(kmw_put(w, &good, &e), 0);
	assert_int_equal(files_like(path), 1);
	kmw_abort(w);
	assert_int_equal(files_like(path), 0);
	/* A record that was refused: nothing after it works, nothing is left. */
	w = kmw_create(path, KMW_DEFAULT, &e);
	assert_true(kmw_put(w, &bad, &e) < 0);
	assert_true(kmw_put(w, &good, &e) < 0);
	assert_true(kmw_attach(w, "a", "b", 1, &e) < 0);
	assert_true(kmw_commit(w, &s, &e) < 0);
	assert_int_equal(files_like(path), 0);
}

/* A full disk, for which /dev/full stands: linked there by the writer's own open file. */
static void test_full_disk(void **state)
{
	struct kmw_stream *g = calloc(1, sizeof(*g));
	struct kmw_summary s = { .cpus = 1 };
	struct err e = { 0 };
	struct kmw_writer *w;
	char path[256], name[64], link[256];
	int ret = 0;

	(void)state;
	kmw_temp_name(path, "full");
	w = kmw_create(path, KMW_NONE, &e);
	assert_non_null(w);
	/* Find the descriptor of the temporary file and put /dev/full in its place. */
	for (int fd = 3; fd < 64; fd++) {
		ssize_t n;

		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		n = readlink(name, link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = 0;
		if (!strncmp(link, path, strlen(path))) {
			FILE *full = fopen("/dev/full", "w");

			assert_non_null(full);
			assert_int_equal(dup2(fileno(full), fd), fd);
			fclose(full);
		}
	}
	g->seed = 1;
	for (uint32_t i = 0; i < 3 * KMW_BLOCK_RECORDS && ret >= 0; i++) {
		struct request r;

		kmw_next_record(g, &r);
		ret = kmw_put(w, &r, &e);
	}
	assert_true(ret < 0);
	assert_non_null(strstr(e.text, "No space left"));
	assert_non_null(strstr(e.text, path));
	assert_true(kmw_commit(w, &s, &e) < 0);
	assert_int_equal(files_like(path), 0);
	free(g);
}

/* Addresses of the kernel are in it: for its owner alone. */
static void test_mode(void **state)
{
	struct stat st;
	char path[256];

	(void)state;
	kmw_temp_name(path, "mode");
	assert_int_equal(kmw_write_stream(path, KMW_DEFAULT, 1, 10, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_comes_back),
		cmocka_unit_test(test_no_records),
		cmocka_unit_test(test_long_attachment),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_mode),
	};

	return cmocka_run_group_tests_name("kmw_write", tests, NULL, NULL);
}
