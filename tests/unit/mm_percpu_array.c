// SPDX-License-Identifier: GPL-2.0-or-later
/* Per-CPU memory of 2.6: arrays of pointers, and the area with its reserve for modules. */
#include "tests/unit/mm_slab_machine.h"

#include "mm/kmm_percpu.h"

#define AREA 32768

static struct kmm_slab *allocator(struct kmm *mm)
{
	struct kmm_slab_policy p;

	kmm_slab_policy_init(&p, KMM_SLAB, KMM_VERSION(2, 6, 24));
	return slab_create(mm, &p);
}

/* An object for each CPU in lines of its own, and one for the array. */
static void test_arrays(void **state)
{
	struct kmm *mm = slab_machine(KMM_LINUX_2_6, 1024, 2, 1);
	struct kmm_slab *sl = allocator(mm);
	struct kmm_percpu_array *p = kmm_percpu_array_create(mm, sl, 20000, AREA);
	uint64_t before = kmm_slab_stats(sl)->allocs, a, b;

	(void)state;
	assert_non_null(p);
	a = kmm_percpu_array_alloc(p, 0, 8, GFP_KERNEL);
	assert_int_equal(kmm_slab_stats(sl)->allocs - before, 3);
	b = kmm_percpu_array_alloc(p, 1, 100, GFP_KERNEL);
	assert_true(a != KMM_NO_PTR && b != KMM_NO_PTR && a != b);
	assert_int_equal(kmm_ksize(sl, kmm_percpu_array_ptr(p, a, 0)), 64);
	assert_int_equal(kmm_ksize(sl, kmm_percpu_array_ptr(p, b, 1)), 128);
	assert_int_equal(kmm_ksize(sl, a), 64); /* two words, rounded up to a line */
	assert_true(kmm_percpu_array_ptr(p, a, 0) != kmm_percpu_array_ptr(p, a, 1));
	assert_int_equal(kmm_percpu_array_ptr(p, a, 2), 0);
	kmm_percpu_array_free(p, 1, a);
	assert_int_equal(kmm_percpu_array_ptr(p, a, 0), 0);
	kmm_percpu_array_free(p, 1, a);
	kmm_percpu_array_free(p, 1, KMM_NO_PTR);
	assert_int_equal(kmm_percpu_array_bad_frees(p), 1);
	assert_int_equal(kmm_slab_stats(sl)->frees, 3);
	assert_int_equal(kmm_percpu_array_alloc(p, 0, 0, GFP_KERNEL), KMM_NO_PTR);
	kmm_percpu_array_destroy(p);
	assert_int_equal(kmm_slab_stats(sl)->frees, 6);
	assert_int_equal(kmm_slab_stats(sl)->bad_frees, 0);
	slab_done(sl);
	kmm_destroy(mm);
}

/* Each copy is of the CPU's node. */
static void test_nodes(void **state)
{
	struct kmm *mm = slab_machine(KMM_LINUX_2_6, 1024, 4, 2);
	struct kmm_slab *sl = allocator(mm);
	struct kmm_percpu_array *p = kmm_percpu_array_create(mm, sl, 20000, AREA);
	uint64_t a = kmm_percpu_array_alloc(p, 0, 256, GFP_KERNEL);

	(void)state;
	for (unsigned cpu = 0; cpu < 4; cpu++) {
		kmm_pfn pfn = kmm_slab_frame(sl, kmm_percpu_array_ptr(p, a, cpu));
		const struct kmm_config *c = kmm_configuration(mm);

		assert_int_equal(c->zone[kmm_zone_of(mm, pfn)].node, c->cpu_node[cpu]);
	}
	kmm_percpu_array_destroy(p);
	slab_done(sl);
	kmm_destroy(mm);
}

/* 32 KiB in all: what the kernel declares, then modules by first fit. */
static void test_area(void **state)
{
	struct kmm *mm = slab_machine(KMM_LINUX_2_6, 1024, 2, 1);
	struct kmm_slab *sl = allocator(mm);
	struct kmm_percpu_array *p = kmm_percpu_array_create(mm, sl, 20001, AREA);
	uint64_t a, b, c;

	(void)state;
	assert_int_equal(kmm_percpu_array_define(p, 10, 1), 0);
	assert_int_equal(kmm_percpu_array_define(p, 8, 8), 16);
	assert_int_equal(kmm_percpu_array_define(p, 20000, 1), KMM_NO_PTR);
	a = kmm_percpu_modalloc(p, 100, 32);
	assert_int_equal(a, 20032);
	/* What the alignment left is used by who needs none. */
	assert_int_equal(kmm_percpu_modalloc(p, 31, 1), 20001);
	b = kmm_percpu_modalloc(p, 200, 4);
	assert_int_equal(b, 20132);
	c = kmm_percpu_modalloc(p, 50, 1);
	assert_int_equal(c, 20332);
	kmm_percpu_modfree(p, a);
	kmm_percpu_modfree(p, b);
	assert_int_equal(kmm_percpu_modalloc(p, 300, 64), 20032); /* the two holes joined */
	kmm_percpu_modfree(p, 20033);
	assert_int_equal(kmm_percpu_array_bad_frees(p), 1);
	assert_int_equal(kmm_percpu_modalloc(p, 12500, 1), KMM_NO_PTR);
	kmm_percpu_modfree(p, c);
	kmm_percpu_modfree(p, 20032);
	kmm_percpu_modfree(p, 20001);
	assert_int_equal(kmm_percpu_modalloc(p, AREA - 20001, 1), 20001);
	kmm_percpu_array_destroy(p);
	assert_null(kmm_percpu_array_create(mm, sl, 40000, AREA));
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_area),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
