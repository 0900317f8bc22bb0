// SPDX-License-Identifier: GPL-2.0-or-later
/* An object allocator as a whole: its policy, its addresses, its end. */
#include <pthread.h>

#include "tests/unit/mm_slab_machine.h"

static void test_policies_refused(void **state)
{
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 64, 1, 1);
	struct kmm_slab_policy good, p[8];
	char why[200];

	(void)state;
	kmm_slab_policy_init(&good, KMM_SLUB, KMM_VERSION(6, 1, 0));
	for (unsigned i = 0; i < 8; i++)
		p[i] = good;
	p[0].word = 16;
	p[1].cache_line = 48;
	p[2].kmalloc_min = 1;
	p[3].slub_max_order = 11;
	p[4].slub_min_order = 4;
	p[5].base = 0x1001;
	p[6].debug = KMM_SLAB_PANIC;
	p[7].kind = (enum kmm_slab_kind)9;
	for (unsigned i = 0; i < 8; i++) {
		assert_null(kmm_slab_create(mm, &p[i], why, sizeof(why)));
		assert_true(strlen(why) > 10);
	}
	kmm_destroy(mm);
}

/* An address is base + frame * 4096 + offset, and leads back. */
static void test_addresses(void **state)
{
	struct kmm_slab_policy p;
	struct kmm *mm = slab_machine(KMM_LINUX_6_1, 64, 1, 1);
	struct kmm_slab *sl;
	kmm_addr at;

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLUB, KMM_VERSION(6, 1, 0));
	sl = slab_create(mm, &p);
	assert_int_equal(kmm_slab_address(sl, 5), 0xffff888000005000);
	assert_int_equal(kmm_slab_frame(sl, 0xffff888000005fff), 5);
	assert_int_equal(kmm_slab_frame(sl, 0), KMM_NO_PFN);
	assert_int_equal(kmm_slab_frame(sl, kmm_slab_address(sl, 1u << 30)), KMM_NO_PFN);
	at = kmm_kmalloc(sl, 0, 100, GFP_KERNEL);
	assert_string_equal(kmm_kmem_cache_name(kmm_slab_cache_of(sl, at)), "kmalloc-128");
	assert_null(kmm_slab_cache_of(sl, 12));
	assert_null(kmm_slab_bytes(sl, at));
	assert_int_equal(kmm_slab_policy_of(sl)->word, 8);
	slab_done(sl);
	p.word = 4;
	sl = slab_create(mm, &p);
	assert_int_equal(kmm_slab_address(sl, 1), 0xc0001000);
	slab_done(sl);
	kmm_destroy(mm);
}

/* A CPU that goes offline leaves nothing behind. */
static void test_flush_cpu(void **state)
{
	(void)state;
	for (unsigned kind = KMM_SLUB; kind <= KMM_SLAB; kind++) {
		struct kmm *mm;
		struct kmm_slab *sl = slab_of_version(&mm, (enum kmm_slab_kind)kind,
						      KMM_VERSION(6, 1, 0), 2, 1);
		struct kmm_cache *s = slab_cache(sl, "s", 700, 0, 0);
		kmm_addr at[10];

		for (unsigned i = 0; i < 10; i++)
			at[i] = kmm_kmem_cache_alloc(s, 1, GFP_KERNEL);
		for (unsigned i = 0; i < 5; i++)
			kmm_kmem_cache_free(s, 1, at[2 * i]);
		kmm_slab_flush_cpu(sl, 1);
		kmm_slab_flush_cpu(sl, 99);
		slab_valid(sl);
		assert_int_equal(slab_figures(s).cpu_slabs, 0);
		assert_int_equal(slab_figures(s).cpu_partials, 0);
		assert_int_equal(slab_figures(s).active_objects, 5);
		assert_int_equal(slab_figures(s).in_use, 5);
		slab_done(sl);
		kmm_destroy(mm);
	}
}

#define THREADS 8
#define MACHINES 8 /* of each thread */

/* Random kmallocs and kfrees on machines of one's own; the number of complaints. */
static void *use_machines(void *arg)
{
	uint64_t *random = arg, failed = 0;
	static const kmm_gfp gfp = GFP_KERNEL;
	struct kmm *mm[MACHINES];
	struct kmm_slab *sl[MACHINES];
	kmm_addr live[MACHINES][32] = { { 0 } };
	char why[300];

	for (unsigned i = 0; i < MACHINES; i++)
		sl[i] = slab_of_version(&mm[i], (enum kmm_slab_kind)(i % 3), KMM_VERSION(6, 1, 0),
					2, 1);
	for (unsigned n = 0; n < 20000; n++) {
		unsigned i, slot;

		*random = *random * 6364136223846793005ull + 1442695040888963407ull;
		i = (unsigned)(*random >> 33) % MACHINES;
		slot = (unsigned)(*random >> 40) % 32;
		kmm_kfree(sl[i], n & 1, live[i][slot]);
		live[i][slot] = kmm_kmalloc(sl[i], n & 1, 1 + (*random >> 50) % 3000, gfp);
		failed += live[i][slot] == KMM_NULL;
	}
	for (unsigned i = 0; i < MACHINES; i++) {
		failed += kmm_slab_stats(sl[i])->bad_frees;
		failed += kmm_slab_validate(sl[i], why, sizeof(why)) != 0;
		kmm_slab_destroy(sl[i]);
		kmm_destroy(mm[i]);
	}
	*random = failed;
	return NULL;
}

/* 64 machines at a time, eight to a thread: none knows of the others. */
static void test_threads(void **state)
{
	pthread_t thread[THREADS];
	uint64_t random[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		random[i] = i * 12345 + 1;
		assert_int_equal(pthread_create(&thread[i], NULL, use_machines, &random[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(random[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies_refused),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_flush_cpu),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
