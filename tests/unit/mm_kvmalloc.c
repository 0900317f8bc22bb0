// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmalloc, and vfree where nothing may sleep. */
#include "mm_machine.h"

#include "mm/kmm_slab.h"
#include "mm/kmm_vmalloc.h"

#define FRAMES 4096u

static kmm_gfp asked;

static void saw_kmalloc(void *arg, unsigned cpu, kmm_addr at, size_t req, size_t got, kmm_gfp gfp,
			int node)
{
	(void)arg;
	(void)cpu;
	(void)at;
	(void)req;
	(void)got;
	(void)node;
	asked = gfp;
}

static struct kmm *machine(enum kmm_generation g)
{
	struct kmm *mm = machine_of(g, FRAMES);

	assert_int_equal(kmm_seed_boot(mm, 0, FRAMES, KMM_MOVABLE), 0);
	return mm;
}

static struct kmm_vmalloc *window(struct kmm *mm, enum kmm_generation g)
{
	struct kmm_vmalloc_config c;

	kmm_vmalloc_config_init(&c, KMM_X86_64, g, 0);
	return kmm_vmalloc_create(mm, &c);
}

static struct kmm_vmalloc_stats stats(const struct kmm_vmalloc *v)
{
	struct kmm_vmalloc_stats s;
	char why[200];

	if (kmm_vmalloc_validate(v, why, sizeof(why)))
		fail_msg("%s", why);
	kmm_vmalloc_stats(v, &s);
	return s;
}

/* kmalloc as long as it has a block; beyond a page without trying hard; then vmalloc. */
static void test_kvmalloc(void **state)
{
	static const struct kmm_slab_observer watch = { .kmalloc = saw_kmalloc };
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_LINUX_6_1);
	struct kmm_slab_policy p;
	struct kmm_slab *sl;
	uint64_t small, large, huge;
	char why[200];

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 1, 0));
	sl = kmm_slab_create(mm, &p, why, sizeof(why));
	assert_true(v && sl);
	kmm_slab_observe(sl, &watch, NULL);
	small = kmm_kvmalloc(v, sl, 0, 100, GFP_KERNEL);
	assert_int_equal(asked, GFP_KERNEL);
	large = kmm_kvmalloc(v, sl, 0, 8192, GFP_KERNEL | KMM_GFP_NOFAIL);
	assert_int_equal(asked, GFP_KERNEL | KMM_GFP_NOWARN | KMM_GFP_NORETRY);
	assert_true(small && large);
	assert_int_equal(stats(v).areas, 0);
	/* 4 MiB is the largest block; 5 need more than one. */
	huge = kmm_kvmalloc(v, sl, 0, 5u << 20, GFP_KERNEL);
	assert_int_equal(stats(v).areas, 1);
	assert_int_equal(stats(v).mapped_pages, 1280);
	assert_int_equal(kmm_kvmalloc(v, sl, 0, UINT64_C(1) << 31, GFP_KERNEL), 0);
	kmm_kvfree(v, sl, 0, huge);
	kmm_kvfree(v, sl, 0, large);
	kmm_kvfree(v, sl, 0, small);
	kmm_kvfree(v, sl, 0, 0);
	assert_int_equal(stats(v).areas, 0);
	assert_int_equal(kmm_slab_stats(sl)->bad_frees + stats(v).bad_frees, 0);
	assert_int_equal(kmm_slab_stats(sl)->allocs, kmm_slab_stats(sl)->frees);
	kmm_slab_destroy(sl);
	kmm_vmalloc_destroy(v);
	machine_done(mm);
}

/* From an interrupt: the pages stay until the worker runs, and then go newest first. */
static void test_vfree_atomic(void **state)
{
	struct kmm *mm = machine(KMM_LINUX_6_1);
	struct kmm_vmalloc *v = window(mm, KMM_LINUX_6_1);
	uint64_t a = kmm_vmalloc(v, 0, 4096), b = kmm_vmalloc(v, 0, 4096), c;
	kmm_pfn first = kmm_vmalloc_to_page(v, a), second = kmm_vmalloc_to_page(v, b);
	struct seen *seen = malloc(sizeof(*seen));

	(void)state;
	assert_non_null(seen);
	kmm_vfree_atomic(v, 1, a);
	kmm_vfree_atomic(v, 1, b);
	assert_true(kmm_vfree_pending(v, 1));
	assert_false(kmm_vfree_pending(v, 0));
	assert_int_equal(stats(v).areas, 2);
	/* It was freed, and cannot be again. */
	kmm_vfree(v, 0, a);
	kmm_vfree_atomic(v, 0, a);
	assert_int_equal(stats(v).bad_frees, 2);
	seen_watch(mm, seen);
	kmm_vfree_work(v, 1);
	assert_int_equal(seen->n, 2);
	assert_int_equal(seen->event[0].pfn, second);
	assert_int_equal(seen->event[1].pfn, first);
	assert_false(kmm_vfree_pending(v, 1));
	assert_int_equal(stats(v).areas, 0);
	assert_int_equal(stats(v).lazy_areas, 2);
	assert_int_equal(stats(v).deferred, 2);
	kmm_vfree_work(v, 1);
	/* What nobody got round to goes with the window. */
	kmm_observe(mm, NULL, NULL);
	c = kmm_vmalloc(v, 0, 4096);
	kmm_vfree_atomic(v, 0, c);
	kmm_vmalloc_destroy(v);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	kmm_drain_pages(mm, 0, 1, KMM_ZONES);
	assert_int_equal(kmm_zone_free_pages(mm, 0), FRAMES);
	machine_done(mm);
	/* 2.6: a bug. */
	mm = machine(KMM_LINUX_2_6);
	v = window(mm, KMM_LINUX_2_6);
	a = kmm_vmalloc(v, 0, 4096);
	kmm_vfree_atomic(v, 0, a);
	assert_int_equal(stats(v).bad_frees, 1);
	assert_int_equal(stats(v).areas, 1);
	kmm_vmalloc_destroy(v);
	machine_done(mm);
	free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kvmalloc),
		cmocka_unit_test(test_vfree_atomic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
