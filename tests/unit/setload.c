// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cache lines by set, and the claim of Bonwick's slab paper (USENIX 1994, section
 * 4): objects at the same offsets of page-aligned slabs crowd on a few cache sets,
 * and starting each slab at another colour spreads them over as many more sets as
 * there are colours.
 */
#include <math.h>

#include "replay/setload.h"
#include "tests/unit/mm_slab_machine.h"

static struct cache_geometry geometry(const char *text)
{
	struct cache_geometry g;
	struct err e = { 0 };

	assert_int_equal(cache_geometry_parse(text, &g, &e), 0);
	return g;
}

static void test_geometry(void **state)
{
	static const char *const bad[] = { "",	      "32K",	    "32K:0", "33:8",
					   "32K:8:3", "32K:8:64:1", "32X:8", "4G:1" };
	struct cache_geometry g = geometry("32K:8");

	(void)state;
	assert_int_equal(g.sets, 64);
	assert_int_equal(g.line, 64);
	assert_int_equal(geometry("1M:16:128").sets, 512);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = { 0 };

		assert_int_equal(cache_geometry_parse(bad[i], &g, &e), -EINVAL);
	}
}

/* 64 sets of 8 ways. 16 lines a page apart are all of set 0: twice as many as it holds. */
static void test_counts(void **state)
{
	struct cache_geometry g = geometry("32K:8");
	struct setload_figures f;
	struct setload s;

	(void)state;
	assert_int_equal(setload_init(&s, &g), 0);
	for (unsigned i = 0; i < 16; i++)
		setload_add(&s, i * 4096ull);
	for (unsigned i = 0; i < 8; i++)
		setload_add(&s, i * 4096ull + 64);
	setload_figures(&s, &f);
	assert_int_equal(f.lines, 24);
	assert_int_equal(f.sets_used, 2);
	assert_int_equal(f.most, 16);
	assert_int_equal(f.misses, 16);
	assert_int_equal(f.even_misses, 0);
	assert_true(fabs(f.mean - 24.0 / 64) < 1e-12);
	/* sum of squares 16^2 + 8^2 = 320 */
	assert_true(fabs(f.deviation - sqrt(320.0 / 64 - 0.375 * 0.375)) < 1e-9);
	setload_clear(&s);
	/* 9 in each set: all of them miss, and an even spread is no better. */
	for (unsigned i = 0; i < 9 * 64; i++)
		setload_add(&s, i * 64ull);
	setload_figures(&s, &f);
	assert_int_equal(f.misses, 9 * 64);
	assert_int_equal(f.even_misses, 9 * 64);
	setload_add(&s, 0);
	setload_clear(&s);
	/* 8 and one more: only the set of the one more. */
	for (unsigned i = 0; i < 8 * 64 + 1; i++)
		setload_add(&s, i * 64ull);
	setload_figures(&s, &f);
	assert_int_equal(f.misses, 9);
	assert_int_equal(f.even_misses, 9);
	setload_free(&s);
}

/* Slabs of SLAB full of 904-byte objects: their first lines, by set. */
static void spread(bool no_colour, struct setload_figures *f, struct kmm_cache_figures *c)
{
	struct cache_geometry g = geometry("32K:8");
	struct kmm_slab_policy p;
	struct setload s;
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 1024, 1, 1);
	struct kmm_slab *sl;
	struct kmm_cache *cache;

	kmm_slab_policy_init(&p, KMM_SLAB, KMM_VERSION(6, 1, 0));
	p.slab_no_colour = no_colour;
	sl = slab_create(mm, &p);
	cache = slab_cache(sl, "bonwick", 904, 0, KMM_SLAB_NO_MERGE | KMM_SLAB_HWCACHE_ALIGN);
	assert_int_equal(setload_init(&s, &g), 0);
	*c = slab_figures(cache);
	for (unsigned i = 0; i < 64 * c->objs_per_slab; i++)
		setload_add(&s,
			    kmm_kmem_cache_alloc(cache, 0, GFP_KERNEL) - kmm_slab_address(sl, 0));
	setload_figures(&s, f);
	*c = slab_figures(cache);
	assert_int_equal(c->slabs, 64);
	setload_free(&s);
	kmm_slab_destroy(sl);
	kmm_destroy(mm);
}

static void test_bonwick(void **state)
{
	struct setload_figures plain, coloured;
	struct kmm_cache_figures c;

	(void)state;
	spread(true, &plain, &c);
	/* 904 bytes on lines of 64: 960. 4 in a page, 256 bytes over: the same 4 lines of each page. */
	assert_int_equal(c.size, 960);
	assert_int_equal(c.objs_per_slab, 4);
	assert_int_equal(plain.sets_used, 4);
	assert_int_equal(plain.most, 64);
	assert_int_equal(plain.misses, 4 * 64);
	spread(false, &coloured, &c);
	/* 64 bytes a step: as many colours as lines are left over. */
	assert_true(c.colours >= 3);
	assert_int_equal(coloured.sets_used, 4 * c.colours);
	assert_true(coloured.most <= 64 / c.colours + 1);
	assert_int_equal(coloured.lines, plain.lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_bonwick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
