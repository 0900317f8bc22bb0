// SPDX-License-Identifier: GPL-2.0-or-later
/* A snapshot that was read while pages moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/reading.h"

static struct machine *m;

/* Two zones; the file has 7 single pages in the first, and 2 blocks of order 1 in the second. */
static int set_up(void **state)
{
	(void)state;
	m = calloc(1, sizeof(*m));
	assert_non_null(m);
	m->zone_count = 2;
	m->orders = 11;
	m->have_after = true;
	m->after.have_buddyinfo = true;
	m->after.nr_free[0][0] = 7;
	m->after.nr_free[1][1] = 2;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(m);
	return 0;
}

static struct view *state_of(uint32_t first, uint32_t second)
{
	struct view *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	v->zones = 2;
	v->nr_free[0][KMM_MOVABLE][0] = first;
	v->nr_free[1][KMM_MOVABLE][1] = second;
	return v;
}

static void see(struct reading *r, struct view *at, uint32_t first, uint32_t second)
{
	struct view *v = state_of(first, second);

	reading_see(r, v, at);
	free(v);
}

/* The zones are read one after the other: each has its own instant. */
static void test_instants(void **state)
{
	struct view *at = state_of(5, 2);
	struct reading r;

	(void)state;
	reading_begin(&r, m, false, at);
	assert_int_equal(r.zone[0].differ, 2);
	assert_int_equal(r.zone[1].differ, 0);
	assert_true(reading_goes_on(&r));
	see(&r, at, 6, 3);
	see(&r, at, 7, 4);
	assert_false(reading_goes_on(&r));
	assert_int_equal(r.zone[0].after, 2);
	assert_int_equal(r.zone[1].after, 0);
	assert_int_equal(at->nr_free[0][KMM_MOVABLE][0], 7);
	assert_int_equal(at->nr_free[1][KMM_MOVABLE][1], 2);
	free(at);
}

/* None is the file's: the nearest is taken, and the difference stays. */
static void test_nearest(void **state)
{
	struct view *at = state_of(3, 2);
	struct reading r;

	(void)state;
	reading_begin(&r, m, false, at);
	see(&r, at, 6, 2);
	see(&r, at, 2, 2);
	see(&r, at, 8, 2);
	assert_true(reading_goes_on(&r));
	assert_int_equal(r.zone[0].differ, 1);
	assert_int_equal(r.zone[0].after, 1);
	reading_end(&r);
	assert_false(reading_goes_on(&r));
	free(at);
}

/* pagetypeinfo: what is cut off in the file says nothing. */
static void test_types(void **state)
{
	struct view *at = state_of(5, 2);
	struct reading r;

	(void)state;
	m->after.have_pagetypeinfo = true;
	m->after.nr_free_type[0][KMM_UNMOVABLE][0] = 5;
	m->after.nr_free_type[1][KMM_MOVABLE][1] = 1;
	m->after.nr_free_type_cut[1][KMM_MOVABLE][1] = true;
	reading_begin(&r, m, true, at);
	assert_int_equal(r.zone[0].differ, 10);
	assert_int_equal(r.zone[1].differ, 0);
	free(at);
}

static void test_no_file(void **state)
{
	struct view *at = state_of(5, 2);
	struct reading r;

	(void)state;
	m->have_after = false;
	reading_begin(&r, m, false, at);
	assert_false(reading_goes_on(&r));
	free(at);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_instants),
		T(test_nearest),
		T(test_types),
		T(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
