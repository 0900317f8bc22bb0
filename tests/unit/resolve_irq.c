// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * 24: interrupts between the steps of a page operation, what starts a drain, and
 * how long an allocation may wait.  The event sequences are those of real
 * captures of 6.1 kernels, shortened.
 */
#include "tests/unit/resolve.h"

#define SOFTIRQ EVENT_SOFTIRQ

static void enter(struct bench *b)
{
	b->irq = SOFTIRQ;
}

static void leave(struct bench *b)
{
	b->irq = 0;
}

/* Interrupts are enabled again right after a refill, while the list is still locked. */
static void frees_inside_a_refill_go_past_the_list(void **state)
{
	struct bench *b = *state;

	locked(b, 0x100, 0);
	locked(b, 0x101, 0);
	enter(b);
	freed(b, 0x800, 1);
	leave(b);
	alloc(b, 0x100, 0, USER);
	enter(b);
	freed(b, 0x900, 1);
	leave(b);
	finish(b);
	assert_true(rec(b, REQ_PAGE_FREE, 0)->sig.flags & REQ_DIRECT);
	assert_int_equal(rec(b, REQ_PAGE_FREE, 0)->sig.aux, FREE_NESTED); /* not to the tail */
	assert_false(rec(b, REQ_PAGE_FREE, 1)->sig.flags & REQ_DIRECT);
}

/* A page that was popped before the interrupt is logged after the interrupt's free. */
static void a_popped_page_stands_before_the_interrupt(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x200, 0, KERNEL);
	enter(b);
	freed(b, 0x200, 0); /* now on top of the list */
	leave(b);
	alloc(b, 0x300, 0, KERNEL); /* and yet the task got another one */
	finish(b);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 1)->pfn, 0x300);
	assert_true(at(b, REQ_PAGE_ALLOC, 1) < at(b, REQ_PAGE_FREE, 0));
	assert_int_equal(resolver_stats(b->r)->early, 1);
}

/* So is one that the task clears in a mapping of its own when the interrupt comes (i386 with highmem, 6.1). */
static void a_page_that_is_being_cleared(void **state)
{
	struct bench *b = *state;
	struct event unmap = { .kind = EVENT_KUNMAP_LOCAL };

	alloc(b, 0x200, 0, KERNEL);
	enter(b);
	freed(b, 0x200, 0);
	leave(b);
	feed(b, &unmap);
	alloc(b, 0x300, 0, KERNEL);
	finish(b);
	assert_true(at(b, REQ_PAGE_ALLOC, 1) < at(b, REQ_PAGE_FREE, 0));
}

/* It got the very page, or one of another list: nothing says that it came before. */
static void without_evidence_the_log_counts(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x200, 0, KERNEL);
	enter(b);
	freed(b, 0x200, 0);
	leave(b);
	alloc(b, 0x200, 0, KERNEL);
	enter(b);
	freed(b, 0x200, 0);
	leave(b);
	alloc(b, 0x400, 0, USER);
	finish(b);
	assert_true(at(b, REQ_PAGE_ALLOC, 1) > at(b, REQ_PAGE_FREE, 0));
	assert_true(at(b, REQ_PAGE_ALLOC, 2) > at(b, REQ_PAGE_FREE, 1));
	assert_int_equal(resolver_stats(b->r)->early, 0);
}

/*
 * The interrupt's drain went on with another list, so from 5.18 on none was left on the first: what the task got from that
 * it had before (free_pcppages_bulk(), mm/page_alloc.c).  A drain that ends with the list tells nothing.
 */
static void a_list_drained_to_its_end(void **state)
{
	static const struct {
		unsigned major, minor;
		bool goes_on, before;
	} cases[] = { { 6, 1, true, true }, { 6, 1, false, false }, { 5, 10, true, false } };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench *b = *state;
		struct machine m = { .kernel_major = cases[i].major,
				     .kernel_minor = cases[i].minor,
				     .migratetype_of_raw = { KMM_UNMOVABLE, KMM_MOVABLE } };

		bench_machine(b, &m);
		b->n = 0;
		alloc(b, 0x200, 0, KERNEL);
		enter(b);
		freed(b, 0x800, 1);
		drained(b, 0x210, 0);
		if (cases[i].goes_on)
			drained(b, 0x800, 1);
		leave(b);
		alloc(b, 0x300, 0, KERNEL);
		finish(b);
		assert_int_equal(rec(b, REQ_PAGE_ALLOC, 1)->pfn, 0x300);
		assert_int_equal(at(b, REQ_PAGE_ALLOC, 1) < at(b, REQ_PAGE_FREE, 0),
				 cases[i].before);
	}
}

static void drains_have_causes(void **state)
{
	struct bench *b = *state;
	struct event ev = { .kind = EVENT_MM_VMSCAN_DIRECT_RECLAIM_END };

	freed(b, 0x100, 0);
	drained(b, 0x100, 0);
	drained(b, 0x101, 0);
	alloc(b, 0x500, 0, USER);
	feed(b, &ev);
	drained(b, 0x102, 0);
	b->pid = 300; /* a worker that freed nothing */
	drained(b, 0x103, 0);
	finish(b);
	assert_int_equal(rec(b, OBS_PCPU_DRAIN, 0)->sig.aux, DRAIN_FREE);
	assert_int_equal(rec(b, OBS_PCPU_DRAIN, 0)->sig.aux2, 0);
	assert_int_equal(rec(b, OBS_PCPU_DRAIN, 1)->sig.aux, DRAIN_FREE);
	assert_int_equal(rec(b, OBS_PCPU_DRAIN, 1)->sig.aux2, 1);
	assert_int_equal(rec(b, OBS_PCPU_DRAIN, 2)->sig.aux, DRAIN_ALL);
	assert_int_equal(rec(b, OBS_PCPU_DRAIN, 3)->sig.aux, DRAIN_SOME);
}

/* A free that drains waits for the zone lock: it stands at its first drain. */
static void a_free_stands_at_its_drains(void **state)
{
	struct bench *b = *state;

	freed(b, 0x100, 0);
	b->cpu = 1;
	b->pid = 200;
	alloc(b, 0x900, 0, USER);
	b->cpu = 0;
	b->pid = 100;
	drained(b, 0x100, 0);
	finish(b);
	assert_int_equal(count(b, REQ_PAGE_FREE), 1);
	assert_true(at(b, REQ_PAGE_FREE, 0) > at(b, REQ_PAGE_ALLOC, 0));
	assert_true(at(b, REQ_PAGE_FREE, 0) < at(b, OBS_PCPU_DRAIN, 0));
}

/* A page that was handed out before them was on its list: they are of something else that the task did. */
static void a_free_before_other_drains(void **state)
{
	struct bench *b = *state;

	freed(b, 0x100, 0);
	b->pid = 200;
	alloc(b, 0x100, 0, USER);
	b->pid = 100;
	drained(b, 0x300, 0);
	finish(b);
	assert_true(at(b, REQ_PAGE_FREE, 0) < at(b, REQ_PAGE_ALLOC, 0));
}

/* A huge page is zeroed for milliseconds between its refill and its mm_page_alloc. */
static void a_huge_page_is_waited_for(void **state)
{
	struct bench *b = *state;

	locked(b, 0x400, 9);
	b->cpu = 1;
	b->pid = 200;
	for (unsigned i = 0; i < OUT - 8; i++)
		alloc(b, 0x1000 + i, 0, USER);
	b->cpu = 0;
	b->pid = 100;
	alloc(b, 0x400, 9, USER);
	finish(b);
	assert_int_equal(b->out[0].sig.op, REQ_PAGE_ALLOC);
	assert_int_equal(b->out[0].pfn, 0x400);
	assert_int_equal(b->out[0].sig.own_obs, 1);
	assert_int_equal(resolver_stats(b->r)->silent_refills, 0);
}

/* kswapd is woken between a fallback and the mm_page_alloc that it served. */
static void a_wake_up_does_not_end_an_allocation(void **state)
{
	struct event ev = { .kind = EVENT_MM_VMSCAN_WAKEUP_KSWAPD };
	struct bench *b = *state;

	locked(b, 0x100, 0);
	feed(b, &ev);
	ev.kind = EVENT_OTHER; /* mm_compaction_defer_reset */
	feed(b, &ev);
	alloc(b, 0x100, 0, USER);
	finish(b);
	assert_int_equal(b->out[0].sig.op, REQ_PAGE_ALLOC);
	assert_int_equal(b->out[0].sig.own_obs, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		T(frees_inside_a_refill_go_past_the_list),
		T(a_popped_page_stands_before_the_interrupt),
		T(a_page_that_is_being_cleared),
		T(without_evidence_the_log_counts),
		T(a_list_drained_to_its_end),
		T(drains_have_causes),
		T(a_free_stands_at_its_drains),
		T(a_free_before_other_drains),
		T(a_huge_page_is_waited_for),
		T(a_wake_up_does_not_end_an_allocation),
	};

	return cmocka_run_group_tests_name("resolve_irq", tests, NULL, NULL);
}
