// SPDX-License-Identifier: GPL-2.0-or-later
/* What a refill would get, by the rules of __rmqueue_smallest() and expand(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/refill.h"

static const struct machine machine = { .zone_count = 1,
					.zones[0] = { .spanned = 1024, .managed = 1024 },
					.max_pfn = 1024,
					.orders = 11,
					.pageblock_order = 9,
					.cpus = 1 };

static void put(struct recorded *r, uint32_t pfn, unsigned order)
{
	struct request q = {
		.pfn = pfn,
		.slot = NO_SLOT,
		.sig = { .op = REQ_PAGE_FREE, .flags = REQ_DIRECT, .order = (uint8_t)order }
	};

	recorded_apply(r, &q);
}

/* Lists are used up from their heads, small orders first; then a block is split, and its lower part goes first. */
static void test_turn(void **state)
{
	static const uint32_t want[] = { 200, 100, 64, 65, 66, 67, 32, 33 };
	struct err e;
	struct recorded *r = recorded_new(&machine, &e);
	struct refill x;

	(void)state;
	assert_non_null(r);
	put(r, 100, 0);
	put(r, 200, 0);
	put(r, 64, 2);
	put(r, 32, 3);
	refill_begin(&x, r, 0, VIEW_UNKNOWN);
	for (unsigned i = 0; i < sizeof(want) / sizeof(*want); i++)
		assert_int_equal(refill_next(&x, 0), want[i]);
	/* Of 32 to 39, 34 and its neighbour are left in one block, and 36 to 39 in another. */
	assert_int_equal(refill_next(&x, 1), 34);
	assert_int_equal(refill_next(&x, 2), 36);
	assert_int_equal(refill_next(&x, 0), KMM_NO_PFN);
	/* Nothing has left. */
	refill_begin(&x, r, 0, VIEW_UNKNOWN);
	assert_int_equal(refill_next(&x, 3), 32);
	refill_begin(&x, r, 0, KMM_MOVABLE);
	assert_int_equal(refill_next(&x, 0), KMM_NO_PFN);
	recorded_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_turn) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
