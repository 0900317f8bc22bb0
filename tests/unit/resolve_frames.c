// SPDX-License-Identifier: GPL-2.0-or-later
/* A page frame belongs to one block at a time. */
#include "tests/unit/resolve.h"

/* A frame that is allocated again was freed without an event; once, also where it was asked for as a part. */
static void what_is_allocated_again_was_freed(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x100, 0, USER);
	alloc(b, 0x100, 0, USER);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 1);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_IMPLIED);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, rec(b, REQ_PAGE_ALLOC, 0)->slot);
	assert_true(at(b, REQ_PAGE_FREE, 0) < at(b, REQ_PAGE_ALLOC, 1));
	assert_int_equal(resolver_stats(b->r)->implied_pages, 1);
}

static void a_block_takes_the_place_of_several(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x200, 0, USER);
	alloc(b, 0x202, 1, USER);
	alloc(b, 0x204, 0, USER);
	alloc(b, 0x200, 2, USER);
	freed(b, 0x204, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 3);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->slot, rec(b, REQ_PAGE_ALLOC, 0)->slot);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 1)->slot, rec(b, REQ_PAGE_ALLOC, 1)->slot);
	assert_int_equal(resolver_stats(b->r)->implied_pages, 3);
	assert_false(rec(b, REQ_PAGE_FREE, 2)->sig.flags & (REQ_IMPLIED | REQ_UNPAIRED));
}

/* A page of a block that is allocated by itself shows that the whole block is gone. */
static void a_block_goes_as_a_whole(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x300, 2, USER);
	alloc(b, 0x301, 0, USER);
	freed(b, 0x302, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 2);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_IMPLIED);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->sig.order, 2);
	assert_true(rec(b, REQ_PAGE_FREE, 1)->sig.flags & REQ_UNPAIRED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_allocated_again_was_freed),
		TEST(a_block_takes_the_place_of_several),
		TEST(a_block_goes_as_a_whole),
	};

	return cmocka_run_group_tests_name("resolve_frames", tests, NULL, NULL);
}
