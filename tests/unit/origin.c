// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "replay/origin.h"
#include "trace/event.h"

#define FRAMES 4096

struct story {
	struct machine m;
	struct origin o;
	uint64_t flags[FRAMES]; /* kpageflags after the workload */
};

static void tell(struct story *s, enum request_op op, uint32_t pfn, unsigned order, unsigned type)
{
	struct request q = { .pfn = pfn, .slot = 1, .cpu = 1 };

	q.sig.op = (uint8_t)op;
	q.sig.order = (uint8_t)order;
	q.sig.type = (uint8_t)type;
	origin_record(&s->o, &q);
}

static int begin(void **state)
{
	static struct story s;
	struct err e;

	memset(&s, 0, sizeof(s));
	s.m.max_pfn = FRAMES;
	s.m.pageblock_order = 9;
	s.m.orders = 11;
	s.m.cpus = 2;
	s.m.zone_count = 1;
	s.m.zones[0].spanned = FRAMES;
	s.m.after.kpageflags = s.flags;
	s.m.after.kpageflags_len = FRAMES;
	s.m.after.have_kpageflags = true;
	*state = &s;
	if (origin_init(&s.o, &s.m, &e))
		return -1;
	origin_start(&s.o);
	return 0;
}

static int end(void **state)
{
	struct story *s = *state;

	origin_free(&s->o);
	free(s->m.before.kpageflags);
	free(s->m.before.first);
	free(s->m.before.lists);
	free(s->m.before.list_pfns);
	free(s->m.before.pcps);
	return 0;
}

static unsigned first(const struct story *s, uint32_t pfn)
{
	return s->m.before.first[pfn].state;
}

static void the_first_event_tells(void **state)
{
	struct story *s = *state;
	struct err e;

	tell(s, OBS_ZONE_LOCKED, 0x10, 0, KMM_MOVABLE);
	tell(s, REQ_PAGE_FREE, 0x10, 0, 0);
	tell(s, REQ_PAGE_FREE, 0x11, 0, 0);
	tell(s, REQ_PAGE_ALLOC, 0x11, 0, 0);
	tell(s, REQ_PAGE_ALLOC, 0x20, 1, KMM_MOVABLE);
	tell(s, OBS_PCPU_DRAIN, 0x30, 0, KMM_MOVABLE);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_int_equal(first(s, 0x10), FIRST_FREE);
	assert_int_equal(first(s, 0x11), FIRST_USED);
	assert_int_equal(first(s, 0x20), FIRST_PCP);
	assert_int_equal(first(s, 0x21), FIRST_PCP);
	assert_int_equal(first(s, 0x30), FIRST_PCP_TAIL);
	assert_int_equal(first(s, 0x40), FIRST_UNKNOWN);
	assert_false(s->m.before.have_kpageflags);
}

/* From the head in the order in which they were handed out, from the tail as they were drained. */
static void a_list_stands_in_the_order_in_which_it_was_emptied(void **state)
{
	static const uint32_t want[] = { 7, 5, 9, 8 };
	struct story *s = *state;
	const struct machine_state *b = &s->m.before;
	struct err e;

	tell(s, REQ_PAGE_ALLOC, 7, 0, KMM_MOVABLE);
	tell(s, OBS_PCPU_DRAIN, 8, 0, KMM_MOVABLE);
	tell(s, REQ_PAGE_ALLOC, 5, 0, KMM_MOVABLE);
	tell(s, OBS_PCPU_DRAIN, 9, 0, KMM_MOVABLE);
	tell(s, REQ_PAGE_ALLOC, 3, 0, KMM_UNMOVABLE);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_int_equal(b->list_count, 2);
	assert_int_equal(b->lists[0].type, KMM_UNMOVABLE);
	assert_int_equal(b->lists[1].type, KMM_MOVABLE);
	assert_int_equal(b->lists[1].cpu, 1);
	assert_int_equal(b->lists[1].count, 4);
	assert_memory_equal(b->list_pfns + b->lists[1].first, want, sizeof(want));
}

static void what_no_event_touched_was_as_it_is(void **state)
{
	struct story *s = *state;
	struct err e;

	s->flags[0x50] = s->flags[0x51] = 1ull << 10;
	s->flags[0x60] = 1ull << 7;
	tell(s, REQ_PAGE_FREE, 0x51, 0, 0);
	origin_end(&s->o);
	/* The snapshot counts, not what comes after it. */
	tell(s, OBS_ZONE_LOCKED, 0x60, 0, 0);
	origin_after(&s->o, &s->m.after);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_true(s->m.before.have_kpageflags);
	assert_int_equal(s->m.before.kpageflags[0x50], 1ull << 10);
	assert_int_equal(s->m.before.kpageflags[0x51], 0);
	assert_int_equal(s->m.before.kpageflags[0x60], 1ull << 7);
}

/* Only events put a snapshot right that was taken before: what moved in silence is not hidden. */
static void what_was_read_stays_where_no_event_says_otherwise(void **state)
{
	struct story *s = *state;
	struct err e;

	s->m.before.kpageflags = calloc(FRAMES, sizeof(uint64_t));
	assert_non_null(s->m.before.kpageflags);
	s->m.before.kpageflags_len = FRAMES;
	s->m.before.have_kpageflags = true;
	s->m.before.kpageflags[0x50] = 1ull << 10;
	s->flags[0x51] = s->flags[0x52] = 1ull << 10;
	tell(s, OBS_ZONE_LOCKED, 0x52, 0, 0);
	origin_end(&s->o);
	origin_after(&s->o, &s->m.after);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_int_equal(s->m.before.kpageflags[0x50], 1ull << 10);
	assert_int_equal(s->m.before.kpageflags[0x51], 0);
	assert_int_equal(s->m.before.kpageflags[0x52], 1ull << 10);
}

/* From 6.10 on a block that another type's request takes has no refill event. */
static void a_steal_takes_what_was_free(void **state)
{
	struct story *s = *state;
	struct request q = { .pfn = 0x80 };
	struct err e;

	s->m.kernel_major = 6;
	s->m.kernel_minor = 18;
	q.sig.op = OBS_EXTFRAG;
	q.sig.order = 1;
	q.sig.aux = 10;
	q.sig.aux2 = 0x80 | KMM_MOVABLE;
	origin_record(&s->o, &q);
	tell(s, REQ_PAGE_ALLOC, 0x80, 1, KMM_RECLAIMABLE);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_int_equal(first(s, 0x80), FIRST_FREE);
	assert_int_equal(first(s, 0x81), FIRST_FREE);
	assert_int_equal(s->m.before.first[0x80].type, KMM_MOVABLE + 1);
}

/* A bulk allocation names its pages only when they are freed: they stood where it took them. */
static void a_free_names_what_a_bulk_allocation_took(void **state)
{
	struct story *s = *state;
	struct request q = { .pfn = KMM_NO_PFN, .slot = 7, .cpu = 0 };
	struct err e;

	q.sig.op = REQ_PAGE_BULK;
	q.sig.type = KMM_UNMOVABLE;
	tell(s, REQ_PAGE_ALLOC, 0x20, 0, KMM_UNMOVABLE);
	origin_record(&s->o, &q);
	tell(s, REQ_PAGE_ALLOC, 0x21, 0, KMM_UNMOVABLE);
	q.sig.op = REQ_PAGE_FREE;
	q.pfn = 0x30;
	q.cpu = 1;
	origin_record(&s->o, &q);
	/* Its slot is another's now. */
	q.pfn = 0x31;
	origin_record(&s->o, &q);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_int_equal(first(s, 0x30), FIRST_PCP);
	assert_int_equal(s->m.before.first[0x30].cpu, 0);
	assert_true(s->m.before.first[0x20].turn < s->m.before.first[0x30].turn);
	assert_true(s->m.before.first[0x30].turn < s->m.before.first[0x21].turn);
	assert_int_equal(first(s, 0x31), FIRST_USED);
}

/* zoneinfo counted more on the lists than events name. */
static void pages_that_no_event_names_are_hidden(void **state)
{
	struct story *s = *state;
	struct machine_pcpinfo *p = calloc(KMM_CPUS, sizeof(*p));
	struct err e;

	assert_non_null(p);
	s->m.before.pcp_infos = p;
	p[0].count = 5;
	p[1].count = 10;
	/* CPU 1 had 0x20 and 0x21; it lost the one and won 0x30 until it was counted. */
	tell(s, REQ_PAGE_ALLOC, 0x20, 0, KMM_MOVABLE);
	tell(s, REQ_PAGE_FREE, 0x30, 0, 0);
	origin_counted(&s->o);
	tell(s, REQ_PAGE_ALLOC, 0x21, 0, KMM_MOVABLE);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_int_equal(p[0].hidden, 5);
	assert_int_equal(p[1].hidden, 8);
	free(p);
	s->m.before.pcp_infos = NULL;
}

static void compaction_leaves_first_frees_unknown(void **state)
{
	struct story *s = *state;
	struct request q = { .pfn = KMM_NO_PFN };
	struct err e;

	q.sig.op = OBS_COMPACTION;
	q.sig.aux = EVENT_MM_COMPACTION_MIGRATEPAGES;
	tell(s, REQ_PAGE_FREE, 0x10, 0, 0);
	origin_record(&s->o, &q);
	tell(s, REQ_PAGE_FREE, 0x11, 0, 0);
	tell(s, OBS_ZONE_LOCKED, 0x12, 0, 0);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_int_equal(first(s, 0x10), FIRST_USED);
	assert_int_equal(first(s, 0x11), FIRST_MOVED);
	assert_int_equal(first(s, 0x12), FIRST_FREE);
}

static void after_lost_events_nothing_is_learned(void **state)
{
	struct story *s = *state;
	struct request q = { .pfn = KMM_NO_PFN };
	struct err e;

	q.sig.op = OBS_LOST;
	origin_record(&s->o, &q);
	tell(s, OBS_ZONE_LOCKED, 0x12, 0, 0);
	origin_after(&s->o, &s->m.after);
	assert_int_equal(origin_settle(&s->o, &s->m, &e), 0);
	assert_int_equal(first(s, 0x12), FIRST_UNKNOWN);
	assert_false(s->m.before.have_kpageflags);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(the_first_event_tells),
		T(a_list_stands_in_the_order_in_which_it_was_emptied),
		T(what_no_event_touched_was_as_it_is),
		T(what_was_read_stays_where_no_event_says_otherwise),
		T(a_steal_takes_what_was_free),
		T(a_free_names_what_a_bulk_allocation_took),
		T(pages_that_no_event_names_are_hidden),
		T(compaction_leaves_first_frees_unknown),
		T(after_lost_events_nothing_is_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
