// SPDX-License-Identifier: GPL-2.0-or-later
/* Orders in which CPUs did what they did with one page at one time, as captures of Linux 6.1 with 3 and 4 CPUs have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/fates.h"

static struct request q[FATES_MOST];
static struct fates f;
static uint8_t order[FATES_MOST];

static struct request *add(uint16_t cpu, enum request_op op, uint32_t slot)
{
	struct request *x = &q[f.n];

	*x = (struct request){ .cpu = cpu, .pfn = 0x1369b, .slot = slot, .sig = { .op = op } };
	f.q[f.n] = x;
	f.number[f.n] = f.n;
	f.n++;
	return x;
}

static int begin(void **state)
{
	(void)state;
	f.n = 0;
	return 0;
}

static void expect(unsigned a, unsigned b, unsigned c, unsigned d)
{
	assert_int_equal(order[0], a);
	assert_int_equal(order[1], b);
	assert_int_equal(order[2], c);
	assert_int_equal(order[3], d);
}

/* CPU 0 drains the page twice: CPU 1 got it in between, and had its lists drained by CPU 0. */
static void test_drained_twice(void **state)
{
	(void)state;
	add(0, REQ_PAGE_FREE, 1);
	add(0, OBS_PCPU_DRAIN, NO_SLOT);
	add(0, OBS_PCPU_DRAIN, NO_SLOT)->sig.aux = DRAIN_ALL;
	add(1, OBS_ZONE_LOCKED, 2);
	assert_int_equal(fates_order(&f, FATES_IN_USE, 2, NULL, NULL, order), 1);
	expect(0, 1, 3, 2);
	/* A list that a free filled is its CPU's own. */
	q[2].sig.aux = DRAIN_FREE;
	assert_int_equal(fates_order(&f, FATES_IN_USE, 2, NULL, NULL, order), 0);
}

/* CPU 0 has it in use in the end, so it was drained from the list of CPU 2. */
static void test_taken_last(void **state)
{
	(void)state;
	add(0, REQ_PAGE_ALLOC, 7)->sig.own_obs = 1;
	add(0, OBS_ZONE_LOCKED, 7);
	add(1, OBS_PCPU_DRAIN, NO_SLOT)->sig.aux = DRAIN_ALL;
	add(2, OBS_ZONE_LOCKED, 8);
	assert_int_equal(fates_order(&f, FATES_IN_BUDDY, 2, NULL, NULL, order), 1);
	expect(0, 3, 2, 1);
}

static bool first_waits(const void *who, uint32_t first, uint32_t then)
{
	(void)who;
	return first == 0 && then == 1;
}

/* Either refill may have been the first: what is known of others decides. */
static void test_several(void **state)
{
	(void)state;
	add(0, OBS_ZONE_LOCKED, 7);
	add(1, OBS_PCPU_DRAIN, NO_SLOT)->sig.aux = DRAIN_ALL;
	add(2, OBS_ZONE_LOCKED, 8);
	assert_int_equal(fates_order(&f, FATES_IN_BUDDY, 9, NULL, NULL, order), 2);
	assert_int_equal(order[0], 0);
	assert_int_equal(fates_order(&f, FATES_IN_BUDDY, 9, first_waits, NULL, order), 1);
	assert_int_equal(order[0], 2);
}

/* Where the page was is not known: on a list as well as in use. */
static void test_unknown(void **state)
{
	(void)state;
	add(0, OBS_ZONE_LOCKED, 7);
	add(1, OBS_PCPU_DRAIN, NO_SLOT)->sig.aux = DRAIN_FREE;
	assert_int_equal(fates_order(&f, FATES_NOT_BUDDY, 2, NULL, NULL, order), 1);
	assert_int_equal(order[0], 1);
	assert_int_equal(fates_order(&f, FATES_IN_USE, 2, NULL, NULL, order), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_drained_twice, begin),
		cmocka_unit_test_setup(test_taken_last, begin),
		cmocka_unit_test_setup(test_several, begin),
		cmocka_unit_test_setup(test_unknown, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
