// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of two CPUs' refills at one time came first, the free lists tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/refill.h"
#include "replay/tieorder.h"

static struct machine *machine_new(void)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->zone_count = 1;
	m->zones[0].spanned = m->zones[0].managed = 4096;
	m->max_pfn = 4096;
	m->orders = 11;
	m->pageblock_order = 9;
	m->cpus = 2;
	m->kernel_major = 6;
	m->kernel_minor = 1;
	return m;
}

static struct latefree late;

static int set_up(void **state)
{
	struct machine *m = machine_new();

	(void)state;
	assert_int_equal(latefree_init(&late, m), 0);
	free(m);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	latefree_free(&late);
	return 0;
}

/* Free pages of order 0, MOVABLE, in this order on their list. */
static struct recorded *start(const struct machine *m, const uint32_t *pfn, uint32_t n)
{
	struct err e;
	struct recorded *r = recorded_new(m, &e);

	assert_non_null(r);
	for (uint32_t i = n; i--;) { /* each goes to the head */
		struct request q = { .pfn = pfn[i],
				     .slot = NO_SLOT,
				     .sig = { .op = REQ_PAGE_FREE, .flags = REQ_DIRECT } };

		recorded_apply(r, &q);
	}
	return r;
}

/* What a refill of order 0 would get next. */
static uint32_t first(const struct recorded *r)
{
	struct refill x;

	refill_begin(&x, r, 0, VIEW_UNKNOWN);
	return refill_next(&x, 0);
}

static struct request alloc(uint16_t cpu, uint32_t slot, uint32_t pfn)
{
	return (struct request){
		.cpu = cpu,
		.slot = slot,
		.pfn = pfn,
		.sig = { .op = REQ_PAGE_ALLOC, .type = VIEW_UNKNOWN, .own_obs = 1 }
	};
}

static struct request locked(uint16_t cpu, uint32_t slot, uint32_t pfn)
{
	return (struct request){ .cpu = cpu,
				 .slot = slot,
				 .pfn = pfn,
				 .sig = { .op = OBS_ZONE_LOCKED, .type = VIEW_UNKNOWN } };
}

static void test_refills(void **state)
{
	const uint32_t pages[] = { 100, 200, 300 };
	struct machine *m = machine_new();
	struct recorded *r = start(m, pages, 3);
	/* The file has CPU 0 first, but its page stands second. */
	struct request q[] = { alloc(0, 1, 200), locked(0, 1, 200), alloc(1, 2, 100),
			       locked(1, 2, 100) };
	const uint16_t want[] = { 2, 3, 0, 1 };
	uint16_t order[4];

	(void)state;
	assert_true(tieorder_matters(q, 4));
	assert_true(tieorder_follow(r, &late, NULL, 0, q, 4, order));
	assert_memory_equal(order, want, sizeof(want));
	assert_int_equal(first(r), 300);
	recorded_free(r);
	free(m);
}

static void test_order_stays(void **state)
{
	const uint32_t pages[] = { 100, 200 };
	struct machine *m = machine_new();
	struct recorded *r = start(m, pages, 2);
	struct request q[] = { alloc(0, 1, 100), locked(0, 1, 100), alloc(1, 2, 200),
			       locked(1, 2, 200) };
	uint16_t order[4];

	(void)state;
	assert_false(tieorder_follow(r, &late, NULL, 0, q, 4, order));
	recorded_free(r);
	free(m);
}

/* A refill that did not get what the other CPU's free drained came before it. */
static void test_refill_before_drain(void **state)
{
	const uint32_t pages[] = { 100, 200 };
	struct machine *m = machine_new();
	struct recorded *r = start(m, pages, 2);
	struct request free_q = {
		.cpu = 0, .slot = NO_SLOT, .pfn = 500, .sig = { .op = REQ_PAGE_FREE }
	};
	struct request drain = { .cpu = 0,
				 .slot = NO_SLOT,
				 .pfn = 500,
				 .sig = { .op = OBS_PCPU_DRAIN, .type = VIEW_UNKNOWN } };
	struct request q[] = { free_q, drain, alloc(1, 2, 100), locked(1, 2, 100) };
	const uint16_t want[] = { 2, 3, 0, 1 };
	uint16_t order[4];

	(void)state;
	assert_true(tieorder_follow(r, &late, NULL, 0, q, 4, order));
	assert_memory_equal(order, want, sizeof(want));
	assert_int_equal(first(r), 500);
	recorded_free(r);
	free(m);
}

/* A refill whose first page was there before the other CPU's drain too, but its second not: 200 had to join 201. */
static void test_whole_refill(void **state)
{
	const uint32_t pages[] = { 100, 200, 300 };
	struct machine *m = machine_new();
	struct recorded *r = start(m, pages, 3);
	struct request free_q = {
		.cpu = 1, .slot = NO_SLOT, .pfn = 201, .sig = { .op = REQ_PAGE_FREE }
	};
	struct request drain = { .cpu = 1,
				 .slot = NO_SLOT,
				 .pfn = 201,
				 .sig = { .op = OBS_PCPU_DRAIN, .type = VIEW_UNKNOWN } };
	struct request q[] = { alloc(0, 1, 100), locked(0, 1, 100), locked(0, 1, 300), free_q,
			       drain };
	const uint16_t want[] = { 3, 4, 0, 1, 2 };
	uint16_t order[5];

	(void)state;
	q[0].sig.own_obs = 2;
	assert_true(tieorder_follow(r, &late, NULL, 0, q, 5, order));
	assert_memory_equal(order, want, sizeof(want));
	assert_int_equal(first(r), 200);
	recorded_free(r);
	free(m);
}

static struct request page(uint16_t cpu, enum request_op op, uint32_t pfn, bool first)
{
	struct request q = { .cpu = cpu, .slot = NO_SLOT, .pfn = pfn, .sig = { .op = (uint8_t)op } };

	if (op == OBS_PCPU_DRAIN) {
		q.sig.aux = DRAIN_ALL;
		q.sig.aux2 = !first;
	}
	return q;
}

/*
 * CPU 1 drained all lists and did not find the page that CPU 0 freed, which CPU 0 drained after what
 * CPU 1 freed behind its own drain: the page came after CPU 1 had been there.
 */
static void test_drain_leaves_nothing(void **state)
{
	struct machine *m = machine_new();
	struct err e;
	struct recorded *r = recorded_new(m, &e);
	struct request q[] = {
		page(0, REQ_PAGE_FREE, 100, false), page(0, OBS_RECLAIM, KMM_NO_PFN, false),
		page(1, REQ_PAGE_FREE, 200, false), page(1, OBS_RECLAIM, KMM_NO_PFN, false),
		page(1, OBS_PCPU_DRAIN, 200, true), page(1, REQ_PAGE_FREE, 300, false),
		page(0, OBS_PCPU_DRAIN, 100, true), page(0, OBS_PCPU_DRAIN, 300, false)
	};
	const uint16_t want[] = { 2, 3, 4, 0, 1, 5, 6, 7 };
	uint16_t order[8];

	(void)state;
	assert_non_null(r);
	assert_true(tieorder_matters(q, 8));
	assert_true(tieorder_follow(r, &late, NULL, 0, q, 8, order));
	assert_memory_equal(order, want, sizeof(want));
	recorded_free(r);
	free(m);
}

/* Where CPU 0 drained only what it freed itself, that may have been before. */
static void test_drain_comes_first(void **state)
{
	struct machine *m = machine_new();
	struct err e;
	struct recorded *r = recorded_new(m, &e);
	struct request q[] = {
		page(0, REQ_PAGE_FREE, 100, false),	 page(0, OBS_RECLAIM, KMM_NO_PFN, false),
		page(0, OBS_PCPU_DRAIN, 100, true),	 page(1, REQ_PAGE_FREE, 200, false),
		page(1, OBS_RECLAIM, KMM_NO_PFN, false), page(1, OBS_PCPU_DRAIN, 200, true)
	};
	uint16_t order[6];

	(void)state;
	assert_non_null(r);
	assert_false(tieorder_follow(r, &late, NULL, 0, q, 6, order));
	recorded_free(r);
	free(m);
}

/* Of two CPUs' drains the one came first whose page a later refill took last. */
static void test_what_leaves_last_came_first(void **state)
{
	struct leaving_page pages[] = {
		{ .number = 1, .pfn = 500, .cpu = 0, .taken = 10, .taken_time = 5 },
		{ .number = 3, .pfn = 600, .cpu = 1, .taken = 11, .taken_time = 6 },
	};
	const struct leaving leaving = { .pages = pages, .count = 2 };
	struct machine *m = machine_new();
	struct recorded *r = start(m, NULL, 0);
	struct request q[4];
	const uint16_t want[] = { 2, 3, 0, 1 };
	uint16_t order[4];

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		q[2 * i] = (struct request){ .cpu = i,
					     .slot = NO_SLOT,
					     .pfn = pages[i].pfn,
					     .sig = { .op = REQ_PAGE_FREE } };
		q[2 * i + 1] = (struct request){ .cpu = i,
						 .slot = NO_SLOT,
						 .pfn = pages[i].pfn,
						 .addr = i + 1u,
						 .sig = { .op = OBS_PCPU_DRAIN,
							  .type = VIEW_UNKNOWN } };
	}
	assert_true(tieorder_matters(q, 4));
	assert_true(tieorder_follow(r, &late, &leaving, 0, q, 4, order));
	assert_memory_equal(order, want, sizeof(want));
	/* The list has them as the refills will find them. */
	assert_int_equal(first(r), 500);
	recorded_free(r);
	free(m);
}

static void test_matters(void **state)
{
	struct request q[] = { alloc(0, 1, 100), locked(0, 1, 100), alloc(0, 2, 200) };

	(void)state;
	assert_false(tieorder_matters(q, 1));
	assert_false(tieorder_matters(q, 3)); /* one CPU */
	q[2].cpu = 1;
	assert_true(tieorder_matters(q, 3));
	q[0].sig.own_obs = q[2].sig.own_obs = 0; /* nobody refills */
	assert_true(tieorder_matters(
		q, 3)); /* or the rest of a refill of which the allocation has an earlier time */
	q[1].sig.op = REQ_OBJ_FREE;
	assert_false(tieorder_matters(q, 3));
}

/*
 * CPU 0 drains all lists, that of CPU 1 first and that of CPU 2 after it, and CPU 1 has got a page of its own between the two, which
 * it frees: the drain is done in parts.
 */
static void test_drain_in_parts(void **state)
{
	struct machine *m = machine_new();
	struct recorded *r = start(m, NULL, 0);
	struct request q[6];
	const uint16_t want[] = { 0, 3, 4, 1, 2 };
	uint16_t order[5];

	(void)state;
	m->cpus = 3;
	q[5] = (struct request){
		.cpu = 1, .slot = NO_SLOT, .pfn = 100, .sig = { .op = REQ_PAGE_FREE }
	};
	recorded_apply(r, &q[5]);
	q[5].pfn = 200;
	recorded_apply(r, &q[5]);
	for (unsigned i = 0; i < 3; i++)
		q[i] = (struct request){ .cpu = 0,
					 .slot = NO_SLOT,
					 .pfn = (uint32_t[]){ 100, 100, 200 }[i],
					 .sig = { .op = OBS_PCPU_DRAIN,
						  .type = VIEW_UNKNOWN,
						  .aux = DRAIN_ALL,
						  .aux2 = i > 0 } };
	q[3] = alloc(2, 7, 64);
	q[4] = locked(2, 7, 100);
	assert_true(tieorder_follow(r, &late, NULL, 0, q, 5, order));
	assert_memory_equal(order, want, sizeof(want));
	recorded_free(r);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refills),
		cmocka_unit_test(test_order_stays),
		cmocka_unit_test(test_refill_before_drain),
		cmocka_unit_test(test_whole_refill),
		cmocka_unit_test(test_drain_leaves_nothing),
		cmocka_unit_test(test_drain_comes_first),
		cmocka_unit_test(test_what_leaves_last_came_first),
		cmocka_unit_test(test_matters),
		cmocka_unit_test(test_drain_in_parts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
