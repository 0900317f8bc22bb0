// SPDX-License-Identifier: GPL-2.0-or-later
/* A cache in numbers: the line of /proc/slabinfo and what it counts. */
#include "tests/unit/mm_slab_machine.h"

/* As a kernel prints it (2.6, i386): ext3_xattr of a machine that had one object. */
static void test_line(void **state)
{
	struct kmm_slab_policy p;
	struct kmm *mm = slab_machine(KMM_LINUX_2_6, 256, 2, 1);
	struct kmm_slab *sl;
	struct kmm_cache *s;
	char line[200];

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLAB, KMM_VERSION(2, 6, 24));
	p.word = 4;
	sl = slab_create(mm, &p);
	s = slab_cache(sl, "ext3_xattr", 48, 0, KMM_SLAB_RECLAIM_ACCOUNT);
	kmm_kmem_cache_slabinfo(s, line, sizeof(line));
	assert_string_equal(line,
			    "ext3_xattr             0      0     48   78    1 : tunables  120   "
			    "60    8 : slabdata      0      0      0");
	kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	kmm_kmem_cache_slabinfo(s, line, sizeof(line));
	/* Sixteen objects moved to the CPU's array; all of them count as active. */
	assert_string_equal(line,
			    "ext3_xattr            16     78     48   78    1 : tunables  120   "
			    "60    8 : slabdata      1      1      0");
	slab_done(sl);
	kmm_destroy(mm);
}

/* SLUB has no tunables, and takes all that CPUs hold for active. */
static void test_slub(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 1, 0), 1, 1);
	struct kmm_cache *s = slab_cache(sl, "dentry", 192, 0, KMM_SLAB_RECLAIM_ACCOUNT);
	char line[200];

	(void)state;
	kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	kmm_kmem_cache_slabinfo(s, line, sizeof(line));
	assert_string_equal(line,
			    "dentry                21     21    192   21    1 : tunables    0   "
			    " 0    0 : slabdata      1      1      0");
	assert_int_equal(slab_figures(s).in_use, 1);
	kmm_slab_flush_cpu(sl, 0);
	kmm_kmem_cache_slabinfo(s, line, sizeof(line));
	assert_string_equal(line,
			    "dentry                 1     21    192   21    1 : tunables    0   "
			    " 0    0 : slabdata      1      1      0");
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_slub),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
