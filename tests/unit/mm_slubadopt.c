// SPDX-License-Identifier: GPL-2.0-or-later
/* Slabs that a machine starts with serve as if the model itself had filled them. */
#include "tests/unit/mm_slab_machine.h"

#define V(a, b) KMM_VERSION(a, b, 0)
#define U KMM_OBJECT_USED
#define F KMM_OBJECT_FREE
#define C KMM_OBJECT_CPU_FREE

static struct kmm_slab *start(struct kmm **mm, struct kmm_cache **s)
{
	struct kmm_slab *sl = slab_of_version(mm, KMM_SLUB, V(6, 1), 2, 1);

	*s = slab_cache(sl, "kib", 1024, 0, KMM_SLAB_NO_MERGE);
	/* Two CPUs of 6.1 want 4 * (2 + 1) = 12 objects, so 16 KiB; 16 fit. */
	assert_int_equal(slab_figures(*s).order, 2);
	assert_int_equal(slab_figures(*s).objs_per_slab, 16);
	return sl;
}

static kmm_pfn block(struct kmm *mm)
{
	kmm_pfn pfn = kmm_alloc_pages(mm, 0, GFP_KERNEL, 2);

	assert_true(pfn != KMM_NO_PFN);
	return pfn;
}

static int adopt(struct kmm_cache *s, kmm_pfn pfn, enum kmm_slab_place place, unsigned cpu,
		 const uint8_t *object)
{
	struct kmm_slab_start a = { pfn, 2, 16, place, cpu, object };

	return kmm_kmem_cache_adopt(s, &a);
}

/* The CPU's own free objects first, then what others freed into its slab, its partial list, the node's. */
static void test_sources(void **state)
{
	const uint8_t cpu[16] = { U, C, U, F, C, U, U, U, U, U, U, U, U, U, U, U };
	const uint8_t part[16] = { F, F, U, U, U, U, U, U, U, U, U, U, U, U, U, U };
	const uint8_t one[16] = { U, U, U, U, U, F, U, U, U, U, U, U, U, U, U, U };
	const uint8_t full[16] = { U };
	struct kmm *mm;
	struct kmm_cache *s;
	struct kmm_slab *sl = start(&mm, &s);
	kmm_pfn a = block(mm), b = block(mm), c = block(mm), d = block(mm), e = block(mm);
	kmm_addr at, want[7];

	(void)state;
	assert_int_equal(adopt(s, a, KMM_SLAB_CPU, 0, cpu), 0);
	assert_int_equal(adopt(s, b, KMM_SLAB_CPU_PARTIAL, 0, one), 0);
	assert_int_equal(adopt(s, c, KMM_SLAB_CPU_PARTIAL, 0, one), 0);
	assert_int_equal(adopt(s, d, KMM_SLAB_PARTIAL, 0, part), 0);
	assert_int_equal(adopt(s, e, KMM_SLAB_FULL, 0, full), 0);
	slab_valid(sl);
	assert_int_equal(slab_figures(s).slabs, 5);
	assert_int_equal(slab_figures(s).in_use, 13 + 15 + 15 + 14 + 16);
	want[0] = kmm_slab_address(sl, a) + 1 * 1024;
	want[1] = kmm_slab_address(sl, a) + 4 * 1024;
	want[2] = kmm_slab_address(sl, a) + 3 * 1024;
	want[3] = kmm_slab_address(sl, b) + 5 * 1024;
	want[4] = kmm_slab_address(sl, c) + 5 * 1024;
	want[5] = kmm_slab_address(sl, d);
	want[6] = kmm_slab_address(sl, d) + 1024;
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), want[i]);
	assert_int_equal(kmm_slab_stats(sl)->slabs_made, 0);
	/* All are full now; an object that was never given out by the model can be freed. */
	at = kmm_slab_address(sl, e) + 7 * 1024;
	assert_true(kmm_slab_in_use(sl, at));
	assert_false(kmm_slab_in_use(sl, at + 8));
	kmm_kmem_cache_free(s, 0, at);
	assert_false(kmm_slab_in_use(sl, at));
	assert_int_equal(slab_figures(s).cpu_partials, 1);
	slab_valid(sl);
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at);
	slab_valid(sl);
	kmm_slab_destroy(sl);
	kmm_destroy(mm);
}

/* Emptied on a node's list of min_partial (5) slabs or more: its block is free again. */
static void test_goes(void **state)
{
	const uint8_t one[16] = { F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, U };
	struct kmm *mm;
	struct kmm_cache *s;
	struct kmm_slab *sl = start(&mm, &s);
	kmm_pfn pfn[6];

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		pfn[i] = block(mm);
		assert_int_equal(adopt(s, pfn[i], KMM_SLAB_PARTIAL, 0, one), 0);
	}
	kmm_kmem_cache_free(s, 0, kmm_slab_address(sl, pfn[2]) + 15 * 1024);
	assert_int_equal(kmm_slab_stats(sl)->slabs_gone, 1);
	assert_int_not_equal(kmm_frame_state(mm, pfn[2]), KMM_FRAME_USED);
	kmm_kmem_cache_free(s, 0, kmm_slab_address(sl, pfn[3]) + 15 * 1024);
	assert_int_equal(kmm_slab_stats(sl)->slabs_gone, 2);
	/* Four are left, fewer than min_partial: the empty one stays. */
	kmm_kmem_cache_free(s, 0, kmm_slab_address(sl, pfn[4]) + 15 * 1024);
	assert_int_equal(kmm_slab_stats(sl)->slabs_gone, 2);
	slab_valid(sl);
	kmm_slab_destroy(sl);
	kmm_destroy(mm);
}

static void test_refused(void **state)
{
	const uint8_t used[16] = { U }, part[16] = { F }, cpu[16] = { C };
	struct kmm *mm;
	struct kmm_cache *s;
	struct kmm_slab *sl = start(&mm, &s);
	kmm_pfn pfn = block(mm), gone = block(mm);
	struct kmm_slab_start odd = { pfn, 1, 16, KMM_SLAB_FULL, 0, used };

	(void)state;
	assert_int_equal(kmm_kmem_cache_adopt(s, &odd), -EINVAL);
	assert_int_equal(adopt(s, pfn + 1, KMM_SLAB_FULL, 0, used), -EINVAL);
	assert_int_equal(adopt(s, pfn, KMM_SLAB_FULL, 0, part), -EINVAL);
	assert_int_equal(adopt(s, pfn, KMM_SLAB_PARTIAL, 0, used), -EINVAL);
	assert_int_equal(adopt(s, pfn, KMM_SLAB_PARTIAL, 0, cpu), -EINVAL);
	assert_int_equal(adopt(s, pfn, KMM_SLAB_CPU, 2, cpu), -EINVAL);
	assert_int_equal(adopt(s, 1u << 30, KMM_SLAB_FULL, 0, used), -EINVAL);
	kmm_free_pages(mm, 0, gone, 2);
	assert_int_equal(adopt(s, gone, KMM_SLAB_FULL, 0, used), -EBUSY);
	assert_int_equal(adopt(s, pfn, KMM_SLAB_CPU, 1, cpu), 0);
	assert_int_equal(adopt(s, pfn, KMM_SLAB_FULL, 0, used), -EBUSY);
	assert_int_equal(adopt(s, block(mm), KMM_SLAB_CPU, 1, cpu), -EINVAL);
	slab_valid(sl);
	kmm_slab_destroy(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_goes),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
