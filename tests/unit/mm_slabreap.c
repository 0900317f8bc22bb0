// SPDX-License-Identifier: GPL-2.0-or-later
/* How SLAB's memory goes back: worked examples of the reaper, and the end of caches (2.6.24). */
#include "tests/unit/mm_slab256.h"

/*
 * The reaper lets an array that was used alone for a round, then takes a fifth of
 * its limit: 24.
 */
static void test_reaper(void **state)
{
	struct kmm_cache *s = begin(1, 1);

	(void)state;
	take(s, 240);
	for (unsigned i = 0; i < 100; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	kmm_slab_reap(sl, 0);
	assert_int_equal(slab_figures(s).active_objects, 240);
	kmm_slab_reap(sl, 0);
	assert_int_equal(slab_figures(s).active_objects, 216);
	kmm_slab_reap(sl, 0);
	assert_int_equal(slab_figures(s).active_objects, 192);
	/* 52 are left: 24, 24, then half of the last 4, and so on until none is. */
	for (unsigned i = 0; i < 8; i++)
		kmm_slab_reap(sl, 0);
	assert_int_equal(slab_figures(s).active_objects, 140);
	end();
}

/* Free slabs that nobody needed since the last time go, every second round. */
static void test_reaper_slabs(void **state)
{
	struct kmm_cache *s = begin(1, 1);

	(void)state;
	take(s, 75);
	for (unsigned i = 0; i < 75; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	kmm_slab_flush_cpu(sl, 0);
	assert_int_equal(slab_figures(s).slabs, 5);
	assert_int_equal(slab_figures(s).active_slabs, 0);
	/* The free list was used: spared once; then ceil(135 / (5 * 15)) = 2 go each time. */
	kmm_slab_reap(sl, 0);
	assert_int_equal(slab_figures(s).slabs, 5);
	kmm_slab_reap(sl, 0);
	kmm_slab_reap(sl, 0);
	assert_int_equal(slab_figures(s).slabs, 3);
	kmm_slab_reap(sl, 0);
	assert_int_equal(slab_figures(s).slabs, 3);
	kmm_slab_reap(sl, 0);
	assert_int_equal(slab_figures(s).slabs, 1);
	end();
}

/* With objects out a cache stays; without them it goes. */
static void test_destroy(void **state)
{
	struct kmm_cache *s;

	(void)state;
	begin(1, 1);
	s = slab_cache(sl, "mine", 300, 0, 0);
	take(s, 1);
	assert_int_equal(kmm_kmem_cache_destroy(s, 0), -EBUSY);
	kmm_kmem_cache_free(s, 0, at[0]);
	assert_int_equal(kmm_kmem_cache_destroy(s, 0), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reaper),
		cmocka_unit_test(test_reaper_slabs),
		cmocka_unit_test(test_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
