// SPDX-License-Identifier: GPL-2.0-or-later
/* The property test of objects.h on SLUB. */
#include "tests/property/objects.h"

static void tune_random(struct kmm_slab_policy *p)
{
	p->freelist_random = true;
	p->kmalloc_random = true;
	p->seed = 4711;
}

static void tune_debug(struct kmm_slab_policy *p)
{
	p->debug = KMM_SLAB_DEBUG;
}

static void tune_plain(struct kmm_slab_policy *p)
{
	p->cpu_partial = false;
	p->merge = false;
	p->rcu_delay = true;
}

static void tune_small(struct kmm_slab_policy *p)
{
	p->kmalloc_min = 8;
}

static void tune_32_bit(struct kmm_slab_policy *p)
{
	p->word = 4;
	p->cache_line = 32;
	p->slab_break_order = false;
}

static void tune_caches(struct kmm_slab_policy *p)
{
	p->kmem_cache_size = 224;
}

SUBJECT(slub_6_1, { KMM_LINUX_6_1, 2, 1, 384, NULL, KMM_SLUB, KMM_VERSION(6, 1, 0), false })
SUBJECT(slub_6_18, { KMM_LINUX_6_18, 2, 1, 384, NULL, KMM_SLUB, KMM_VERSION(6, 18, 0), false })
SUBJECT(slub_5_10,
	{ KMM_LINUX_5_10, 3, 1, 384, tune_small, KMM_SLUB, KMM_VERSION(5, 10, 0), false })
SUBJECT(slub_2_6, { KMM_LINUX_2_6, 2, 1, 384, tune_32_bit, KMM_SLUB, KMM_VERSION(2, 6, 24), false })
SUBJECT(slub_numa, { KMM_LINUX_6_1, 4, 2, 512, NULL, KMM_SLUB, KMM_VERSION(6, 1, 0), false })
SUBJECT(slub_numa_6_18, { KMM_LINUX_6_18, 4, 2, 512, NULL, KMM_SLUB, KMM_VERSION(6, 18, 0), false })
SUBJECT(slub_random,
	{ KMM_LINUX_6_1, 2, 1, 512, tune_random, KMM_SLUB, KMM_VERSION(6, 6, 0), false })
SUBJECT(slub_debug, { KMM_LINUX_6_1, 2, 1, 512, tune_debug, KMM_SLUB, KMM_VERSION(6, 1, 0), false })
SUBJECT(slub_backed, { KMM_LINUX_6_1, 2, 1, 512, NULL, KMM_SLUB, KMM_VERSION(6, 1, 0), true })
SUBJECT(slub_debug_backed,
	{ KMM_LINUX_6_1, 2, 1, 512, tune_debug, KMM_SLUB, KMM_VERSION(6, 1, 0), true })
SUBJECT(slub_plain, { KMM_LINUX_6_1, 2, 1, 384, tune_plain, KMM_SLUB, KMM_VERSION(6, 1, 0), false })
SUBJECT(slub_caches,
	{ KMM_LINUX_6_1, 2, 1, 384, tune_caches, KMM_SLUB, KMM_VERSION(6, 1, 0), false })
SUBJECT(slub_tight, { KMM_LINUX_6_1, 2, 1, 128, NULL, KMM_SLUB, KMM_VERSION(6, 1, 0), false })

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slub_6_1),    cmocka_unit_test(test_slub_6_18),
		cmocka_unit_test(test_slub_5_10),   cmocka_unit_test(test_slub_2_6),
		cmocka_unit_test(test_slub_numa),   cmocka_unit_test(test_slub_numa_6_18),
		cmocka_unit_test(test_slub_random), cmocka_unit_test(test_slub_debug),
		cmocka_unit_test(test_slub_backed), cmocka_unit_test(test_slub_debug_backed),
		cmocka_unit_test(test_slub_plain),  cmocka_unit_test(test_slub_tight),
		cmocka_unit_test(test_slub_caches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
