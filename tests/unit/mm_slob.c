// SPDX-License-Identifier: GPL-2.0-or-later
/* SLOB: worked examples of its lists, of next fit and of first fit within a page. */
#include "tests/unit/mm_slab_machine.h"

static struct kmm *mm;
static struct kmm_slab *sl;

static void begin(unsigned version)
{
	sl = slab_of_version(&mm, KMM_SLOB, version, 1, 1);
}

static void end(void)
{
	slab_done(sl);
	kmm_destroy(mm);
}

static kmm_addr take(struct kmm_cache *s)
{
	return kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
}

/* Caches of like sizes share pages; the three lists do not. */
static void test_sharing(void **state)
{
	struct kmm_cache *a, *b, *c, *d;
	kmm_addr first;

	(void)state;
	begin(KMM_VERSION(4, 19, 0));
	a = slab_cache(sl, "a", 40, 0, 0);
	b = slab_cache(sl, "b", 200, 0, 0);
	c = slab_cache(sl, "c", 256, 0, 0);
	d = slab_cache(sl, "d", 1024, 0, 0);
	first = take(a);
	assert_int_equal(take(b), first + 40);
	assert_int_equal(take(a), first + 240);
	assert_int_not_equal(take(c) / 4096, first / 4096);
	assert_int_not_equal(take(d) / 4096, first / 4096);
	assert_int_equal(kmm_slab_stats(sl)->slabs_made, 3);
	end();
}

/* Within a page the first hole that is large enough; neighbours become one. */
static void test_first_fit(void **state)
{
	struct kmm_cache *small, *wide;
	kmm_addr at[6];

	(void)state;
	begin(KMM_VERSION(4, 19, 0));
	small = slab_cache(sl, "small", 64, 0, 0);
	wide = slab_cache(sl, "wide", 128, 0, 0);
	for (unsigned i = 0; i < 6; i++)
		at[i] = take(small);
	kmm_kmem_cache_free(small, 0, at[0]);
	kmm_kmem_cache_free(small, 0, at[2]);
	kmm_kmem_cache_free(small, 0, at[3]);
	assert_int_equal(take(wide), at[2]);
	assert_int_equal(take(small), at[0]);
	assert_int_equal(take(small), at[5] + 64);
	end();
}

/* The search goes on where the last one ended: a hole in an earlier page waits. */
static void test_next_fit(void **state)
{
	struct kmm_cache *s;
	kmm_addr at[3 * 16];

	(void)state;
	begin(KMM_VERSION(4, 19, 0));
	s = slab_cache(sl, "sixteenth", 240, 0, 0); /* 17 a page, and 16 bytes over */
	for (unsigned i = 0; i < 2 * 17; i++)
		at[i] = take(s);
	assert_int_equal(at[16] - at[0], 16 * 240);
	assert_int_not_equal(at[17] / 4096, at[0] / 4096);
	/* Both pages have 16 bytes left and stand on the list, the newer at its head. */
	kmm_kmem_cache_free(s, 0, at[3]);
	kmm_kmem_cache_free(s, 0, at[20]);
	assert_int_equal(take(s), at[20]);
	/* The page at the head has no room any more: on to the next, which then is the head. */
	assert_int_equal(take(s), at[3]);
	kmm_kmem_cache_free(s, 0, at[21]);
	kmm_kmem_cache_free(s, 0, at[4]);
	assert_int_equal(take(s), at[4]);
	end();
}

/* A full page that gets room comes to the head of the list of what was freed in it. */
static void test_changes_list(void **state)
{
	struct kmm_cache *small, *large;
	kmm_addr at[5];

	(void)state;
	begin(KMM_VERSION(4, 19, 0));
	small = slab_cache(sl, "small", 128, 0, 0);
	large = slab_cache(sl, "large", 1024, 0, 0);
	for (unsigned i = 0; i < 4; i++)
		at[i] = take(large);
	kmm_kmem_cache_free(large, 0, at[1]);
	/* On the list of large ones: a small object makes a page of its own. */
	assert_int_not_equal(take(small) / 4096, at[0] / 4096);
	assert_int_equal(take(large), at[1]);
	end();
}

/* An empty page goes back at once. */
static void test_page_goes(void **state)
{
	struct kmm_cache *s;
	kmm_addr at[2];

	(void)state;
	begin(KMM_VERSION(4, 19, 0));
	s = slab_cache(sl, "s", 100, 0, 0);
	at[0] = take(s);
	at[1] = take(s);
	/* Aligned to a word: 104 bytes apart. */
	assert_int_equal(at[1] - at[0], 104);
	kmm_kmem_cache_free(s, 0, at[0]);
	assert_int_equal(kmm_slab_stats(sl)->slabs_gone, 0);
	kmm_kmem_cache_free(s, 0, at[1]);
	assert_int_equal(kmm_slab_stats(sl)->slabs_gone, 1);
	kmm_kmem_cache_free(s, 0, at[1]);
	assert_int_equal(kmm_slab_stats(sl)->bad_frees, 1);
	end();
}

/* A page and more: whole pages, whose number is the next power of two. */
static void test_whole_pages(void **state)
{
	struct kmm_cache *s;
	kmm_addr at;

	(void)state;
	begin(KMM_VERSION(4, 19, 0));
	s = slab_cache(sl, "s", 9000, 0, 0);
	at = take(s);
	assert_int_equal(at % 16384, 0);
	kmm_kmem_cache_free(s, 0, at + 4096);
	assert_int_equal(kmm_slab_stats(sl)->bad_frees, 1);
	kmm_kmem_cache_free(s, 0, at);
	assert_int_equal(kmm_slab_stats(sl)->frees, 1);
	end();
}

/* Powers of two are aligned to themselves from 5.4 on, to a word before. */
static void test_alignment(void **state)
{
	(void)state;
	for (unsigned newer = 0; newer < 2; newer++) {
		kmm_addr at;

		begin(newer ? KMM_VERSION(5, 4, 0) : KMM_VERSION(4, 19, 0));
		kmm_kmalloc(sl, 0, 24, GFP_KERNEL);
		at = kmm_kmalloc(sl, 0, 64, GFP_KERNEL);
		assert_int_equal(at % 64 == 0, newer);
		assert_int_equal(at % 8, 0);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sharing),	  cmocka_unit_test(test_first_fit),
		cmocka_unit_test(test_next_fit),  cmocka_unit_test(test_changes_list),
		cmocka_unit_test(test_page_goes), cmocka_unit_test(test_whole_pages),
		cmocka_unit_test(test_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
