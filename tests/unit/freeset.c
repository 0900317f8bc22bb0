// SPDX-License-Identifier: GPL-2.0-or-later
/* The free pages of the reconstruction: blocks, and their order on the lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/freeset.h"

static struct machine machine = { .zone_count = 1,
				  .zones[0] = { .spanned = 4096, .managed = 4096 },
				  .max_pfn = 4096,
				  .orders = 11,
				  .pageblock_order = 9 };

static void start(struct freeset *s)
{
	assert_int_equal(freeset_init(s, &machine), 0);
	for (uint32_t p = 0; p < s->frames; p++)
		s->f[p].state = FRAME_USED;
	for (uint32_t b = 0; b < s->blocks; b++)
		s->block_type[b] = KMM_MOVABLE;
}

static void check(struct freeset *s, unsigned order, const uint32_t *want, unsigned n)
{
	uint32_t at = KMM_NO_PFN, back = KMM_NO_PFN;

	assert_int_equal(s->v.nr_free[0][KMM_MOVABLE][order], n);
	for (unsigned i = 0; i < n; i++) {
		at = freeset_next(s, 0, order, KMM_MOVABLE, at);
		assert_int_equal(at, want[i]);
		back = freeset_prev(s, 0, order, KMM_MOVABLE, back);
		assert_int_equal(back, want[n - 1 - i]);
	}
	assert_int_equal(freeset_next(s, 0, order, KMM_MOVABLE, at), KMM_NO_PFN);
}

#define CHECK(s, order, ...)                                                  \
	do {                                                                  \
		const uint32_t want_[] = { __VA_ARGS__ };                     \
		check((s), (order), want_, sizeof(want_) / sizeof(want_[0])); \
	} while (0)

static void free_page(struct freeset *s, uint32_t pfn)
{
	s->f[pfn].state = FRAME_NOT_FREE;
	freeset_put(s, pfn, 0, KMM_MOVABLE, false);
}

/* To the head, but to the tail where the next larger block waits for its other half. */
static void test_order(void **state)
{
	struct freeset s = { 0 };

	(void)state;
	start(&s);
	free_page(&s, 16);
	free_page(&s, 32);
	CHECK(&s, 0, 32, 16);
	free_page(&s, 2);
	free_page(&s, 3); /* order 1 at 2 */
	CHECK(&s, 1, 2);
	CHECK(&s, 0, 32, 16);
	free_page(&s, 0); /* with 1 it would make order 1 at 0, whose buddy is free */
	CHECK(&s, 0, 32, 16, 0);
	free_page(&s, 1);
	CHECK(&s, 2, 0);
	CHECK(&s, 0, 32, 16);
	freeset_free(&s);
}

static void test_split(void **state)
{
	struct freeset s = { 0 };

	(void)state;
	start(&s);
	freeset_set(&s, 64, 3, KMM_MOVABLE, false);
	assert_int_equal(freeset_block_of(&s, 69), 64);
	freeset_take(&s, 66, 0);
	CHECK(&s, 0, 67);
	CHECK(&s, 1, 64);
	CHECK(&s, 2, 68);
	assert_int_equal(s.f[66].state, FRAME_NOT_FREE);
	assert_int_equal(freeset_block_of(&s, 66), KMM_NO_PFN);
	/* A range of several blocks. */
	freeset_take(&s, 64, 2);
	assert_int_equal(s.v.nr_free[0][KMM_MOVABLE][0] + s.v.nr_free[0][KMM_MOVABLE][1], 0);
	CHECK(&s, 2, 68);
	freeset_free(&s);
}

static void test_turn(void **state)
{
	struct freeset s = { 0 };

	(void)state;
	start(&s);
	for (uint32_t p = 0; p < 32; p += 8)
		freeset_set(&s, p, 0, KMM_MOVABLE, true);
	CHECK(&s, 0, 0, 8, 16, 24);
	freeset_turn(&s, 0, 0, KMM_MOVABLE, 16);
	CHECK(&s, 0, 16, 24, 0, 8);
	freeset_move(&s, 16, KMM_MOVABLE); /* to the tail */
	CHECK(&s, 0, 24, 0, 8, 16);
	freeset_move_range(&s, 8, 32, KMM_MOVABLE); /* by ascending address */
	CHECK(&s, 0, 0, 8, 16, 24);
	freeset_free(&s);
}

static void test_completes(void **state)
{
	struct freeset s = { 0 };

	(void)state;
	start(&s);
	freeset_set(&s, 1, 0, KMM_MOVABLE, false);
	freeset_set(&s, 2, 1, KMM_MOVABLE, false);
	assert_true(freeset_completes(&s, 0, 0, 2));
	assert_false(freeset_completes(&s, 0, 0, 3));
	/* Page blocks that keep to themselves do not join. */
	freeset_set(&s, 512, 9, KMM_MOVABLE, false);
	s.block_type[1] = KMM_ISOLATE;
	assert_false(freeset_may_join(&s, 0, 512, 9));
	freeset_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_turn),
		cmocka_unit_test(test_completes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
