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

/* 250 ticks a second, jiffy 0 at the trace's second 4: then CPU 0's turns are 32, 24, 16 and 8 ms behind a second. */
static struct machine ticks = { .jiffies = { .hz = 250, .at = 4000 * MS } };

static void test_full_seconds_lower_the_limit(void **state)
{
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);
	struct vmstat v = { .m = &ticks };

	(void)state;
	vmstat_pass(&v, mm, 3500 * MS, false);
	assert_int_equal(v.soonest, 4000 * MS); /* CPU 1: set for 3988 */
	vmstat_pass(&v, mm, 4001 * MS, false);
	assert_int_equal(kmm_pcp_pages(mm, 0, 1), 700); /* 800 - 800 / 8 */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 790);
	assert_int_equal(v.soonest, 4032 * MS);
	vmstat_pass(&v, mm, 5023 * MS, false); /* CPU 0 once, CPU 1 at 4992 */
	assert_int_equal(kmm_pcp_pages(mm, 0, 0), 700);
	assert_int_equal(kmm_pcp_pages(mm, 0, 1), 613);
	assert_int_equal(v.soonest, 5024 * MS);
	machine_done(mm);
}

/* Turns of eight seconds, from before jiffy 0 on, by hand. */
static void test_turns(void **state)
{
	static const uint64_t first[] = { 2016, 3008, 4032, 5024, 6016, 7008, 8032 };
	static const uint64_t second[] = { 2016, 3008, 4000, 4992, 6016, 7008, 8000 };
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);

	(void)state;
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++) {
		struct vmstat v = { .m = &ticks };

		vmstat_pass(&v, mm, (first[i] - 200) * MS, true);
		assert_int_equal(v.next[0], first[i] * MS);
		assert_int_equal(v.next[1], second[i] * MS);
	}
	machine_done(mm);
}

/* With 1000 ticks a second the timer stands on the next level: multiples of 64 ticks. */
static void test_fast_ticks(void **state)
{
	static struct machine fast = { .jiffies = { .hz = 1000, .at = 4000 * MS, .count = 64000 } };
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);
	struct vmstat v = { .m = &fast };

	(void)state;
	vmstat_pass(&v, mm, 3900 * MS, true);
	assert_int_equal(v.next[0], 4064 * MS); /* 64000 + 64 */
	assert_int_equal(v.next[1], 4000 * MS); /* set for 63997 */
	vmstat_pass(&v, mm, 4900 * MS, true);
	assert_int_equal(v.next[0], 5024 * MS); /* 65024 = 1016 * 64, the first past 65000 */
	machine_done(mm);
}

/* Work that was seen late is done when it was seen; its next turn is the timer's again. */
static void test_late_work(void **state)
{
	struct machine_turn turns[] = { { 4100 * MS, 0 }, { 4110 * MS, 1 }, { 9000 * MS, 0 } };
	struct machine m = ticks;
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);
	struct vmstat v = { .m = &m };

	(void)state;
	m.turns = turns;
	m.turn_count = 3;
	vmstat_pass(&v, mm, 3900 * MS, true);
	assert_int_equal(v.next[0], 4100 * MS);
	assert_int_equal(v.next[1], 4110 * MS);
	vmstat_pass(&v, mm, 4200 * MS, true);
	assert_int_equal(v.next[0], 5024 * MS);
	assert_int_equal(v.next[1], 4992 * MS);
	machine_done(mm);
}

/* Where the kernel's own drains are in the trace only the limit moves. */
static void test_seen_drains_are_left_to_the_trace(void **state)
{
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);
	struct vmstat v = { .m = &ticks };

	(void)state;
	vmstat_pass(&v, mm, 100 * MS, true);
	vmstat_pass(&v, mm, 1030 * MS, true);
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
	struct vmstat v = { .m = &ticks };

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
	struct vmstat v = { .m = &ticks };

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

/* The next turn of a CPU after `ms`, in ms, as the drains that were seen have it. */
static uint64_t next_turn(struct vmstat_seen *seen, struct machine *m, uint64_t ms, unsigned cpu)
{
	struct kmm *mm = machine_with_full_lists(KMM_LINUX_6_18);
	struct vmstat v = { .m = m };

	assert_int_equal(vmstat_settle(seen, m), 0);
	free(m->turns);
	m->turns = NULL;
	m->turn_count = 0;
	vmstat_pass(&v, mm, ms * MS, true);
	machine_done(mm);
	return v.next[cpu] / MS;
}

/* Times of the work in a virtual machine of 6.12: in the 17th second both CPUs have the same tick. */
static void test_fit_6_12(void **state)
{
	struct vmstat_seen v = { .count = 0 };
	struct machine m = { .cpus = 2 };

	(void)state;
	see(&v, 16131, 1, DRAIN_SOME, 0);
	see(&v, 17153, 0, DRAIN_SOME, 0);
	see(&v, 17157, 1, DRAIN_SOME, 0); /* a tick late */
	assert_in_range(next_turn(&v, &m, 18000, 0), 18141, 18145);
}

/* And on a machine of 6.18, some of them a tick late: the next one was seen at 1740973. */
static void test_fit_6_18(void **state)
{
	struct vmstat_seen v = { .count = 0 };
	struct machine m = { .cpus = 2 };

	(void)state;
	see(&v, 1722993, 0, DRAIN_SOME, 0);
	see(&v, 1727981, 0, DRAIN_SOME, 0);
	see(&v, 1735985, 0, DRAIN_SOME, 0);
	see(&v, 1736977, 0, DRAIN_SOME, 0);
	see(&v, 1737969, 0, DRAIN_SOME, 0);
	see(&v, 1738989, 0, DRAIN_SOME, 0);
	see(&v, 1739981, 0, DRAIN_SOME, 0);
	assert_in_range(next_turn(&v, &m, 1740500, 0), 1740970, 1740973);
}

/* The recorder's marks: the one that came soonest behind its clock counts. */
static void test_marks(void **state)
{
	struct vmstat_seen v = { .count = 0 };
	struct machine m = { .cpus = 2,
			     .jiffies = { .hz = 250,
					  .count = 4294907021,
					  .mono_ns = 58900000000,
					  .marked_ns = { 58870346549, 58901606639 },
					  .marked = 2 } };

	(void)state;
	vmstat_mark(&v, &m.jiffies, 58860346549);
	vmstat_mark(&v, &m.jiffies, 58881606639);
	vmstat_mark(&v, &m.jiffies, 1); /* of another snapshot */
	assert_int_equal(vmstat_settle(&v, &m), 0);
	assert_int_equal(m.jiffies.at, 58880000000);
	assert_int_equal(m.jiffies.count, 4294907021);
}

static void test_others(void **state)
{
	struct vmstat_seen v = { .count = 0 };

	(void)state;
	see(&v, 1500, 0, DRAIN_FREE, 0);
	see(&v, 1500, 0, DRAIN_SOME, 1); /* goes on with one */
	assert_int_equal(v.count, 0);
	vmstat_seen_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_seconds_lower_the_limit),
		cmocka_unit_test(test_seen_drains_are_left_to_the_trace),
		cmocka_unit_test(test_jumps_of_the_clock),
		cmocka_unit_test(test_nothing_before_6_7),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_fast_ticks),
		cmocka_unit_test(test_late_work),
		cmocka_unit_test(test_fit_6_12),
		cmocka_unit_test(test_fit_6_18),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
