// SPDX-License-Identifier: GPL-2.0-or-later
/* A drain below the high mark tells that kswapd is at work: kernel 6.1's nr_pcp_high(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/awake.h"
#include "trace/event.h"

#define PAGES 120

static const struct machine machine = {
	.zone_count = 1,
	.zones[0] = { .spanned = 1024, .managed = 1024, .pcp_high = 100, .pcp_batch = 5 },
	.max_pfn = 1024,
	.orders = 11,
	.pageblock_order = 9,
	.cpus = 2,
	.kernel_major = 6,
	.kernel_minor = 1,
};

static struct request page(enum request_op op, uint16_t cpu, uint32_t pfn)
{
	return (struct request){
		.cpu = cpu, .pfn = pfn, .slot = NO_SLOT, .sig = { .op = (uint8_t)op }
	};
}

/* n frees, a drain behind them, and what its CPU does next; `followed` of the frees have been followed. */
static bool drains_awake(uint32_t n, uint32_t followed, uint16_t cpu, unsigned order)
{
	static struct request q[PAGES + 2];
	struct err e;
	struct recorded *r = recorded_new(&machine, &e);
	bool awake;

	assert_non_null(r);
	for (uint32_t i = 0; i < n; i++)
		q[i] = page(REQ_PAGE_FREE, 0, i);
	q[n] = page(OBS_PCPU_DRAIN, cpu, 0);
	q[n + 1] = page(REQ_OBJ_FREE, cpu, KMM_NO_PFN);
	for (uint32_t i = 0; i < followed; i++)
		recorded_apply(r, &q[i]);
	awake = awake_drain(r, &machine, &q[followed], &q[n], 2, order);
	recorded_free(r);
	return awake;
}

static void test_limits(void **state)
{
	(void)state;
	assert_true(drains_awake(20, 20, 0, 0));
	assert_true(drains_awake(79, 79, 0, 0));
	assert_false(drains_awake(80, 80, 0, 0));
	assert_false(drains_awake(100, 100, 0, 0));
}

/* What is not followed yet, because it has the drain's time, counts too; not what another CPU did. */
static void test_of_one_time(void **state)
{
	(void)state;
	assert_false(drains_awake(100, 10, 0, 0));
	assert_true(drains_awake(20, 10, 0, 0));
	assert_true(drains_awake(100, 10, 1, 0));
}

/* Behind a free of order 1 to 3 a drain of all is none of that limit's. */
static void test_all(void **state)
{
	(void)state;
	assert_false(drains_awake(6, 6, 0, 1));
	assert_true(drains_awake(20, 20, 0, 1));
}

/* From 6.7 on 32 batches of it at most: 160 pages of 300 here; nor does a drain that may go on tell anything. */
static void test_many(void **state)
{
	static struct request q[300 + 161];
	struct machine m = machine;
	struct err e;
	struct recorded *r;

	(void)state;
	m.kernel_minor = 12;
	m.zones[0].pcp_high = m.zones[0].pcp_high_min = 1000;
	r = recorded_new(&m, &e);
	assert_non_null(r);
	for (uint32_t i = 0; i < 300; i++) {
		q[i] = page(REQ_PAGE_FREE, 0, i);
		recorded_apply(r, &q[i]);
	}
	for (uint32_t i = 300; i < 460; i++)
		q[i] = page(OBS_PCPU_DRAIN, 0, i - 300);
	q[460] = page(REQ_OBJ_FREE, 0, KMM_NO_PFN);
	assert_false(awake_drain(r, &m, &q[300], &q[300], 161, 1));
	assert_true(awake_drain(r, &m, &q[300], &q[300], 161, 0));
	assert_false(awake_drain(r, &m, &q[300], &q[300], 40, 1));
	q[340] = q[460];
	assert_true(awake_drain(r, &m, &q[300], &q[300], 161, 1));
	recorded_free(r);
}

#define KSWAPD 30

/*
 * kswapd wakes at 1 and frees a page at 2; others then free n on CPU 0, all but `followed` at one time.  Where is the
 * end of its run, that is taken to be at 9?
 */
static uint64_t ends(uint32_t n, uint32_t followed, bool drains, unsigned flags)
{
	struct awake_run a[KMM_NODES] = { 0 };
	struct hindsight_end x = { .time = 9 };
	struct request q[PAGES + 3] = { { .sig = { .op = OBS_RECLAIM,
						   .aux = EVENT_MM_VMSCAN_KSWAPD_WAKE } } };
	struct err e;
	struct recorded *r = recorded_new(&machine, &e);

	assert_non_null(r);
	q[0].pfn = KMM_NO_PFN;
	q[0].time = 1;
	q[1] = page(REQ_PAGE_FREE, 1, 500);
	q[0].pid = q[1].pid = KSWAPD;
	q[1].time = 2;
	for (uint32_t i = 0; i <= n; i++) {
		q[2 + i] = page(i == n && drains ? OBS_PCPU_DRAIN : REQ_PAGE_FREE, 0, i);
		q[2 + i].sig.flags = (uint8_t)flags;
		q[2 + i].time = 3;
	}
	for (uint32_t i = 0; i < n + 2; i++) {
		const struct request *from = &q[i < followed ? i : followed];

		awake_follow(a, r, &machine, from, &q[i], n + 3 - i, false, UINT64_MAX, NULL);
		if (i < followed)
			recorded_apply(r, &q[i]);
	}
	awake_end(&a[0], &x);
	assert_false(a[0].on);
	recorded_free(r);
	return x.time;
}

/* Lists may hold 4 batches while kswapd is at work: 8, with what may be unknown of their length. */
static void test_ended_before(void **state)
{
	(void)state;
	assert_int_equal(ends(20, 200, false, 0), 9);
	assert_int_equal(ends(40, 200, false, 0), 9);
	assert_int_equal(ends(41, 200, false, 0), 2);
	assert_int_equal(ends(41, 10, false, 0), 2);
}

/* A list that is drained then tells nothing, nor do frees past it. */
static void test_not_known(void **state)
{
	(void)state;
	assert_int_equal(ends(41, 200, true, 0), 9);
	assert_int_equal(ends(60, 200, false, REQ_DIRECT), 9);
}

/* What comes behind such a free shows it at work: it was not asleep. */
static void test_at_work_again(void **state)
{
	struct awake_run a[KMM_NODES] = { { .on = true, .asleep = true, .pid = KSWAPD } };
	struct hindsight_end x = { .time = 9 };
	struct request q = page(REQ_OBJ_FREE, 0, KMM_NO_PFN);

	(void)state;
	q.pid = KSWAPD;
	awake_follow(a, NULL, &machine, &q, &q, 1, false, UINT64_MAX, NULL);
	awake_end(&a[0], &x);
	assert_int_equal(x.time, 9);
}

/*
 * kswapd is logged to wake at place 0; n pages are freed on CPU 0, the last of them drained or not, and then it, or somebody
 * else, frees one.  Where is its wake-up to be read; UINT64_MAX: where it is.
 */
static uint64_t wakes(uint32_t n, bool drained, int32_t then)
{
	struct awake_run a[KMM_NODES] = { 0 };
	struct turns_move late = { UINT64_MAX, UINT64_MAX };
	struct request q[PAGES + 3] = { { .sig = { .op = OBS_RECLAIM,
						   .aux = EVENT_MM_VMSCAN_KSWAPD_WAKE } } };
	struct err e;
	struct recorded *r = recorded_new(&machine, &e);
	bool moves = false;

	assert_non_null(r);
	q[0].pfn = KMM_NO_PFN;
	q[0].pid = KSWAPD;
	for (uint32_t i = 1; i <= n; i++)
		q[i] = page(REQ_PAGE_FREE, 0, i);
	q[n + 1] = page(drained ? OBS_PCPU_DRAIN : REQ_OBJ_FREE, 0, drained ? 1 : KMM_NO_PFN);
	q[n + 2] = page(REQ_PAGE_FREE, 1, 500);
	q[n + 2].pid = then;
	for (uint32_t i = 0; i < n + 3; i++) {
		moves |= awake_follow(a, r, &machine, &q[i], &q[i], n + 3 - i, false, i, &late);
		recorded_apply(r, &q[i]);
	}
	recorded_free(r);
	assert_int_equal(moves, late.behind != UINT64_MAX);
	assert_true(!moves || !late.from);
	return late.behind;
}

/*
 * Frees that leave 4 batches and drain nothing came before balance_pgdat() marked the zone, which is behind
 * mm_vmscan_kswapd_wake (6.1).  What kswapd does next ends that; somebody else does not.
 */
static void test_not_awake_yet(void **state)
{
	(void)state;
	assert_int_equal(wakes(19, false, KSWAPD), UINT64_MAX);
	assert_int_equal(wakes(20, false, KSWAPD), 20);
	assert_int_equal(wakes(30, false, KSWAPD), 30);
	assert_int_equal(wakes(20, true, KSWAPD), UINT64_MAX);
	assert_int_equal(wakes(21, true, KSWAPD), 20);
	assert_int_equal(wakes(30, false, KSWAPD + 1), UINT64_MAX);
}

static struct request kswapd(uint8_t event, int node)
{
	return (struct request){
		.pfn = KMM_NO_PFN,
		.sig = { .op = OBS_RECLAIM, .aux = event, .node = (int8_t)node },
	};
}

/* kswapd_try_to_sleep() (mm/vmscan.c, 6.1) tells that it sleeps when the node has stayed balanced for HZ/10. */
static void test_settled(void **state)
{
	struct hindsight_end x = { .time = 9, .node = 1 };
	struct request sleep = kswapd(EVENT_MM_VMSCAN_KSWAPD_SLEEP, 1);
	struct request wake = kswapd(EVENT_MM_VMSCAN_KSWAPD_WAKE, 1);
	struct request asked = kswapd(EVENT_MM_VMSCAN_WAKEUP_KSWAPD, 1);
	struct request other = kswapd(EVENT_MM_VMSCAN_KSWAPD_SLEEP, 0);
	struct request free = page(REQ_PAGE_FREE, 0, 1);

	(void)state;
	assert_true(awake_settled(&x, &sleep));
	assert_true(awake_settled(&x, &wake));
	assert_false(awake_settled(&x, &asked));
	assert_false(awake_settled(&x, &other));
	assert_false(awake_settled(&x, &free));
}

/*
 * pcp->free_factor is 5 at most and halved by each allocation from the CPU's lists in the zone: three bring it to 0, and
 * then no free of order 1 to 3 empties the lists (free_unref_page_commit(), 6.1).  A drain may add one.
 */
static void test_factor(void **state)
{
	static struct awake_factors f;
	struct request alloc = page(REQ_PAGE_ALLOC, 0, 1), drain = page(OBS_PCPU_DRAIN, 0, 2);
	struct request free = page(REQ_PAGE_FREE, 0, 8), other = page(REQ_PAGE_FREE, 1, 8);
	struct machine newer = machine;

	(void)state;
	free.sig.order = other.sig.order = 3;
	newer.kernel_minor = 12;
	for (int i = 0; i < 3; i++) {
		assert_true(awake_factors_any(&f, &machine, &free));
		awake_factors_follow(&f, &machine, &alloc);
	}
	assert_false(awake_factors_any(&f, &machine, &free));
	assert_true(awake_factors_any(&f, &machine, &other));
	assert_true(awake_factors_any(&f, &newer, &free));
	awake_factors_follow(&f, &machine, &drain);
	assert_true(awake_factors_any(&f, &machine, &free));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),	      cmocka_unit_test(test_of_one_time),
		cmocka_unit_test(test_all),	      cmocka_unit_test(test_many),
		cmocka_unit_test(test_ended_before),  cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_at_work_again), cmocka_unit_test(test_settled),
		cmocka_unit_test(test_not_awake_yet), cmocka_unit_test(test_factor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
