// SPDX-License-Identifier: GPL-2.0-or-later
/* What returns to SLUB caches: worked examples of where objects and slabs go. */
#include "tests/unit/mm_slab_machine.h"

#define V(a, b) KMM_VERSION(a, b, 0)
#define MOST 400

static kmm_addr at[MOST];

/* Objects of 512 bytes, 8 a slab; the last slab stays the CPU's own. */
static struct kmm_cache *fill(struct kmm_slab *sl, unsigned slabs)
{
	struct kmm_cache *s = slab_cache(sl, "half-kib", 512, 0, KMM_SLAB_NO_MERGE);

	assert_int_equal(slab_figures(s).objs_per_slab, 8);
	for (unsigned i = 0; i < slabs * 8 + 1; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	return s;
}

static void free_slab(struct kmm_cache *s, unsigned slab, unsigned objects)
{
	for (unsigned i = 0; i < objects; i++)
		kmm_kmem_cache_free(s, 0, at[slab * 8 + i]);
}

/* The 14th slab finds the list of 13 full: the whole list goes to the node first (6.1). */
static void test_cpu_partial_limit(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 1, 1);
	struct kmm_cache *s = fill(sl, 14);

	(void)state;
	for (unsigned i = 0; i < 13; i++)
		free_slab(s, i, 1);
	assert_int_equal(slab_figures(s).cpu_partials, 13);
	assert_int_equal(slab_figures(s).partial_slabs, 0);
	free_slab(s, 13, 1);
	assert_int_equal(slab_figures(s).cpu_partials, 1);
	assert_int_equal(slab_figures(s).partial_slabs, 13);
	assert_int_equal(kmm_slab_stats(sl)->cpu_partial_drains, 1);
	slab_done(sl);
	kmm_destroy(mm);
}

/* 5.10 counts free objects, as seen when the slabs came: more than 13 drain. */
static void test_cpu_partial_objects(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(5, 10), 1, 1);
	struct kmm_cache *s = fill(sl, 16);

	(void)state;
	assert_int_equal(slab_figures(s).cpu_partial, 13);
	assert_int_equal(slab_figures(s).cpu_partial_slabs, 0);
	for (unsigned i = 0; i < 14; i++)
		free_slab(s, i, 1);
	assert_int_equal(slab_figures(s).cpu_partials, 14);
	free_slab(s, 14, 1);
	assert_int_equal(slab_figures(s).cpu_partials, 1);
	assert_int_equal(slab_figures(s).partial_slabs, 14);
	slab_done(sl);
	kmm_destroy(mm);
}

/* min_partial (5) empty slabs stay on the node's list; what is empty beyond goes. */
static void test_min_partial(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 1, 1);
	struct kmm_cache *s = fill(sl, 12);

	(void)state;
	assert_int_equal(slab_figures(s).min_partial, 5);
	for (unsigned i = 0; i < 12; i++)
		free_slab(s, i, 8);
	/* All are empty on the CPU's list. */
	assert_int_equal(slab_figures(s).slabs, 13);
	assert_int_equal(slab_figures(s).cpu_partials, 12);
	kmm_slab_flush_cpu(sl, 0);
	/* Five of them stay, and the CPU's slab, deactivated first, is the one before. */
	assert_int_equal(slab_figures(s).partial_slabs, 5);
	assert_int_equal(slab_figures(s).slabs, 5);
	assert_int_equal(kmm_slab_stats(sl)->slabs_gone, 8);
	slab_done(sl);
	kmm_destroy(mm);
}

/* On the node's list a slab that becomes empty goes if five are there. */
static void test_empty_on_node(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 1, 1);
	struct kmm_cache *s = fill(sl, 6);

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		free_slab(s, i, 1);
	kmm_slab_flush_cpu(sl, 0);
	assert_int_equal(slab_figures(s).partial_slabs, 7);
	for (unsigned i = 1; i < 8; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	assert_int_equal(slab_figures(s).partial_slabs, 6);
	for (unsigned i = 1; i < 8; i++)
		kmm_kmem_cache_free(s, 0, at[8 + i]);
	assert_int_equal(slab_figures(s).partial_slabs, 5);
	for (unsigned i = 1; i < 8; i++)
		kmm_kmem_cache_free(s, 0, at[16 + i]);
	assert_int_equal(slab_figures(s).partial_slabs, 4);
	for (unsigned i = 1; i < 8; i++)
		kmm_kmem_cache_free(s, 0, at[24 + i]);
	assert_int_equal(slab_figures(s).partial_slabs, 4);
	slab_done(sl);
	kmm_destroy(mm);
}

/* An object freed by another CPU goes to the slab's own list, which its CPU takes over whole. */
static void test_remote_free(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 2, 1);
	struct kmm_cache *s = slab_cache(sl, "half-kib", 512, 0, KMM_SLAB_NO_MERGE);
	unsigned n = slab_figures(s).objs_per_slab;

	(void)state;
	for (unsigned i = 0; i < n; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	kmm_kmem_cache_free(s, 1, at[2]);
	kmm_kmem_cache_free(s, 1, at[5]);
	assert_int_equal(slab_figures(s).cpu_partials, 0);
	/* A free of the CPU's own comes first, then the remote ones, last first. */
	kmm_kmem_cache_free(s, 0, at[7]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[7]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[5]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[2]);
	assert_int_equal(slab_figures(s).slabs, 1);
	slab_done(sl);
	kmm_destroy(mm);
}

/* The fullest slab comes first after a shrink; the empty ones are gone. */
static void test_shrink(void **state)
{
	static const unsigned freed[] = { 3, 1, 8, 2 };
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 1, 1);
	struct kmm_cache *s = fill(sl, 4);

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		free_slab(s, i, freed[i]);
	kmm_kmem_cache_free(s, 0, at[32]);
	assert_int_equal(kmm_kmem_cache_shrink(s, 0), 1);
	assert_int_equal(slab_figures(s).slabs, 3);
	/*
	 * Slab 1 has one free object, slab 3 two, slab 0 three: in this order they stand.
	 * The CPU takes the first, and the others for its partial list, the last of which
	 * it uses first.
	 */
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[8]);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL) / 4096, at[0] / 4096);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL) / 4096, at[24] / 4096);
	slab_done(sl);
	kmm_destroy(mm);
}

/* A cache without objects shrinks to nothing, and can be destroyed; one with them not. */
static void test_destroy(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 1, 1);
	struct kmm_cache *s = fill(sl, 2);
	uint64_t before = kmm_zone_free_pages(mm, 0) + kmm_pcp_pages(mm, 0, 0);

	(void)state;
	assert_int_equal(kmm_kmem_cache_destroy(s, 0), -EBUSY);
	for (unsigned i = 0; i < 17; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	slab_valid(sl);
	assert_int_equal(kmm_kmem_cache_shrink(s, 0), 0);
	assert_int_equal(kmm_zone_free_pages(mm, 0) + kmm_pcp_pages(mm, 0, 0), before + 3);
	assert_int_equal(kmm_kmem_cache_destroy(s, 0), 0);
	slab_done(sl);
	kmm_destroy(mm);
}

/* Before 3.2 there were no CPU partial lists; before 3.1 an empty slab went at once. */
static void test_2_6(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(2, 6, 32), 1, 1);
	struct kmm_cache *s = fill(sl, 3);

	(void)state;
	free_slab(s, 0, 1);
	free_slab(s, 1, 1);
	assert_int_equal(slab_figures(s).cpu_partials, 0);
	assert_int_equal(slab_figures(s).partial_slabs, 2);
	for (unsigned i = 1; i < 8; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	assert_int_equal(slab_figures(s).slabs, 3);
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_partial_limit),
		cmocka_unit_test(test_cpu_partial_objects),
		cmocka_unit_test(test_min_partial),
		cmocka_unit_test(test_empty_on_node),
		cmocka_unit_test(test_remote_free),
		cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_2_6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
