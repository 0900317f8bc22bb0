// SPDX-License-Identifier: GPL-2.0-or-later
/* The sheaves of SLUB in 6.18: which objects stay in hand, and what reaches the slabs. */
#include "tests/unit/mm_slab_machine.h"

#define CAPACITY 4

static struct kmm *mm;
static struct kmm_slab *sl;
static struct kmm_cache *s;

static void begin(unsigned cpus, unsigned nodes)
{
	struct kmm_cache_args a = { .name = "maple",
				    .object_size = 256,
				    .sheaf_capacity = CAPACITY };
	char why[200];

	sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 18, 0), cpus, nodes);
	s = kmm_kmem_cache_create(sl, &a, why, sizeof(why));
	assert_non_null(s);
	assert_int_equal(slab_figures(s).sheaf_capacity, CAPACITY);
}

static void end(void)
{
	slab_done(sl);
	kmm_destroy(mm);
}

/* What is freed comes back at once, without a slab being touched. */
static void test_recycled(void **state)
{
	kmm_addr at[3];

	(void)state;
	begin(1, 1);
	for (unsigned i = 0; i < 3; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	for (unsigned i = 0; i < 3; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	/* To the slabs' eyes they are in use still. */
	assert_int_equal(slab_figures(s).in_use, 0);
	for (unsigned i = 3; i--;)
		assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), at[i]);
	end();
}

/* An empty main sheaf is filled whole: the next allocations take from it. */
static void test_refill(void **state)
{
	uint64_t fast;

	(void)state;
	begin(1, 1);
	kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	fast = kmm_slab_stats(sl)->fast_allocs;
	for (unsigned i = 1; i < CAPACITY; i++)
		kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	assert_int_equal(kmm_slab_stats(sl)->fast_allocs, fast + CAPACITY - 1);
	end();
}

/*
 * The barn keeps ten full sheaves; beyond main, spare and those, freed objects go
 * to their slabs, a sheaf at a time.
 */
static void test_barn_limit(void **state)
{
	enum { MOST = CAPACITY * 20 };
	struct kmm_cache_figures f;
	kmm_addr at[MOST];

	(void)state;
	begin(1, 1);
	for (unsigned i = 0; i < MOST; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	for (unsigned i = 0; i < MOST; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	slab_valid(sl);
	f = slab_figures(s);
	assert_int_equal(f.in_use, 0);
	kmm_kmem_cache_shrink(s, 0);
	assert_int_equal(slab_figures(s).slabs, 0);
	/* 12 sheaves' worth stayed in hand (or a sheaf less), of 20. */
	assert_in_range(f.active_objects, CAPACITY * 11, MOST);
	end();
}

/* Objects of another node pass the sheaves by. */
static void test_remote(void **state)
{
	kmm_addr near, far;

	(void)state;
	begin(2, 2);
	near = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	far = kmm_kmem_cache_alloc(s, 1, GFP_KERNEL);
	assert_true(kmm_slab_frame(sl, near) < 512);
	assert_true(kmm_slab_frame(sl, far) >= 512);
	kmm_kmem_cache_free(s, 0, near);
	kmm_kmem_cache_free(s, 0, far);
	/* The last freed is not the next given. */
	assert_int_equal(kmm_kmem_cache_alloc(s, 0, GFP_KERNEL), near);
	end();
}

/* A sheaf full of objects freed by RCU becomes one to allocate from. */
static void test_rcu(void **state)
{
	kmm_addr at[3 * CAPACITY], again;
	bool recycled = false;

	(void)state;
	begin(1, 1);
	for (unsigned i = 0; i < 3 * CAPACITY; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	for (unsigned i = 0; i < CAPACITY; i++)
		kmm_kmem_cache_free_rcu(s, 0, at[i]);
	slab_valid(sl);
	again = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	for (unsigned i = 0; i < CAPACITY; i++)
		recycled |= again == at[i];
	assert_true(recycled);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recycled),   cmocka_unit_test(test_refill),
		cmocka_unit_test(test_barn_limit), cmocka_unit_test(test_remote),
		cmocka_unit_test(test_rcu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
