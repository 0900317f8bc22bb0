// SPDX-License-Identifier: GPL-2.0-or-later
/* A slab's pages: with which flags they are asked for, and when they go back. */
#include "tests/unit/mm_slab_machine.h"

struct asked {
	kmm_gfp gfp[64];
	unsigned order[64], n, frees;
};

static void saw_alloc(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order, kmm_gfp gfp,
		      unsigned type)
{
	struct asked *a = arg;

	(void)cpu;
	(void)pfn;
	(void)type;
	a->gfp[a->n % 64] = gfp;
	a->order[a->n++ % 64] = order;
}

static void saw_free(void *arg, unsigned cpu, kmm_pfn pfn, unsigned order)
{
	struct asked *a = arg;

	(void)cpu;
	(void)pfn;
	(void)order;
	a->frees++;
}

static const struct kmm_observer pages = { .mm_page_alloc = saw_alloc, .mm_page_free = saw_free };

#define CALLER (GFP_KERNEL | KMM_GFP_ZERO | KMM_GFP_ACCOUNT | KMM_GFP_NOFAIL)

/*
 * SLUB 6.1, as the trace shows it: NOWARN and NORETRY, neither ZERO nor ACCOUNT nor
 * NOFAIL; COMP from order 1 on, and above the least order no reclaim at all.
 */
static void test_slub_flags(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 1, 0), 8, 1);
	struct kmm_cache *small, *large;
	struct asked a = { .n = 0 };

	(void)state;
	small = slab_cache(sl, "small", 64, 0, KMM_SLAB_RECLAIM_ACCOUNT | KMM_SLAB_NO_MERGE);
	large = slab_cache(sl, "large", 1024, 0, KMM_SLAB_NO_MERGE);
	assert_int_equal(slab_figures(small).order, 0);
	/* 4 * (bits of 8 + 1) = 20 objects are wanted: 20 KiB */
	assert_int_equal(slab_figures(large).order, 3);
	kmm_observe(mm, &pages, &a);
	kmm_kmem_cache_alloc(small, 0, CALLER);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.order[0], 0);
	assert_int_equal(a.gfp[0],
			 GFP_KERNEL | KMM_GFP_NOWARN | KMM_GFP_NORETRY | KMM_GFP_RECLAIMABLE);
	kmm_kmem_cache_alloc(large, 0, CALLER);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.order[1], 3);
	assert_int_equal(a.gfp[1], KMM_GFP_IO | KMM_GFP_FS | KMM_GFP_NOWARN | KMM_GFP_NORETRY |
					   KMM_GFP_NOMEMALLOC | KMM_GFP_COMP);
	slab_done(sl);
	kmm_destroy(mm);
}

/* SLAB asks this node with the caller's flags. */
static void test_slab_flags(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLAB, KMM_VERSION(2, 6, 24), 1, 1);
	struct kmm_cache *s = slab_cache(sl, "s", 64, 0, KMM_SLAB_CACHE_DMA32);
	struct asked a = { .n = 0 };

	(void)state;
	kmm_observe(mm, &pages, &a);
	kmm_kmem_cache_alloc(s, 0, GFP_KERNEL | KMM_GFP_ZERO);
	assert_int_equal(a.gfp[0], GFP_KERNEL | KMM_GFP_THISNODE | KMM_GFP_DMA32);
	slab_done(sl);
	kmm_destroy(mm);
}

/* An RCU cache's pages wait, if that is asked for; the objects are no slab's meanwhile. */
static void test_grace_period(void **state)
{
	struct kmm_slab_policy p;
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 256, 1, 1);
	struct kmm_slab *sl;
	struct kmm_cache *s;
	struct asked a = { .n = 0 };

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 1, 0));
	p.rcu_delay = true;
	sl = slab_create(mm, &p);
	s = slab_cache(sl, "rcu", 256, 0, KMM_SLAB_TYPESAFE_BY_RCU);
	kmm_observe(mm, &pages, &a);
	kmm_kmem_cache_free(s, 0, kmm_kmem_cache_alloc(s, 0, GFP_KERNEL));
	kmm_kmem_cache_shrink(s, 0);
	slab_valid(sl);
	assert_int_equal(slab_figures(s).slabs, 0);
	assert_int_equal(a.frees, 0);
	kmm_slab_grace_period(sl, 0);
	assert_int_equal(a.frees, 1);
	slab_done(sl);
	kmm_destroy(mm);
}

/* Records are used again: many slabs come and go in the same memory. */
static void test_records(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 1, 0), 1, 1);
	struct kmm_cache *s = slab_cache(sl, "s", 1024, 0, KMM_SLAB_NO_MERGE);
	size_t memory = 0;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		kmm_addr at[40];

		for (unsigned i = 0; i < 40; i++)
			at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
		if (!round)
			memory = kmm_slab_memory(sl);
		for (unsigned i = 0; i < 40; i++)
			kmm_kmem_cache_free(s, 0, at[i]);
		kmm_kmem_cache_shrink(s, 0);
	}
	assert_int_equal(kmm_slab_memory(sl), memory);
	assert_true(kmm_slab_stats(sl)->slabs_made >= 250);
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slub_flags),
		cmocka_unit_test(test_slab_flags),
		cmocka_unit_test(test_grace_period),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
