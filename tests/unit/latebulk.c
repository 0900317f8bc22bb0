// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks that are preempted before they take a bulk of pages, of which no event tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replay/silent.h"

static struct machine m;
static struct silent s;
static struct early early;
static uint64_t number;

static void tell(enum request_op op, int32_t pid, uint32_t pfn, uint32_t own)
{
	struct request q = { .pfn = pfn, .slot = (uint32_t)number, .pid = pid };

	q.seq = op == REQ_PAGE_BULK ? (uint64_t)pid : number;
	q.sig.op = (uint8_t)op;
	q.sig.own_obs = own;
	silent_record(&s, &q, number++);
}

/* The list has 11 to 19. */
static int begin(void **state)
{
	struct err e;

	(void)state;
	memset(&m, 0, sizeof(m));
	m.max_pfn = 1024;
	m.pageblock_order = 9;
	m.cpus = 1;
	m.zone_count = 1;
	m.zones[0].spanned = 1024;
	number = 0;
	if (silent_init(&s, &early, &m, &e))
		return -1;
	tell(REQ_PAGE_ALLOC, 1, 10, 10);
	for (uint32_t p = 10; p < 20; p++) {
		struct request q = { .pfn = p, .slot = 0, .pid = 1 };

		q.sig.op = OBS_ZONE_LOCKED;
		silent_record(&s, &q, number++);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	silent_free(&s);
	early_free(&early);
	return 0;
}

static void bulk(int32_t pid)
{
	tell(REQ_PAGE_BULK, pid, KMM_NO_PFN, 0);
	tell(REQ_PAGE_BULK, pid, KMM_NO_PFN, 0);
}

static void expect_moved(uint32_t i, uint64_t from, uint64_t to)
{
	assert_true(i < early.count);
	assert_int_equal(early.a[i].from, from);
	assert_int_equal(early.a[i].to, to);
	assert_int_equal(early.a[i].rank, i);
}

/* Task 2 gets 11, which task 1 would have had: 1 took its pages when it ran again, and has 12 and 13. */
static void test_others_get_its_pages(void **state)
{
	struct err e;
	uint64_t at = number, to;

	(void)state;
	bulk(1);
	tell(REQ_PAGE_ALLOC, 2, 11, 0);
	to = number;
	tell(REQ_PAGE_ALLOC, 1, 14, 0);
	tell(REQ_PAGE_FREE, 1, 12, 0);
	tell(REQ_PAGE_FREE, 1, 13, 0);
	assert_int_equal(early.count, 2);
	expect_moved(0, at, to);
	expect_moved(1, at + 1, to);
	assert_int_equal(silent_end(&s, NULL, &e), 0);
	assert_int_equal(s.taken.count, 0);
	assert_int_equal(s.taken.gone_count, 2);
	assert_int_equal(s.taken.gone[0].number, to);
}

/* What task 2 took the same way meanwhile were 11 and 12, then. */
static void test_two_at_a_time(void **state)
{
	struct err e;
	uint64_t at = number, to;

	(void)state;
	bulk(1);
	bulk(2);
	tell(REQ_PAGE_ALLOC, 2, 13, 0);
	to = number;
	tell(REQ_PAGE_ALLOC, 1, 16, 0);
	for (uint32_t p = 11; p < 16; p++)
		if (p != 13)
			tell(REQ_PAGE_FREE, 3, p, 0);
	assert_int_equal(early.count, 2);
	expect_moved(0, at, to);
	expect_moved(1, at + 1, to);
	assert_int_equal(silent_end(&s, NULL, &e), 0);
	assert_int_equal(s.taken.count, 0);
	assert_int_equal(s.taken.gone_count, 4);
}

/* It had gone on: something else is the matter with the page. */
static void test_went_on(void **state)
{
	(void)state;
	bulk(1);
	tell(REQ_PAGE_ALLOC, 1, 13, 0);
	tell(REQ_PAGE_ALLOC, 2, 11, 0);
	tell(REQ_PAGE_ALLOC, 1, 14, 0);
	assert_int_equal(early.count, 0);
}

/* Nobody had its pages. */
static void test_in_time(void **state)
{
	(void)state;
	bulk(1);
	tell(REQ_PAGE_ALLOC, 2, 13, 0);
	tell(REQ_PAGE_ALLOC, 1, 14, 0);
	assert_int_equal(early.count, 0);
}

/* What was given back meanwhile stood before its pages in any case. */
static void test_given_back_meanwhile(void **state)
{
	uint64_t at = number;

	(void)state;
	s.type[0] = KMM_UNMOVABLE;
	bulk(1);
	tell(REQ_PAGE_FREE, 2, 30, 0);
	bulk(2);
	tell(REQ_PAGE_ALLOC, 2, 12, 0);
	tell(REQ_PAGE_ALLOC, 1, 15, 0);
	assert_int_equal(early.count, 2);
	expect_moved(0, at, number - 1);
}

/*
 * What was given back while task 1 had lost the CPU stood first when it ran again, so it got that: 31 and 30,
 * found missing then.  That it had not got 11 and 12 shows later.
 */
static void test_it_got_what_was_given_back(void **state)
{
	uint64_t at = number, to;
	struct err e;

	(void)state;
	s.type[0] = KMM_UNMOVABLE;
	bulk(1);
	for (uint32_t p = 29; p < 32; p++)
		tell(REQ_PAGE_FREE, 2, p, 0);
	to = number;
	tell(REQ_PAGE_ALLOC, 1, 29, 0);
	tell(REQ_PAGE_ALLOC, 2, 11, 0);
	tell(REQ_PAGE_ALLOC, 2, 12, 0);
	assert_int_equal(early.count, 2);
	expect_moved(0, at, to);
	expect_moved(1, at + 1, to);
	tell(REQ_PAGE_FREE, 3, 31, 0);
	tell(REQ_PAGE_FREE, 3, 30, 0);
	assert_int_equal(silent_end(&s, NULL, &e), 0);
	assert_int_equal(s.taken.count, 0);
	assert_int_equal(s.taken.mistaken_count, 0);
	assert_int_equal(s.taken.gone_count, 2);
	assert_int_equal(s.taken.gone[0].number, to);
}

/* One page was missing, it wants two: somebody else has that. */
static void test_too_few_are_missing(void **state)
{
	(void)state;
	s.type[0] = KMM_UNMOVABLE;
	bulk(1);
	tell(REQ_PAGE_FREE, 2, 29, 0);
	tell(REQ_PAGE_FREE, 2, 30, 0);
	tell(REQ_PAGE_ALLOC, 1, 29, 0);
	tell(REQ_PAGE_ALLOC, 2, 11, 0);
	assert_int_equal(early.count, 0);
}

/* The list has one page left, and the other that task 1 takes is none that is known. */
static void test_the_last_page(void **state)
{
	uint64_t at;

	(void)state;
	for (int32_t pid = 3; pid < 7; pid++)
		bulk(pid);
	at = number;
	bulk(1);
	assert_int_equal(s.recognised[0], 1);
	tell(REQ_PAGE_ALLOC, 2, 19, 0);
	assert_int_equal(s.recognised[0], 0);
	tell(REQ_PAGE_ALLOC, 1, 20, 0);
	assert_int_equal(early.count, 2);
	expect_moved(0, at, number - 1);
	expect_moved(1, at + 1, number - 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(test_others_get_its_pages),
		T(test_two_at_a_time),
		T(test_went_on),
		T(test_in_time),
		T(test_given_back_meanwhile),
		T(test_it_got_what_was_given_back),
		T(test_too_few_are_missing),
		T(test_the_last_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
