// SPDX-License-Identifier: GPL-2.0-or-later
/* The pitfalls of freed pages; numbers are those of docs/events.md. */
#include "tests/unit/resolve.h"

/* Pages 0x100 and on, allocated and then freed one by one. */
static void alloc_and_free(struct bench *b, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++)
		alloc(b, 0x100 + i, 0, USER);
	for (unsigned i = 0; i < pages; i++)
		freed(b, 0x100 + i, 0);
}

/* 7, 23: mm_page_free and its mm_page_free_batched are one free, at the place of the second. */
static void batched_frees_are_one_free_later(void **state)
{
	struct bench *b = *state;

	alloc_and_free(b, 3);
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
 * A task loses the CPU after it has logged its frees, and gets it back much later: two and more are a batch that
 * goes on then, while one alone may well have been all.
 */
static void a_batch_waits_for_its_task(void **state)
{
	struct bench *b = *state;

	b->cpu = 1;
	b->pid = 200;
	alloc(b, 0x400, 0, USER);
	freed(b, 0x400, 0);
	b->pid = 201;
	object(b, EVENT_KMALLOC, ADDR(0x800), 0x1000, 64, 64, 0);
	b->cpu = 0;
	b->pid = 100;
	alloc_and_free(b, 2);
	b->cpu = 2;
	b->pid = 300;
	for (unsigned i = 0; i < 6000; i++)
		alloc(b, 0x1000 + i, 0, USER);
	b->cpu = 0;
	b->pid = 100;
	batched(b, 0x100);
	batched(b, 0x101);
	b->cpu = 1;
	b->pid = 200;
	batched(b, 0x400);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 3);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, rec(b, REQ_PAGE_ALLOC, 0)->slot);
	assert_int_equal(at(b, REQ_PAGE_FREE, 0), 1);
	for (unsigned i = 1; i < 3; i++) {
		assert_true(at(b, REQ_PAGE_FREE, i) > at(b, REQ_PAGE_ALLOC, 6002));
		assert_true(rec(b, REQ_PAGE_FREE, i)->sig.flags & REQ_BATCHED);
	}
}

/* A task is moved with a batch in hand, in the midst of logging it or behind that: all goes to the list there. */
static void a_batch_goes_with_its_task(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 4; i++)
		alloc(b, 0x100 + i, 0, USER);
	freed(b, 0x100, 0);
	b->pid = 200;
	alloc(b, 0x500, 0, USER);
	b->pid = 100;
	b->cpu = 1;
	freed(b, 0x101, 0);
	batched(b, 0x100);
	batched(b, 0x101);
	freed(b, 0x102, 0);
	freed(b, 0x103, 0);
	b->pid = 300;
	alloc(b, 0x501, 0, USER);
	b->pid = 100;
	b->cpu = 0;
	batched(b, 0x102);
	batched(b, 0x103);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 4);
	assert_int_equal(resolver_stats(b->r)->batched, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->cpu, i < 2);
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->slot, rec(b, REQ_PAGE_ALLOC, i)->slot);
	}
	assert_true(at(b, REQ_PAGE_FREE, 0) > at(b, REQ_PAGE_ALLOC, 4));
	assert_true(at(b, REQ_PAGE_FREE, 2) > at(b, REQ_PAGE_ALLOC, 5));
}

/* A task that stays away for longer than any waits for the CPU had nothing more to do with its frees. */
static void nobody_waits_for_a_task_that_sleeps(void **state)
{
	struct bench *b = *state;

	alloc_and_free(b, 2);
	b->cpu = 2;
	b->pid = 300;
	for (unsigned i = 0; i < 6000; i++, b->time += 50000)
		alloc(b, 0x1000 + i, 0, USER);
	assert_int_equal(count(b, REQ_PAGE_FREE), 2);
	finish(b);
	assert_int_equal(at(b, REQ_PAGE_FREE, 0), 2);
	assert_int_equal(at(b, REQ_PAGE_FREE, 1), 3);
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

	alloc_and_free(b, 4);
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
	alloc_and_free(b, 34);
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

/* A page that the task freed by itself, that somebody had since, and that it frees again: the batch is the second's. */
static void a_batch_takes_the_last_free_of_a_page(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	b->pid = 200;
	alloc(b, 0x100, 0, USER);
	b->pid = 100;
	freed(b, 0x100, 0);
	batched(b, 0x100);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 2);
	assert_true(at(b, REQ_PAGE_FREE, 0) < at(b, REQ_PAGE_ALLOC, 1));
	assert_false(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_BATCHED);
	assert_true(rec(b, REQ_PAGE_FREE, 1)->sig.flags & REQ_BATCHED);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 1)->slot, rec(b, REQ_PAGE_ALLOC, 1)->slot);
}

static void unmapped(struct bench *b)
{
	struct event ev = { .kind = EVENT_FREE_VMAP_AREA_NOFLUSH };

	ev.vmap.addr = 0xffffc90000000000;
	feed(b, &ev);
}

/* vfree of 7.x: pages that are neighbours go together, after the last of them is logged. */
static void an_area_is_freed_in_blocks(void **state)
{
	struct bench *b = *state;

	b->joins_areas = true;
	bench_machine(b, NULL);
	alloc(b, 0x204, 2, KERNEL);
	object(b, EVENT_KFREE, 0, 1, 0, 0, 0);
	unmapped(b);
	for (unsigned i = 0; i < 4; i++)
		freed(b, 0x204 + i, 0);
	freed(b, 0x301, 0); /* unknown: 0x301, 0x302 and 0x303, 0x306 */
	freed(b, 0x302, 0);
	freed(b, 0x303, 0);
	freed(b, 0x306, 0);
	object(b, EVENT_KFREE, ADDR(0x900), 1, 0, 0, 0);
	alloc(b, 0x204, 2, KERNEL);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 4);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->sig.order, 2);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, rec(b, REQ_PAGE_ALLOC, 0)->slot);
	assert_false(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_PIECE);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 1)->pfn, 0x301);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 1)->sig.order, 0);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 2)->pfn, 0x302);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 2)->sig.order, 1);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 3)->pfn, 0x306);
	assert_int_equal(resolver_stats(b->r)->implied_pages, 0);
}

/* Where no other event of the area is in the trace than these, too. */
static void an_area_alone(void **state)
{
	struct bench *b = *state;

	b->joins_areas = true;
	bench_machine(b, NULL);
	unmapped(b);
	for (unsigned i = 0; i < 4; i++)
		freed(b, 0x204 + i, 0);
	unmapped(b);
	for (unsigned i = 0; i < 4; i++)
		freed(b, 0x304 + i, 0);
	alloc(b, 0x204, 2, KERNEL);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 2);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->sig.order, 2);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 1)->sig.order, 2);
}

/* Before, each by itself; and so are pages that something else than an area had. */
static void others_are_freed_page_by_page(void **state)
{
	struct bench *b = *state;

	for (unsigned turn = 0; turn < 2; turn++) {
		if (!turn)
			unmapped(b);
		freed(b, 0x302, 0);
		freed(b, 0x303, 0);
		object(b, EVENT_KFREE, ADDR(0x900), 1, 0, 0, 0);
		finish(b);
		assert_int_equal(count(b, REQ_PAGE_FREE), 2 * (turn + 1));
		b->joins_areas = true;
		bench_machine(b, NULL);
	}
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

/* 15: one that is given back whole, and next, is no tail. */
static void whole_blocks_are_no_tails(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x500, 3, KERNEL);
	freed(b, 0x500, 3);
	finish(b);
	assert_false(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_DIRECT);
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

/* 26: a task that migrates between its refill and its allocation loses no allocation. */
static void migration_loses_nothing(void **state)
{
	struct bench *b = *state;

	locked(b, 0x100, 0);
	locked(b, 0x101, 0);
	b->cpu = 1;
	alloc(b, 0x100, 0, USER);
	freed(b, 0x100, 0);
	b->cpu = 0;
	alloc(b, 0x101, 0, USER);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_ALLOC), 2);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->cpu, 0);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->pfn, 0x100);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 0)->sig.own_obs, 2);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 1)->sig.own_obs, 0);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, rec(b, REQ_PAGE_ALLOC, 0)->slot);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(batched_frees_are_one_free_later),
		TEST(a_batch_waits_for_its_task),
		TEST(a_batch_goes_with_its_task),
		TEST(nobody_waits_for_a_task_that_sleeps),
		TEST(batched_event_may_come_first),
		TEST(a_batch_takes_no_used_page_along),
		TEST(a_batch_begins_after_its_task_slept),
		TEST(a_batch_may_be_interrupted),
		TEST(a_batch_has_so_many_pages),
		TEST(plain_free_then_drains),
		TEST(drains_inside_a_batch),
		TEST(unknown_frees_name_their_frame),
		TEST(blocks_freed_in_pieces),
		TEST(exact_tails_are_direct),
		TEST(whole_blocks_are_no_tails),
		TEST(migration_loses_nothing),
		TEST(an_area_is_freed_in_blocks),
		TEST(an_area_alone),
		TEST(others_are_freed_page_by_page),
		TEST(a_batch_takes_the_last_free_of_a_page),
	};

	return cmocka_run_group_tests_name("resolve_free", tests, NULL, NULL);
}
