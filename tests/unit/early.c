// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "replay/early.h"
#include "workload/kmw.h"

/* Records first .. first + n - 1, each with its number as page frame. */
static void records(struct request *q, uint32_t n, uint32_t first)
{
	memset(q, 0, n * sizeof(*q));
	for (uint32_t i = 0; i < n; i++) {
		q[i].pfn = first + i;
		q[i].time = 10 * (first + i);
	}
}

static void note(struct early *x, uint32_t from, uint32_t to, uint32_t rank)
{
	struct request q = { .pfn = from, .slot = 7 };

	early_note(x, &q, from, to, rank, 3);
}

static void is(const struct request *q, int n, const uint32_t *pfns, int want)
{
	assert_int_equal(n, want);
	for (int i = 0; i < want; i++)
		assert_int_equal(q[i].pfn, pfns[i]);
}

/* Two that come before record 2, by rank, one of them from a later block; read twice. */
static void moved_across_blocks(void **state)
{
	struct early x = { 0 };
	struct request q[12];

	(void)state;
	note(&x, 6, 2, 1);
	note(&x, 3, 2, 0);
	early_settle(&x, 100);
	for (int turn = 0; turn < 2; turn++) {
		early_rewind(&x);
		records(q, 4, 0);
		is(q, early_apply(&x, q, 4, 0), (const uint32_t[]){ 0, 1, 3, 6, 2 }, 5);
		assert_int_equal(q[2].time, 20);
		assert_int_equal(q[2].cpu, 3);
		assert_int_equal(q[2].slot, early_slot(&x, 3));
		assert_int_equal(q[3].slot, early_slot(&x, 6));
		assert_int_not_equal(q[2].slot, q[3].slot);
		records(q, 4, 4);
		is(q, early_apply(&x, q, 4, 4), (const uint32_t[]){ 4, 5, 7 }, 3);
	}
	assert_int_equal(early_slot(&x, 2), NO_SLOT);
	early_free(&x);
}

/* What stood in a record that is read earlier is not lost, not even at the end of a block. */
static void what_it_carried_goes_on(void **state)
{
	struct early x = { 0 };
	struct request q[8];

	(void)state;
	note(&x, 3, 1, 0);
	early_settle(&x, 100);
	records(q, 4, 0);
	q[3].kswapd_ends = 2;
	is(q, early_apply(&x, q, 4, 0), (const uint32_t[]){ 0, 3, 1, 2 }, 4);
	assert_int_equal(q[1].kswapd_ends, 0);
	records(q, 2, 4);
	is(q, early_apply(&x, q, 2, 4), (const uint32_t[]){ 4, 5 }, 2);
	assert_int_equal(q[0].kswapd_ends, 2);
	assert_int_equal(q[1].kswapd_ends, 0);
	early_free(&x);
}

/* A free that is read later, when its id is somebody else's: what it gives back has one of its own. */
static void a_free_that_is_read_later(void **state)
{
	struct early x = { 0 };
	struct early_move m = { .from = 1, .to = 3, .q = { .pfn = 1, .slot = 7 }, .alloc = 0 + 1 };
	struct request q[8];

	(void)state;
	m.q.sig.op = REQ_PAGE_FREE;
	early_note_move(&x, &m);
	m = (struct early_move){ .from = 4, .to = 5, .q = { .pfn = 4, .slot = 8 } };
	m.q.sig.op = REQ_PAGE_FREE;
	early_note_move(&x, &m);
	early_settle(&x, 100);
	records(q, 6, 0);
	is(q, early_apply(&x, q, 6, 0), (const uint32_t[]){ 0, 2, 1, 3, 4, 5 }, 6);
	assert_true(early_slot(&x, 0) >= 100);
	assert_int_equal(q[2].slot, early_slot(&x, 0));
	assert_int_equal(q[4].slot, 8);
	assert_int_equal(early_slot(&x, 1), NO_SLOT);
	early_free(&x);
}

/* The allocation is read earlier, and its free later. */
static void both_are_moved(void **state)
{
	struct early x = { 0 };
	struct early_move m = { .from = 4, .to = 6, .q = { .pfn = 4, .slot = 7 }, .alloc = 3 + 1 };

	(void)state;
	m.q.sig.op = REQ_PAGE_FREE;
	note(&x, 3, 1, 0);
	early_note_move(&x, &m);
	early_settle(&x, 100);
	assert_int_equal(x.a[0].q.slot, x.a[1].q.slot);
	assert_int_equal(early_slot(&x, 3), x.a[1].q.slot);
	early_free(&x);
}

/* A whole list cannot have been taken by tasks that were preempted. */
static void too_many_are_a_mistake(void **state)
{
	struct early x = { 0 };
	struct request q[8];

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		note(&x, 200 + i, 1, i);
	note(&x, 300, 2, 0);
	early_settle(&x, 1000);
	records(q, 3, 0);
	is(q, early_apply(&x, q, 3, 0), (const uint32_t[]){ 0, 1, 300, 2 }, 4);
	early_free(&x);
}

/* Readers have room for so many records more than a block has, whatever the trace says. */
static void moves_into_one_block_are_bounded(void **state)
{
	struct early x = { 0 };
	uint32_t worst = 0;

	(void)state;
	for (uint32_t i = 0; i < 3 * KMW_BLOCK_RECORDS; i++)
		note(&x, 10 * KMW_BLOCK_RECORDS + i, i / 2, i);
	early_settle(&x, 1000);
	assert_true(x.count >= KMW_BLOCK_RECORDS);
	for (uint32_t from = 0, to = 0; to < x.count; to++) {
		while (x.a[to].to - x.a[from].to >= KMW_BLOCK_RECORDS)
			from++;
		worst = to - from + 1 > worst ? to - from + 1 : worst;
	}
	assert_true(worst <= KMW_BLOCK_RECORDS);
	early_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moved_across_blocks),
		cmocka_unit_test(what_it_carried_goes_on),
		cmocka_unit_test(a_free_that_is_read_later),
		cmocka_unit_test(both_are_moved),
		cmocka_unit_test(too_many_are_a_mistake),
		cmocka_unit_test(moves_into_one_block_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
