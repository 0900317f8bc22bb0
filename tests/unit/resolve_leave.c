// SPDX-License-Identifier: GPL-2.0-or-later
/* Records leave the window in order, once nothing about them is open. */
#include "tests/unit/resolve.h"

/* An allocation whose refills were seen keeps those of other CPUs waiting, up to its own event. */
static void all_wait_for_the_oldest(void **state)
{
	struct bench *b = *state;

	locked(b, 0x100, 0);
	b->cpu = 1;
	b->pid = 200;
	for (unsigned i = 0; i < 20; i++)
		alloc(b, 0x200 + i, 0, USER);
	assert_int_equal(b->n, 0);
	b->cpu = 0;
	b->pid = 100;
	alloc(b, 0x100, 0, USER);
	b->cpu = 1;
	b->pid = 200;
	alloc(b, 0x300, 0, USER);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_ALLOC), 22);
	assert_int_equal(b->out[0].sig.op, REQ_PAGE_ALLOC);
	assert_int_equal(b->out[0].pfn, 0x100);
	assert_int_equal(b->out[1].sig.op, OBS_ZONE_LOCKED);
	assert_int_equal(resolver_stats(b->r)->forced, 0);
}

/* A single free, whose CPU has gone on without its task, waits until the window is half full, and no longer. */
static void what_waits_too_long_is_decided(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	b->pid = 300;
	object(b, EVENT_KMALLOC, ADDR(0x800), 0x1000, 64, 64, 0);
	b->cpu = 1;
	b->pid = 200;
	for (unsigned i = 0; i < 4000; i++)
		alloc(b, 0x1000 + i, 0, USER);
	assert_int_equal(count(b, REQ_PAGE_FREE), 0);
	for (unsigned i = 4000; i < 4200; i++)
		alloc(b, 0x1000 + i, 0, USER);
	assert_int_equal(count(b, REQ_PAGE_FREE), 1);
	assert_int_equal(resolver_stats(b->r)->forced, 1);
	finish(b);
	assert_int_equal(at(b, REQ_PAGE_FREE, 0), 1);
}

/* If its CPU has done nothing since, it may wait for the zone lock: it stands where it drains, however late that is. */
static void a_free_that_may_wait_for_the_lock(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	b->cpu = 1;
	b->pid = 200;
	for (unsigned i = 0; i < 6000; i++)
		alloc(b, 0x1000 + i, 0, USER);
	b->cpu = 0;
	b->pid = 100;
	drained(b, 0x100, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 1);
	assert_int_equal(at(b, REQ_PAGE_FREE, 0), 6001);
	assert_int_equal(at(b, OBS_PCPU_DRAIN, 0), 6002);
	assert_int_equal(resolver_stats(b->r)->forced, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_wait_for_the_oldest),
		TEST(what_waits_too_long_is_decided),
		TEST(a_free_that_may_wait_for_the_lock),
	};

	return cmocka_run_group_tests_name("resolve_leave", tests, NULL, NULL);
}
