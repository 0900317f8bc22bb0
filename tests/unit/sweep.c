// SPDX-License-Identifier: GPL-2.0-or-later
/* What drains of all lists left, or did not find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replay/silent.h"

struct story {
	struct machine m;
	struct silent s;
	struct early early;
	uint64_t n;
};

static void tell(struct story *s, enum request_op op, uint32_t pfn, uint32_t slot, uint32_t own)
{
	struct request q = { .pfn = pfn, .slot = slot };

	q.sig.op = (uint8_t)op;
	q.sig.own_obs = own;
	silent_record(&s->s, &q, s->n++);
}

/* What was freed last is handed out first; the type of its page block is known from 20, freed and handed out. */
static void push(struct story *s, uint32_t pfn, uint32_t slot, unsigned aux)
{
	struct request q = { .pfn = pfn, .slot = slot };

	q.sig.op = REQ_PAGE_FREE;
	q.sig.aux = (uint8_t)aux;
	silent_record(&s->s, &q, s->n++);
}

static int begin(void **state)
{
	static struct story s;
	struct err e;

	memset(&s, 0, sizeof(s));
	s.m.max_pfn = 1024;
	s.m.pageblock_order = 9;
	s.m.cpus = 2;
	s.m.zone_count = 1;
	s.m.zones[0].spanned = 1024;
	*state = &s;
	return silent_init(&s.s, &s.early, &s.m, &e);
}

static int end(void **state)
{
	silent_free(&((struct story *)*state)->s);
	early_free(&((struct story *)*state)->early);
	return 0;
}

/* 10 to 14 come with the allocation of 10. */
static void refill(struct story *s)
{
	tell(s, REQ_PAGE_ALLOC, 10, 1, 5);
	for (uint32_t p = 10; p < 15; p++)
		tell(s, OBS_ZONE_LOCKED, p, 1, 0);
}

static void learn_block(struct story *s)
{
	push(s, 20, NO_SLOT, 0);
	tell(s, REQ_PAGE_ALLOC, 20, 9, 0);
}

static void alloc_by(struct story *s, uint32_t pfn, int32_t pid, uint16_t cpu)
{
	struct request q = { .pfn = pfn, .slot = pfn, .pid = pid, .cpu = cpu };

	silent_record(&s->s, &q, s->n++);
}

static void by(struct story *s, int32_t pid, enum request_op op, uint32_t pfn, uint8_t order)
{
	struct request q = { .pfn = pfn, .slot = NO_SLOT, .pid = pid };

	q.sig.op = (uint8_t)op;
	q.sig.order = order;
	silent_record(&s->s, &q, s->n++);
}

static void drain_all(struct story *s, uint32_t pfn, bool goes_on)
{
	struct request q = { .pfn = pfn,
			     .slot = NO_SLOT,
			     .cpu = 1,
			     .pid = 300,
			     .sig = { .op = OBS_PCPU_DRAIN, .aux = DRAIN_ALL, .aux2 = goes_on } };

	silent_record(&s->s, &q, s->n++);
}

/* Where that CPU was at work meanwhile, the page may have come to the list behind the drain. */
static void a_cpu_that_went_on_while_it_was_drained(void **state)
{
	struct story *s = *state;

	refill(s);
	drain_all(s, 14, false);
	alloc_by(s, 80, 250, 0);
	drain_all(s, 13, true);
	alloc_by(s, 90, 300, 1);
	alloc_by(s, 11, 200, 0);
	assert_int_equal(s->early.count, 0);
}

/* What a drain of all lists did not find on another CPU's was taken before, and logged behind it. */
static void what_a_drain_of_all_lists_left(void **state)
{
	struct story *s = *state;
	uint64_t at;

	refill(s);
	at = s->n;
	drain_all(s, 14, false);
	drain_all(s, 13, true);
	drain_all(s, 12, true);
	alloc_by(s, 90, 300, 1);
	alloc_by(s, 11, 200, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 11);
	assert_int_equal(s->early.a[0].to, at);
}

/* All lists of a CPU have one lock: it was taken before the drain came to the first of them. */
static void what_a_drain_of_all_lists_left_on_the_last(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	refill(s);
	by(s, 9, REQ_PAGE_FREE, 40, 1);
	at = s->n;
	drain_all(s, 40, false);
	drain_all(s, 14, true);
	drain_all(s, 13, true);
	drain_all(s, 12, true);
	alloc_by(s, 90, 300, 1);
	alloc_by(s, 11, 200, 0);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 11);
	assert_int_equal(s->early.a[0].to, at);
}

/* Two of them no task has taken without a word, and a CPU that did something may have freed one meanwhile. */
static void what_a_drain_of_all_lists_may_have_missed(void **state)
{
	struct story *s = *state;

	learn_block(s);
	by(s, 9, REQ_PAGE_FREE, 40, 1);
	by(s, 9, REQ_PAGE_FREE, 42, 1);
	drain_all(s, 200, false);
	alloc_by(s, 90, 300, 1);
	by(s, 200, REQ_PAGE_ALLOC, 42, 1);
	drain_all(s, 201, false);
	by(s, 9, REQ_PAGE_FREE, 60, 0);
	drain_all(s, 202, true);
	alloc_by(s, 91, 300, 1);
	by(s, 201, REQ_PAGE_ALLOC, 40, 1);
	assert_int_equal(s->early.count, 0);
}

/* Nor need the CPU that drains do anything behind it. */
static void what_an_idle_cpus_drain_did_not_find(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	by(s, 9, REQ_PAGE_FREE, 40, 1);
	at = s->n;
	drain_all(s, 200, false);
	drain_all(s, 201, true);
	by(s, 200, REQ_PAGE_ALLOC, 40, 1);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].to, at);
}

/* 40 stands alone on a list of CPU 0, and a drain of all lists gave back nothing there: a task has it. */
static void what_a_drain_of_all_lists_did_not_find(void **state)
{
	struct story *s = *state;
	uint64_t at;

	learn_block(s);
	by(s, 9, REQ_PAGE_FREE, 40, 1);
	at = s->n;
	drain_all(s, 200, false);
	alloc_by(s, 90, 300, 1);
	by(s, 200, REQ_PAGE_ALLOC, 40, 1);
	assert_int_equal(s->early.count, 1);
	assert_int_equal(s->early.a[0].q.pfn, 40);
	assert_int_equal(s->early.a[0].to, at);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_cpu_that_went_on_while_it_was_drained),
		T(what_a_drain_of_all_lists_left),
		T(what_a_drain_of_all_lists_left_on_the_last),
		T(what_a_drain_of_all_lists_may_have_missed),
		T(what_an_idle_cpus_drain_did_not_find),
		T(what_a_drain_of_all_lists_did_not_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
