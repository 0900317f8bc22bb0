// SPDX-License-Identifier: GPL-2.0-or-later
/* The pitfalls of page events; numbers are those of docs/events.md. */
#include "tests/unit/resolve.h"

/* 23: an allocation takes place at its first own event, before its refills. */
static void allocation_stands_before_its_refills(void **state)
{
	struct bench *b = *state;

	locked(b, 0x100, 0);
	locked(b, 0x101, 0);
	b->cpu = 1;
	b->pid = 200;
	alloc(b, 0x900, 0, USER); /* another CPU in between */
	b->cpu = 0;
	b->pid = 100;
	alloc(b, 0x100, 0, USER);
	finish(b);
	assert_int_equal(b->out[0].sig.op, REQ_PAGE_ALLOC);
	assert_int_equal(b->out[0].pfn, 0x100);
	assert_int_equal(b->out[0].sig.own_obs, 2);
	assert_int_equal(b->out[1].sig.op, OBS_ZONE_LOCKED);
	assert_int_equal(b->out[1].slot, b->out[0].slot);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 1)->pfn, 0x900);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 1)->sig.own_obs, 0);
}

/* 7, 23: mm_page_free and its mm_page_free_batched are one free, at the place of the second. */
static void batched_frees_are_one_free_later(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 3; i++)
		alloc(b, 0x100 + i, 0, USER);
	for (unsigned i = 0; i < 3; i++)
		freed(b, 0x100 + i, 0);
	b->cpu = 1;
	alloc(b, 0x500, 0, USER);
	b->cpu = 0;
	for (unsigned i = 0; i < 3; i++)
		batched(b, 0x100 + i);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(rec(b, REQ_PAGE_FREE, i)->sig.flags & REQ_BATCHED);
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->slot, rec(b, REQ_PAGE_ALLOC, i)->slot);
	}
	assert_true(at(b, REQ_PAGE_FREE, 0) > at(b, REQ_PAGE_ALLOC, 3));
	assert_int_equal(resolver_stats(b->r)->batched, 3);
}

/*
 * 3.3 to 4.14 log the batched event of a page first, then its mm_page_free; 2.6.32 (as mm_pagevec_free)
 * nothing after it.  One free either way, and a batched event of an unknown page is none.
 */
static void batched_event_may_come_first(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 4; i++)
		alloc(b, 0x100 + i, 0, USER);
	for (unsigned i = 0; i < 3; i++) {
		batched(b, 0x100 + i);
		freed(b, 0x100 + i, 0);
	}
	batched(b, 0x103);
	batched(b, 0x700);
	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->slot, rec(b, REQ_PAGE_ALLOC, i)->slot);
	assert_int_equal(resolver_stats(b->r)->unpaired_pages, 0);
}

/*
 * Pages of a batch that found their list locked have no batched event and go with the batch; pages that
 * the same task freed by themselves before do not: somebody else has one meanwhile,
 */
static void a_batch_takes_no_used_page_along(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 4; i++)
		alloc(b, 0x100 + i, 0, USER);
	for (unsigned i = 0; i < 4; i++)
		freed(b, 0x100 + i, 0);
	b->cpu = 1;
	b->pid = 200;
	alloc(b, 0x101, 0, USER);
	b->cpu = 0;
	b->pid = 100;
	batched(b, 0x103);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 4);
	assert_true(at(b, REQ_PAGE_FREE, 1) < at(b, REQ_PAGE_ALLOC, 4));
	assert_true(at(b, REQ_PAGE_FREE, 2) > at(b, REQ_PAGE_ALLOC, 4));
	assert_int_equal(rec(b, REQ_PAGE_FREE, 2)->slot, rec(b, REQ_PAGE_ALLOC, 2)->slot);
}

/* or the task was not running before the first of the batch was logged, */
static void a_batch_begins_after_its_task_slept(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 3; i++)
		alloc(b, 0x100 + i, 0, USER);
	freed(b, 0x100, 0);
	b->pid = 200;
	alloc(b, 0x900, 0, USER);
	b->pid = 100;
	freed(b, 0x101, 0);
	freed(b, 0x102, 0);
	batched(b, 0x102);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 3);
	assert_true(at(b, REQ_PAGE_FREE, 0) < at(b, REQ_PAGE_ALLOC, 3));
	assert_true(at(b, REQ_PAGE_FREE, 1) > at(b, REQ_PAGE_ALLOC, 3));
	assert_int_equal(rec(b, REQ_PAGE_FREE, 1)->slot, rec(b, REQ_PAGE_ALLOC, 1)->slot);
}

/* but a batch whose first page was logged before has them all; */
static void a_batch_may_be_interrupted(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 3; i++)
		alloc(b, 0x100 + i, 0, USER);
	freed(b, 0x100, 0);
	freed(b, 0x101, 0);
	b->pid = 200;
	alloc(b, 0x900, 0, USER);
	b->pid = 100;
	freed(b, 0x102, 0);
	batched(b, 0x101);
	batched(b, 0x102);
	finish(b);
	for (unsigned i = 0; i < 3; i++)
		assert_true(at(b, REQ_PAGE_FREE, i) > at(b, REQ_PAGE_ALLOC, 3));
}

/* or there are more of them than a batch has room for: 31 from 6.9 on. */
static void a_batch_has_so_many_pages(void **state)
{
	static const struct machine m = { .kernel_major = 6, .kernel_minor = 9 };
	struct bench *b = *state;

	bench_machine(b, &m);
	for (unsigned i = 0; i < 34; i++)
		alloc(b, 0x100 + i, 0, USER);
	for (unsigned i = 0; i < 34; i++)
		freed(b, 0x100 + i, 0);
	b->cpu = 1;
	b->pid = 200;
	alloc(b, 0x900, 0, USER);
	b->cpu = 0;
	b->pid = 100;
	for (unsigned i = 5; i < 34; i++)
		batched(b, 0x100 + i);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 34);
	assert_true(at(b, REQ_PAGE_FREE, 2) < at(b, REQ_PAGE_ALLOC, 34));
	assert_true(at(b, REQ_PAGE_FREE, 3) > at(b, REQ_PAGE_ALLOC, 34));
}

/* A free that no batched event follows stays where it was; drains follow it. */
static void plain_free_then_drains(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	drained(b, 0x100, 0);
	drained(b, 0x7ff, 0);
	finish(b);
	assert_int_equal(at(b, REQ_PAGE_FREE, 0) + 1, at(b, OBS_PCPU_DRAIN, 0));
	assert_false(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_BATCHED);
	assert_int_equal(count(b, OBS_PCPU_DRAIN), 2);
}

/* A drain between the batched events of one list does not end the batch. */
static void drains_inside_a_batch(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	alloc(b, 0x101, 0, USER);
	freed(b, 0x100, 0);
	freed(b, 0x101, 0);
	batched(b, 0x100);
	drained(b, 0x800, 0);
	drained(b, 0x801, 0);
	batched(b, 0x101);
	finish(b);
	assert_true(rec(b, REQ_PAGE_FREE, 1)->sig.flags & REQ_BATCHED);
	assert_int_equal(resolver_stats(b->r)->batched_alone, 0);
}

/* 24: an interrupt's events nest; they end nothing of the task's. */
static void interrupts_nest(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	b->irq = EVENT_SOFTIRQ;
	object(b, EVENT_KFREE, ADDR(0x700), 1, 0, 0, 0);
	locked(b, 0x300, 0);
	b->irq = 0;
	batched(b, 0x100);
	locked(b, 0x200, 0);
	b->irq = EVENT_SOFTIRQ;
	alloc(b, 0x300, 0, KERNEL);
	b->irq = 0;
	alloc(b, 0x200, 0, USER);
	finish(b);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_BATCHED);
	for (unsigned i = 1; i < 3; i++)
		assert_int_equal(rec(b, REQ_PAGE_ALLOC, i)->sig.own_obs, 1);
}

/* 6, 12: a failed attempt is no demand. */
static void failures_are_responses(void **state)
{
	struct bench *b = *state;

	alloc(b, EVENT_NO_PFN, 3, SLAB | KMM_GFP_COMP);
	alloc(b, 0x100, 0, SLAB);
	finish(b);
	assert_true(rec(b, REQ_PAGE_ALLOC, 0)->sig.flags & REQ_FAILED);
	assert_true(rec(b, REQ_PAGE_ALLOC, 0)->sig.flags & REQ_RESPONSE);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->pfn, KMM_NO_PFN);
	assert_false(rec(b, REQ_PAGE_ALLOC, 1)->sig.flags & REQ_FAILED);
	assert_int_equal(resolver_stats(b->r)->failed, 1);
}

/* 2, 29: a free of what was there before, or was taken silently. */
static void unknown_frees_name_their_frame(void **state)
{
	struct bench *b = *state;

	freed(b, 0x4242, 0);
	finish(b);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_UNPAIRED);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->pfn, 0x4242);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, NO_SLOT);
}

/* 15: a block is freed in pieces; the slot lives until the last one. */
static void blocks_freed_in_pieces(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x200, 2, USER | KMM_GFP_COMP);
	object(b, EVENT_KFREE, 0, 1, 0, 0, 0);
	freed(b, 0x202, 1);
	freed(b, 0x200, 0);
	freed(b, 0x201, 0);
	alloc(b, 0x200, 0, USER);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(rec(b, REQ_PAGE_FREE, i)->sig.flags & REQ_PIECE);
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->slot, rec(b, REQ_PAGE_ALLOC, 0)->slot);
	}
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->pfn, 0x202);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->sig.order, 1);
	assert_int_equal(resolver_stats(b->r)->implied_pages, 0);
}

/* 15: alloc_pages_exact trims its block at once, past the per-CPU lists. */
static void exact_tails_are_direct(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x200, 2, KERNEL);
	freed(b, 0x203, 0);
	object(b, EVENT_KFREE, 0, 1, 0, 0, 0);
	freed(b, 0x200, 0);
	finish(b);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_DIRECT);
	assert_false(rec(b, REQ_PAGE_FREE, 1)->sig.flags & REQ_DIRECT);
}

/* 3, 5: allocated again without a free: something silent happened in between. */
static void silent_frees_are_implied(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	alloc(b, 0x100, 0, USER);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 1);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_IMPLIED);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->sig.aux, FREE_FOUND);
	assert_true(at(b, REQ_PAGE_FREE, 0) < at(b, REQ_PAGE_ALLOC, 1));
	assert_int_equal(resolver_stats(b->r)->implied_pages, 1);
}

/* 4, 11: frees by reclaim are the kernel's own response. */
static void reclaim_makes_responses(void **state)
{
	struct event begin = { .kind = EVENT_MM_VMSCAN_DIRECT_RECLAIM_BEGIN };
	struct event end = { .kind = EVENT_MM_VMSCAN_DIRECT_RECLAIM_END };
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	alloc(b, 0x101, 0, USER);
	alloc(b, 0x102, 0, USER);
	feed(b, &begin);
	freed(b, 0x100, 0);
	feed(b, &end);
	freed(b, 0x101, 0);
	b->pid = 30; /* kswapd0 */
	freed(b, 0x102, 0);
	finish(b);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_RESPONSE);
	assert_false(rec(b, REQ_PAGE_FREE, 1)->sig.flags & REQ_RESPONSE);
	assert_true(rec(b, REQ_PAGE_FREE, 2)->sig.flags & REQ_RESPONSE);
}

/* 2: refills that no allocation follows belong to something silent. */
static void refills_of_nobody(void **state)
{
	struct bench *b = *state;

	locked(b, 0x600, 0);
	object(b, EVENT_KFREE, 0, 1, 0, 0, 0);
	alloc(b, 0x900, 0, USER);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_ALLOC), 1);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.own_obs, 0);
	assert_int_equal(resolver_stats(b->r)->silent_refills, 1);
}

/* 25: lost events: what was live is uncertain, and pairing starts afresh. */
static void lost_events_make_uncertain(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	b->lost = true;
	b->lost_count = 12;
	freed(b, 0x100, 0);
	alloc(b, 0x200, 0, USER);
	freed(b, 0x200, 0);
	finish(b);
	assert_int_equal(rec(b, OBS_LOST, 0)->addr, 12);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_UNCERTAIN);
	assert_false(rec(b, REQ_PAGE_FREE, 1)->sig.flags & REQ_UNCERTAIN);
	assert_int_equal(resolver_stats(b->r)->lost, 12);
}

/* 26: a task that migrates between its refill and its allocation loses no allocation. */
static void migration_loses_nothing(void **state)
{
	struct bench *b = *state;

	locked(b, 0x100, 0);
	b->cpu = 1;
	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_ALLOC), 1);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, rec(b, REQ_PAGE_ALLOC, 0)->slot);
}

/* Orders and frames that cannot be are damage, and said to be. */
static void nonsense_is_refused(void **state)
{
	struct event ev = { .kind = EVENT_MM_PAGE_FREE };
	struct bench *b = *state;
	struct err e = { 0 };

	ev.page.pfn = 0x100;
	ev.page.order = 200;
	assert_true(resolver_event(b->r, &ev, 0, &e) < 0);
	assert_non_null(strstr(e.text, "order 200"));
}

/* A flood of frees that wait does not grow the window; all come out, in order of their CPU. */
static void the_window_is_bounded(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 3 * OUT / 4; i++)
		freed(b, 0x10000 + i, 0);
	b->cpu = 1;
	for (unsigned i = 0; i < 10; i++)
		freed(b, 0x90000 + i, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 3 * OUT / 4 + 10);
	for (unsigned i = 0; i < 3 * OUT / 4; i++)
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->pfn, 0x10000 + i);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(allocation_stands_before_its_refills),
		TEST(batched_frees_are_one_free_later),
		TEST(batched_event_may_come_first),
		TEST(a_batch_takes_no_used_page_along),
		TEST(a_batch_begins_after_its_task_slept),
		TEST(a_batch_may_be_interrupted),
		TEST(a_batch_has_so_many_pages),
		TEST(plain_free_then_drains),
		TEST(drains_inside_a_batch),
		TEST(interrupts_nest),
		TEST(failures_are_responses),
		TEST(unknown_frees_name_their_frame),
		TEST(blocks_freed_in_pieces),
		TEST(exact_tails_are_direct),
		TEST(silent_frees_are_implied),
		TEST(reclaim_makes_responses),
		TEST(refills_of_nobody),
		TEST(lost_events_make_uncertain),
		TEST(migration_loses_nothing),
		TEST(nonsense_is_refused),
		TEST(the_window_is_bounded),
	};

	return cmocka_run_group_tests_name("resolve_page", tests, NULL, NULL);
}
