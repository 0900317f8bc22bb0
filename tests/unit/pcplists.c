// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of the pages on the CPUs' lists in the reconstruction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/pcplists.h"

static struct machine machine = { .zone_count = 1,
				  .zones[0] = { .spanned = 1024, .managed = 1024 },
				  .max_pfn = 1024,
				  .cpus = 2,
				  .orders = 11,
				  .pageblock_order = 9 };

static void start(struct freeset *s, struct pcplists *l)
{
	assert_int_equal(freeset_init(s, &machine), 0);
	assert_int_equal(pcplists_init(l, s), 0);
}

static void stop(struct freeset *s, struct pcplists *l)
{
	pcplists_free(l);
	freeset_free(s);
}

static void add(struct pcplists *l, uint32_t pfn, unsigned order, unsigned cpu, bool tail)
{
	for (uint32_t i = 0; i < 1u << order; i++)
		l->set->f[pfn + i] = (struct frame){ .state = FRAME_PCP,
						     .order = NOT_HEAD,
						     .cpu = (uint16_t)cpu };
	pcplists_add(l, pfn, order, tail);
}

static void leave(struct pcplists *l, uint32_t pfn)
{
	pcplists_leave(l, pfn);
	l->set->f[pfn].state = FRAME_USED;
}

static void check(const struct pcplists *l, unsigned cpu, const uint32_t *want, unsigned n)
{
	uint32_t at = KMM_NO_PFN;

	for (unsigned i = 0; i < n; i++) {
		at = pcplists_next(l, 0, cpu, at);
		assert_int_equal(at, want[i]);
	}
	assert_int_equal(pcplists_next(l, 0, cpu, at), KMM_NO_PFN);
}

#define CHECK(l, cpu, ...)                                                  \
	do {                                                                \
		const uint32_t want_[] = { __VA_ARGS__ };                   \
		check((l), (cpu), want_, sizeof(want_) / sizeof(want_[0])); \
	} while (0)

/* What is freed comes first, what a refill brings last; each CPU has its own. */
static void test_order(void **state)
{
	struct freeset s = { 0 };
	struct pcplists l;

	(void)state;
	start(&s, &l);
	check(&l, 0, NULL, 0);
	add(&l, 8, 0, 0, true);
	add(&l, 9, 0, 0, true);
	add(&l, 3, 0, 0, false);
	add(&l, 4, 0, 1, false);
	CHECK(&l, 0, 3, 8, 9);
	CHECK(&l, 1, 4);
	stop(&s, &l);
}

/* From the head, the tail and between; the last one leaves an empty list. */
static void test_leave(void **state)
{
	struct freeset s = { 0 };
	struct pcplists l;

	(void)state;
	start(&s, &l);
	for (uint32_t p = 0; p < 4; p++)
		add(&l, p, 0, 0, true);
	leave(&l, 1);
	CHECK(&l, 0, 0, 2, 3);
	leave(&l, 3);
	CHECK(&l, 0, 0, 2);
	leave(&l, 0);
	leave(&l, 2);
	check(&l, 0, NULL, 0);
	add(&l, 7, 0, 0, false);
	CHECK(&l, 0, 7);
	stop(&s, &l);
}

/* A page in the middle of a block takes the whole block off, once. */
static void test_part_of_a_block(void **state)
{
	struct freeset s = { 0 };
	struct pcplists l;

	(void)state;
	start(&s, &l);
	add(&l, 16, 3, 0, true);
	add(&l, 32, 0, 0, true);
	leave(&l, 21);
	CHECK(&l, 0, 32);
	leave(&l, 16);
	leave(&l, 22);
	CHECK(&l, 0, 32);
	stop(&s, &l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_part_of_a_block),
	};

	return cmocka_run_group_tests_name("pcplists", tests, NULL, NULL);
}
