// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames in dispute, and such as moved while the snapshot was read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/disputes.h"

/* The snapshot has 8 frames free that the reconstruction has on a CPU's list. */
static uint64_t disputed(bool reading, enum request_op op, uint8_t flags, uint32_t pfn)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct machine_list list = { .cpu = -1, .order = 3, .count = 1 };
	uint32_t pfns[] = { 64 };
	struct machine_state s = {
		.have_lists = true, .lists = &list, .list_count = 1, .list_pfns = pfns
	};
	struct request q = { .pfn = 64,
			     .slot = NO_SLOT,
			     .sig = { .op = REQ_PAGE_FREE, .order = 3 } };
	struct disputes x = { .known = false };
	struct recorded *r;
	struct err e;
	uint64_t pages;

	assert_non_null(m);
	m->zone_count = m->cpus = 1;
	m->zones[0].spanned = m->zones[0].managed = m->max_pfn = 4096;
	m->orders = 11;
	m->pageblock_order = 9;
	m->kernel_major = 6;
	m->kernel_minor = 1;
	r = recorded_new(m, &e);
	assert_non_null(r);
	recorded_apply(r, &q);
	if (reading)
		assert_int_equal(disputes_reading(&x, m), 0);
	q.pfn = pfn;
	q.sig.op = (uint8_t)op;
	q.sig.flags = flags;
	disputes_record(&x, m, &q);
	assert_int_equal(disputes_find(&x, r, m, &s, &e), 0);
	assert_true(x.known);
	pages = x.pages;
	disputes_free(&x);
	recorded_free(r);
	free(m);
	return pages;
}

static void test_moved(void **state)
{
	(void)state;
	assert_int_equal(disputed(true, OBS_ZONE_LOCKED, 0, 64), 0);
	assert_int_equal(disputed(true, OBS_PCPU_DRAIN, 0, 64), 0);
	assert_int_equal(disputed(true, REQ_PAGE_FREE, REQ_DIRECT, 64), 0);
}

/* It moved before, or another did, or it went to a list. */
static void test_not_moved(void **state)
{
	(void)state;
	assert_int_equal(disputed(false, OBS_ZONE_LOCKED, 0, 64), 8);
	assert_int_equal(disputed(true, OBS_ZONE_LOCKED, 0, 128), 8);
	assert_int_equal(disputed(true, REQ_PAGE_FREE, 0, 64), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_not_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
