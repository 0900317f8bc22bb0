// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records of one time from several CPUs.  The first case is that of the bundled
 * capture, where two CPUs split one block of order 4 in the same nanosecond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "workload/ties.h"

struct sink {
	struct request out[32];
	unsigned n;
};

static int put(void *arg, const struct tie *t)
{
	struct sink *s = arg;

	s->out[s->n++] = t->r;
	return 0;
}

static void add(struct ties *x, uint64_t time, unsigned cpu, enum request_op op, uint32_t pfn,
		uint32_t slot, uint32_t first, uint32_t end)
{
	struct tie t = { .freed = KMM_NO_PFN, .take = { first, end, KMM_MOVABLE, 0, 1 } };

	t.r.time = time;
	t.r.cpu = (uint16_t)cpu;
	t.r.sig.op = (uint8_t)op;
	t.r.sig.type = KMM_MOVABLE;
	t.r.pfn = pfn;
	t.r.slot = slot;
	if (op == REQ_PAGE_FREE)
		t.freed = pfn;
	assert_int_equal(ties_add(x, &t), 0);
}

static void take(struct ties *x, uint64_t time, unsigned cpu, uint32_t first, uint32_t end)
{
	add(x, time, cpu, REQ_PAGE_ALLOC, first, first, first, end);
}

static void drain(struct ties *x, uint64_t time, unsigned cpu, uint32_t pfn, enum drain_cause why)
{
	struct tie t = { .freed = KMM_NO_PFN, .take.first = KMM_NO_PFN };

	t.r.time = time;
	t.r.cpu = (uint16_t)cpu;
	t.r.sig.op = OBS_PCPU_DRAIN;
	t.r.sig.aux = (uint8_t)why;
	t.r.sig.type = KMM_MOVABLE;
	t.r.pfn = pfn;
	t.r.slot = NO_SLOT;
	assert_int_equal(ties_add(x, &t), 0);
}

/* CPU 0 took what lies behind what CPU 1 took. */
static void one_block_is_split_upwards(void **state)
{
	struct sink s = { .n = 0 };
	struct ties x;

	(void)state;
	ties_init(&x, put, &s);
	take(&x, 5, 0, 0x4c9e, 0x4ca5);
	take(&x, 5, 1, 0x4c97, 0x4c9e);
	assert_int_equal(s.n, 0);
	assert_int_equal(ties_flush(&x), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.out[0].pfn, 0x4c97);
	assert_int_equal(s.out[1].pfn, 0x4c9e);
	assert_int_equal(x.turned, 1);
	ties_free(&x);
}

/* The refill before this time stopped where CPU 1 goes on. */
static void a_list_goes_on_where_it_stopped(void **state)
{
	struct sink s = { .n = 0 };
	struct ties x;

	(void)state;
	ties_init(&x, put, &s);
	take(&x, 4, 0, 0x100, 0x107);
	take(&x, 5, 0, 0x800, 0x807);
	take(&x, 5, 1, 0x107, 0x10e);
	assert_int_equal(ties_flush(&x), 0);
	assert_int_equal(s.out[1].pfn, 0x107);
	assert_int_equal(s.out[2].pfn, 0x800);
	ties_free(&x);
}

/* A refill that got a page which is drained in the same time came after the drain... */
static void a_drained_page_is_drained_first(void **state)
{
	struct sink s = { .n = 0 };
	struct ties x;

	(void)state;
	ties_init(&x, put, &s);
	take(&x, 5, 0, 0x300, 0x301);
	add(&x, 5, 1, REQ_PAGE_FREE, 0x300, 1, KMM_NO_PFN, 0);
	drain(&x, 5, 1, 0x300, DRAIN_FREE);
	assert_int_equal(ties_flush(&x), 0);
	assert_int_equal(s.out[0].sig.op, REQ_PAGE_FREE);
	assert_int_equal(s.out[1].sig.op, OBS_PCPU_DRAIN);
	assert_int_equal(s.out[2].sig.op, REQ_PAGE_ALLOC);
	ties_free(&x);
}

/* ... and one that got another page came before it. */
static void an_untouched_drain_is_later(void **state)
{
	struct sink s = { .n = 0 };
	struct ties x;

	(void)state;
	ties_init(&x, put, &s);
	add(&x, 5, 0, REQ_PAGE_FREE, 0x300, 1, KMM_NO_PFN, 0);
	drain(&x, 5, 0, 0x300, DRAIN_FREE);
	take(&x, 5, 1, 0x700, 0x701);
	assert_int_equal(ties_flush(&x), 0);
	assert_int_equal(s.out[0].pfn, 0x700);
	assert_int_equal(s.out[1].sig.op, REQ_PAGE_FREE);
	ties_free(&x);
}

/*
 * CPU 0's refill did not get what CPU 1's free drained, but it had drained the page of that very free
 * before: it cannot have come first.
 */
static void what_was_drained_had_been_freed(void **state)
{
	struct sink s = { .n = 0 };
	struct ties x;

	(void)state;
	ties_init(&x, put, &s);
	add(&x, 5, 1, REQ_PAGE_FREE, 0x100, NO_SLOT, KMM_NO_PFN, 0);
	drain(&x, 5, 1, 0x500, DRAIN_FREE);
	drain(&x, 5, 0, 0x100, DRAIN_ALL);
	take(&x, 5, 0, 0x600, 0x601);
	assert_int_equal(ties_flush(&x), 0);
	assert_int_equal(s.n, 4);
	assert_int_equal(s.out[0].pfn, 0x100);
	assert_int_equal(s.out[0].sig.op, REQ_PAGE_FREE);
	assert_int_equal(s.out[1].pfn, 0x500);
	ties_free(&x);
}

/* What another CPU's list gives back was freed there before. */
static void a_drain_of_all_follows_the_frees(void **state)
{
	struct sink s = { .n = 0 };
	struct ties x;

	(void)state;
	ties_init(&x, put, &s);
	drain(&x, 5, 0, 0x300, DRAIN_ALL);
	add(&x, 5, 1, REQ_PAGE_FREE, 0x300, 1, KMM_NO_PFN, 0);
	assert_int_equal(ties_flush(&x), 0);
	assert_int_equal(s.out[0].sig.op, REQ_PAGE_FREE);
	assert_int_equal(s.out[1].sig.op, OBS_PCPU_DRAIN);
	ties_free(&x);
}

/* A release never overtakes the allocation that it releases. */
static void a_release_stays_behind(void **state)
{
	struct sink s = { .n = 0 };
	struct ties x;

	(void)state;
	ties_init(&x, put, &s);
	take(&x, 4, 0, 0x100, 0x107);
	take(&x, 5, 0, 0x800, 0x807);
	add(&x, 5, 1, REQ_PAGE_FREE, 0x800, 0x800, KMM_NO_PFN, 0); /* same slot */
	take(&x, 5, 1, 0x107, 0x10e);				   /* would like to come first */
	assert_int_equal(ties_flush(&x), 0);
	assert_int_equal(s.out[1].pfn, 0x800);
	assert_int_equal(s.out[1].sig.op, REQ_PAGE_ALLOC);
	assert_int_equal(s.out[2].sig.op, REQ_PAGE_FREE);
	assert_int_equal(s.out[3].pfn, 0x107);
	ties_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_block_is_split_upwards),
		cmocka_unit_test(a_list_goes_on_where_it_stopped),
		cmocka_unit_test(a_drained_page_is_drained_first),
		cmocka_unit_test(an_untouched_drain_is_later),
		cmocka_unit_test(a_drain_of_all_follows_the_frees),
		cmocka_unit_test(what_was_drained_had_been_freed),
		cmocka_unit_test(a_release_stays_behind),
	};

	return cmocka_run_group_tests_name("ties", tests, NULL, NULL);
}
