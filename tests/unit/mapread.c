// SPDX-License-Identifier: GPL-2.0-or-later
/* A map that was read while pages moved: what it was at either mark follows from the moves between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replay/mapread.h"

#define BUDDY (1ull << 10)
enum { BEGIN = 7, END = 8 };

static struct machine m = { .kernel_major = 6, .kernel_minor = 18, .pageblock_order = 9 };

static void go(struct mapread *r, uint8_t op, uint64_t pfn, uint8_t order, uint8_t flags)
{
	struct request q = { .pfn = pfn };

	q.sig.op = op;
	q.sig.order = order;
	q.sig.flags = flags;
	mapread_record(r, &q);
}

/*
 * Frame 0 is taken before the reading, 1 taken in it, 2 given back, 3 taken and given back, 4 freed to a
 * per-CPU list, drained and taken again, 5 handed out from such a list (and found free all the same) and 6 from
 * a refill of its own;
 * 7 goes with a fallback; 16.. are freed whole.
 */
static void moves(struct mapread *r)
{
	struct request own = { 0 }, steal = { 0 };

	go(r, OBS_ZONE_LOCKED, 0, 0, 0);
	go(r, OBS_MARK, BEGIN, 0, 0);
	go(r, OBS_ZONE_LOCKED, 1, 0, 0);
	go(r, OBS_PCPU_DRAIN, 2, 0, 0);
	go(r, OBS_ZONE_LOCKED, 3, 0, 0);
	go(r, REQ_PAGE_FREE, 3, 0, REQ_DIRECT);
	go(r, REQ_PAGE_FREE, 4, 0, 0);
	go(r, OBS_PCPU_DRAIN, 4, 0, 0);
	go(r, OBS_ZONE_LOCKED, 4, 0, 0);
	go(r, REQ_PAGE_ALLOC, 5, 0, 0);
	own.pfn = 6;
	own.sig.op = REQ_PAGE_ALLOC;
	own.sig.own_obs = 1;
	mapread_record(r, &own);
	go(r, OBS_ZONE_LOCKED, 6, 0, 0);
	steal.pfn = 7;
	steal.sig.op = OBS_EXTFRAG;
	steal.sig.aux = 3;
	mapread_record(r, &steal);
	go(r, REQ_PAGE_FREE, 16, 4, 0);
	go(r, OBS_MARK, END, 0, 0);
	go(r, OBS_PCPU_DRAIN, 0, 0, 0);
}

static void check(bool to_end, const char *want)
{
	uint64_t flags[32] = { 0 };
	struct machine_state s = { .have_kpageflags = true,
				   .kpageflags = flags,
				   .kpageflags_len = 32 };
	struct mapread r;

	flags[1] = flags[2] = flags[5] = BUDDY; /* whichever it was when it was read */
	flags[4] = 1;
	assert_int_equal(mapread_init(&r, &m, &s, BEGIN, END, to_end), 0);
	moves(&r);
	mapread_free(&r);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal((flags[i] & BUDDY) != 0, want[i] == 'b');
	for (unsigned i = 16; i < 32; i++)
		assert_int_equal((flags[i] & BUDDY) != 0, want[8] == 'b');
	assert_int_equal(flags[4] & 1, 1);
}

static void test_end(void **state)
{
	(void)state;
	check(true, "..bb.b..b");
}

static void test_beginning(void **state)
{
	(void)state;
	check(false, ".b.b..bb.");
}

static void test_no_marks(void **state)
{
	uint64_t flags[8] = { 0 };
	struct machine_state s = { .have_kpageflags = true,
				   .kpageflags = flags,
				   .kpageflags_len = 8 };
	struct mapread r;

	(void)state;
	assert_int_equal(mapread_init(&r, &m, &s, UINT32_MAX, UINT32_MAX, true), 0);
	moves(&r);
	mapread_free(&r);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(flags[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_beginning),
		cmocka_unit_test(test_no_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
