// SPDX-License-Identifier: GPL-2.0-or-later
/* What drains of all lists left, or did not find. */
#include "tests/unit/story.h"

/* Where that CPU was at work meanwhile, the page may have come to the list behind the drain. */
static void a_cpu_that_went_on_while_it_was_drained(void **state)
{
	struct story *s = *state;

	refill(s);
	drain_all(s, 14, false);
	alloc_by(s, 80, 250, 0);
	drain_all(s, 13, true);
	alloc_by(s, 90, 300, 1);
	alloc_by(s, 11, 200, 0);
	assert_int_equal(s->early.count, 0);
}

/* What a drain of all lists did not find on another CPU's was taken before, and logged behind it. */
static void what_a_drain_of_all_lists_left(void **state)
{
	struct story *s = *state;
	uint64_t at;

	refill(s);
	at = s->n;
	drain_all(s, 14, false);
	drain_all(s, 13, true);
	drain_all(s, 12, true);
	alloc_by(s, 90, 300, 1);
	alloc_by(s, 11, 200, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 11);
	assert_int_equal(s->early.a[0].to, at);
}

/* All lists of a CPU have one lock: it was taken before the drain came to the first of them. */
static void what_a_drain_of_all_lists_left_on_the_last(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	refill(s);
	by(s, 9, REQ_PAGE_FREE, 40, 1);
	at = s->n;
	drain_all(s, 40, false);
	drain_all(s, 14, true);
	drain_all(s, 13, true);
	drain_all(s, 12, true);
	alloc_by(s, 90, 300, 1);
	alloc_by(s, 11, 200, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 11);
	assert_int_equal(s->early.a[0].to, at);
}

/* Two of them no task has taken without a word, and a CPU that did something may have freed one meanwhile. */
static void what_a_drain_of_all_lists_may_have_missed(void **state)
{
	struct story *s = *state;

	learn_block(s);
	by(s, 9, REQ_PAGE_FREE, 40, 1);
	by(s, 9, REQ_PAGE_FREE, 42, 1);
	drain_all(s, 200, false);
	alloc_by(s, 90, 300, 1);
	by(s, 200, REQ_PAGE_ALLOC, 42, 1);
	drain_all(s, 201, false);
	by(s, 9, REQ_PAGE_FREE, 60, 0);
	drain_all(s, 202, true);
	alloc_by(s, 91, 300, 1);
	by(s, 201, REQ_PAGE_ALLOC, 40, 1);
	assert_int_equal(s->early.count, 0);
}

/* Nor need the CPU that drains do anything behind it. */
static void what_an_idle_cpus_drain_did_not_find(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	by(s, 9, REQ_PAGE_FREE, 40, 1);
	at = s->n;
	drain_all(s, 200, false);
	drain_all(s, 201, true);
	by(s, 200, REQ_PAGE_ALLOC, 40, 1);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].to, at);
}

/* 40 stands alone on a list of CPU 0, and a drain of all lists gave back nothing there: a task has it. */
static void what_a_drain_of_all_lists_did_not_find(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	by(s, 9, REQ_PAGE_FREE, 40, 1);
	at = s->n;
	drain_all(s, 200, false);
	alloc_by(s, 90, 300, 1);
	by(s, 200, REQ_PAGE_ALLOC, 40, 1);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 40);
	assert_int_equal(s->early.a[0].to, at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_cpu_that_went_on_while_it_was_drained),
		STORY(what_a_drain_of_all_lists_left),
		STORY(what_a_drain_of_all_lists_left_on_the_last),
		STORY(what_a_drain_of_all_lists_may_have_missed),
		STORY(what_an_idle_cpus_drain_did_not_find),
		STORY(what_a_drain_of_all_lists_did_not_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
