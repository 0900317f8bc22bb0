// SPDX-License-Identifier: GPL-2.0-or-later
/* Of pages that several CPUs drained at one time, when the refills to come took them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/leaving.h"

static uint64_t number;

static void record(struct leaving *l, enum request_op op, uint64_t time, uint16_t cpu, uint32_t pfn,
		   unsigned order)
{
	struct request q = { .time = time,
			     .cpu = cpu,
			     .pfn = pfn,
			     .slot = NO_SLOT,
			     .sig = { .op = (uint8_t)op, .order = (uint8_t)order } };

	leaving_record(l, &q, number++);
}

static int set_up(void **state)
{
	static struct leaving l;

	number = 0;
	*state = &l;
	return leaving_init(&l);
}

static int tear_down(void **state)
{
	leaving_free(*state);
	return 0;
}

static void the_last_one_in_is_the_first_out(void **state)
{
	struct leaving *l = *state;

	record(l, OBS_PCPU_DRAIN, 10, 0, 100, 0);
	record(l, OBS_PCPU_DRAIN, 10, 0, 101, 0);
	record(l, OBS_PCPU_DRAIN, 10, 1, 200, 0);
	record(l, OBS_ZONE_LOCKED, 20, 1, 101, 0);
	record(l, OBS_ZONE_LOCKED, 21, 0, 200, 0);
	assert_int_equal(l->count, 3);
	assert_true(leaving_compare(l, 1, 2) < 0);
	assert_true(leaving_compare(l, 2, 1) > 0);
	assert_int_equal(leaving_compare(l, 0, 2), 0); /* still there */
}

/* Refills that share a time themselves tell no more than the order of each CPU's. */
static void refills_of_one_time_tell_nothing(void **state)
{
	struct leaving *l = *state;

	record(l, OBS_PCPU_DRAIN, 10, 0, 100, 0);
	record(l, OBS_PCPU_DRAIN, 10, 1, 200, 0);
	record(l, OBS_PCPU_DRAIN, 10, 1, 201, 0);
	record(l, OBS_ZONE_LOCKED, 20, 0, 100, 0);
	record(l, OBS_ZONE_LOCKED, 20, 1, 200, 0);
	record(l, OBS_ZONE_LOCKED, 20, 1, 201, 0);
	assert_int_equal(leaving_compare(l, 0, 1), 0);
	assert_true(leaving_compare(l, 1, 2) < 0);
}

static void one_cpu_needs_none_of_it(void **state)
{
	struct leaving *l = *state;

	record(l, OBS_PCPU_DRAIN, 10, 0, 100, 0);
	record(l, OBS_PCPU_DRAIN, 10, 0, 101, 0);
	record(l, OBS_PCPU_DRAIN, 11, 1, 200, 0);
	record(l, OBS_ZONE_LOCKED, 20, 0, 100, 0);
	assert_int_equal(l->count, 0);
}

/* A page that has become part of a larger block, or was drained again, left in no order of its own. */
static void what_merged_tells_nothing(void **state)
{
	struct leaving *l = *state;

	record(l, OBS_PCPU_DRAIN, 10, 0, 100, 0);
	record(l, OBS_PCPU_DRAIN, 10, 1, 202, 0);
	record(l, OBS_PCPU_DRAIN, 10, 1, 300, 0);
	record(l, OBS_ZONE_LOCKED, 20, 0, 100, 1);
	record(l, OBS_ZONE_LOCKED, 21, 0, 200, 2);
	record(l, OBS_ZONE_LOCKED, 22, 0, 300, 0);
	assert_int_equal(l->pages[0].taken, 0);
	assert_int_equal(l->pages[1].taken, 0);
	assert_int_equal(l->pages[2].taken, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_last_one_in_is_the_first_out, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(refills_of_one_time_tell_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_cpu_needs_none_of_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_merged_tells_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("leaving", tests, NULL, NULL);
}
