// SPDX-License-Identifier: GPL-2.0-or-later
/* The property test of objects.h on SLAB. */
#include "tests/property/objects.h"

static void tune_debug(struct kmm_slab_policy *p)
{
	p->debug = KMM_SLAB_DEBUG;
}

static void tune_32_bit(struct kmm_slab_policy *p)
{
	p->word = 4;
	p->cache_line = 32;
	p->slab_break_order = false;
}

/* Every operation counted, and caches that are objects themselves. */
static void tune_counted(struct kmm_slab_policy *p)
{
	p->slab_stats = true;
	p->kmem_cache_size = 700;
}

SUBJECT(slab_debug_backed,
	{ KMM_LINUX_2_6, 2, 1, 512, tune_debug, KMM_SLAB, KMM_VERSION(2, 6, 24), true })
SUBJECT(slab_2_6, { KMM_LINUX_2_6, 2, 1, 384, tune_32_bit, KMM_SLAB, KMM_VERSION(2, 6, 24), false })
SUBJECT(slab_3_14, { KMM_LINUX_5_10, 2, 1, 384, NULL, KMM_SLAB, KMM_VERSION(3, 14, 0), false })
SUBJECT(slab_6_1, { KMM_LINUX_6_1, 2, 1, 384, NULL, KMM_SLAB, KMM_VERSION(6, 1, 0), false })
SUBJECT(slab_numa, { KMM_LINUX_2_6, 4, 2, 512, NULL, KMM_SLAB, KMM_VERSION(2, 6, 24), false })
SUBJECT(slab_debug,
	{ KMM_LINUX_2_6, 2, 1, 512, tune_debug, KMM_SLAB, KMM_VERSION(2, 6, 24), false })
SUBJECT(slab_counted,
	{ KMM_LINUX_2_6, 4, 2, 512, tune_counted, KMM_SLAB, KMM_VERSION(2, 6, 24), false })
SUBJECT(slab_tight, { KMM_LINUX_6_1, 2, 1, 128, NULL, KMM_SLAB, KMM_VERSION(5, 4, 0), false })

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab_debug_backed), cmocka_unit_test(test_slab_2_6),
		cmocka_unit_test(test_slab_3_14),	  cmocka_unit_test(test_slab_6_1),
		cmocka_unit_test(test_slab_numa),	  cmocka_unit_test(test_slab_debug),
		cmocka_unit_test(test_slab_tight),	  cmocka_unit_test(test_slab_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
