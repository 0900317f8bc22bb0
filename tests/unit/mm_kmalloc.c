// SPDX-License-Identifier: GPL-2.0-or-later
/* kmalloc: classes and families by name, and the edges of its calls. */
#include "tests/unit/mm_slab_machine.h"

static struct kmm *mm;
static struct kmm_slab *sl;

static void begin(enum kmm_slab_kind kind, unsigned version)
{
	sl = slab_of_version(&mm, kind, version, 2, 1);
}

static void begin_with(const struct kmm_slab_policy *p)
{
	mm = slab_machine(KMM_LINUX_6_1, 1024, 2, 1);
	sl = slab_create(mm, p);
}

static void end(void)
{
	slab_done(sl);
	kmm_destroy(mm);
}

static const char *name_of(size_t size, kmm_gfp gfp)
{
	const struct kmm_cache *s = kmm_kmalloc_slab(sl, size, gfp, 0);

	return s ? kmm_kmem_cache_name(s) : "none";
}

/* Classes of x86 in 6.1: 8 to 8192 with 96 and 192. */
static void test_classes(void **state)
{
	static const struct {
		size_t size;
		const char *name;
	} classes[] = {
		{ 1, "kmalloc-8" },	{ 8, "kmalloc-8" },	{ 9, "kmalloc-16" },
		{ 17, "kmalloc-32" },	{ 33, "kmalloc-64" },	{ 64, "kmalloc-64" },
		{ 65, "kmalloc-96" },	{ 96, "kmalloc-96" },	{ 97, "kmalloc-128" },
		{ 129, "kmalloc-192" }, { 192, "kmalloc-192" }, { 193, "kmalloc-256" },
		{ 512, "kmalloc-512" }, { 513, "kmalloc-1k" },	{ 2049, "kmalloc-4k" },
		{ 8192, "kmalloc-8k" }, { 8193, "none" },	{ 0, "none" },
	};

	(void)state;
	begin(KMM_SLUB, KMM_VERSION(6, 1, 0));
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		assert_string_equal(name_of(classes[i].size, GFP_KERNEL), classes[i].name);
	end();
}

/* arm64 before 6.5: nothing below 128, and neither 96 nor 192. */
static void test_arm64(void **state)
{
	struct kmm_slab_policy p;

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 1, 0));
	p.kmalloc_min = 128;
	begin_with(&p);
	assert_string_equal(name_of(1, GFP_KERNEL), "kmalloc-128");
	assert_string_equal(name_of(96, GFP_KERNEL), "kmalloc-128");
	assert_string_equal(name_of(150, GFP_KERNEL), "kmalloc-256");
	end();
}

/* By gfp: DMA before RECLAIMABLE before ACCOUNT. */
static void test_families(void **state)
{
	(void)state;
	begin(KMM_SLUB, KMM_VERSION(6, 1, 0));
	assert_string_equal(name_of(100, GFP_KERNEL | KMM_GFP_DMA | KMM_GFP_ACCOUNT),
			    "dma-kmalloc-128");
	assert_string_equal(name_of(100, GFP_KERNEL | KMM_GFP_RECLAIMABLE | KMM_GFP_ACCOUNT),
			    "kmalloc-rcl-128");
	assert_string_equal(name_of(100, GFP_KERNEL | KMM_GFP_ACCOUNT), "kmalloc-cg-128");
	end();
	begin(KMM_SLAB, KMM_VERSION(2, 6, 24));
	assert_string_equal(name_of(100, GFP_KERNEL | KMM_GFP_DMA), "size-128(DMA)");
	assert_string_equal(name_of(100, GFP_KERNEL | KMM_GFP_ACCOUNT), "size-128");
	assert_string_equal(name_of(70, GFP_KERNEL), "size-128");
	assert_string_equal(name_of(131072, GFP_KERNEL), "size-131072");
	assert_string_equal(name_of(131073, GFP_KERNEL), "none");
	/* The classic limit: no larger kmalloc at all. */
	assert_int_equal(kmm_kmalloc(sl, 0, 131073, GFP_KERNEL), KMM_NULL);
	end();
}

/* Sixteen copies of the normal classes: one site always asks the same, all are used. */
static void test_random(void **state)
{
	struct kmm_slab_policy p;
	const struct kmm_cache *seen[64];
	unsigned different = 0;

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 6, 0));
	p.kmalloc_random = true;
	p.seed = 12345;
	begin_with(&p);
	for (unsigned site = 0; site < 64; site++) {
		bool known = false;

		seen[site] = kmm_kmalloc_slab(sl, 64, GFP_KERNEL, 0xffffffff81000000 + site * 40);
		assert_ptr_equal(seen[site], kmm_kmalloc_slab(sl, 64, GFP_KERNEL,
							      0xffffffff81000000 + site * 40));
		for (unsigned i = 0; i < site; i++)
			known |= seen[i] == seen[site];
		different += !known;
	}
	assert_in_range(different, 10, 16);
	end();
}

/* More than two pages: a block of pages, and no slab. */
static void test_large(void **state)
{
	uint64_t free_before;
	kmm_addr at;

	(void)state;
	begin(KMM_SLUB, KMM_VERSION(6, 1, 0));
	free_before = kmm_zone_free_pages(mm, 0);
	at = kmm_kmalloc(sl, 0, 20000, GFP_KERNEL);
	assert_int_equal(at % 32768, 0);
	assert_int_equal(kmm_ksize(sl, at), 32768);
	assert_null(kmm_slab_cache_of(sl, at));
	assert_int_equal(kmm_zone_free_pages(mm, 0) + kmm_pcp_pages(mm, 0, 0), free_before - 8);
	kmm_kfree(sl, 0, at);
	assert_int_equal(kmm_zone_free_pages(mm, 0) + kmm_pcp_pages(mm, 0, 0), free_before);
	assert_int_equal(kmm_kmalloc(sl, 0, (size_t)1 << 40, GFP_KERNEL), KMM_NULL);
	end();
}

static void test_zero_size(void **state)
{
	(void)state;
	begin(KMM_SLUB, KMM_VERSION(6, 1, 0));
	assert_int_equal(kmm_kmalloc(sl, 0, 0, GFP_KERNEL), KMM_ZERO_SIZE_PTR);
	assert_int_equal(kmm_ksize(sl, KMM_ZERO_SIZE_PTR), 0);
	kmm_kfree(sl, 0, KMM_ZERO_SIZE_PTR);
	kmm_kfree(sl, 0, KMM_NULL);
	assert_int_equal(kmm_slab_stats(sl)->bad_frees, 0);
	end();
}

/* krealloc stays where there is room, moves where there is none, and frees for size 0. */
static void test_krealloc(void **state)
{
	kmm_addr at, moved;

	(void)state;
	begin(KMM_SLUB, KMM_VERSION(6, 1, 0));
	at = kmm_krealloc(sl, 0, KMM_NULL, 50, GFP_KERNEL);
	assert_int_equal(kmm_ksize(sl, at), 64);
	assert_int_equal(kmm_krealloc(sl, 0, at, 64, GFP_KERNEL), at);
	assert_int_equal(kmm_krealloc(sl, 0, at, 10, GFP_KERNEL), at);
	moved = kmm_krealloc(sl, 0, at, 65, GFP_KERNEL);
	assert_int_equal(kmm_ksize(sl, moved), 96);
	assert_int_equal(kmm_ksize(sl, at), 0);
	assert_int_equal(kmm_krealloc(sl, 0, moved, 0, GFP_KERNEL), KMM_ZERO_SIZE_PTR);
	assert_int_equal(kmm_slab_stats(sl)->allocs, 2);
	assert_int_equal(kmm_slab_stats(sl)->frees, 2);
	/* Of nothing: refused. */
	assert_int_equal(kmm_krealloc(sl, 0, moved, 5, GFP_KERNEL), KMM_NULL);
	assert_int_equal(kmm_slab_stats(sl)->bad_frees, 1);
	end();
}

static void test_roundup(void **state)
{
	(void)state;
	begin(KMM_SLUB, KMM_VERSION(6, 1, 0));
	assert_int_equal(kmm_kmalloc_size_roundup(sl, 0), 0);
	assert_int_equal(kmm_kmalloc_size_roundup(sl, 70), 96);
	assert_int_equal(kmm_kmalloc_size_roundup(sl, 9000), 16384);
	end();
}

struct events {
	unsigned kmallocs, kfrees;
	size_t req, alloc;
};

static void saw_kmalloc(void *arg, unsigned cpu, kmm_addr at, size_t req, size_t alloc, kmm_gfp gfp,
			int node)
{
	struct events *e = arg;

	(void)cpu;
	(void)at;
	(void)gfp;
	(void)node;
	e->kmallocs++;
	e->req = req;
	e->alloc = alloc;
}

static void saw_kfree(void *arg, unsigned cpu, kmm_addr at)
{
	struct events *e = arg;

	(void)cpu;
	(void)at;
	e->kfrees++;
}

/* bytes_req and bytes_alloc of the trace point; none for size 0. */
static void test_events(void **state)
{
	static const struct kmm_slab_observer o = { .kmalloc = saw_kmalloc, .kfree = saw_kfree };
	struct events e = { 0 };

	(void)state;
	begin(KMM_SLUB, KMM_VERSION(6, 1, 0));
	kmm_slab_observe(sl, &o, &e);
	kmm_kfree(sl, 0, kmm_kmalloc(sl, 0, 130, GFP_KERNEL));
	assert_int_equal(e.req, 130);
	assert_int_equal(e.alloc, 192);
	kmm_kfree(sl, 0, kmm_kmalloc(sl, 0, 9000, GFP_KERNEL));
	assert_int_equal(e.alloc, 16384);
	kmm_kmalloc(sl, 0, 0, GFP_KERNEL);
	assert_int_equal(e.kmallocs, 2);
	assert_int_equal(e.kfrees, 2);
	end();
}

/* SLOB: the size stands before the object; ksize is that, in units of two bytes. */
static void test_slob(void **state)
{
	kmm_addr at;

	(void)state;
	begin(KMM_SLOB, KMM_VERSION(4, 19, 0));
	at = kmm_kmalloc(sl, 0, 33, GFP_KERNEL);
	assert_int_equal(at % 4096, 8);
	assert_int_equal(kmm_ksize(sl, at), 34);
	kmm_kfree(sl, 0, at);
	at = kmm_kmalloc(sl, 0, 4096, GFP_KERNEL);
	assert_int_equal(at % 4096, 0);
	assert_int_equal(kmm_ksize(sl, at), 4096);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),	 cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_families), cmocka_unit_test(test_random),
		cmocka_unit_test(test_large),	 cmocka_unit_test(test_zero_size),
		cmocka_unit_test(test_krealloc), cmocka_unit_test(test_roundup),
		cmocka_unit_test(test_events),	 cmocka_unit_test(test_slob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
