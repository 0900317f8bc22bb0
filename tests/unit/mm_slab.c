// SPDX-License-Identifier: GPL-2.0-or-later
/* SLAB: worked examples of its arrays, lists and reaper (2.6.24). */
#include "tests/unit/mm_slab256.h"

/*
 * The first request makes a slab and fills the idle array with 15 of its objects
 * (16 would be the most), of which the last comes out first.
 */
static void test_first(void **state)
{
	struct kmm_cache *s = begin(1, 1);
	struct kmm_cache_figures f;

	(void)state;
	take(s, 1);
	f = slab_figures(s);
	assert_int_equal(f.slabs, 1);
	assert_int_equal(f.active_objects, 15);
	assert_int_equal(f.in_use, 1);
	/* 48 + 15 * 4 bytes of management, aligned to 64; objects of 256: the 15th. */
	assert_int_equal(at[0] % 4096, 128 + 14 * 256);
	kmm_kmem_cache_free(s, 0, at[0]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[0]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[0] - 256);
	end();
}

/*
 * Freeing the 121st object into a full array moves the oldest 60 out: to the slabs
 * on one CPU, to the shared array on two.
 */
static void test_flush(void **state)
{
	(void)state;
	for (unsigned cpus = 1; cpus <= 2; cpus++) {
		struct kmm_cache *s = begin(cpus, 1);
		struct kmm_cache_figures f;

		take(s, 240);
		assert_int_equal(slab_figures(s).slabs, 16);
		for (unsigned i = 0; i < 120; i++)
			kmm_kmem_cache_free(s, 0, at[i]);
		assert_int_equal(kmm_slab_stats(sl)->array_flushes, 0);
		kmm_kmem_cache_free(s, 0, at[120]);
		assert_int_equal(kmm_slab_stats(sl)->array_flushes, 1);
		f = slab_figures(s);
		assert_int_equal(f.in_use, 119);
		assert_int_equal(f.active_objects, cpus == 1 ? 180 : 240);
		/* The newest is the next. */
		assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[120]);
		end();
	}
}

/* Another CPU refills from the shared array, from its top: what came last is first. */
static void test_shared(void **state)
{
	struct kmm_cache *s = begin(2, 1);

	(void)state;
	take(s, 240);
	for (unsigned i = 0; i < 121; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 1, GFP_KERNEL), at[59]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 1, GFP_KERNEL), at[58]);
	end();
}

/* Beyond free_limit, (1 + CPUs) * batchcount + objects, an empty slab goes at once. */
static void test_free_limit(void **state)
{
	struct kmm_cache *s = begin(1, 1);
	struct kmm_cache_figures f;

	(void)state;
	take(s, 600);
	assert_int_equal(slab_figures(s).slabs, 40);
	for (unsigned i = 0; i < 600; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	f = slab_figures(s);
	/* (1 + 1) * 60 + 15 free objects are kept, and what the array holds. */
	assert_true(f.objects - f.active_objects <= 135);
	assert_int_equal(f.in_use, 0);
	assert_true(kmm_slab_stats(sl)->slabs_gone > 20);
	end();
}

/* An object of another node waits in an array of 12; the 13th sends them home. */
static void test_alien(void **state)
{
	struct kmm_cache *s = begin(2, 2);
	kmm_addr far[13];

	(void)state;
	for (unsigned i = 0; i < 13; i++) {
		far[i] = kmm_kmem_cache_alloc_node(s, 0, GFP_KERNEL, 1);
		assert_true(kmm_slab_frame(sl, far[i]) >= 512);
	}
	for (unsigned i = 0; i < 12; i++)
		kmm_kmem_cache_free(s, 0, far[i]);
	assert_int_equal(kmm_slab_stats(sl)->alien_frees, 12);
	/* CPU 1's node has a shared array: there they go, and CPU 1 takes from its top. */
	kmm_kmem_cache_free(s, 0, far[12]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 1, GFP_KERNEL), far[11]);
	end();
}

/* A descriptor off the slab is an object of a cache of its own. */
static void test_descriptor(void **state)
{
	struct kmm_cache *s = begin(1, 1), *big = kmm_kmalloc_slab(sl, 512, 0, 0), *small;

	(void)state;
	/* 48 + 8 * 4 bytes: of size-128, as there is no size-96 with lines of 64. */
	assert_true(slab_figures(big).off_slab);
	small = kmm_kmalloc_slab(sl, 80, 0, 0);
	assert_string_equal(kmm_kmem_cache_name(small), "size-128");
	at[0] = kmm_kmem_cache_alloc(big, 0, GFP_KERNEL);
	assert_int_equal(slab_figures(small).in_use, 1);
	kmm_kmem_cache_free(big, 0, at[0]);
	assert_int_equal(kmm_kmem_cache_shrink(big, 0), 0);
	assert_int_equal(slab_figures(small).in_use, 0);
	(void)s;
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),  cmocka_unit_test(test_flush),
		cmocka_unit_test(test_shared), cmocka_unit_test(test_free_limit),
		cmocka_unit_test(test_alien),  cmocka_unit_test(test_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
