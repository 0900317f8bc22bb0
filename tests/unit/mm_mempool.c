// SPDX-License-Identifier: GPL-2.0-or-later
/* mempool: the order in which it turns to its allocator and to its reserve. */
#include "tests/unit/mm_slab_machine.h"

/* An allocator that fails when told to, and writes down with which flags it was asked. */
struct source {
	kmm_addr next;
	unsigned left, out;
	kmm_gfp asked[8];
	unsigned asks;
};

static kmm_addr source_alloc(void *data, unsigned cpu, kmm_gfp gfp)
{
	struct source *s = data;

	(void)cpu;
	s->asked[s->asks++ % 8] = gfp;
	if (!s->left)
		return KMM_NULL;
	s->left--;
	s->out++;
	return s->next++;
}

static void source_free(void *data, unsigned cpu, kmm_addr element)
{
	struct source *s = data;

	(void)cpu;
	(void)element;
	s->out--;
}

static const struct kmm_mempool_ops ops = { source_alloc, source_free };

/* First the allocator without waiting, then the reserve from its top. */
static void test_order(void **state)
{
	struct source src = { .next = 100, .left = 4 };
	struct kmm_mempool *pool = kmm_mempool_create(3, &ops, &src, 0);
	struct kmm_mempool_stats st;

	(void)state;
	assert_non_null(pool);
	assert_int_equal(src.asks, 3);
	assert_int_equal(kmm_mempool_alloc(pool, 0, GFP_KERNEL), 103);
	assert_false(src.asked[3] & KMM_GFP_DIRECT_RECLAIM);
	assert_false(src.asked[3] & KMM_GFP_IO);
	assert_true(src.asked[3] & KMM_GFP_NOMEMALLOC);
	assert_true(src.asked[3] & KMM_GFP_NORETRY);
	assert_int_equal(kmm_mempool_alloc(pool, 0, GFP_KERNEL), 102);
	assert_int_equal(kmm_mempool_alloc(pool, 0, GFP_KERNEL), 101);
	assert_int_equal(kmm_mempool_alloc(pool, 0, GFP_KERNEL), 100);
	kmm_mempool_stats(pool, &st);
	assert_int_equal(st.from_allocator, 1);
	assert_int_equal(st.from_reserve, 3);
	assert_int_equal(st.curr_nr, 0);
	assert_int_equal(st.out, 4);
	/* Who may wait asks with all means, then sleeps; who may not has failed. */
	src.asks = 0;
	assert_int_equal(kmm_mempool_alloc(pool, 0, GFP_KERNEL), KMM_NULL);
	assert_int_equal(src.asks, 2);
	assert_true(src.asked[1] & KMM_GFP_DIRECT_RECLAIM);
	kmm_mempool_stats(pool, &st);
	assert_int_equal(st.sleeps, 1);
	assert_int_equal(st.failed, 0);
	assert_int_equal(kmm_mempool_alloc(pool, 0, GFP_ATOMIC), KMM_NULL);
	kmm_mempool_stats(pool, &st);
	assert_int_equal(st.sleeps, 1);
	assert_int_equal(st.failed, 1);
	/* Returns fill the reserve first. */
	for (kmm_addr e = 100; e < 104; e++)
		kmm_mempool_free(pool, 0, e);
	kmm_mempool_free(pool, 0, KMM_NULL);
	kmm_mempool_stats(pool, &st);
	assert_int_equal(st.to_reserve, 3);
	assert_int_equal(st.to_allocator, 1);
	assert_int_equal(src.out, 3);
	assert_int_equal(kmm_mempool_destroy(pool, 0), 0);
	assert_int_equal(src.out, 0);
}

static void test_create_fails(void **state)
{
	struct source src = { .next = 1, .left = 2 };

	(void)state;
	assert_null(kmm_mempool_create(3, &ops, &src, 0));
	assert_int_equal(src.out, 0);
}

static void test_resize(void **state)
{
	struct source src = { .next = 1, .left = 100 };
	struct kmm_mempool *pool = kmm_mempool_create(4, &ops, &src, 0);
	struct kmm_mempool_stats st;

	(void)state;
	assert_int_equal(kmm_mempool_resize(pool, 0, 0), -EINVAL);
	assert_int_equal(kmm_mempool_resize(pool, 9, 0), 0);
	assert_int_equal(src.out, 9);
	assert_int_equal(kmm_mempool_resize(pool, 2, 0), 0);
	assert_int_equal(src.out, 2);
	/* A reserve that cannot be filled now is filled by returns. */
	src.left = 1;
	assert_int_equal(kmm_mempool_resize(pool, 5, 0), 0);
	kmm_mempool_stats(pool, &st);
	assert_int_equal(st.min_nr, 5);
	assert_int_equal(st.curr_nr, 3);
	kmm_mempool_destroy(pool, 0);
	assert_int_equal(src.out, 0);
}

static void test_destroy_diagnosed(void **state)
{
	struct source src = { .next = 1, .left = 100 };
	struct kmm_mempool *pool = kmm_mempool_create(2, &ops, &src, 0);

	(void)state;
	kmm_mempool_alloc(pool, 0, GFP_KERNEL);
	assert_int_equal(kmm_mempool_destroy(pool, 0), -EBUSY);
	assert_int_equal(src.out, 1);
	assert_int_equal(kmm_mempool_destroy(NULL, 0), 0);
}

/* Pools of slab objects, kmalloc and pages, with memory used up behind them. */
static void test_kinds(void **state)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct kmm_slab_policy p;
		struct kmm *mm = slab_machine(KMM_LINUX_6_1, 64, 1, 1);
		struct kmm_slab *sl;
		struct kmm_mempool *pool;
		struct kmm_mempool_stats st;
		kmm_addr at[80];
		unsigned n = 0;

		(void)state;
		kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 1, 0));
		sl = slab_create(mm, &p);
		if (kind == 0)
			pool = kmm_mempool_create_slab_pool(4, slab_cache(sl, "bio", 4096, 0, 0),
							    0);
		else if (kind == 1)
			pool = kmm_mempool_create_kmalloc_pool(sl, 4, 4000, 0);
		else
			pool = kmm_mempool_create_page_pool(sl, 4, 0, 0);
		assert_non_null(pool);
		while ((at[n] = kmm_mempool_alloc(pool, 0, GFP_ATOMIC)) != KMM_NULL)
			n++;
		kmm_mempool_stats(pool, &st);
		assert_int_equal(st.from_reserve, 4);
		assert_int_equal(st.out, n);
		assert_true(n > 50);
		while (n--)
			kmm_mempool_free(pool, 0, at[n]);
		assert_int_equal(kmm_mempool_destroy(pool, 0), 0);
		assert_int_equal(kmm_slab_stats(sl)->bad_frees, 0);
		assert_int_equal(kmm_slab_stats(sl)->allocs, kmm_slab_stats(sl)->frees);
		assert_int_equal(kmm_stats(mm)->bad_frees, 0);
		slab_done(sl);
		kmm_destroy(mm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),  cmocka_unit_test(test_create_fails),
		cmocka_unit_test(test_resize), cmocka_unit_test(test_destroy_diagnosed),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
