// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges of given frames: free ones taken, movable ones moved, all or nothing. */
#include <errno.h>

#include "mm_machine.h"

#include "mm/kmm_page.h"

struct owner {
	kmm_pfn at[8];
	unsigned n, refuse; /* after so many moves */
};

static bool migrate(void *arg, unsigned cpu, kmm_pfn from, kmm_pfn to)
{
	struct owner *o = arg;

	(void)cpu;
	if (!o->refuse)
		return false;
	o->refuse--;
	for (unsigned i = 0; i < o->n; i++)
		if (o->at[i] == from)
			o->at[i] = to;
	return true;
}

static void test_range(void **state)
{
	static const struct kmm_observer watch = { .migrate_page = migrate };
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 2048);
	struct kmm_pages_config c = { .highmem = KMM_NO_PFN };
	struct owner o = { .refuse = 100 };
	struct kmm_pages *p;
	kmm_pfn start, fixed;
	char why[200];

	(void)state;
	assert_int_equal(kmm_seed_boot(mm, 0, 2048, KMM_MOVABLE), 0);
	p = kmm_pages_create(mm, &c);
	kmm_observe(mm, &watch, &o);
	/* Movable pages stand at the beginning of the zone's first block. */
	for (o.n = 0; o.n < 8; o.n++)
		o.at[o.n] = kmm_alloc_pages(mm, 0, GFP_USER_MOVABLE, 0);
	start = o.at[0] & ~511u;
	assert_int_equal(kmm_alloc_contig_range(p, 0, start, start + 512), 0);
	assert_int_equal(kmm_pages_stats(p)->contig_moved, 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_true(o.at[i] < start || o.at[i] >= start + 512);
		assert_int_equal(kmm_frame_state(mm, o.at[i]), KMM_FRAME_USED);
	}
	for (kmm_pfn i = start; i < start + 512; i++)
		assert_int_equal(kmm_page_count(p, i), 1);
	assert_int_equal(kmm_alloc_contig_range(p, 0, start, start + 1), -EBUSY);
	check_valid(mm);
	kmm_free_contig_range(p, 0, start, 512);
	/* An owner that keeps its page: everything is as it was. */
	start = o.at[0] & ~511u;
	o.refuse = 3;
	assert_int_equal(kmm_alloc_contig_range(p, 0, start, start + 512), -EBUSY);
	check_valid(mm);
	assert_int_equal(kmm_pages_stats(p)->contig_failed, 2);
	o.refuse = 100;
	/* An unmovable page sends the search elsewhere. */
	fixed = kmm_alloc_pages(mm, 0, GFP_KERNEL, 0);
	start = kmm_alloc_contig_pages(p, 0, 300, 256);
	assert_true(start != KMM_NO_PFN && start % 256 == 0);
	assert_true(fixed < start || fixed >= start + 300);
	kmm_free_contig_range(p, 0, start, 300);
	assert_int_equal(kmm_alloc_contig_pages(p, 0, 2048, 1), KMM_NO_PFN);
	assert_int_equal(kmm_alloc_contig_range(p, 0, 5, 5), -EINVAL);
	if (kmm_pages_validate(p, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_pages_destroy(p);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_range) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
