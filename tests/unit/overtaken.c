// SPDX-License-Identifier: GPL-2.0-or-later
/* A free past the lists that is placed behind a refill, and came before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/overtaken.h"

static struct machine machine;
static struct recorded *r;

static struct request record(enum request_op op, uint16_t cpu, uint32_t pfn)
{
	struct request q = { .cpu = cpu, .pfn = pfn, .slot = NO_SLOT, .sig = { .op = op } };

	if (op == OBS_ZONE_LOCKED)
		q.sig.type = VIEW_UNKNOWN;
	if (op == REQ_PAGE_FREE)
		q.sig.flags = REQ_DIRECT;
	if (op == REQ_PAGE_ALLOC)
		q.sig.own_obs = 2;
	return q;
}

/* 0x201, 0x300 and 0x400 are free, in this order on their list. */
static int begin(void **state)
{
	static const uint32_t pfn[] = { 0x400, 0x300, 0x201 };
	struct err e;

	(void)state;
	machine = (struct machine){ .zone_count = 1,
				    .zones[0] = { .spanned = 4096, .managed = 4096 },
				    .max_pfn = 4096,
				    .orders = 11,
				    .pageblock_order = 9,
				    .cpus = 3,
				    .kernel_major = 6,
				    .kernel_minor = 1 };
	r = recorded_new(&machine, &e);
	if (!r)
		return -1;
	for (unsigned i = 0; i < 3; i++) {
		struct request q = record(REQ_PAGE_FREE, 0, pfn[i]);

		recorded_apply(r, &q);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	recorded_free(r);
	return 0;
}

/* CPU 0 refills with 0x300 and 0x400 though 0x201 stands first; CPU 1 logs frees meanwhile. */
static uint32_t told(uint16_t cpu, uint32_t freed, unsigned flags)
{
	struct request q[] = {
		record(REQ_PAGE_ALLOC, 0, 0x300),     record(OBS_ZONE_LOCKED, 0, 0x300),
		record(REQ_OBJ_ALLOC, 2, KMM_NO_PFN), record(REQ_PAGE_FREE, cpu, freed),
		record(OBS_ZONE_LOCKED, 0, 0x400),
	};

	q[3].sig.flags = (uint8_t)flags;
	return overtaken_by(r, q, 5);
}

static void test_joins_what_stood_first(void **state)
{
	(void)state;
	assert_int_equal(told(1, 0x200, REQ_DIRECT), 3);
}

static void test_joins_nothing(void **state)
{
	(void)state;
	assert_int_equal(told(1, 0x500, REQ_DIRECT), 0);
	assert_int_equal(told(1, 0x202, REQ_DIRECT), 0);
}

/* It goes to its CPU's list. */
static void test_not_past_the_lists(void **state)
{
	(void)state;
	assert_int_equal(told(1, 0x200, 0), 0);
}

/* Its CPU did something else behind the refill's start; or it is that of the refill. */
static void test_cannot_have_been_earlier(void **state)
{
	(void)state;
	assert_int_equal(told(2, 0x200, REQ_DIRECT), 0);
	assert_int_equal(told(0, 0x200, REQ_DIRECT), 0);
}

static void test_refill_got_what_stood_first(void **state)
{
	struct request q[] = {
		record(REQ_PAGE_ALLOC, 0, 0x201),
		record(OBS_ZONE_LOCKED, 0, 0x201),
		record(OBS_ZONE_LOCKED, 0, 0x300),
		record(REQ_PAGE_FREE, 1, 0x200),
	};

	(void)state;
	assert_int_equal(overtaken_by(r, q, 4), 0);
}

/*
 * CPU 2 drains a list of CPU 0's, which has 0x601, 0x600 and 0x602; meanwhile CPU 1 goes past its own with 0x700, of which it
 * logs the next of its batch at once, or later.
 */
static uint32_t while_drained(uint16_t last, bool later, bool batched)
{
	struct request q[] = {
		record(OBS_PCPU_DRAIN, 2, 0x601), record(REQ_PAGE_FREE, 1, 0x700),
		record(REQ_PAGE_FREE, 1, 0x701),  record(OBS_PCPU_DRAIN, 2, last),
		record(OBS_PCPU_DRAIN, 2, 0x602),
	};

	for (uint32_t pfn = 0x600; pfn < 0x603; pfn++) {
		struct request f = record(REQ_PAGE_FREE, 0, pfn);

		f.sig.flags = 0;
		f.sig.type = KMM_MOVABLE;
		recorded_apply(r, &f);
	}
	q[2].sig.flags = batched ? REQ_BATCHED : 0;
	q[2].time = later;
	q[3].sig.aux2 = q[4].sig.aux2 = 1;
	return overtaken_by(r, q, 5);
}

static void test_the_zone_is_locked_by_a_drain(void **state)
{
	(void)state;
	assert_int_equal(while_drained(0x600, false, true), 1);
}

/* Nothing says that it was freed before the drain went on. */
static void test_not_bounded(void **state)
{
	(void)state;
	assert_int_equal(while_drained(0x600, true, true), 0);
	assert_int_equal(while_drained(0x600, false, false), 0);
}

/* The drain has come to another list: the lock was let go in between. */
static void test_between_two_lists(void **state)
{
	(void)state;
	assert_int_equal(while_drained(0x201, false, true), 0);
}

/* Nor does it matter how many of its pages have been given back by then. */
static void test_in_the_midst_of_a_drain(void **state)
{
	struct request q[] = {
		record(OBS_PCPU_DRAIN, 2, 0x600), record(OBS_PCPU_DRAIN, 2, 0x601),
		record(REQ_PAGE_FREE, 1, 0x700),  record(REQ_PAGE_FREE, 1, 0x701),
		record(OBS_PCPU_DRAIN, 2, 0x602),
	};

	(void)state;
	for (uint32_t pfn = 0x600; pfn < 0x603; pfn++) {
		struct request f = record(REQ_PAGE_FREE, 0, pfn);

		f.sig.flags = 0;
		f.sig.type = KMM_MOVABLE;
		recorded_apply(r, &f);
	}
	q[3].sig.flags = REQ_BATCHED;
	q[1].sig.aux2 = q[4].sig.aux2 = 1;
	assert_int_equal(overtaken_by(r, q, 5), 2);
	q[1].sig.aux2 = 0; /* another drain begins: the lock was let go */
	assert_int_equal(overtaken_by(r, q, 5), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(joins_what_stood_first),
		TEST(joins_nothing),
		TEST(not_past_the_lists),
		TEST(cannot_have_been_earlier),
		TEST(refill_got_what_stood_first),
		TEST(the_zone_is_locked_by_a_drain),
		TEST(not_bounded),
		TEST(between_two_lists),
		TEST(in_the_midst_of_a_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
