// SPDX-License-Identifier: GPL-2.0-or-later
/* The background work: the stock of empty pages, chunks given back, pages taken from idle ones. */
#include "mm_machine.h"

#include "mm/percpu.h"

static struct kmm_percpu *percpu(struct kmm *mm)
{
	struct kmm_percpu_config c;
	struct kmm_percpu *p;

	kmm_percpu_config_init(&c);
	c.static_size = 4096;
	c.reserved_size = 0;
	c.dyn_size = 4096;
	c.atom_size = 4096;
	p = kmm_percpu_create(mm, &c);
	assert_non_null(p);
	return p;
}

static struct kmm *machine(void)
{
	struct kmm *mm = machine_of(KMM_LINUX_6_1, 16384);

	assert_int_equal(kmm_seed_boot(mm, 0, 16384, KMM_MOVABLE), 0);
	return mm;
}

static void balance(struct kmm_percpu *p)
{
	char why[200];

	kmm_percpu_balance(p, 0);
	if (kmm_percpu_validate(p, why, sizeof(why)))
		fail_msg("%s", why);
}

/* Fewer than two empty pages wake the work; it stocks four. */
static void test_stock(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm);
	struct kmm_percpu_stats s;

	(void)state;
	kmm_alloc_percpu(p, 0, 4, 4);
	assert_true(kmm_percpu_balance_pending(p));
	balance(p);
	assert_false(kmm_percpu_balance_pending(p));
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.empty_pages, 4);
	assert_int_equal(s.chunks_created, 1);
	/* Now an atomic request that the first chunk cannot serve finds pages. */
	assert_true(kmm_alloc_percpu_gfp(p, 0, 8192, 4, KMM_GFP_HIGH) != KMM_NO_PTR);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.empty_pages, 2);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

/* After an atomic failure four pages more are stocked, whatever there was. */
static void test_atomic_failure(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm);
	struct kmm_percpu_stats s;
	uint64_t populated;

	(void)state;
	kmm_percpu_balance(p, 0);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.empty_pages, 4); /* one of them the first chunk's */
	assert_int_equal(kmm_alloc_percpu_gfp(p, 0, 20480, 4, KMM_GFP_HIGH), KMM_NO_PTR);
	balance(p);
	assert_true(kmm_alloc_percpu_gfp(p, 0, 20480, 4, KMM_GFP_HIGH) != KMM_NO_PTR);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.atomic_failed, 1);
	/* Once: with the stock full again the next run of the worker finds nothing to do. */
	balance(p);
	kmm_percpu_stats(p, &s);
	populated = s.pages_populated;
	kmm_percpu_balance(p, 0);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.pages_populated, populated);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

/* Of the wholly free chunks one stays. */
static void test_empty_chunks(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm);
	struct kmm_percpu_stats s;
	uint64_t ptr[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		ptr[i] = kmm_alloc_percpu(p, 0, 32768, 4);
	balance(p);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.chunks_created, 5); /* one for the stock */
	for (unsigned i = 0; i < 4; i++)
		kmm_free_percpu(p, ptr[i]);
	assert_true(kmm_percpu_balance_pending(p));
	balance(p);
	kmm_percpu_stats(p, &s);
	/* The last one freed is kept, with its eight pages; the first chunk has one. */
	assert_int_equal(s.chunks, 2);
	assert_int_equal(s.chunks_destroyed, 4);
	assert_int_equal(s.empty_pages, 9);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

/* A chunk with a quarter of its pages empty gives them back (5.14), last pages first. */
static void test_depopulation(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm);
	uint64_t ptr[16], keep;
	struct kmm_percpu_stats s;

	(void)state;
	keep = kmm_alloc_percpu(p, 0, 4096, 4); /* fills the first chunk */
	for (unsigned i = 0; i < 16; i++)
		ptr[i] = kmm_alloc_percpu(p, 0, 4096, 4);
	/* Both chunks keep their first page; the other fourteen are freed. */
	for (unsigned i = 0; i < 16; i++)
		if (i % 8)
			kmm_free_percpu(p, ptr[i]);
	assert_true(kmm_percpu_balance_pending(p));
	balance(p);
	kmm_percpu_stats(p, &s);
	assert_true(s.pages_depopulated >= 7 * 2);
	assert_true(s.tlb_flushes >= 1);
	assert_true(s.empty_pages >= 4);
	assert_true(kmm_per_cpu_ptr_to_page(p, ptr[0], 0) != KMM_NO_PFN);
	assert_true(kmm_per_cpu_ptr_to_page(p, ptr[8], 1) != KMM_NO_PFN);
	assert_true(keep != KMM_NO_PTR);
	/* A sidelined chunk serves again when the others cannot. */
	for (unsigned i = 0; i < 14; i++)
		assert_true(kmm_alloc_percpu(p, 0, 4096, 4) != KMM_NO_PTR);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.chunks_created, 2);
	balance(p);
	kmm_percpu_destroy(p);
	machine_done(mm);
}

/* 100,000 random requests with the work in between, every rule checked after each. */
static void test_random(void **state)
{
	struct kmm *mm = machine();
	struct kmm_percpu *p = percpu(mm);
	static uint64_t held[1024];
	struct kmm_percpu_stats s;
	uint64_t x = 23;
	unsigned n = 0;
	char why[200];

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t r;

		x = x * 6364136223846793005u + 1442695040888963407u;
		r = (uint32_t)(x >> 33);
		/* Grow and shrink in turns, so that chunks come and go. */
		if (n < 1024 && r % 100 < (i / 4000 % 2 ? 35u : 65u)) {
			size_t size = r >> 8 & 15 ? 4 + (r >> 12 & 255) : 4096 + (r >> 12 & 8191);
			kmm_gfp gfp = r >> 25 & 3 ? GFP_KERNEL : KMM_GFP_HIGH;
			uint64_t ptr = kmm_alloc_percpu_gfp(p, r & 1, size, 4u << (r >> 27 & 3),
							    gfp);

			if (ptr != KMM_NO_PTR)
				held[n++] = ptr;
		} else if (n) {
			unsigned k = r % n;

			kmm_free_percpu(p, held[k]);
			held[k] = held[--n];
		}
		if (kmm_percpu_balance_pending(p) && r % 7 == 0)
			kmm_percpu_balance(p, r & 1);
		if (kmm_percpu_validate(p, why, sizeof(why)))
			fail_msg("step %u: %s", i, why);
	}
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.bad_frees, 0);
	assert_true(s.chunks_created > 10 && s.chunks_destroyed > 5);
	assert_true(s.pages_depopulated > 50 && s.atomic_failed > 5);
	while (n)
		kmm_free_percpu(p, held[--n]);
	balance(p);
	kmm_percpu_stats(p, &s);
	assert_int_equal(s.used_bytes, 0);
	assert_true(s.chunks <= 3);
	kmm_percpu_destroy(p);
	kmm_drain_pages(mm, 0, 0, KMM_ZONES);
	kmm_drain_pages(mm, 0, 1, KMM_ZONES);
	assert_int_equal(kmm_zone_free_pages(mm, 0), 16384);
	machine_done(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stock),	     cmocka_unit_test(test_atomic_failure),
		cmocka_unit_test(test_empty_chunks), cmocka_unit_test(test_depopulation),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
