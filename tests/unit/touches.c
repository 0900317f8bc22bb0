// SPDX-License-Identifier: GPL-2.0-or-later
/* touches: each form of a file of accesses, by how many pages it touches and which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/touches.h"

/* The file read by the first model that there is, for two CPUs. */
static int read_text(struct touches *x, const char *text, struct err *e)
{
	const struct tlb_model *models[] = { tlb_model(0) };
	char path[] = "/tmp/kmemlab-touches.XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	memset(x, 0, sizeof(*x));
	assert_int_equal(touches_init(x, models, 1, 2, e), 0);
	ret = touches_read(x, path, e);
	remove(path);
	return ret;
}

/* given, regions, and accesses and walks of a TLB of 4 KiB pages. */
static void gives(const char *text, uint64_t given, uint64_t regions, uint64_t accesses,
		  uint64_t walks)
{
	struct touches x;
	struct err e = { 0 };

	if (read_text(&x, text, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(x.given, given);
	assert_int_equal(x.regions, regions);
	assert_int_equal(x.t[0].accesses, accesses);
	assert_int_equal(x.t[0].walks, walks);
	touches_free(&x);
}

static void plain_addresses(void **state)
{
	(void)state;
	/* two in one page, one in another */
	gives("ffff888000001000\nffff888000001ff8\nffff888000002000\n", 3, 0, 3, 2);
	/* each CPU has a TLB of its own */
	gives("[0] ffff888000001000\n[1] ffff888000001000\n", 2, 0, 2, 2);
}

static void lines_of_perf_script(void **state)
{
	(void)state;
	gives("cat 12 [001] 12.345: 1 cpu/mem-loads/: ffff888000001000 rest of it\n"
	      "cat 12 [001] 12.346: 1 cpu/mem-loads/: ffff888000001008 rest of it\n",
	      2, 0, 2, 1);
}

static void a_table_of_perf_mem(void **state)
{
	(void)state;
	gives("# PID, TID, IP, ADDR, LOCAL WEIGHT, DSRC, SYMBOL\n"
	      "1 1 ffffffff81000000 ffff888000001000 9 0x1 f\n"
	      "1 1 ffffffff81000000 ffff888000003000 9 0x1 f\n",
	      2, 0, 2, 2);
}

static void regions_of_damon(void **state)
{
	(void)state;
	/* four pages, each touched twice */
	gives("7f0000000000-7f0000004000(  16.000 KiB):\t2\n", 0, 1, 8, 4);
	/* the trace point: addresses in decimal */
	gives("kdamond 1 [000] 1.0: damon:damon_aggregated: target_id=0 nr_regions=1 4096-12288: 3 0\n",
	      0, 1, 6, 2);
}

static void refused(void **state)
{
	static const char *const bad[] = { "",
					   "# nothing\n",
					   "hello\n",
					   "[x] 12\n",
					   "ffff888000001000\nno address\n",
					   "fffffffffffffffffffff\n" };

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct touches x;
		struct err e = { 0 };

		assert_true(read_text(&x, bad[i], &e) < 0);
		assert_true(strlen(e.text) > 20);
		touches_free(&x);
	}
	/* the line is named */
	struct touches x;
	struct err e = { 0 };

	assert_true(read_text(&x, bad[4], &e) < 0);
	assert_non_null(strstr(e.text, "line 2"));
	touches_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_addresses),
		cmocka_unit_test(lines_of_perf_script),
		cmocka_unit_test(a_table_of_perf_mem),
		cmocka_unit_test(regions_of_damon),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("touches", tests, NULL, NULL);
}
