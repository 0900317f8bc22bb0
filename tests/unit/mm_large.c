// SPDX-License-Identifier: GPL-2.0-or-later
/* Objects that are blocks of pages. */
#include "mm/large.h"

#include "tests/unit/mm_slab_machine.h"

static void test_orders(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 1, 0), 1, 2);

	(void)state;
	for (unsigned order = 0; order <= 6; order++) {
		kmm_addr at = large_alloc(sl, 0, order, GFP_KERNEL, 1);

		assert_true(kmm_slab_frame(sl, at) >= 512);
		assert_int_equal(large_order(sl, at), order);
		assert_int_equal(large_order(sl, at + 4096), -1);
		assert_int_equal(large_order(sl, at + 8), -1);
		assert_false(large_free(sl, 0, at + 4096));
		assert_true(large_free(sl, 0, at));
		assert_false(large_free(sl, 0, at));
	}
	assert_int_equal(large_order(sl, KMM_NULL), -1);
	assert_int_equal(kmm_stats(mm)->bad_frees, 0);
	assert_int_equal(kmm_stats(mm)->allocs, kmm_stats(mm)->frees);
	slab_done(sl);
	kmm_destroy(mm);
}

static void test_no_room(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 1, 0), 1, 1);

	(void)state;
	assert_int_equal(large_alloc(sl, 0, 10, GFP_KERNEL | KMM_GFP_NORETRY, -1), KMM_NULL);
	slab_done(sl);
	kmm_destroy(mm);
}

static void saw_report(void *arg, const struct kmm_cache *s, kmm_addr at, const char *text)
{
	(void)s, (void)at;
	snprintf(arg, 200, "%s", text);
}

/* Objects have addresses: none comes from high memory, whoever asks; to 4.7 none at all. */
static void check_no_highmem(enum kmm_slab_kind kind, unsigned version)
{
	static const struct kmm_slab_observer watch = { .report = saw_report };
	bool fails = version < KMM_VERSION(4, 8, 0);
	struct kmm_config c = config_of(KMM_LINUX_6_1);
	struct kmm_slab_policy p;
	char said[200] = "";
	struct kmm_slab *sl;
	struct kmm *mm;

	config_zone(&c, 0, KMM_ZONE_NORMAL, 0, 512);
	config_zone(&c, 0, KMM_ZONE_HIGHMEM, 512, 512);
	mm = machine_create(&c);
	assert_int_equal(kmm_seed_boot(mm, 0, 512, KMM_MOVABLE), 0);
	assert_int_equal(kmm_seed_boot(mm, 512, 1024, KMM_MOVABLE), 0);
	kmm_slab_policy_init(&p, kind, version);
	sl = slab_create(mm, &p);
	kmm_slab_observe(sl, &watch, said);
	for (size_t size = 10; size < 40000; size *= 3) {
		uint64_t before = kmm_slab_stats(sl)->bad_gfp;
		kmm_addr at = kmm_kmalloc(sl, 0, size, GFP_KERNEL | KMM_GFP_HIGHMEM);

		bool asked = kmm_slab_stats(sl)->bad_gfp > before;

		/* An object that is free already needs no page; no size can have one at first. */
		assert_true(asked || size > 10);
		if (fails && asked)
			assert_int_equal(at, KMM_NULL);
		else
			assert_true(kmm_slab_frame(sl, at) < 512);
		at = kmm_kmalloc(sl, 0, size, GFP_KERNEL);
		assert_true(kmm_slab_frame(sl, at) < 512);
	}
	if (fails)
		assert_string_equal(said, "kernel BUG: gfp: __GFP_HIGHMEM\n");
	else
		assert_string_equal(said, "Unexpected gfp: __GFP_HIGHMEM. Fixing up to gfp: "
					  "GFP_KERNEL. Fix your code!\n");
	slab_done(sl);
	kmm_destroy(mm);
}

static void test_no_highmem(void **state)
{
	(void)state;
	for (unsigned kind = KMM_SLUB; kind <= KMM_SLOB; kind++) {
		check_no_highmem((enum kmm_slab_kind)kind, KMM_VERSION(2, 6, 24));
		check_no_highmem((enum kmm_slab_kind)kind, KMM_VERSION(6, 1, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_no_highmem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
