// SPDX-License-Identifier: GPL-2.0-or-later
/* A machine of two CPUs whose lists hold more than their lowest limit, over some seconds. */
#include "mm_machine.h"

#include "replay/vmstat.h"

#define MS 1000000ull

static struct kmm *machine_with_full_lists(enum kmm_generation g)
{
	struct kmm_config c = config_of(g);
	struct kmm_zone_config *z = config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 32768);
	struct kmm *mm;

	z->pcp_batch = 10;
	z->pcp_high = z->pcp_high_min = 100;
	z->pcp_high_max = 4000;
	mm = machine_create(&c);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		kmm_seed_pcp_high(mm, cpu, 0, 800);
		for (kmm_pfn p = 0; p < 790; p++)
			assert_int_equal(kmm_seed_pcp(mm, cpu, 1000 * cpu + p, 0, KMM_MOVABLE), 0);
	}
	return mm;
}

static void test_full_seconds_lower_the_limit(void **state)
{
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);
	struct vmstat v = { .soonest = 0 };

	(void)state;
	vmstat_pass(&v, mm, 5100 * MS, false);
	assert_int_equal(v.soonest, 5988 * MS); /* CPU 1, three ticks of 4 ms before CPU 0 */
	vmstat_pass(&v, mm, 5990 * MS, false);
	assert_int_equal(kmm_pcp_pages(mm, 0, 1), 700); /* 800 - 800 / 8 */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 790);
	assert_int_equal(v.soonest, 6000 * MS);
	vmstat_pass(&v, mm, 7500 * MS, false); /* CPU 0 twice, CPU 1 once more */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 613);
	assert_int_equal(kmm_pcp_pages(mm, 0, 1), 613);
	machine_done(mm);
}

/* Where the kernel's own drains are in the trace only the limit moves. */
static void test_seen_drains_are_left_to_the_trace(void **state)
{
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);
	struct vmstat v = { .soonest = 0 };

	(void)state;
	vmstat_pass(&v, mm, 100 * MS, true);
	vmstat_pass(&v, mm, 1000 * MS, true);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 790);
	/* The next free finds more than 700. */
	kmm_free_pages(mm, 0, 5000, 0);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 781); /* a batch went */
	machine_done(mm);
}

/* A clock that jumps costs no more than the decay takes, at the end of time too. */
static void test_jumps_of_the_clock(void **state)
{
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);
	struct vmstat v = { .soonest = 0 };

	(void)state;
	vmstat_pass(&v, mm, 100 * MS, false);
	vmstat_pass(&v, mm, UINT64_MAX / 2, false);
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 100);
	vmstat_pass(&v, mm, UINT64_MAX, false);
	vmstat_pass(&v, mm, UINT64_MAX, false);
	assert_int_equal(kmm_pcp_pages(mm, 0, 1), 100);
	machine_done(mm);
}

static void test_nothing_before_6_7(void **state)
{
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_1);
	struct vmstat v = { .soonest = 0 };

	(void)state;
	vmstat_pass(&v, mm, 100 * MS, false);
	assert_true(v.soonest == UINT64_MAX);
	machine_done(mm);
}

static void see(struct vmstat_seen *v, uint64_t ms, uint16_t cpu, uint8_t cause, uint8_t more)
{
	struct request q = { .time = ms * 1000000,
			     .cpu = cpu,
			     .sig = { .op = OBS_PCPU_DRAIN, .aux = cause, .aux2 = more } };

	vmstat_see(v, &q);
}

/* Times of the work on two machines: 6.12 in a virtual machine, and 6.18. */
static void test_middle(void **state)
{
	struct vmstat_seen v = { .count = 0 };

	(void)state;
	see(&v, 16131, 1, DRAIN_SOME, 0); /* 12 ms before the first CPU's turn */
	see(&v, 17153, 0, DRAIN_SOME, 0);
	see(&v, 17157, 1, DRAIN_SOME, 0);
	assert_int_equal(vmstat_phase(&v), 153000000);
}

/* Around the end of a second. */
static void test_circle(void **state)
{
	struct vmstat_seen v = { .count = 0 };

	(void)state;
	see(&v, 1722992, 0, DRAIN_SOME, 0);
	see(&v, 1728004, 0, DRAIN_SOME, 0);
	see(&v, 1736976, 0, DRAIN_SOME, 0);
	assert_int_equal(vmstat_phase(&v), 992000000);
}

static void test_others(void **state)
{
	struct vmstat_seen v = { .count = 0 };

	(void)state;
	see(&v, 1500, 0, DRAIN_FREE, 0);
	see(&v, 1500, 0, DRAIN_SOME, 1); /* goes on with one */
	assert_int_equal(v.count, 0);
	assert_int_equal(vmstat_phase(&v), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_seconds_lower_the_limit),
		cmocka_unit_test(test_seen_drains_are_left_to_the_trace),
		cmocka_unit_test(test_jumps_of_the_clock),
		cmocka_unit_test(test_nothing_before_6_7),
		cmocka_unit_test(test_middle),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
