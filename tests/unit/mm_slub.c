// SPDX-License-Identifier: GPL-2.0-or-later
/* Allocation from SLUB caches: worked examples of where each object comes from. */
#include "tests/unit/mm_slab_machine.h"

#define V(a, b) KMM_VERSION(a, b, 0)

/* 512 bytes on one CPU of 6.1: 8 in a page (4 * (1 + 1) are wanted). */
static struct kmm_cache *cache_512(struct kmm_slab *sl)
{
	struct kmm_cache *s = slab_cache(sl, "half-kib", 512, 0, KMM_SLAB_NO_MERGE);

	assert_int_equal(slab_figures(s).objs_per_slab, 8);
	assert_int_equal(slab_figures(s).order, 0);
	return s;
}

/* A new slab gives its objects in address order; what is freed to it comes next (LIFO). */
static void test_order(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 1, 1);
	struct kmm_cache *s = cache_512(sl);
	kmm_addr first = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[8];

	(void)state;
	assert_int_equal(first % 4096, 0);
	for (unsigned i = 1; i < 8; i++) {
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
		assert_int_equal(at[i], first + i * 512);
	}
	kmm_kmem_cache_free(s, 0, at[3]);
	kmm_kmem_cache_free(s, 0, at[6]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[6]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[3]);
	assert_int_equal(slab_figures(s).slabs, 1);
	assert_int_equal(slab_figures(s).in_use, 8);
	slab_done(sl);
	kmm_destroy(mm);
}

/* The CPU's slab is used up, then its partial list from the newest, then the node's head. */
static void test_sources(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 1, 1);
	struct kmm_cache *s = cache_512(sl);
	kmm_addr at[33];

	(void)state;
	for (unsigned i = 0; i < 33; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	/* Slabs 0 to 3 are full, 4 is the CPU's: two objects of slab 1, then one of slab 2. */
	kmm_kmem_cache_free(s, 0, at[9]);
	kmm_kmem_cache_free(s, 0, at[12]);
	kmm_kmem_cache_free(s, 0, at[16]);
	assert_int_equal(slab_figures(s).cpu_partials, 2);
	for (unsigned i = 1; i < 8; i++)
		assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[32] + i * 512);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[16]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[12]);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[9]);
	assert_int_equal(slab_figures(s).slabs, 5);
	slab_valid(sl);
	kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	assert_int_equal(slab_figures(s).slabs, 6);
	slab_done(sl);
	kmm_destroy(mm);
}

/*
 * From the node's list come, beside the CPU's slab, as many for its partial list
 * as make more than half the limit: 52 objects by 8 are 13 slabs (2 * 52 / 8),
 * so 7 are moved (6.1).
 */
static void test_node_to_cpu_partial(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 1, 1);
	struct kmm_cache *s = cache_512(sl);
	kmm_addr at[20 * 8];

	(void)state;
	assert_int_equal(slab_figures(s).cpu_partial, 52);
	assert_int_equal(slab_figures(s).cpu_partial_slabs, 13);
	for (unsigned i = 0; i < 20 * 8; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	for (unsigned i = 0; i < 20; i++)
		kmm_kmem_cache_free(s, 0, at[i * 8]);
	kmm_slab_flush_cpu(sl, 0);
	assert_int_equal(slab_figures(s).partial_slabs, 20);
	kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	assert_int_equal(slab_figures(s).cpu_partials, 7);
	assert_int_equal(slab_figures(s).partial_slabs, 12);
	slab_done(sl);
	kmm_destroy(mm);
}

/* Memory of the node that was asked for, whatever the CPU has in hand. */
static void test_nodes(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, V(6, 1), 2, 2);
	struct kmm_cache *s = slab_cache(sl, "any", 200, 0, 0);
	kmm_addr here = kmm_kmem_cache_alloc_node(s, 0, GFP_KERNEL, 0), there;

	(void)state;
	assert_true(kmm_slab_frame(sl, here) < 512);
	there = kmm_kmem_cache_alloc_node(s, 0, GFP_KERNEL, 1);
	assert_true(kmm_slab_frame(sl, there) >= 512);
	/* The first slab left the CPU for its node's list. */
	assert_int_equal(slab_figures(s).partial_slabs, 1);
	assert_int_equal(slab_figures(s).cpu_slabs, 1);
	/* No such node: any. */
	assert_int_not_equal(kmm_kmem_cache_alloc_node(s, 0, GFP_KERNEL, 7), KMM_NULL);
	slab_done(sl);
	kmm_destroy(mm);
}

/* Two more objects, a slab of them: whose node it is. */
static unsigned node_of_slab(struct kmm_slab *sl, struct kmm_cache *s, kmm_pfn half)
{
	kmm_addr at = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);

	assert_int_not_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), KMM_NULL);
	return kmm_slab_frame(sl, at) >= half;
}

/*
 * remote_node_defrag_ratio: 1001 of 1024 times another node is asked, and gives if it has more
 * than min_partial slabs: of 2048 bytes 5, half of log2.
 */
static void test_remote_node(void **state)
{
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 8192, 2, 2);
	struct kmm_slab_policy p;
	struct kmm_cache *s;
	struct kmm_slab *sl;
	kmm_addr there[16];

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, V(6, 1));
	p.slub_max_order = 0;
	p.cpu_partial = false;
	sl = slab_create(mm, &p);
	s = slab_cache(sl, "halves", 2048, 0, KMM_SLAB_NO_MERGE);
	assert_int_equal(slab_figures(s).min_partial, 5);
	for (unsigned i = 0; i < 16; i++)
		there[i] = kmm_kmem_cache_alloc(s, 1, GFP_KERNEL);
	for (unsigned i = 0; i < 10; i += 2)
		kmm_kmem_cache_free(s, 1, there[i]);
	assert_int_equal(slab_figures(s).partial_slabs, 5);
	/* CPU 1 asked for its 8 slabs: the clock stands there. */
	for (unsigned n = 8; n <= 1000; n++)
		assert_int_equal(node_of_slab(sl, s, 4096), 0);
	kmm_kmem_cache_free(s, 1, there[10]);
	for (unsigned n = 1001; n < 1024; n++)
		assert_int_equal(node_of_slab(sl, s, 4096), 0);
	assert_int_equal(slab_figures(s).partial_slabs, 6);
	assert_true(kmm_slab_frame(sl, kmm_kmem_cache_alloc(s, 0, GFP_KERNEL)) >= 4096);
	slab_done(sl);
	kmm_destroy(mm);
}

/*
 * No room at the order it likes: a slab of the least order, with fewer objects.
 * 1500 bytes like order 3 with 8 CPUs (32768 / 1500 = 21); the least is 0, with 2.
 */
static void test_fallback_order(void **state)
{
	struct kmm_slab_policy p;
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 64, 8, 1);
	struct kmm_slab *sl;
	struct kmm_cache *s;
	kmm_pfn page[64];
	unsigned pages = 0;

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, V(6, 1));
	sl = slab_create(mm, &p);
	s = slab_cache(sl, "large", 1504, 0, 0);
	assert_int_equal(slab_figures(s).order, 3);
	assert_int_equal(slab_figures(s).objs_per_slab, 21);
	assert_int_equal(slab_figures(s).min_objs_per_slab, 2);
	while ((page[pages] = kmm_alloc_pages(mm, 0, GFP_KERNEL, 0)) != KMM_NO_PFN)
		pages++;
	/* Every second frame is free: no two are together. */
	for (unsigned i = 0; i < pages; i++)
		if (page[i] % 2)
			kmm_free_pages(mm, 0, page[i], 0);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	assert_int_not_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), KMM_NULL);
	assert_int_equal(kmm_slab_stats(sl)->fallback_orders, 1);
	assert_int_equal(slab_figures(s).objects, 2);
	slab_done(sl);
	kmm_destroy(mm);
}

/* With randomisation each slab is a permutation, the same for the same seed. */
static void test_random(void **state)
{
	kmm_addr seen[2][16];

	(void)state;
	for (unsigned run = 0; run < 2; run++) {
		struct kmm_slab_policy p;
		struct kmm *mm = slab_machine(KMM_LINUX_6_1, 256, 1, 1);
		struct kmm_slab *sl;
		struct kmm_cache *s;
		uint32_t slots = 0;
		bool sorted = true;

		kmm_slab_policy_init(&p, KMM_SLUB, V(6, 1));
		p.freelist_random = true;
		p.seed = 99;
		sl = slab_create(mm, &p);
		s = slab_cache(sl, "random", 256, 0, KMM_SLAB_NO_MERGE);
		assert_int_equal(slab_figures(s).objs_per_slab, 16);
		for (unsigned i = 0; i < 16; i++) {
			seen[run][i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
			slots |= 1u << seen[run][i] % 4096 / 256;
			sorted &= !i || seen[run][i] > seen[run][i - 1];
		}
		assert_int_equal(slots, 0xffff);
		assert_false(sorted);
		slab_done(sl);
		kmm_destroy(mm);
	}
	assert_memory_equal(seen[0], seen[1], sizeof(seen[0]));
}

/* Nothing left: KMM_NULL, counted, and the cache is as it was. */
static void test_exhausted(void **state)
{
	struct kmm_slab_policy p;
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 32, 1, 1);
	struct kmm_slab *sl;
	struct kmm_cache *s;
	unsigned n = 0;

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, V(6, 1));
	sl = slab_create(mm, &p);
	s = slab_cache(sl, "pages", 4096, 0, 0);
	while (kmm_kmem_cache_alloc(s, 0, GFP_KERNEL) != KMM_NULL)
		n++;
	assert_in_range(n, 24, 32);
	assert_int_equal(kmm_slab_stats(sl)->failed, 1);
	assert_int_equal(slab_figures(s).in_use, n);
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_node_to_cpu_partial),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_remote_node),
		cmocka_unit_test(test_fallback_order),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_exhausted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
