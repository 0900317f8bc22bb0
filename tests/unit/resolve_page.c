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

/* A request gets the first page of its refill, of its order: else somebody else's silent one asked for that. */
static void refills_of_others(void **state)
{
	struct bench *b = *state;

	locked(b, 0x100, 0);
	locked(b, 0x101, 0);
	alloc(b, 0x200, 1, KERNEL);
	locked(b, 0x300, 0);
	locked(b, 0x301, 0);
	alloc(b, 0x301, 0, KERNEL);
	finish(b);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(rec(b, REQ_PAGE_ALLOC, i)->sig.own_obs, 0);
	assert_int_equal(resolver_stats(b->r)->silent_refills, 2);
}

/* Who gets the CPU gives back what the task before had last; its own allocation is not over by that. */
static void what_was_of_the_task_before(void **state)
{
	struct bench *b = *state;

	alloc(b, 0x800, 0, KERNEL);
	locked(b, 0x100, 0);
	b->pid = 200;
	alloc(b, 0x900, 0, USER);
	b->pid = 100;
	freed(b, 0x800, 0);
	drained(b, 0x700, 0);
	alloc(b, 0x100, 0, USER);
	finish(b);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 1)->pfn, 0x100);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 1)->sig.own_obs, 1);
	assert_int_equal(rec(b, REQ_PAGE_ALLOC, 2)->pfn, 0x900);
}

/* A task of low priority may zero its page while many others have the CPU. */
static void who_waits_is_remembered(void **state)
{
	struct bench *b = *state;

	locked(b, 0x100, 0);
	for (int pid = 200; pid < 240; pid++) {
		b->pid = pid;
		alloc(b, 0x900 + (uint64_t)pid, 0, USER);
	}
	b->pid = 100;
	alloc(b, 0x100, 0, USER);
	finish(b);
	assert_int_equal(b->out[0].pfn, 0x100);
	assert_int_equal(b->out[0].sig.own_obs, 1);
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

static void reclaim_event(struct bench *b, enum event_kind kind, int order)
{
	struct event ev = { .kind = (uint16_t)kind, .reclaim = { .order = (int16_t)order } };

	feed(b, &ev);
}

/*
 * kswapd's run lasts to its last event, or until it looks after kcompactd, for a higher order than it was woken
 * for; what it does then is none of it.
 */
static void a_run_of_kswapd_ends_before_kcompactd(void **state)
{
	struct bench *b = *state;
	const struct request *wake;

	b->pid = 30;
	reclaim_event(b, EVENT_MM_VMSCAN_KSWAPD_WAKE, 3);
	reclaim_event(b, EVENT_MM_COMPACTION_SUITABLE, 3);
	freed(b, 0x100, 0);
	reclaim_event(b, EVENT_MM_COMPACTION_SUITABLE, 9);
	freed(b, 0x101, 0);
	reclaim_event(b, EVENT_MM_VMSCAN_KSWAPD_WAKE, 0);
	freed(b, 0x102, 0);
	reclaim_event(b, EVENT_MM_VMSCAN_KSWAPD_SLEEP, 0);
	finish(b);
	wake = rec(b, OBS_RECLAIM, 1);
	assert_int_equal(wake->addr, rec(b, REQ_PAGE_FREE, 0)->time + 1);
	assert_int_equal(rec(b, OBS_RECLAIM, 2)->addr, rec(b, REQ_PAGE_FREE, 2)->time);
}

/* For what a direct compaction was asked stands in the event before it; kcompactd is asked for nothing. */
static void a_compaction_knows_its_request(void **state)
{
	static const kmm_gfp gfp[] = { KMM_GFP_MOVABLE, KMM_GFP_COMP, KMM_GFP_MOVABLE };
	struct event begin = { .kind = EVENT_MM_COMPACTION_BEGIN };
	struct bench *b = *state;

	for (unsigned i = 0; i < 3; i++) {
		struct event ask = { .kind = EVENT_MM_COMPACTION_TRY_TO_COMPACT_PAGES,
				     .reclaim = { .gfp = gfp[i] } };

		feed(b, &ask);
		feed(b, &begin);
	}
	finish(b);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rec(b, OBS_COMPACTION, i)->sig.aux2, i == 1 ? COMPACT_OTHER : 0);
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

/* Orders and frames that cannot be are damage, and said to be. */
static void nonsense_is_refused(void **state)
{
	struct event ev = { .kind = EVENT_MM_PAGE_FREE };
	struct bench *b = *state;
	struct err e = { 0 };

	ev.page.pfn = 0x100;
	ev.page.order = 200;
	assert_true(resolver_events(b->r, &ev, 1, 0, &e) < 0);
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

/*
 * 5: what a compaction has just made goes past the lists.  One that somebody asked for through
 * /proc/sys/vm/compact_memory hands nothing over: its caller does other things before it allocates.
 */
static void a_captured_block_is_direct(void **state)
{
	struct event end = { .kind = EVENT_MM_COMPACTION_END };
	struct bench *b = *state;

	feed(b, &end);
	alloc(b, 0x200, 1, KERNEL);
	feed(b, &end);
	object(b, EVENT_KFREE, BASE + 0x5000, 0, 0, 0, 0);
	alloc(b, 0x300, 1, KERNEL);
	finish(b);
	assert_true(rec(b, REQ_PAGE_ALLOC, 0)->sig.flags & REQ_DIRECT);
	assert_false(rec(b, REQ_PAGE_ALLOC, 1)->sig.flags & REQ_DIRECT);
}

static void stolen(struct bench *b, uint64_t pfn)
{
	struct event ev = { .kind = EVENT_MM_PAGE_ALLOC_EXTFRAG };

	ev.extfrag.pfn = pfn;
	ev.extfrag.alloc_order = 0;
	ev.extfrag.fallback_order = 1;
	ev.extfrag.alloc_migratetype = 1;
	ev.extfrag.fallback_migratetype = 0;
	ev.extfrag.change_ownership = 0;
	feed(b, &ev);
}

/*
 * From 6.10 on a fallback that steals takes its page without mm_page_alloc_zone_locked: with it a refill has taken
 * two pages, and its allocation did not go past the list.  Before, the refill alone tells of the page.
 */
static void steal_in_refill(struct bench *b, uint32_t minor)
{
	struct machine m = { .kernel_major = 6, .kernel_minor = minor, .zone_count = 1 };

	m.pageblock_order = 9;
	m.cpus = 1;
	m.zones[0].spanned = m.zones[0].present = m.max_pfn = 4096;
	m.zones[0].pcp_batch = 15;
	bench_machine(b, &m);
	locked(b, 0x100, 0);
	stolen(b, 0x208);
	alloc(b, 0x100, 0, USER);
	finish(b);
}

static void what_is_stolen_is_of_the_refill(void **state)
{
	struct bench *b = *state;

	steal_in_refill(b, 1);
	assert_true(rec(b, REQ_PAGE_ALLOC, 0)->sig.flags & REQ_DIRECT);
	b->n = 0;
	steal_in_refill(b, 12);
	assert_false(rec(b, REQ_PAGE_ALLOC, 0)->sig.flags & REQ_DIRECT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(allocation_stands_before_its_refills),
		TEST(refills_of_others),
		TEST(what_was_of_the_task_before),
		TEST(who_waits_is_remembered),
		TEST(interrupts_nest),
		TEST(failures_are_responses),
		TEST(a_captured_block_is_direct),
		TEST(what_is_stolen_is_of_the_refill),
		TEST(silent_frees_are_implied),
		TEST(reclaim_makes_responses),
		TEST(a_run_of_kswapd_ends_before_kcompactd),
		TEST(a_compaction_knows_its_request),
		TEST(refills_of_nobody),
		TEST(lost_events_make_uncertain),
		TEST(nonsense_is_refused),
		TEST(the_window_is_bounded),
	};

	return cmocka_run_group_tests_name("resolve_page", tests, NULL, NULL);
}
