// SPDX-License-Identifier: GPL-2.0-or-later
/* The ledger of pages that were taken without an event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mm/gfp.h"
#include "replay/taken.h"

static void add(struct taken *t, uint64_t number, uint16_t cpu, uint8_t order, uint8_t type)
{
	struct taken_page p = { number, cpu, order, type };

	taken_add(t, &p);
}

/* More than fit at first, said backwards: all are there at the end, in the order of the records. */
static void by_record(void **state)
{
	struct taken t = { 0 };

	(void)state;
	for (uint32_t n = 1000; n--;) {
		add(&t, n, (uint16_t)(n % 2), 0, KMM_MOVABLE);
		taken_gone(&t, n / 2, 5000 - n);
		taken_past(&t, n);
	}
	assert_int_equal(taken_end(&t, 2), 0);
	assert_int_equal(t.count, 1000);
	assert_int_equal(t.gone_count, 1000);
	assert_int_equal(t.past_count, 1000);
	for (uint32_t n = 0; n < 1000; n++) {
		assert_int_equal(t.page[n].number, n);
		assert_int_equal(t.page[n].cpu, n % 2);
		assert_int_equal(t.gone[n].number, n / 2);
	}
	/* Of one record, by frame. */
	assert_int_equal(t.gone[0].pfn, 4999);
	assert_int_equal(t.gone[1].pfn, 5000);
	taken_free(&t);
}

/* A bulk allocation of CPU 1 did not get what it was thought to have: it got the next UNMOVABLE page missing there. */
static void a_mistake_is_made_good_once(void **state)
{
	struct taken t = { 0 };
	struct taken_page wrong = { 10, 1, 0, KMM_UNMOVABLE };

	(void)state;
	taken_mistake(&t, &wrong);
	add(&t, 9, 1, 0, KMM_UNMOVABLE);  /* before it */
	add(&t, 11, 0, 0, KMM_UNMOVABLE); /* another CPU's */
	add(&t, 12, 1, 0, KMM_MOVABLE);	  /* nothing that it asks for */
	add(&t, 13, 1, 1, KMM_UNMOVABLE);
	add(&t, 14, 1, 0, KMM_UNMOVABLE); /* this */
	add(&t, 15, 1, 0, KMM_UNMOVABLE); /* no more than one */
	assert_int_equal(taken_end(&t, 2), 0);
	assert_int_equal(t.count, 5);
	for (uint64_t k = 0; k < t.count; k++)
		assert_int_not_equal(t.page[k].number, 14);
	taken_free(&t);
}

static void nothing(void **state)
{
	struct taken t = { 0 };

	(void)state;
	assert_int_equal(taken_end(&t, 1), 0);
	assert_int_equal(t.count + t.gone_count + t.past_count, 0);
	taken_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_record),
		cmocka_unit_test(a_mistake_is_made_good_once),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
