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

/*
 * Lines of a /proc/slabinfo (version 2.1, statistics) of an x86-64 machine under 2.6.16: caches
 * of which so many objects were taken on one CPU and none came back.  What its array then
 * held had returned to the slabs.  Its slab descriptors were smaller than those of 2.6.24, so
 * these are caches where that makes no difference.
 */
static const struct {
	const char *line;
	unsigned size, allocs;
} kernels[] = {
	{ "RAWv6                  6      8    904    4    1 : tunables   32   16    8 : slabdata      "
	  "2      2      0 : globalstat       8      8     2    0 \t\t\t\t   0    0    0    0 : cpustat      "
	  "4      2      0      0",
	  904, 6 },
	{ "rpc_buffers            8      9   2072    3    2 : tunables   24   12    8 : slabdata      "
	  "3      3      0 : globalstat       9      9     3    0 \t\t\t\t   0    0    0    0 : cpustat      "
	  "5      3      0      0",
	  2072, 8 },
	{ "rpc_tasks              8     10    384   10    1 : tunables   32   16    8 : slabdata      "
	  "1      1      0 : globalstat      10     10     1    0 \t\t\t\t   0    0    0    0 : cpustat      "
	  "7      1      0      0",
	  384, 8 },
	{ "RAW                    5      5    728    5    1 : tunables   32   16    8 : slabdata      "
	  "1      1      0 : globalstat       5      5     1    0 \t\t\t\t   0    0    0    0 : cpustat      "
	  "4      1      0      0",
	  728, 5 },
	{ "nfs_write_data        36     40    808    5    1 : tunables   32   16    8 : slabdata      "
	  "8      8      0 : globalstat      40     40     8    0 \t\t\t\t   0    0    0    0 : cpustat     "
	  "28      8      0      0",
	  808, 36 },
	{ "nfs_read_data         32     35    776    5    1 : tunables   32   16    8 : slabdata      "
	  "7      7      0 : globalstat      35     35     7    0 \t\t\t\t   0    0    0    0 : cpustat     "
	  "25      7      0      0",
	  776, 32 },
	{ "hugetlbfs_inode_cache      1      6    640    6    1 : tunables   32   16    8 : slabdata      "
	  "1      1      0 : globalstat       6      6     1    0 \t\t\t\t   0    0    0    0 : cpustat      "
	  "0      1      0      0",
	  640, 1 },
	{ "biovec-(256)         260    260   4096    1    1 : tunables   24   12    8 : slabdata    "
	  "260    260      0 : globalstat     260    260   260    0 \t\t\t\t   0    0    0    0 : cpustat      "
	  "0    260      0      0",
	  4096, 260 },
};

static struct kmm_slab *statistics_of(struct kmm **mm, unsigned version)
{
	struct kmm_slab_policy p;

	*mm = slab_machine(KMM_LINUX_2_6, 1024, 2, 1);
	kmm_slab_policy_init(&p, KMM_SLAB, version);
	p.slab_stats = true;
	return slab_create(*mm, &p);
}

static void test_statistics(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++) {
		struct kmm *mm;
		struct kmm_slab *sl = statistics_of(&mm, KMM_VERSION(2, 6, 16));
		char name[40], line[300];
		struct kmm_cache *s;

		sscanf(kernels[i].line, "%39s", name);
		s = slab_cache(sl, name, kernels[i].size, 0, 0);
		for (unsigned n = 0; n < kernels[i].allocs; n++)
			assert_int_not_equal(kmm_kmem_cache_alloc(s, 1, GFP_KERNEL), KMM_NULL);
		for (unsigned round = 0; round < 16; round++)
			kmm_slab_reap(sl, 1);
		kmm_kmem_cache_slabinfo(s, line, sizeof(line));
		assert_string_equal(line, kernels[i].line);
		slab_done(sl);
		kmm_destroy(mm);
	}
}

/* What all such lines have in common: what went in and what came out makes what is out. */
static void test_statistics_of_frees(void **state)
{
	kmm_addr at[200];
	struct kmm *mm;
	struct kmm_slab *sl = statistics_of(&mm, KMM_VERSION(2, 6, 24));
	struct kmm_cache *s = slab_cache(sl, "mm_struct", 584, 0, 0);
	struct kmm_cache_counts c;
	char line[300];

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		at[i] = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);
	for (unsigned i = 0; i < 177; i++)
		kmm_kmem_cache_free(s, 0, at[i]);
	kmm_kmem_cache_counts(s, &c);
	assert_int_equal(c.allochit + c.allocmiss, 200);
	assert_int_equal(c.freehit + c.freemiss, 177);
	/* The array had 3 (29 slabs of 7 for 200), room for 29, and a batch of 16 each time after. */
	assert_int_equal(c.freemiss, 1 + (177 - 29 - 1) / 16);
	assert_int_equal(c.maxobjs, 203);
	assert_int_equal(c.listallocs, 203);
	assert_int_equal(c.grown, 29);
	/* A line of i386 under 2.6.23, mm_struct, with the numbers of this run. */
	kmm_kmem_cache_slabinfo(s, line, sizeof(line));
	assert_non_null(strstr(line, "mm_struct  "));
	assert_non_null(strstr(line, "    584    7    1 : tunables   32   16    8 : slabdata "));
	assert_non_null(strstr(line, " : globalstat     203    203    29    0 \t\t\t\t   0 "));
	assert_non_null(strstr(line, "    0    0    0 : cpustat "));
	/* Cut off, and its length told all the same. */
	assert_int_equal(kmm_kmem_cache_slabinfo(s, line, 120),
			 kmm_kmem_cache_slabinfo(s, NULL, 0));
	assert_int_equal(strlen(line), 119);
	slab_done(sl);
	kmm_destroy(mm);
}

struct file {
	char first[64], second[400], third[300], last[300];
	unsigned lines;
};

static void read_line(void *arg, const char *text)
{
	struct file *f = arg;

	switch (f->lines++) {
	case 0:
		snprintf(f->first, sizeof(f->first), "%s", text);
		break;
	case 1:
		snprintf(f->second, sizeof(f->second), "%s", text);
		break;
	case 2:
		snprintf(f->third, sizeof(f->third), "%s", text);
		break;
	default:
		snprintf(f->last, sizeof(f->last), "%s", text);
	}
}

/* The newest cache comes first; the heading is a kernel's. */
static void test_file(void **state)
{
	static const char heading[] =
		"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : "
		"tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> "
		"<sharedavail>";
	static const char counted[] =
		" : globalstat <listallocs> <maxobjs> <grown> <reaped> <error> <maxfreeable> "
		"<nodeallocs> <remotefrees> : cpustat <allochit> <allocmiss> <freehit> <freemiss>";
	struct kmm *mm;
	struct kmm_slab *sl = statistics_of(&mm, KMM_VERSION(2, 6, 16));
	struct file f = { 0 };

	(void)state;
	slab_cache(sl, "ext3_xattr", 48, 0, 0);
	kmm_slabinfo(sl, read_line, &f);
	assert_string_equal(f.first, "slabinfo - version: 2.1 (statistics)");
	assert_memory_equal(f.second, heading, sizeof(heading) - 1);
	assert_string_equal(f.second + sizeof(heading) - 1, counted);
	assert_memory_equal(f.third, "ext3_xattr  ", 12);
	assert_memory_equal(f.last, "size-32 ", 8);
	slab_done(sl);
	kmm_destroy(mm);

	sl = slab_of_version(&mm, KMM_SLUB, KMM_VERSION(6, 1, 0), 1, 1);
	memset(&f, 0, sizeof(f));
	kmm_slabinfo(sl, read_line, &f);
	assert_string_equal(f.first, "slabinfo - version: 2.1");
	assert_string_equal(f.second, heading);
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),	   cmocka_unit_test(test_slub),
		cmocka_unit_test(test_statistics), cmocka_unit_test(test_statistics_of_frees),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
