// SPDX-License-Identifier: GPL-2.0-or-later
/* Caches as such: what is refused, which ones are one, and what bad frees do. */
#include "tests/unit/mm_slab_machine.h"

static struct kmm *mm;
static struct kmm_slab *sl;

static void begin(unsigned version)
{
	sl = slab_of_version(&mm, KMM_SLUB, version, 2, 1);
}

static void end(void)
{
	slab_done(sl);
	kmm_destroy(mm);
}

static void test_refused(void **state)
{
	static const struct kmm_cache_args bad[] = {
		{ .object_size = 8 },
		{ .name = "", .object_size = 8 },
		{ .name = "none" },
		{ .name = "huge", .object_size = UINT32_MAX },
		{ .name = "align", .object_size = 8, .align = 24 },
		{ .name = "flags", .object_size = 8, .flags = 1u << 31 },
		{ .name = "kmalloc", .object_size = 8, .flags = KMM_SLAB_KMALLOC },
		/* 4 MiB and red zones: no slab has room. */
		{ .name = "over", .object_size = 4 << 20, .flags = KMM_SLAB_RED_ZONE },
	};
	char why[200];

	(void)state;
	begin(KMM_VERSION(6, 1, 0));
	assert_int_equal(kmm_kmem_cache_destroy(kmm_kmalloc_slab(sl, 64, 0, 0), 0), -EBUSY);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_null(kmm_kmem_cache_create(sl, &bad[i], why, sizeof(why)));
		assert_true(strlen(why) > 10);
	}
	end();
}

static void constructor(void *arg, kmm_addr at, void *bytes)
{
	(void)at;
	assert_null(bytes);
	++*(unsigned *)arg;
}

/*
 * Alike: sizes that come to the same within a word, and the same accounting
 * flags.  Never: constructors, RCU, usercopy regions, other alignments.
 */
static void test_merging(void **state)
{
	struct kmm_cache *s, *t;
	unsigned constructed = 0;
	struct kmm_cache_args a = {
		.name = "ctor", .object_size = 128, .ctor = constructor, .ctor_arg = &constructed
	};
	char why[200];

	(void)state;
	begin(KMM_VERSION(6, 1, 0));
	s = slab_cache(sl, "first", 120, 0, 0);
	assert_ptr_equal(slab_cache(sl, "same", 117, 0, 0), s);
	assert_int_equal(slab_figures(s).aliases, 1);
	assert_ptr_not_equal(slab_cache(sl, "smaller", 112, 0, 0), s);
	assert_ptr_not_equal(slab_cache(sl, "accounted", 120, 0, KMM_SLAB_ACCOUNT), s);
	assert_ptr_not_equal(slab_cache(sl, "rcu", 120, 0, KMM_SLAB_TYPESAFE_BY_RCU), s);
	assert_ptr_not_equal(slab_cache(sl, "alone", 120, 0, KMM_SLAB_NO_MERGE), s);
	/* 120 is no multiple of 16. */
	assert_ptr_not_equal(slab_cache(sl, "aligned", 120, 16, 0), s);
	t = kmm_kmem_cache_create(sl, &a, why, sizeof(why));
	assert_ptr_not_equal(t, NULL);
	assert_string_equal(kmm_kmem_cache_name(t), "ctor");
	/* Each object of the slab is constructed when that is made, not when it is given. */
	kmm_kmem_cache_alloc(t, 0, GFP_KERNEL);
	assert_int_equal(constructed, slab_figures(t).objs_per_slab);
	kmm_kmem_cache_alloc(t, 0, GFP_KERNEL);
	assert_int_equal(constructed, slab_figures(t).objs_per_slab);
	/* The larger object decides what sysfs says. */
	assert_ptr_equal(slab_cache(sl, "larger", 120, 8, 0), s);
	assert_int_equal(kmm_kmem_cache_destroy(s, 0), 0);
	assert_int_equal(kmm_kmem_cache_destroy(s, 0), 0);
	assert_string_equal(kmm_kmem_cache_name(s), "first");
	end();
}

/* kmalloc caches have usercopy regions: none joins them since 4.16, as one did before. */
static void test_merging_with_kmalloc(void **state)
{
	(void)state;
	begin(KMM_VERSION(6, 1, 0));
	assert_string_equal(kmm_kmem_cache_name(slab_cache(sl, "mine", 64, 0, 0)), "mine");
	end();
	begin(KMM_VERSION(4, 9, 0));
	assert_string_equal(kmm_kmem_cache_name(slab_cache(sl, "mine", 64, 0, 0)), "kmalloc-64");
	end();
}

struct reports {
	unsigned n;
	char text[200];
};

static void report(void *arg, const struct kmm_cache *s, kmm_addr at, const char *text)
{
	struct reports *r = arg;

	(void)s;
	(void)at;
	r->n++;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

static void test_bad_frees(void **state)
{
	static const struct kmm_slab_observer o = { .report = report };
	struct reports r = { 0 };
	struct kmm_cache *s, *t;
	kmm_addr at;

	(void)state;
	begin(KMM_VERSION(6, 1, 0));
	kmm_slab_observe(sl, &o, &r);
	s = slab_cache(sl, "mine", 100, 0, KMM_SLAB_NO_MERGE);
	t = slab_cache(sl, "yours", 100, 0, KMM_SLAB_NO_MERGE);
	at = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	kmm_kmem_cache_free(t, 0, at);
	assert_non_null(strstr(r.text, "Wrong slab cache"));
	kmm_kmem_cache_free(s, 0, at + 8);
	assert_non_null(strstr(r.text, "Invalid object pointer"));
	kmm_kmem_cache_free(s, 7, at);
	assert_non_null(strstr(r.text, "Free on no CPU"));
	kmm_kmem_cache_free(s, 0, at);
	kmm_kmem_cache_free(s, 0, at);
	assert_non_null(strstr(r.text, "Object already free"));
	kmm_kfree(sl, 0, 12345678);
	assert_non_null(strstr(r.text, "outside of slab"));
	assert_int_equal(r.n, 5);
	assert_int_equal(kmm_slab_stats(sl)->bad_frees, 5);
	assert_int_equal(kmm_slab_stats(sl)->frees, 1);
	assert_int_equal(kmm_kmem_cache_alloc(s, 9, GFP_KERNEL), KMM_NULL);
	end();
}

/* All or nothing. */
static void test_bulk(void **state)
{
	struct kmm_slab_policy p;
	struct kmm_cache *s;
	kmm_addr out[100];

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 1, 0));
	mm = slab_machine(KMM_LINUX_6_1, 32, 1, 1);
	sl = slab_create(mm, &p);
	s = slab_cache(sl, "pages", 4096, 0, 0);
	assert_int_equal(kmm_kmem_cache_alloc_bulk(s, 0, GFP_KERNEL, 100, out), 0);
	assert_int_equal(slab_figures(s).in_use, 0);
	assert_int_equal(kmm_kmem_cache_alloc_bulk(s, 0, GFP_KERNEL, 20, out), 20);
	assert_int_equal(slab_figures(s).in_use, 20);
	kmm_kmem_cache_free_bulk(s, 0, 20, out);
	assert_int_equal(slab_figures(s).in_use, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_merging),
		cmocka_unit_test(test_merging_with_kmalloc),
		cmocka_unit_test(test_bad_frees),
		cmocka_unit_test(test_bulk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
