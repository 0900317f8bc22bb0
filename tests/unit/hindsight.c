// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "replay/hindsight.h"
#include "trace/event.h"

static const struct machine machine = { .max_pfn = 4096, .pageblock_order = 9 };

struct story {
	struct hindsight h;
	uint64_t n;
};

static void tell(struct story *s, enum request_op op, uint32_t pfn, unsigned order, unsigned type,
		 uint8_t flags)
{
	struct request q = { .pfn = pfn };

	q.sig.op = (uint8_t)op;
	q.sig.order = (uint8_t)order;
	q.sig.type = (uint8_t)type;
	q.sig.flags = flags;
	hindsight_record(&s->h, &q, s->n++);
}

static int begin(void **state)
{
	static struct story s;
	struct err e;

	s.n = 0;
	*state = &s;
	if (hindsight_init(&s.h, &machine, &e))
		return -1;
	hindsight_start(&s.h);
	return 0;
}

static int end(void **state)
{
	hindsight_free(&((struct story *)*state)->h);
	return 0;
}

/* A refill takes from the buddy lists: the free had not gone to the per-CPU list. */
static void a_refill_shows_a_direct_free(void **state)
{
	struct story *s = *state;
	struct err e;

	tell(s, REQ_PAGE_FREE, 0x10, 1, 0, 0);
	tell(s, REQ_PAGE_FREE, 0x20, 0, 0, 0);
	tell(s, OBS_ZONE_LOCKED, 0x11, 0, 0, 0); /* the block's second half */
	tell(s, OBS_ZONE_LOCKED, 0x10, 0, 0, 0);
	tell(s, OBS_PCPU_DRAIN, 0x20, 0, 0, 0);
	assert_int_equal(hindsight_end(&s->h, &e), 0);
	assert_int_equal(s->h.wrong_count, 1);
	assert_int_equal(s->h.wrong[0], 0);
}

/*
 * One CPU's refill and the drain of the page from another's own list, at one time, logged in this turn: a page is in the
 * buddy lists only behind its drain, so its free had gone to the list.  A drain of all CPUs' lists may
 * have found what the refill had got; another time is in the log's turn.
 */
static void a_drain_at_the_time_of_the_refill(void **state)
{
	static const struct {
		uint16_t cpu;
		uint8_t cause;
		uint64_t later;
		bool on_the_list;
	} cases[] = {
		{ 1, DRAIN_FREE, 0, true },
		{ 1, DRAIN_ALL, 0, false },
		{ 0, DRAIN_FREE, 0, false },
		{ 1, DRAIN_FREE, 1, false },
	};
	struct story *s = *state;
	struct err e;
	uint64_t wrong = 0;

	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request free = { .pfn = i, .cpu = 1, .time = 10 * i };
		struct request take = { .pfn = i, .time = 10 * i + 5 };
		struct request drain = { .pfn = i,
					 .cpu = cases[i].cpu,
					 .time = 10 * i + 5 + cases[i].later };

		free.sig.op = REQ_PAGE_FREE;
		take.sig.op = OBS_ZONE_LOCKED;
		drain.sig.op = OBS_PCPU_DRAIN;
		drain.sig.aux = cases[i].cause;
		hindsight_record(&s->h, &free, s->n++);
		hindsight_record(&s->h, &take, s->n++);
		hindsight_record(&s->h, &drain, s->n++);
		wrong += !cases[i].on_the_list;
	}
	assert_int_equal(hindsight_end(&s->h, &e), 0);
	assert_int_equal(s->h.wrong_count, wrong);
	assert_int_equal(s->h.wrong[0], 3);
}

/* A refill put one block on its list, so it is none that a compaction captured; the other was freed last. */
static void a_block_on_a_list_is_not_captured(void **state)
{
	struct story *s = *state;
	struct err e;

	tell(s, OBS_ZONE_LOCKED, 0x200, 9, KMM_MOVABLE, 0);
	tell(s, OBS_ZONE_LOCKED, 0x400, 9, KMM_MOVABLE, 0);
	tell(s, REQ_PAGE_FREE, 0x400, 9, 0, REQ_DIRECT);
	tell(s, REQ_PAGE_ALLOC, 0x200, 9, KMM_MOVABLE, REQ_DIRECT);
	tell(s, REQ_PAGE_ALLOC, 0x400, 9, KMM_MOVABLE, REQ_DIRECT);
	assert_int_equal(hindsight_end(&s->h, &e), 0);
	assert_int_equal(s->h.wrong_count, 1);
	assert_int_equal(s->h.wrong[0], 3);
}

/* What was taken for a direct free is none if the list hands the page out again. */
static void a_hit_shows_that_it_was_on_the_list(void **state)
{
	struct story *s = *state;
	struct err e;

	tell(s, REQ_PAGE_FREE, 0x30, 0, 0, REQ_DIRECT);
	tell(s, REQ_PAGE_FREE, 0x31, 0, 0, REQ_DIRECT);
	tell(s, REQ_PAGE_ALLOC, 0x31, 0, 0, 0);
	tell(s, OBS_ZONE_LOCKED, 0x30, 0, 0, 0);
	assert_int_equal(hindsight_end(&s->h, &e), 0);
	assert_int_equal(s->h.wrong_count, 1);
	assert_int_equal(s->h.wrong[0], 1);
}

/* A drain shows the type of the pageblock at the free; the first word after the start counts. */
static void drains_tell_pageblock_types(void **state)
{
	struct story *s = *state;

	tell(s, REQ_PAGE_FREE, 0x210, 0, 0, 0);
	tell(s, OBS_PCPU_DRAIN, 0x210, 0, KMM_RECLAIMABLE, 0);
	tell(s, REQ_PAGE_FREE, 0x211, 0, 0, 0);
	tell(s, OBS_PCPU_DRAIN, 0x211, 0, KMM_MOVABLE, 0);
	tell(s, OBS_PCPU_DRAIN, 0x410, 0, KMM_MOVABLE,
	     0); /* not freed since the start: older tag */
	assert_int_equal(s->h.type[1], KMM_RECLAIMABLE);
	assert_int_equal(s->h.type[2], HINDSIGHT_UNKNOWN);
}

/* kswapd's next wake-up tells when its last run had its last event. */
static void kswapd_ends_at_its_last_event(void **state)
{
	struct story *s = *state;
	struct request q = { .addr = 77 };
	struct err e;

	q.sig.op = OBS_RECLAIM;
	q.sig.aux = EVENT_MM_VMSCAN_KSWAPD_WAKE;
	q.sig.node = 1;
	q.pfn = KMM_NO_PFN;
	hindsight_record(&s->h, &q, 0);
	q.addr = 0; /* its first run */
	hindsight_record(&s->h, &q, 1);
	assert_int_equal(hindsight_end(&s->h, &e), 0);
	assert_int_equal(s->h.end_count, 1);
	assert_int_equal(s->h.ends[0].time, 77);
	assert_int_equal(s->h.ends[0].node, 1);
}

/* A clock that stood still at kswapd's last event: what another task did behind it comes after the end. */
static void kswapd_ends_while_the_clock_stands_still(void **state)
{
	struct story *s = *state;
	struct request wake = { .seq = 50, .addr = 77, .sig = { .op = OBS_RECLAIM } };
	struct request q = { .time = 77, .seq = 40 };
	struct err e;

	wake.sig.aux = EVENT_MM_VMSCAN_KSWAPD_WAKE;
	wake.sig.bytes_req = 10;
	wake.sig.bytes_alloc = 1;
	wake.pfn = KMM_NO_PFN;
	hindsight_record(&s->h, &wake, 0);
	assert_int_equal(hindsight_end(&s->h, &e), 0);
	assert_false(hindsight_ended(&s->h.ends[0], &q));
	q.seq = 41;
	assert_false(hindsight_ended(&s->h.ends[0], &q)); /* another CPU's may have come before */
	q.cpu = 1;
	assert_true(hindsight_ended(&s->h.ends[0], &q));
	q.time = 76;
	assert_false(hindsight_ended(&s->h.ends[0], &q));
}

static void fall_back(struct story *s, uint32_t pfn, unsigned claims)
{
	struct request q = { .pfn = pfn };

	q.sig.op = OBS_EXTFRAG;
	q.sig.type = KMM_MOVABLE;
	q.sig.aux2 = claims ? 0x80 : 0;
	hindsight_record(&s->h, &q, s->n++);
}

/* A fallback may put pages on another type's list, which hides the type; but what a refill takes was no CPU's. */
static void a_fallback_does_not_hide_the_way(void **state)
{
	struct story *s = *state;
	struct err e;

	tell(s, REQ_PAGE_FREE, 0x10, 0, 0, 0);
	fall_back(s, 0x40, 0);
	tell(s, OBS_ZONE_LOCKED, 0x10, 0, KMM_MOVABLE, 0);
	assert_int_equal(hindsight_end(&s->h, &e), 0);
	assert_int_equal(s->h.wrong_count, 1);
	assert_int_equal(s->h.type[0], HINDSIGHT_UNKNOWN);
}

/* From 6.10 on a page that is stolen has no other event: it was in the free lists. */
static void a_stolen_page_was_on_no_list(void **state)
{
	static const struct machine newer = {
		.max_pfn = 4096, .pageblock_order = 9, .kernel_major = 6, .kernel_minor = 18
	};
	struct story *s = *state;
	struct err e;

	s->h.m = &newer;
	tell(s, REQ_PAGE_FREE, 0x10, 0, 0, 0);
	fall_back(s, 0x10, 0);
	assert_int_equal(hindsight_end(&s->h, &e), 0);
	assert_int_equal(s->h.wrong_count, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_refill_shows_a_direct_free),
		T(a_drain_at_the_time_of_the_refill),
		T(a_block_on_a_list_is_not_captured),
		T(a_hit_shows_that_it_was_on_the_list),
		T(drains_tell_pageblock_types),
		T(kswapd_ends_at_its_last_event),
		T(kswapd_ends_while_the_clock_stands_still),
		T(a_fallback_does_not_hide_the_way),
		T(a_stolen_page_was_on_no_list),
	};

	return cmocka_run_group_tests_name("hindsight", tests, NULL, NULL);
}
