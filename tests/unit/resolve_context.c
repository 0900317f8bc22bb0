// SPDX-License-Identifier: GPL-2.0-or-later
/* Who makes a CPU's events: its tasks and its interrupts, each by itself. */
#include "tests/unit/resolve.h"

/* A task's frees wait for their batch while others run; a softirq's page between them is none of it. */
static void each_has_its_own_frees(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 3; i++)
		alloc(b, 0x100 + i, 0, USER);
	freed(b, 0x100, 0);
	b->irq = EVENT_SOFTIRQ;
	freed(b, 0x102, 0);
	b->irq = 0;
	freed(b, 0x101, 0);
	batched(b, 0x100);
	batched(b, 0x101);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 3);
	assert_int_equal(resolver_stats(b->r)->batched, 2);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, rec(b, REQ_PAGE_ALLOC, 2)->slot);
	assert_false(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_BATCHED);
}

/* A CPU remembers so many tasks; the one that was away for longest is decided when another comes. */
static void the_oldest_is_forgotten(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	for (int i = 0; i < 8; i++) {
		b->pid = 200 + i;
		alloc(b, 0x200 + (uint64_t)i, 0, USER);
	}
	b->pid = 100;
	batched(b, 0x100);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 1);
	assert_int_equal(at(b, REQ_PAGE_FREE, 0), 1);
	assert_int_equal(resolver_stats(b->r)->batched_alone, 1);
}

static void what_kswapd_does_is_no_demand(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	b->pid = 30;
	alloc(b, 0x101, 0, USER);
	freed(b, 0x100, 0);
	finish(b);
	assert_false(rec(b, REQ_PAGE_ALLOC, 0)->sig.flags & REQ_RESPONSE);
	assert_true(rec(b, REQ_PAGE_ALLOC, 1)->sig.flags & REQ_RESPONSE);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_RESPONSE);
	assert_int_equal(resolver_stats(b->r)->responses, 2);
}

/* Between its reclaim and the drain of all lists a task is moved, once to a CPU that it has done something else on since. */
static void a_task_drains_where_it_was_moved_to(void **state)
{
	struct event end = { .kind = EVENT_MM_VMSCAN_DIRECT_RECLAIM_END };
	struct bench *b = *state;

	for (unsigned i = 0; i < 2; i++) {
		b->cpu = 0;
		b->pid = 100;
		feed(b, &end);
		b->cpu = 1;
		if (i)
			alloc(b, 0x300, 0, USER);
		b->pid = 200;
		alloc(b, 0x200 + i, 0, USER);
		b->pid = 100;
		drained(b, 0x102 + i, 0);
	}
	finish(b);
	assert_int_equal(rec(b, OBS_PCPU_DRAIN, 0)->sig.aux, DRAIN_ALL);
	assert_int_equal(rec(b, OBS_PCPU_DRAIN, 1)->sig.aux, DRAIN_SOME);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_has_its_own_frees),
		TEST(the_oldest_is_forgotten),
		TEST(what_kswapd_does_is_no_demand),
		TEST(a_task_drains_where_it_was_moved_to),
	};

	return cmocka_run_group_tests_name("resolve_context", tests, NULL, NULL);
}
