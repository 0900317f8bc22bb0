// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a free drained its list: nothing else of its task comes between the two [free_unref_page_commit(), 6.12]. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/simulated_inside.h"

static struct request record(enum request_op op, uint16_t cpu, int32_t pid)
{
	struct request q = { .cpu = cpu, .pid = pid };

	q.sig.op = (uint8_t)op;
	q.sig.aux = op == OBS_PCPU_DRAIN ? DRAIN_FREE : 0;
	return q;
}

static void test_its_own_drain(void **state)
{
	struct request q[] = { record(REQ_PAGE_FREE, 0, 1), record(REQ_PAGE_ALLOC, 1, 2),
			       record(OBS_PCPU_DRAIN, 0, 1) };

	(void)state;
	assert_int_equal(simulated_free_drains(q, 3), 1);
	assert_int_equal(simulated_free_drains(q, 2), -1); /* it may come yet */
	q[2].sig.aux = DRAIN_SOME;
	assert_int_equal(simulated_free_drains(q, 3), 0);
}

/* The once-a-second work drains the list later; the task itself goes on, here or there, without a drain. */
static void test_another_task_drains(void **state)
{
	struct request q[] = { record(REQ_PAGE_FREE, 0, 1), record(OBS_PCPU_DRAIN, 0, 9),
			       record(REQ_PAGE_FREE, 1, 1) };

	(void)state;
	q[1].sig.aux = DRAIN_SOME;
	assert_int_equal(simulated_free_drains(q, 3), 0);
	assert_int_equal(simulated_free_drains(q, 2), -1);
}

/* It lost the CPU before it came to its list: that is of another length by then. */
static void test_it_drains_later(void **state)
{
	struct request q[] = { record(REQ_PAGE_FREE, 0, 1), record(REQ_PAGE_ALLOC, 0, 2),
			       record(OBS_PCPU_DRAIN, 0, 1) };

	(void)state;
	assert_int_equal(simulated_free_drains(q, 3), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_its_own_drain),
		cmocka_unit_test(test_another_task_drains),
		cmocka_unit_test(test_it_drains_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
