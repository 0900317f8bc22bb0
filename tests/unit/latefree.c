// SPDX-License-Identifier: GPL-2.0-or-later
/* Two CPUs give blocks back; which came first, a refill tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/latefree.h"

static struct machine *m;
static struct recorded *r;
static struct latefree l;
static uint64_t number;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	m = calloc(1, sizeof(*m));
	assert_non_null(m);
	m->zone_count = 1;
	m->zones[0].spanned = m->zones[0].managed = m->max_pfn = 4096;
	m->orders = 11;
	m->pageblock_order = 9;
	m->cpus = 2;
	m->kernel_major = 5;
	m->kernel_minor = 10;
	r = recorded_new(m, &e);
	assert_non_null(r);
	assert_int_equal(latefree_init(&l, m), 0);
	number = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	latefree_free(&l);
	recorded_free(r);
	free(m);
	return 0;
}

static void follow(uint64_t time, uint16_t cpu, uint8_t op, uint8_t flags, uint32_t pfn)
{
	struct request q = {
		.time = time,
		.cpu = cpu,
		.pfn = pfn,
		.slot = NO_SLOT,
		.sig = { .op = op,
			 .flags = flags,
			 .type = VIEW_UNKNOWN,
			 .order = op == OBS_PCPU_DRAIN ? 0 : 1 },
	};

	latefree_record(&l, r, &q, number++);
	recorded_apply(r, &q);
}

static void give(uint64_t time, uint16_t cpu, uint32_t pfn)
{
	follow(time, cpu, REQ_PAGE_FREE, REQ_DIRECT, pfn);
}

static void take(uint64_t time, uint16_t cpu, uint32_t pfn)
{
	follow(time, cpu, OBS_ZONE_LOCKED, 0, pfn);
}

static void expect(uint64_t i, uint64_t from, uint64_t behind)
{
	assert_true(i < l.move_count);
	assert_int_equal(l.moves[i].from, from);
	assert_int_equal(l.moves[i].behind, behind);
}

/* CPU 0 logged its free first and got the lock second: its block stands first. */
static void test_late(void **state)
{
	(void)state;
	give(100, 0, 64);
	give(101, 1, 128);
	take(200, 0, 64);
	assert_int_equal(l.move_count, 1);
	expect(0, 0, 1);
}

static void test_in_turn(void **state)
{
	(void)state;
	give(100, 0, 64);
	give(101, 1, 128);
	take(200, 0, 128);
	take(201, 0, 64);
	assert_int_equal(l.move_count, 0);
}

/* CPU 1 waited for the lock with which CPU 0 took a block that stood there before. */
static void test_waits_for_a_refill(void **state)
{
	(void)state;
	give(100, 0, 64);
	follow(101, 0, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	give(102, 1, 128);
	take(103, 0, 64);
	assert_int_equal(l.move_count, 1);
	expect(0, 2, 3);
}

/* Both had gone on: another cause. */
static void test_done(void **state)
{
	(void)state;
	give(100, 0, 64);
	follow(101, 0, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	give(102, 1, 128);
	follow(103, 1, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	take(200, 0, 64);
	assert_int_equal(l.move_count, 0);
}

/* Its clock stood still meanwhile: what it did next comes along. */
static void test_clock(void **state)
{
	(void)state;
	give(100, 0, 64);
	follow(100, 0, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	give(102, 1, 128);
	take(200, 0, 64);
	assert_int_equal(l.move_count, 2);
	expect(0, 0, 2);
	expect(1, 1, 0);
}

/* A page of CPU 1's batch that found its list held, and the next of the batch, which shows when. */
static void batch(uint64_t time, uint32_t pfn)
{
	follow(time, 1, REQ_PAGE_FREE, REQ_DIRECT, pfn);
	follow(time, 1, REQ_PAGE_FREE, REQ_BATCHED, KMM_NO_PFN);
}

/* What stands behind it is taken first, down to 192: all that CPU 0 gave back from there on came later. */
static void test_overtaken(void **state)
{
	(void)state;
	give(100, 0, 64);
	give(101, 0, 192);
	give(102, 0, 256);
	follow(103, 0, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	batch(104, 128);
	take(200, 0, 256);
	take(200, 0, 192);
	assert_int_equal(l.move_count, 0);
	take(200, 0, 128);
	assert_int_equal(l.move_count, 3);
	expect(0, 1, 4);
	expect(1, 2, 1);
	expect(2, 3, 2);
	take(200, 0, 64);
	assert_int_equal(l.move_count, 3);
}

/* Its CPU did something else behind what it stands before, or it has an event of its own time. */
static void test_not_overtaken(void **state)
{
	(void)state;
	give(100, 0, 64);
	follow(101, 1, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	follow(102, 0, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	batch(103, 128);
	take(200, 0, 64);
	take(200, 0, 128);
	assert_int_equal(l.move_count, 0);
	give(300, 0, 512);
	follow(301, 0, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	follow(302, 1, REQ_PAGE_FREE, REQ_DIRECT, 576);
	follow(303, 1, REQ_PAGE_FREE, REQ_BATCHED, KMM_NO_PFN);
	take(400, 0, 512);
	take(400, 0, 576);
	assert_int_equal(l.move_count, 0);
}

/* One CPU's order is certain. */
static void test_one_cpu(void **state)
{
	(void)state;
	give(100, 0, 64);
	give(100, 0, 128);
	take(200, 0, 64);
	assert_int_equal(l.move_count, 0);
}

/* Lists are drained under the lock: only where the clock does not tell them apart.  They go as a whole. */
static void test_drains(void **state)
{
	(void)state;
	follow(100, 0, OBS_PCPU_DRAIN, 0, 64);
	follow(100, 0, OBS_PCPU_DRAIN, 0, 80);
	follow(100, 1, OBS_PCPU_DRAIN, 0, 128);
	follow(100, 1, OBS_PCPU_DRAIN, 0, 144);
	take(200, 0, 80);
	assert_int_equal(l.move_count, 2);
	expect(0, 0, 3);
	expect(1, 1, 0);
}

/*
 * A free past the lists waits while another CPU drains a list, longer than any batch; between two lists of a drain of
 * all it gets the lock.
 */
static void test_waits_for_a_drain(void **state)
{
	struct request q = { .time = 101, .cpu = 1, .slot = NO_SLOT };

	(void)state;
	follow(100, 0, REQ_PAGE_FREE, REQ_DIRECT, 64);
	q.sig.op = OBS_PCPU_DRAIN;
	q.sig.aux = DRAIN_ALL;
	q.sig.type = VIEW_UNKNOWN;
	q.sig.order = 1;
	for (uint32_t i = 0; i < 40; i++, q.sig.aux2 = 1) {
		q.pfn = 128 + 4 * i;
		latefree_record(&l, r, &q, number++);
		recorded_apply(r, &q);
	}
	/* Another list; what it gave back is taken first. */
	q.pfn = 1024;
	latefree_record(&l, r, &q, number++);
	recorded_apply(r, &q);
	take(200, 1, 1024);
	assert_int_equal(l.move_count, 0);
	take(201, 1, 64);
	assert_int_equal(l.move_count, 1);
	expect(0, 0, 40);
}

static void single(uint64_t time, uint16_t cpu, uint8_t op, uint8_t flags, uint32_t pfn)
{
	struct request q = { .time = time,
			     .cpu = cpu,
			     .pfn = pfn,
			     .slot = NO_SLOT,
			     .sig = { .op = op, .flags = flags, .type = VIEW_UNKNOWN } };

	latefree_record(&l, r, &q, number++);
	recorded_apply(r, &q);
}

/* CPU 1 splits a block though CPU 0 has logged the free of a page: that waits for the lock, if CPU 0 has not gone on. */
static void test_splits_a_block(void **state)
{
	(void)state;
	give(100, 1, 64);
	single(101, 0, REQ_PAGE_FREE, REQ_DIRECT, 300);
	single(102, 1, OBS_ZONE_LOCKED, 0, 64);
	assert_int_equal(l.move_count, 1);
	expect(0, 1, 2);
}

static void test_splits_a_block_late(void **state)
{
	(void)state;
	give(100, 1, 64);
	single(101, 0, REQ_PAGE_FREE, REQ_DIRECT, 300);
	follow(102, 0, REQ_OBJ_FREE, 0, KMM_NO_PFN);
	single(103, 1, OBS_ZONE_LOCKED, 0, 64);
	assert_int_equal(l.move_count, 0);
}

static void test_drains_in_turn(void **state)
{
	(void)state;
	follow(100, 0, OBS_PCPU_DRAIN, 0, 64);
	follow(101, 1, OBS_PCPU_DRAIN, 0, 128);
	take(200, 0, 64);
	assert_int_equal(l.move_count, 0);
}

static void test_race(void **state)
{
	struct latefree_race x = { 0 };
	struct request a = { .cpu = 0, .sig = { .op = REQ_PAGE_FREE, .flags = REQ_DIRECT } }, b = a,
		       other = { .cpu = 0, .sig = { .op = REQ_OBJ_FREE } };

	(void)state;
	b.cpu = 1;
	latefree_race(&x, &a, 0);
	latefree_race(&x, &other, 1);
	latefree_race(&x, &b, 2);
	assert_false(x.seen);
	latefree_race(&x, &a, 3);
	assert_true(x.seen);
	x = (struct latefree_race){ 0 };
	other = (struct request){ .cpu = 1, .sig = { .op = OBS_ZONE_LOCKED } };
	latefree_race(&x, &a, 4);
	latefree_race(&x, &other, 5);
	assert_true(x.seen);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_late),
		TEST(test_in_turn),
		TEST(test_done),
		TEST(test_clock),
		TEST(test_overtaken),
		TEST(test_not_overtaken),
		TEST(test_one_cpu),
		TEST(test_drains),
		TEST(test_waits_for_a_drain),
		TEST(test_drains_in_turn),
		TEST(test_waits_for_a_refill),
		TEST(test_splits_a_block),
		TEST(test_splits_a_block_late),
		cmocka_unit_test(test_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
