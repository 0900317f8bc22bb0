// SPDX-License-Identifier: GPL-2.0-or-later
/* Frees that reached their list later than they were logged. */
#include "tests/unit/story.h"

/* An interrupt comes between the mm_page_free of 31 and the list, frees 29 and 30, and drains in between or not. */
static void interrupt_a_free(struct story *s, bool drains)
{
	uint64_t at;

	learn_block(s);
	alloc_by(s, 50, 1, 0);
	at = s->n;
	push_by(s, 31, 1, 0);
	push_by(s, 29, 1, FREE_NESTED | FREE_IRQ);
	if (drains)
		tell_request(s, &(struct request){
					.pfn = 60,
					.slot = NO_SLOT,
					.pid = 1,
					.sig = { .op = OBS_PCPU_DRAIN, .aux = DRAIN_FREE } });
	push_by(s, 30, 1, FREE_NESTED | FREE_IRQ);
	alloc_by(s, 51, 1, 0);
	alloc_by(s, 31, 1, 0);
	alloc_by(s, 30, 1, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.sig.op, REQ_PAGE_FREE);
	assert_int_equal(s->early.a[0].from, at);
	assert_int_equal(s->early.a[0].to, at + (drains ? 4 : 3));
}

/* 31 stands before what the interrupt gave back. */
static void a_free_that_an_interrupt_delayed(void **state)
{
	interrupt_a_free(*state, false);
}

/* What the frees of the interrupt drain is no sign that the task had gone on. */
static void a_drain_of_the_interrupt(void **state)
{
	interrupt_a_free(*state, true);
}

/* As the first, but they are not handed out next: they went past the list, which was locked. */
static void an_interrupt_that_found_it_locked(void **state)
{
	struct story *s = *state;
	struct err e;

	learn_block(s);
	alloc_by(s, 50, 1, 0);
	push_by(s, 31, 1, 0);
	push_by(s, 30, 1, FREE_NESTED | FREE_IRQ);
	alloc_by(s, 51, 1, 0);
	alloc_by(s, 31, 1, 0);
	alloc_by(s, 52, 1, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->early.count, 0);
	assert_int_equal(s->s.taken.past_count, 1);
}

static void free_by(struct story *s, uint32_t pfn, int32_t pid, uint16_t cpu)
{
	struct request q = { .pfn = pfn, .slot = pfn, .pid = pid, .cpu = cpu };

	q.sig.op = REQ_PAGE_FREE;
	tell_request(s, &q);
}

/* Task 1 has 31 and 50, and gives 31 back; task 2 then gets 30, which stood first before that. */
static uint64_t task_2_gets_what_was_behind(struct story *s)
{
	uint64_t at;

	learn_block(s);
	push_by(s, 30, 3, 0);
	push_by(s, 31, 3, 0);
	alloc_by(s, 31, 1, 0);
	alloc_by(s, 50, 1, 0);
	at = s->n;
	free_by(s, 31, 1, 0);
	alloc_by(s, 60, 2, 0);
	alloc_by(s, 30, 2, 0);
	return at;
}

/* 31 comes to the list when task 1 goes on, and is handed out from there. */
static void a_free_whose_task_lost_the_cpu(void **state)
{
	struct story *s = *state;
	uint64_t at = task_2_gets_what_was_behind(s), to = s->n;

	alloc_by(s, 51, 1, 0);
	alloc_by(s, 31, 2, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.sig.op, REQ_PAGE_FREE);
	assert_int_equal(s->early.a[0].q.pfn, 31);
	assert_int_equal(s->early.a[0].from, at);
	assert_int_equal(s->early.a[0].to, to);
	assert_int_equal(s->early.a[0].alloc - 1, at - 2);
}

/* The list is that of the CPU on which it goes on. */
static void a_free_whose_task_was_moved(void **state)
{
	struct story *s = *state;

	task_2_gets_what_was_behind(s);
	alloc_by(s, 51, 1, 1);
	alloc_by(s, 31, 4, 1);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.cpu, 1);
}

/* Task 2's kernel stack was thought to have got 31, and got 30 and 29, behind which 28 stood. */
static void a_free_that_a_bulk_allocation_passed_over(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t at, to;

	learn_block(s);
	for (uint32_t p = 28; p <= 31; p++)
		push_by(s, p, 3, 0);
	alloc_by(s, 31, 1, 0);
	alloc_by(s, 50, 1, 0);
	at = s->n;
	free_by(s, 31, 1, 0);
	bulk_by(s, 2, 2);
	alloc_by(s, 28, 2, 0);
	to = s->n;
	alloc_by(s, 51, 1, 0);
	alloc_by(s, 31, 1, 0);
	push_by(s, 30, 2, 0);
	push_by(s, 29, 2, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].from, at);
	assert_int_equal(s->early.a[0].to, to);
	assert_int_equal(s->s.taken.count, 0);
}

/* Its next event is another free: it was taken without an event, before task 2 got 30. */
static void a_page_that_was_taken_after_all(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t missed;

	task_2_gets_what_was_behind(s);
	missed = s->n - 1;
	alloc_by(s, 51, 1, 0);
	push_by(s, 31, 2, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->early.count, 0);
	assert_int_equal(s->s.taken.count, 1);
	assert_int_equal(s->s.taken.page[0].number, missed);
}

/* Passed over again once task 1 has gone on: the same. */
static void a_page_that_is_missing_again(void **state)
{
	struct story *s = *state;
	struct err e;
	uint64_t missed;

	learn_block(s);
	push_by(s, 29, 3, 0);
	task_2_gets_what_was_behind(s);
	missed = s->n - 1;
	alloc_by(s, 51, 1, 0);
	alloc_by(s, 29, 2, 0);
	push_by(s, 31, 2, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->early.count, 0);
	assert_int_equal(s->s.taken.count, 1);
	assert_int_equal(s->s.taken.page[0].number, missed);
}

/* Task 1 did something before task 2 had its turn: the page was on its list. */
static void a_task_that_had_gone_on(void **state)
{
	struct story *s = *state;

	learn_block(s);
	push_by(s, 30, 3, 0);
	push_by(s, 31, 3, 0);
	alloc_by(s, 31, 1, 0);
	free_by(s, 31, 1, 0);
	alloc_by(s, 50, 1, 0);
	alloc_by(s, 60, 2, 0);
	alloc_by(s, 30, 2, 0);
	alloc_by(s, 51, 1, 0);
	alloc_by(s, 31, 2, 0);
	assert_int_equal(s->early.count, 0);
}

/* More frees than are remembered, all of tasks that lost the CPU. */
static void more_than_are_remembered(void **state)
{
	struct story *s = *state;
	struct err e;

	task_2_gets_what_was_behind(s);
	alloc_by(s, 51, 1, 0);
	for (uint32_t i = 0; i < 3 * TORN_KEPT; i++) {
		alloc_by(s, 600 + i, (int32_t)(1000 + i), 0);
		free_by(s, 600 + i, (int32_t)(1000 + i), 0);
	}
	alloc_by(s, 31, 2, 0);
	assert_int_equal(silent_end(&s->s, NULL, &e), 0);
	assert_int_equal(s->early.a[0].q.pfn, 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_free_that_an_interrupt_delayed),
		STORY(a_drain_of_the_interrupt),
		STORY(an_interrupt_that_found_it_locked),
		STORY(a_free_whose_task_lost_the_cpu),
		STORY(a_free_whose_task_was_moved),
		STORY(a_free_that_a_bulk_allocation_passed_over),
		STORY(a_page_that_was_taken_after_all),
		STORY(a_page_that_is_missing_again),
		STORY(a_task_that_had_gone_on),
		STORY(more_than_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
