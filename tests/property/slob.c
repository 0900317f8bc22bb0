// SPDX-License-Identifier: GPL-2.0-or-later
/* The property test of objects.h on SLOB. */
#include "tests/property/objects.h"

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

SUBJECT(slob_backed, { KMM_LINUX_6_1, 2, 1, 384, NULL, KMM_SLOB, KMM_VERSION(6, 1, 0), true })
SUBJECT(slob_2_6, { KMM_LINUX_2_6, 1, 1, 384, tune_32_bit, KMM_SLOB, KMM_VERSION(2, 6, 24), false })
SUBJECT(slob_6_1, { KMM_LINUX_6_1, 2, 1, 384, tune_small, KMM_SLOB, KMM_VERSION(6, 1, 0), false })
SUBJECT(slob_numa, { KMM_LINUX_6_1, 2, 2, 512, NULL, KMM_SLOB, KMM_VERSION(5, 4, 0), false })
SUBJECT(slob_tight, { KMM_LINUX_6_1, 2, 1, 128, NULL, KMM_SLOB, KMM_VERSION(5, 4, 0), false })

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slob_backed), cmocka_unit_test(test_slob_2_6),
		cmocka_unit_test(test_slob_6_1),    cmocka_unit_test(test_slob_numa),
		cmocka_unit_test(test_slob_tight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
