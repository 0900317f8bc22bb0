// SPDX-License-Identifier: GPL-2.0-or-later
/* A drain below the high mark tells that kswapd is at work: kernel 6.1's nr_pcp_high(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/awake.h"

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

/* n frees and a drain behind them; `followed` of the frees have been followed. */
static bool drains_awake(uint32_t n, uint32_t followed, uint16_t cpu, unsigned order)
{
	static struct request q[PAGES + 1];
	struct err e;
	struct recorded *r = recorded_new(&machine, &e);
	bool awake;

	assert_non_null(r);
	for (uint32_t i = 0; i < n; i++)
		q[i] = page(REQ_PAGE_FREE, 0, i);
	q[n] = page(OBS_PCPU_DRAIN, cpu, 0);
	for (uint32_t i = 0; i < followed; i++)
		recorded_apply(r, &q[i]);
	awake = awake_drain(r, &machine, &q[followed], &q[n], 1, order);
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

/* From 6.7 on 32 batches of it at most: 160 pages of 300 here. */
static void test_many(void **state)
{
	static struct request q[300 + 160];
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
	assert_false(awake_drain(r, &m, &q[300], &q[300], 160, 1));
	assert_true(awake_drain(r, &m, &q[300], &q[300], 40, 1));
	assert_true(awake_drain(r, &m, &q[300], &q[300], 160, 0));
	recorded_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_of_one_time),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
