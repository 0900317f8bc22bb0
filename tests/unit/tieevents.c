// SPDX-License-Identifier: GPL-2.0-or-later
/* Events of two CPUs with one time, as the reader gives them: CPU by CPU. */
#include "tests/unit/resolve.h"

static void on_cpu(struct bench *b, unsigned cpu)
{
	b->cpu = cpu;
	b->pid = 100 + (int)cpu;
}

static void unfreeze(struct bench *b)
{
	b->tied = false;
	b->time++;
}

/* A drain of all lists on CPU 0 finds what CPU 1 freed; then CPU 0 takes it. */
static void a_drain_comes_after_the_free(void **state)
{
	struct bench *b = *state;
	uint32_t first;

	on_cpu(b, 1);
	alloc(b, 0x500, 0, USER);
	b->tied = true;
	on_cpu(b, 0);
	drained(b, 0x400, 0);
	drained(b, 0x500, 0);
	locked(b, 0x500, 0);
	alloc(b, 0x500, 0, USER);
	on_cpu(b, 1);
	freed(b, 0x500, 0);
	batched(b, 0x500);
	unfreeze(b);
	finish(b);
	first = rec(b, REQ_PAGE_ALLOC, 0)->slot;
	assert_int_equal(count(b, REQ_PAGE_FREE), 1);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, first);
	assert_false(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_IMPLIED);
	/* The drains stay together, behind the free; the new owner comes last. */
	assert_true(at(b, REQ_PAGE_FREE, 0) < at(b, OBS_PCPU_DRAIN, 0));
	assert_int_equal(at(b, OBS_PCPU_DRAIN, 1), at(b, OBS_PCPU_DRAIN, 0) + 1);
	assert_true(at(b, OBS_PCPU_DRAIN, 1) < at(b, REQ_PAGE_ALLOC, 1));
}

/* CPU 0 takes a block of which CPU 1 had each page: they are freed one by one, and drained. */
static void a_block_comes_after_all_of_its_pages(void **state)
{
	struct bench *b = *state;

	on_cpu(b, 1);
	for (unsigned i = 0; i < 4; i++)
		alloc(b, 0x500 + i, 0, USER);
	b->tied = true;
	on_cpu(b, 0);
	locked(b, 0x500, 2);
	alloc(b, 0x500, 2, USER);
	on_cpu(b, 1);
	for (unsigned i = 0; i < 4; i++)
		freed(b, 0x500 + i, 0);
	for (unsigned i = 0; i < 4; i++)
		drained(b, 0x500 + i, 0);
	unfreeze(b);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_false(rec(b, REQ_PAGE_FREE, i)->sig.flags & REQ_IMPLIED);
	assert_true(at(b, OBS_PCPU_DRAIN, 3) < at(b, REQ_PAGE_ALLOC, 4));
}

/* What CPU 1 freed is on its list, and in no refill of CPU 0 before it is drained. */
static void a_refill_comes_after_the_drain(void **state)
{
	struct bench *b = *state;

	on_cpu(b, 1);
	alloc(b, 0x500, 0, USER);
	alloc(b, 0x501, 0, USER);
	b->tied = true;
	on_cpu(b, 0);
	locked(b, 0x400, 0);
	locked(b, 0x500, 0);
	alloc(b, 0x400, 0, USER);
	on_cpu(b, 1);
	freed(b, 0x500, 0);
	object(b, EVENT_KMALLOC, ADDR(0x800), 0x1000, 64, 64, 0);
	freed(b, 0x501, 0);
	drained(b, 0x500, 0);
	unfreeze(b);
	finish(b);
	assert_true(at(b, OBS_PCPU_DRAIN, 0) < at(b, OBS_ZONE_LOCKED, 0));
	assert_false(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_IMPLIED);
}

/* An object that CPU 0 gets was CPU 1's before. */
static void an_object_is_freed_before_it_is_used_again(void **state)
{
	struct bench *b = *state;

	on_cpu(b, 1);
	object(b, EVENT_KMALLOC, ADDR(0x600), 0x1000, 64, 64, 0);
	b->tied = true;
	on_cpu(b, 0);
	object(b, EVENT_KMALLOC, ADDR(0x600), 0x2000, 64, 64, 0);
	on_cpu(b, 1);
	object(b, EVENT_KFREE, ADDR(0x600), 0x3000, 0, 0, 0);
	unfreeze(b);
	finish(b);
	assert_int_equal(count(b, REQ_OBJ_FREE), 1);
	assert_true(at(b, REQ_OBJ_FREE, 0) < at(b, REQ_OBJ_ALLOC, 1));
	assert_int_equal(rec(b, REQ_OBJ_FREE, 0)->slot, rec(b, REQ_OBJ_ALLOC, 0)->slot);
}

/* What is not in use is allocated on CPU 1 first, and freed on CPU 0 then. */
static void a_free_comes_after_the_allocation(void **state)
{
	struct bench *b = *state;

	b->tied = true;
	on_cpu(b, 0);
	object(b, EVENT_KFREE, ADDR(0x700), 0x3000, 0, 0, 0);
	on_cpu(b, 1);
	object(b, EVENT_KMALLOC, ADDR(0x700), 0x1000, 64, 64, 0);
	unfreeze(b);
	finish(b);
	assert_true(at(b, REQ_OBJ_ALLOC, 0) < at(b, REQ_OBJ_FREE, 0));
	assert_int_equal(rec(b, REQ_OBJ_FREE, 0)->slot, rec(b, REQ_OBJ_ALLOC, 0)->slot);
}

/* Two CPUs that exchange two objects wait for each other: every event is handed on all the same. */
static void nothing_is_lost_where_each_waits(void **state)
{
	struct bench *b = *state;

	on_cpu(b, 0);
	object(b, EVENT_KMALLOC, ADDR(0x800), 0x1000, 64, 64, 0);
	object(b, EVENT_KMALLOC, ADDR(0x900), 0x1000, 64, 64, 0);
	b->tied = true;
	object(b, EVENT_KMALLOC, ADDR(0x800), 0x1000, 64, 64, 0);
	object(b, EVENT_KFREE, ADDR(0x900), 0x1000, 0, 0, 0);
	on_cpu(b, 1);
	object(b, EVENT_KMALLOC, ADDR(0x900), 0x1000, 64, 64, 0);
	object(b, EVENT_KFREE, ADDR(0x800), 0x1000, 0, 0, 0);
	unfreeze(b);
	finish(b);
	assert_int_equal(resolver_stats(b->r)->events, 6);
	assert_int_equal(count(b, REQ_OBJ_ALLOC), 4);
}

/* Without anything that speaks for another order the reader's stays. */
static void the_order_stays(void **state)
{
	struct bench *b = *state;

	b->tied = true;
	for (unsigned i = 0; i < 6; i++) {
		on_cpu(b, i / 3);
		alloc(b, 0x1000 + i, 0, USER);
	}
	unfreeze(b);
	finish(b);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(b->out[i].pfn, 0x1000 + i);
		assert_int_equal(b->out[i].seq, i);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_drain_comes_after_the_free),
		TEST(a_block_comes_after_all_of_its_pages),
		TEST(a_refill_comes_after_the_drain),
		TEST(an_object_is_freed_before_it_is_used_again),
		TEST(a_free_comes_after_the_allocation),
		TEST(nothing_is_lost_where_each_waits),
		TEST(the_order_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
