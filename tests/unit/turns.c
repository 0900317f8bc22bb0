// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of records in another order, and moves of single records through them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/turns.h"

#define RECORDS 12

/* Records 0, 1, 2... by their page frames, read group by group. */
static void read_all(const struct turns *t, struct request *q)
{
	for (uint32_t i = 0; i < RECORDS; i++)
		q[i] = (struct request){ .pfn = i, .slot = q[i].slot };
	for (uint64_t g = 0; g < t->count; g++)
		assert_int_equal(turns_apply(t, g, q + t->groups[g].first), 0);
}

static void expect(const struct request *q, const uint32_t *want)
{
	for (uint32_t i = 0; i < RECORDS; i++)
		assert_int_equal(q[i].pfn, want[i]);
}

static void no_slots(struct request *q)
{
	for (uint32_t i = 0; i < RECORDS; i++)
		q[i].slot = NO_SLOT;
}

static void test_moves(void **state)
{
	struct turns t = { 0 };
	/* 4 right behind 7, and then 5, of the same CPU, right behind 4; 0 behind 1. */
	const struct turns_move m[] = { { 0, 1 }, { 4, 7 }, { 5, 4 } };
	const uint32_t want[] = { 1, 0, 2, 3, 6, 7, 4, 5, 8, 9, 10, 11 };
	struct request q[RECORDS];

	(void)state;
	no_slots(q);
	assert_int_equal(turns_move(&t, m, 3), 0);
	assert_int_equal(t.count, 2);
	read_all(&t, q);
	expect(q, want);
	turns_free(&t);
}

/* A move's places are those that the groups have made; groups that it does not touch stay. */
static void test_move_in_group(void **state)
{
	struct turns t = { 0 };
	const uint16_t swap[] = { 1, 0 }, turn[] = { 2, 0, 1 };
	const struct turns_move m[] = { { 5, 8 } };
	/* After the groups: 1 0 2 3 4 7 5 6 8 9 10 11; place 5 is record 7, place 8 record 8. */
	const uint32_t want[] = { 1, 0, 2, 3, 4, 5, 6, 8, 7, 9, 10, 11 };
	struct request q[RECORDS];

	(void)state;
	no_slots(q);
	assert_int_equal(turns_add(&t, 0, 2, swap), 0);
	assert_int_equal(turns_add(&t, 5, 3, turn), 0);
	assert_int_equal(turns_move(&t, m, 1), 0);
	assert_int_equal(t.count, 2);
	read_all(&t, q);
	expect(q, want);
	turns_free(&t);
}

static void test_too_far(void **state)
{
	struct turns t = { 0 };
	const struct turns_move m[] = { { 1, 1 + TURNS_MOST }, { 2, 3 } };

	(void)state;
	assert_int_equal(turns_move(&t, m, 2), 0);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.groups[0].first, 2);
	turns_free(&t);
}

/* The page of id 3 is freed at 4, and somebody else has the id from 5 on: 4 stays before 5. */
static void test_ids(void **state)
{
	struct turns t = { 0 };
	const struct turns_move m[] = { { 4, 7 } };
	const uint32_t want[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
	struct request q[RECORDS];

	(void)state;
	no_slots(q);
	q[4].slot = q[5].slot = 3;
	assert_int_equal(turns_move(&t, m, 1), 0);
	read_all(&t, q);
	expect(q, want);
	turns_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_move_in_group),
		cmocka_unit_test(test_too_far),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
