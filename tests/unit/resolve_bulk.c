// SPDX-License-Identifier: GPL-2.0-or-later
/* The silent pages of kernel stacks and vmalloc areas; numbers are those of docs/events.md. */
#include "tests/unit/resolve.h"

/* 2: kernel stacks: four silent pages after the kmalloc of their array, given back in its order. */
static void stacks_take_silent_pages(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x700) + 64, VMALLOC_SITE, 32, 32, 0);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x701), 7, 184, 192, 0);
	for (unsigned i = 0; i < 4; i++)
		freed(b, 0x310 - i, 0);
	object(b, EVENT_KFREE, ADDR(0x700) + 64, 8, 0, 0, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_BULK), 4);
	assert_int_equal(at(b, REQ_PAGE_BULK, 0), at(b, REQ_OBJ_ALLOC, 0) + 1);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->slot, rec(b, REQ_PAGE_BULK, i)->slot);
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->pfn, 0x310 - i);
		assert_false(rec(b, REQ_PAGE_FREE, i)->sig.flags & REQ_UNPAIRED);
	}
	assert_int_equal(resolver_stats(b->r)->bulk_paired, 4);
}

/* 2: whoever gives a stack back may lose the CPU between two of its pages, to more others than a CPU remembers. */
static void a_stack_is_given_back_in_pieces(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x700) + 64, VMALLOC_SITE, 32, 32, 0);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x701), 7, 184, 192, 0);
	freed(b, 0x310, 0);
	for (int i = 0; i < 20; i++) {
		b->pid = 200 + i;
		alloc(b, 0x200 + (uint64_t)i, 0, USER);
	}
	b->pid = 100;
	for (unsigned i = 1; i < 4; i++)
		freed(b, 0x310 + i, 0);
	object(b, EVENT_KFREE, ADDR(0x700) + 64, 8, 0, 0, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 4);
	assert_int_equal(resolver_stats(b->r)->bulk_paired, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->slot, rec(b, REQ_PAGE_BULK, i)->slot);
}

/* 2: where the bulk allocation refilled, it stands at its first refill. */
static void silent_pages_stand_at_their_refill(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x700), VMALLOC_SITE, 32, 32, 0);
	b->cpu = 1;
	alloc(b, 0x500, 0, USER);
	b->cpu = 0;
	locked(b, 0x600, 0);
	locked(b, 0x601, 0);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x701), 7, 184, 192, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_BULK), 4);
	assert_true(at(b, REQ_PAGE_BULK, 0) > at(b, REQ_PAGE_ALLOC, 0));
	assert_true(at(b, REQ_PAGE_BULK, 3) < at(b, OBS_ZONE_LOCKED, 0));
}

/* 2: an array that was allocated before the trace has no pages to give back: its frees are nobody's. */
static void an_unknown_array_frees_nothing(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x700), VMALLOC_SITE, 32, 32, 0);
	for (unsigned i = 0; i < 2; i++)
		freed(b, 0x320 + i, 0);
	object(b, EVENT_KFREE, ADDR(0x702), 8, 0, 0, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 2);
	for (unsigned i = 0; i < 2; i++)
		assert_true(rec(b, REQ_PAGE_FREE, i)->sig.flags & REQ_UNPAIRED);
	assert_int_equal(resolver_stats(b->r)->bulk_paired, 0);
}

#define AREA (KMM_GFP_HIGHMEM | KMM_GFP_KSWAPD_RECLAIM) /* what vmalloc asks with for blocks */

/* 2: from 7.0 on a stack is asked for as one block of order 2, traced, and given back page by page. */
static void a_block_is_no_silent_page(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x700), VMALLOC_SITE, 32, 32, 0);
	alloc(b, 0x500, 2, AREA);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x701), 7, 184, 192, 0);
	for (unsigned i = 0; i < 4; i++)
		freed(b, 0x500 + i, 0);
	object(b, EVENT_KFREE, ADDR(0x700), 8, 0, 0, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_BULK), 0);
	assert_int_equal(count(b, REQ_PAGE_ALLOC), 1);
	assert_int_equal(count(b, REQ_PAGE_FREE), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_false(rec(b, REQ_PAGE_FREE, i)->sig.flags & (REQ_UNPAIRED | REQ_IMPLIED));
	assert_int_equal(resolver_stats(b->r)->bulk_pages, 0);
}

/* 2: two of four were silent, and two allocated by themselves: each is given back once. */
static void single_pages_are_given_back_once(void **state)
{
	struct bench *b = *state;

	object(b, EVENT_KMALLOC, ADDR(0x700), VMALLOC_SITE, 32, 32, 0);
	alloc(b, 0x500, 0, AREA);
	alloc(b, 0x501, 0, AREA);
	object(b, EVENT_KMEM_CACHE_ALLOC, ADDR(0x701), 7, 184, 192, 0);
	freed(b, 0x310, 0);
	freed(b, 0x311, 0);
	freed(b, 0x500, 0);
	freed(b, 0x501, 0);
	object(b, EVENT_KFREE, ADDR(0x700), 8, 0, 0, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_BULK), 2);
	assert_int_equal(count(b, REQ_PAGE_FREE), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_false(rec(b, REQ_PAGE_FREE, i)->sig.flags & (REQ_UNPAIRED | REQ_IMPLIED));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->slot, rec(b, REQ_PAGE_BULK, i)->slot);
}

/*
 * 2: the bulk allocation found too few free pages, and the first page by itself takes reclaim, or the second, behind the
 * first one's refill: none was silent.  What another request reclaims for says nothing.
 */
static uint32_t silent_before_reclaim(struct bench *b, kmm_gfp gfp, uint32_t had)
{
	struct event begin = { .kind = EVENT_MM_VMSCAN_DIRECT_RECLAIM_BEGIN,
			       .reclaim = { .gfp = gfp } },
		     end = { .kind = EVENT_MM_VMSCAN_DIRECT_RECLAIM_END };

	object(b, EVENT_KMALLOC, ADDR(0x700), VMALLOC_SITE, 32, 32, 0);
	for (uint32_t i = 0; i < had; i++) {
		locked(b, 0x500 + i, 0);
		locked(b, 0x600 + i, 0);
		alloc(b, 0x500 + i, 0, AREA);
	}
	feed(b, &begin);
	freed(b, 0x900, 0);
	feed(b, &end);
	for (uint32_t i = had; i < 4; i++)
		alloc(b, 0x500 + i, 0, AREA);
	for (uint32_t i = 0; i < 4; i++)
		freed(b, 0x500 + i, 0);
	object(b, EVENT_KFREE, ADDR(0x700), 8, 0, 0, 0);
	finish(b);
	return count(b, REQ_PAGE_BULK);
}

static void none_is_silent(struct bench *b, uint32_t had)
{
	assert_int_equal(silent_before_reclaim(b, AREA, had), 0);
	assert_int_equal(count(b, REQ_PAGE_ALLOC), 4);
	assert_int_equal(count(b, REQ_PAGE_FREE), 5);
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(rec(b, REQ_PAGE_FREE, i)->sig.flags & REQ_UNPAIRED, 0);
}

static void none_is_silent_that_reclaims(void **state)
{
	none_is_silent(*state, 0);
}

static void the_second_reclaims(void **state)
{
	none_is_silent(*state, 1);
}

static void reclaim_for_another_request(void **state)
{
	assert_int_equal(silent_before_reclaim(*state, KERNEL, 0), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stacks_take_silent_pages),
		TEST(silent_pages_stand_at_their_refill),
		TEST(an_unknown_array_frees_nothing),
		TEST(a_block_is_no_silent_page),
		TEST(single_pages_are_given_back_once),
		TEST(none_is_silent_that_reclaims),
		TEST(reclaim_for_another_request),
		TEST(a_stack_is_given_back_in_pieces),
		TEST(the_second_reclaims),
	};

	return cmocka_run_group_tests_name("resolve_bulk", tests, NULL, NULL);
}
