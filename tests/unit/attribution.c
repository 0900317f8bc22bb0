// SPDX-License-Identifier: GPL-2.0-or-later
/* What the import learned about call sites is found again; a damaged table is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "workload/attribution.h"

/* Longer than any line that is written. */
#define TEN "0000000000"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* A workload with this table; string 1 is "dentry", 2 "filp". */
static struct kmw_reader *workload(const char *table)
{
	char path[] = "/tmp/attribution-XXXXXX";
	int fd = mkstemp(path);
	struct kmw_summary s = { .cpus = 1 };
	struct kmw_reader *k;
	struct kmw_writer *w;
	struct err e = { 0 };

	assert_true(fd >= 0);
	close(fd);
	w = kmw_create(path, KMW_DEFAULT, &e);
	assert_non_null(w);
	assert_int_equal(kmw_string(w, "dentry", 6), 1);
	assert_int_equal(kmw_string(w, "filp", 4), 2);
	if (table)
		assert_int_equal(kmw_attach(w, ATTRIBUTION_NAME, table, strlen(table), &e), 0);
	assert_int_equal(kmw_commit(w, &s, &e), 0);
	k = kmw_open(path, &e);
	assert_non_null(k);
	unlink(path);
	return k;
}

static uint32_t cache_of(const struct attribution *a, uint64_t site, uint32_t bytes)
{
	struct request_sig sig = { .site = site, .bytes_alloc = bytes };

	return attribution_cache(a, &sig);
}

static void test_found(void **state)
{
	struct kmw_reader *k = workload(
		"# heading\n0xffffffff81000010 0 192 1 20 0\n"
		"0xffffffff81000010 0 256 2 3 1\n0xffffffff81000020 0 64 0 0 0\n");
	struct request_sig named = { .site = 0xffffffff81000010, .bytes_alloc = 192, .cache = 2 };
	struct attribution a;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(attribution_load(&a, k, &e), 0);
	assert_int_equal(a.count, 3);
	assert_int_equal(cache_of(&a, 0xffffffff81000010, 192), 1);
	/* One site, two sizes: two caches. */
	assert_int_equal(cache_of(&a, 0xffffffff81000010, 256), 2);
	assert_int_equal(cache_of(&a, 0xffffffff81000010, 64), 0);
	assert_int_equal(cache_of(&a, 0xffffffff81000020, 64), 0);
	assert_int_equal(cache_of(&a, 0xffffffff81000030, 64), 0);
	/* A name in the event itself counts more. */
	assert_int_equal(attribution_cache(&a, &named), 2);
	attribution_free(&a);
	kmw_close(k);
}

static void test_none(void **state)
{
	struct kmw_reader *k = workload(NULL);
	struct attribution a;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(attribution_load(&a, k, &e), 0);
	assert_int_equal(cache_of(&a, 0xffffffff81000010, 192), 0);
	attribution_free(&a);
	kmw_close(k);
}

/* A mempool's call site: two caches of one size, that differ in what is asked of them. */
static void test_sizes(void **state)
{
	struct kmw_reader *k = workload(
		"0x10 192 256 1 9 0\n0x10 256 256 2 9 0\n0x20 0 96 1 1 0\n");
	struct request_sig sig = { .site = 0x10, .bytes_req = 192, .bytes_alloc = 256 };
	struct attribution a;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(attribution_load(&a, k, &e), 0);
	assert_int_equal(attribution_cache(&a, &sig), 1);
	sig.bytes_req = 256;
	assert_int_equal(attribution_cache(&a, &sig), 2);
	sig.bytes_req = 200;
	assert_int_equal(attribution_cache(&a, &sig), 0);
	/* kmalloc: whatever was asked for. */
	sig = (struct request_sig){ .site = 0x20, .bytes_req = 70, .bytes_alloc = 96 };
	assert_int_equal(attribution_cache(&a, &sig), 1);
	attribution_free(&a);
	kmw_close(k);
}

static void test_damaged(void **state)
{
	static const char *const bad[] = { "0x10 0 192 1 20\n",
					   "0x10 0 192 9 1 1\n",
					   "what\n",
					   "# fine\n0x10 1 1 1 1 1\n0x10 x\n",
					   "0x10 1 1 1 1 1\n0x10 1 1 2 1 1\n",
					   LONG "\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct kmw_reader *k = workload(bad[i]);
		struct attribution a;
		struct err e = { 0 };

		assert_int_equal(attribution_load(&a, k, &e), -EBADMSG);
		assert_non_null(strstr(e.text, ATTRIBUTION_NAME ": line "));
		attribution_free(&a);
		kmw_close(k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
