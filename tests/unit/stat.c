// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums over a handful of events, counted by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/stat.h"

static void object(struct stat *s, enum event_kind kind, uint64_t ptr, uint64_t req, uint64_t bytes,
		   uint32_t cpu, uint64_t time)
{
	struct event ev = { .kind = (uint16_t)kind, .cpu = cpu, .time = time, .pid = 7 };

	ev.object.ptr = ptr;
	ev.object.bytes_req = req;
	ev.object.bytes_alloc = bytes;
	ev.object.call_site = 0x1000;
	assert_true(stat_event(s, &ev, 4096));
}

static void page(struct stat *s, enum event_kind kind, uint64_t pfn, int order)
{
	struct event ev = { .kind = (uint16_t)kind };

	ev.page.pfn = pfn;
	ev.page.order = (int16_t)order;
	ev.page.migratetype = 1;
	assert_true(stat_event(s, &ev, 4096));
}

/* Two live at once at most; one freed on another CPU; a second free of an address counts, as with perf kmem. */
static void test_objects(void **state)
{
	struct stat s;
	const struct stat_sums *x;

	(void)state;
	assert_int_equal(stat_init(&s, 1 << STAT_SITE | 1 << STAT_CPU), 0);
	object(&s, EVENT_KMALLOC, 0x100, 60, 64, 0, 1000);
	object(&s, EVENT_KMALLOC, 0x200, 50, 64, 0, 1000);
	object(&s, EVENT_KFREE, 0x100, 0, 0, 0, 1100);
	object(&s, EVENT_KFREE, 0x200, 0, 0, 1, 5000);
	object(&s, EVENT_KFREE, 0x200, 0, 0, 1, 5100);
	object(&s, EVENT_KFREE, 0x300, 0, 0, 1, 5200);
	object(&s, EVENT_KFREE, 0, 0, 0, 1, 5200);
	object(&s, EVENT_KMALLOC, 0x100, 10, 64, 1, 6000);
	object(&s, EVENT_KMALLOC, 0, 1000, 1024, 1, 6000);
	/* Given out again without a free: the one before is gone. */
	object(&s, EVENT_KMALLOC, 0x100, 20, 64, 1, 7000);
	assert_int_equal(s.slab.allocations, 5);
	assert_int_equal(s.slab.failed, 1);
	assert_int_equal(s.slab.bytes_requested, 60 + 50 + 10 + 1000 + 20);
	assert_int_equal(s.slab.bytes_allocated, 4 * 64 + 1024);
	assert_int_equal(s.slab.bytes_freed, 3 * 64);
	assert_int_equal(s.slab.ping_pong, 1);
	assert_int_equal(s.t[STAT_SITE].count, 2);
	x = &s.t[STAT_SITE].rows[0].sums;
	assert_int_equal(x->allocs, 4);
	assert_int_equal(x->frees, 2);
	assert_int_equal(x->live, 1);
	assert_int_equal(x->live_bytes, 64);
	assert_int_equal(x->peak_bytes, 128);
	/* 100 and 4000 units: below 128 and below 4096. */
	assert_true(stat_lifetime(x, 0.5) == 128);
	assert_true(stat_lifetime(x, 0.99) == 4096);
	assert_true(isnan(stat_lifetime(&s.t[STAT_SITE].rows[1].sums, 0.5)));
	assert_int_equal(s.t[STAT_CPU].count, 2);
	stat_free(&s);
}

static void test_pages(void **state)
{
	struct stat s;

	(void)state;
	assert_int_equal(stat_init(&s, 1 << STAT_SITE), 0);
	page(&s, EVENT_MM_PAGE_ALLOC, 0, 0);
	page(&s, EVENT_MM_PAGE_ALLOC, 8, 2);
	page(&s, EVENT_MM_PAGE_ALLOC, EVENT_NO_PFN, 9);
	page(&s, EVENT_MM_PAGE_FREE, 8, 2);
	page(&s, EVENT_MM_PAGE_FREE, 8, 2);
	page(&s, EVENT_MM_PAGE_FREE, 100, 0);
	assert_int_equal(s.page.allocations, 2);
	assert_int_equal(s.page.bytes_allocated, 5 * 4096);
	assert_int_equal(s.page.frees, 3);
	assert_int_equal(s.page.paired, 1);
	assert_int_equal(s.page.free_only, 2);
	assert_int_equal(s.page.failures, 1);
	assert_int_equal(s.page.bytes_failed, 512 * 4096);
	assert_int_equal(s.page.orders[2][1], 1);
	stat_free(&s);
}

/* What the further tables hold of an object leaves with it, also where it is given out again unseen. */
static void test_further(void **state)
{
	struct stat s;

	(void)state;
	assert_int_equal(stat_init(&s, 1 << STAT_PROCESS | 1 << STAT_CPU | 1 << STAT_PAGE_CPU), 0);
	object(&s, EVENT_KMALLOC, 0x100, 60, 64, 0, 1000);
	object(&s, EVENT_KMALLOC, 0x200, 60, 64, 1, 1000);
	object(&s, EVENT_KMALLOC, 0x200, 100, 128, 0, 1100);
	object(&s, EVENT_KFREE, 0x100, 0, 0, 1, 1200);
	assert_int_equal(s.t[STAT_CPU].count, 2);
	assert_int_equal(s.t[STAT_CPU].rows[0].sums.live_bytes, 128);
	assert_int_equal(s.t[STAT_CPU].rows[0].sums.peak_bytes, 192);
	assert_int_equal(s.t[STAT_CPU].rows[0].sums.ping_pong, 1);
	assert_int_equal(s.t[STAT_CPU].rows[1].sums.live, 0);
	assert_int_equal(s.t[STAT_CPU].rows[1].sums.frees, 0);
	assert_int_equal(s.t[STAT_PROCESS].count, 1);
	assert_int_equal(s.t[STAT_PROCESS].rows[0].sums.live, 1);
	page(&s, EVENT_MM_PAGE_ALLOC, 8, 2);
	page(&s, EVENT_MM_PAGE_ALLOC, 16, 2);
	page(&s, EVENT_MM_PAGE_FREE, 8, 2);
	assert_int_equal(s.t[STAT_PAGE_TYPE].count, 1);
	assert_int_equal(s.t[STAT_PAGE_TYPE].rows[0].key, 2 << 8 | 1);
	assert_int_equal(s.t[STAT_PAGE_TYPE].rows[0].sums.live_bytes, 16384);
	assert_int_equal(s.t[STAT_PAGE_CPU].rows[0].sums.peak_bytes, 32768);
	assert_int_equal(s.t[STAT_PAGE_CPU].rows[0].sums.frees, 1);
	stat_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
