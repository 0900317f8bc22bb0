// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The geometry of SLAB caches against the literature and against what kernels
 * printed: lines of /proc/slabinfo of machines whose owners posted them on mailing
 * lists (i386 SMP with 64-byte lines, 2.6.17; x86-64, 2.6.26 to 2.6.38; and what
 * came before 2.6.14).
 */
#include "tests/unit/mm_slab_machine.h"

/* objsize, objperslab, pagesperslab, limit, batchcount, sharedfactor. */
struct line {
	const char *name;
	unsigned size, flags, objects, pages, limit, batchcount, shared;
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define LINE KMM_SLAB_HWCACHE_ALIGN
#define RECLAIM KMM_SLAB_RECLAIM_ACCOUNT

static const struct line i386[] = {
	{ "ip_conntrack_expect", 92, 0, 42, 1, 120, 60, 8 },
	{ "ip_conntrack", 228, 0, 17, 1, 120, 60, 8 },
	{ "fib6_nodes", 32, LINE, 113, 1, 120, 60, 8 },
	{ "ip6_dst_cache", 256, LINE, 15, 1, 120, 60, 8 },
	{ "RAWv6", 768, LINE, 5, 1, 54, 27, 8 },
	{ "UDPv6", 704, LINE, 11, 2, 54, 27, 8 },
	{ "TCPv6", 1344, LINE, 3, 1, 24, 12, 8 },
	{ "cifs_small_rq", 448, LINE, 9, 1, 54, 27, 8 },
	{ "cifs_request", 16512, LINE, 1, 8, 8, 4, 0 },
	{ "rpc_inode_cache", 576, LINE | RECLAIM, 7, 1, 54, 27, 8 },
	{ "uhci_urb_priv", 40, 0, 92, 1, 120, 60, 8 },
	{ "dm-snapshot-ex", 24, 0, 145, 1, 120, 60, 8 },
	{ "ext3_inode_cache", 640, RECLAIM, 6, 1, 54, 27, 8 },
	{ "ext3_xattr", 48, RECLAIM, 78, 1, 120, 60, 8 },
	{ "journal_handle", 20, 0, 169, 1, 120, 60, 8 },
	{ "revoke_table", 12, 0, 254, 1, 120, 60, 8 },
	{ "dm_tio", 16, 0, 203, 1, 120, 60, 8 },
	{ "sgpool-128", 2560, LINE, 3, 2, 24, 12, 8 },
	{ "sgpool-64", 1280, LINE, 3, 1, 24, 12, 8 },
	{ "scsi_io_context", 104, 0, 37, 1, 120, 60, 8 },
	{ "msi_cache", 3840, LINE, 1, 1, 24, 12, 8 },
	{ "posix_timers_cache", 112, 0, 35, 1, 120, 60, 8 },
	{ "blkdev_requests", 176, 0, 22, 1, 120, 60, 8 },
	{ "blkdev_queue", 976, 0, 4, 1, 54, 27, 8 },
	{ "biovec-(256)", 3072, LINE, 2, 2, 24, 12, 8 },
	{ "biovec-128", 1536, LINE, 5, 2, 24, 12, 8 },
	{ "sigqueue", 144, 0, 27, 1, 120, 60, 8 },
	{ "radix_tree_node", 276, 0, 14, 1, 54, 27, 8 },
	{ "sock_inode_cache", 512, LINE | RECLAIM, 8, 1, 54, 27, 8 },
	{ "filp", 192, LINE, 20, 1, 120, 60, 8 },
	{ "names_cache", 4096, LINE, 1, 1, 24, 12, 8 },
	{ "idr_layer_cache", 136, 0, 29, 1, 120, 60, 8 },
	{ "buffer_head", 52, RECLAIM, 72, 1, 120, 60, 8 },
	{ "mm_struct", 460, LINE, 7, 1, 54, 27, 8 }, /* 512 once aligned, yet on the slab */
	{ "task_struct", 1360, 0, 3, 1, 24, 12, 8 },
	{ "size-131072", 131072, LINE, 1, 32, 8, 4, 0 },
	{ "size-8192", 8192, LINE, 1, 2, 8, 4, 0 },
	{ "size-2048", 2048, LINE, 2, 1, 24, 12, 8 },
	{ "size-1024", 1024, LINE, 4, 1, 54, 27, 8 },
	{ "size-512", 512, LINE, 8, 1, 54, 27, 8 },
	{ "size-256", 256, LINE, 15, 1, 120, 60, 8 },
	{ "size-128", 128, LINE, 30, 1, 120, 60, 8 },
	{ "size-64", 64, LINE, 59, 1, 120, 60, 8 },
	{ "size-32", 32, LINE, 113, 1, 120, 60, 8 },
};

static const struct line x86_64[] = {
	{ "nf_conntrack", 256, LINE, 15, 1, 120, 60, 8 },
	{ "uhci_urb_priv", 56, 0, 67, 1, 120, 60, 8 },
	{ "cfq_queue", 168, 0, 23, 1, 120, 60, 8 },
	{ "xfs_buf", 384, LINE, 10, 1, 54, 27, 8 },
	{ "fstrm_item", 24, 0, 144, 1, 120, 60, 8 },
	{ "xfs_ili", 200, 0, 19, 1, 120, 60, 8 },
	{ "xfs_inode", 960, LINE | RECLAIM, 4, 1, 54, 27, 8 },
	{ "xfs_efi_item", 360, 0, 11, 1, 54, 27, 8 },
	{ "xfs_efd_item", 368, 0, 10, 1, 54, 27, 8 },
	{ "xfs_trans", 800, 0, 5, 1, 54, 27, 8 },
	{ "RAWv6", 896, LINE, 4, 1, 54, 27, 8 },
	{ "TCPv6", 1536, LINE, 5, 2, 24, 12, 8 },
	{ "ip_dst_cache", 320, LINE, 12, 1, 54, 27, 8 },
	{ "fat_inode_cache", 664, RECLAIM, 6, 1, 54, 27, 8 },
	{ "fat_cache", 32, RECLAIM, 112, 1, 120, 60, 8 },
	{ "fuse_request", 608, 0, 6, 1, 54, 27, 8 },
	{ "fuse_inode", 704, LINE, 11, 2, 54, 27, 8 },
	{ "nfsd4_stateids", 120, 0, 32, 1, 120, 60, 8 },
	{ "nfsd4_openowners", 392, 0, 10, 1, 54, 27, 8 },
	{ "Acpi-State", 80, 0, 48, 1, 120, 60, 8 },
	{ "ext4_prealloc_space", 104, RECLAIM, 37, 1, 120, 60, 8 },
	{ "ext4_io_end", 1128, RECLAIM, 3, 1, 24, 12, 8 },
	{ "ext4_io_page", 16, RECLAIM, 202, 1, 120, 60, 8 },
	{ "jbd2_inode", 48, 0, 77, 1, 120, 60, 8 },
	{ "jbd2_journal_head", 112, 0, 34, 1, 120, 60, 8 },
	{ "kcopyd_job", 3240, 0, 2, 2, 24, 12, 8 },
	{ "dm_uevent", 2608, 0, 3, 2, 24, 12, 8 },
	{ "dm_rq_target_io", 408, 0, 9, 1, 54, 27, 8 },
	{ "journal_head", 96, 0, 40, 1, 120, 60, 8 },
	{ "mqueue_inode_cache", 1088, LINE, 7, 2, 24, 12, 8 },
	{ "isofs_inode_cache", 768, RECLAIM, 5, 1, 54, 27, 8 },
};

/* 2.6.13, i686 SMP with lines of 128 bytes: indexes of two bytes. */
static const struct line i386_2_6_13[] = {
	{ "nfs_inode_cache", 660, RECLAIM, 6, 1, 54, 27, 8 },
	{ "nfsd4_delegations", 596, 0, 13, 2, 54, 27, 8 },
	{ "nfsd4_stateids", 72, 0, 55, 1, 120, 60, 8 },
	{ "nfsd4_files", 36, 0, 107, 1, 120, 60, 8 },
	{ "nfsd4_stateowners", 344, 0, 11, 1, 54, 27, 8 },
	{ "ext3_xattr", 44, RECLAIM, 88, 1, 120, 60, 8 },
	{ "journal_handle", 20, 0, 185, 1, 120, 60, 8 },
	{ "journal_head", 52, 0, 75, 1, 120, 60, 8 },
	{ "revoke_table", 12, 0, 290, 1, 120, 60, 8 },
	{ "unionfs_inode_cache", 420, RECLAIM, 9, 1, 54, 27, 8 },
	{ "tcp_bind_bucket", 16, LINE, 226, 1, 120, 60, 8 },
	{ "ip_fib_hash", 32, LINE, 119, 1, 120, 60, 8 },
	{ "TCP", 1024, LINE, 4, 1, 54, 27, 8 },
	{ "cfq_pool", 96, 0, 41, 1, 120, 60, 8 },
	{ "xfs_acl", 304, 0, 13, 1, 54, 27, 8 },
	{ "xfs_ili", 140, 0, 28, 1, 120, 60, 8 },
	{ "xfs_ifork", 56, 0, 70, 1, 120, 60, 8 },
	{ "xfs_efi_item", 260, 0, 15, 1, 54, 27, 8 },
	{ "xfs_buf", 224, 0, 18, 1, 120, 60, 8 },
	{ "cifs_request", 16640, LINE, 1, 8, 8, 4, 0 },
	{ "inotify_event_cache", 28, 0, 135, 1, 120, 60, 8 },
	{ "posix_timers_cache", 100, 0, 39, 1, 120, 60, 8 },
	{ "blkdev_requests", 152, 0, 26, 1, 120, 60, 8 },
	{ "biovec-(256)", 3072, LINE, 2, 2, 24, 12, 8 },
	{ "sysfs_dir_cache", 40, 0, 96, 1, 120, 60, 8 },
	{ "vm_area_struct", 88, 0, 45, 1, 120, 60, 8 },
	{ "sighand_cache", 1408, LINE, 5, 2, 24, 12, 8 },
	{ "task_struct", 1280, 0, 3, 1, 24, 12, 8 },
	{ "pgd", 4096, 0, 1, 1, 24, 12, 8 },
};

/* 2.6.11-rc2, two Opterons: likewise. */
static const struct line x86_64_2_6_11[] = {
	{ "raid5/md5", 1416, 0, 5, 2, 24, 12, 8 },
	{ "fib6_nodes", 64, LINE, 61, 1, 120, 60, 8 },
	{ "tcpv6_sock", 1664, LINE, 4, 2, 24, 12, 8 },
	{ "raw_sock", 832, LINE, 9, 2, 54, 27, 8 },
	{ "flow_cache", 128, LINE, 31, 1, 120, 60, 8 },
	{ "dm_tio", 24, 0, 156, 1, 120, 60, 8 },
	{ "dm_io", 32, 0, 119, 1, 120, 60, 8 },
	{ "cfq_ioc_pool", 48, 0, 81, 1, 120, 60, 8 },
	{ "cfq_pool", 176, 0, 22, 1, 120, 60, 8 },
	{ "crq_pool", 104, 0, 38, 1, 120, 60, 8 },
	{ "as_arq", 112, 0, 35, 1, 120, 60, 8 },
	{ "xfs_efi_item", 352, 0, 11, 1, 54, 27, 8 },
	{ "xfs_buf_item", 184, 0, 21, 1, 120, 60, 8 },
	{ "xfs_da_state", 488, 0, 8, 1, 54, 27, 8 },
	{ "xfs_trans", 872, 0, 9, 2, 54, 27, 8 },
	{ "xfs_inode", 528, RECLAIM, 7, 1, 54, 27, 8 },
	{ "linvfs_icache", 600, RECLAIM, 6, 1, 54, 27, 8 },
	{ "nfs_inode_cache", 952, RECLAIM, 4, 1, 54, 27, 8 },
	{ "journal_head", 88, 0, 45, 1, 120, 60, 8 },
	{ "revoke_table", 16, 0, 225, 1, 120, 60, 8 },
	{ "ext3_inode_cache", 816, RECLAIM, 5, 1, 54, 27, 8 },
	{ "dnotify_cache", 40, 0, 96, 1, 120, 60, 8 },
	{ "eventpoll_pwq", 72, 0, 54, 1, 120, 60, 8 },
	{ "blkdev_queue", 680, 0, 6, 1, 54, 27, 8 },
	{ "blkdev_requests", 248, 0, 16, 1, 120, 60, 8 },
	{ "sigqueue", 168, 0, 23, 1, 120, 60, 8 },
	{ "inode_cache", 552, RECLAIM, 7, 1, 54, 27, 8 },
	{ "dentry_cache", 224, RECLAIM, 17, 1, 120, 60, 8 },
	{ "mm_struct", 1152, LINE, 7, 2, 24, 12, 8 },
	{ "sighand_cache", 2112, LINE, 3, 2, 24, 12, 8 },
	{ "task_struct", 1744, 0, 4, 2, 24, 12, 8 },
	{ "shared_policy_node", 56, 0, 69, 1, 120, 60, 8 },
	{ "size-8192", 8192, LINE, 1, 2, 8, 4, 0 },
};

static void check_lines(const struct line *l, size_t n, unsigned version, unsigned word,
			unsigned cache_line)
{
	struct kmm *mm = slab_machine(KMM_LINUX_2_6, 1024, 2, 1);
	struct kmm_slab_policy p;
	struct kmm_slab *sl;

	kmm_slab_policy_init(&p, KMM_SLAB, version);
	p.word = word;
	p.cache_line = cache_line;
	sl = slab_create(mm, &p);
	for (; n--; l++) {
		struct kmm_cache_figures f = slab_figures(
			slab_cache(sl, l->name, l->size, 0, l->flags));

		if (f.objs_per_slab != l->objects || 1u << f.order != l->pages ||
		    f.limit != l->limit || f.batchcount != l->batchcount || f.shared != l->shared)
			fail_msg("%s of %u: %u objects on %u pages, %u %u %u; the kernel %u on %u, "
				 "%u %u %u",
				 l->name, l->size, f.objs_per_slab, 1u << f.order, f.limit,
				 f.batchcount, f.shared, l->objects, l->pages, l->limit,
				 l->batchcount, l->shared);
	}
	slab_done(sl);
	kmm_destroy(mm);
}

static void test_i386(void **state)
{
	(void)state;
	check_lines(i386, COUNT(i386), KMM_VERSION(2, 6, 17), 4, 64);
}

static void test_x86_64(void **state)
{
	(void)state;
	check_lines(x86_64, COUNT(x86_64), KMM_VERSION(2, 6, 26), 8, 64);
}

static void test_short_indexes(void **state)
{
	(void)state;
	check_lines(i386_2_6_13, COUNT(i386_2_6_13), KMM_VERSION(2, 6, 13), 4, 128);
	check_lines(x86_64_2_6_11, COUNT(x86_64_2_6_11), KMM_VERSION(2, 6, 11), 8, 64);
}

/*
 * Colours.  Understanding the Linux Kernel, 3rd ed., "Slab Coloring": free bytes by
 * aln are the available colours, and the first object stands at col * aln + dsize.
 * For 192 bytes on i386: 20 objects take 3840; the descriptor (28) and 20 indexes
 * of 4 take 108, aligned to 64: 128; 128 bytes are left, two colours: objects of
 * the slabs begin at 128, 192, 128, ...
 */
static void test_colours(void **state)
{
	struct kmm *mm = slab_machine(KMM_LINUX_2_6, 1024, 1, 1);
	struct kmm_slab_policy p;
	struct kmm_slab *sl;
	struct kmm_cache *s;
	struct kmm_cache_figures f;

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLAB, KMM_VERSION(2, 6, 24));
	p.word = 4;
	sl = slab_create(mm, &p);
	s = slab_cache(sl, "filp", 192, 0, KMM_SLAB_HWCACHE_ALIGN);
	f = slab_figures(s);
	assert_int_equal(f.management, 128);
	assert_int_equal(f.leftover, 128);
	assert_int_equal(f.colour_off, 64);
	assert_int_equal(f.colours, 2);
	assert_false(f.off_slab);
	for (unsigned slab = 0; slab < 5; slab++) {
		kmm_addr lowest = UINT64_MAX;

		for (unsigned i = 0; i < 20; i++) {
			kmm_addr at = kmm_kmem_cache_alloc(s, 0, GFP_KERNEL);

			if (at % 4096 < lowest % 4096 || lowest == UINT64_MAX)
				lowest = at;
		}
		assert_int_equal(lowest % 4096, slab % 2 ? 192 : 128);
	}
	slab_done(sl);
	kmm_destroy(mm);
}

/*
 * Management off the slab (2.6.24): objects of 512 bytes and more, unless the
 * left-over has room for it: 3 of 1344 bytes leave 64, as many as 28 + 3 * 4
 * bytes, aligned to the line, take; 8 of 512 bytes leave none.
 */
static void test_off_slab(void **state)
{
	struct kmm *mm = slab_machine(KMM_LINUX_2_6, 1024, 1, 1);
	struct kmm_slab_policy p;
	struct kmm_slab *sl;
	struct kmm_cache_figures f;

	(void)state;
	kmm_slab_policy_init(&p, KMM_SLAB, KMM_VERSION(2, 6, 24));
	p.word = 4;
	sl = slab_create(mm, &p);
	f = slab_figures(slab_cache(sl, "sighand_cache", 1344, 0, KMM_SLAB_HWCACHE_ALIGN));
	assert_false(f.off_slab);
	assert_int_equal(f.management, 64);
	assert_int_equal(f.leftover, 0);
	f = slab_figures(kmm_kmalloc_slab(sl, 512, 0, 0));
	assert_true(f.off_slab);
	assert_int_equal(f.management, 28 + 8 * 4);
	assert_int_equal(f.colours, 0);
	f = slab_figures(kmm_kmalloc_slab(sl, 256, 0, 0));
	assert_false(f.off_slab);
	slab_done(sl);
	kmm_destroy(mm);
}

/* From 4.6 on the index of a free object stands in it: no room is lost. */
static void test_4_6(void **state)
{
	struct kmm *mm;
	struct kmm_slab *sl = slab_of_version(&mm, KMM_SLAB, KMM_VERSION(5, 10, 0), 2, 1);
	struct kmm_cache_figures f = slab_figures(kmm_kmalloc_slab(sl, 256, 0, 0));

	(void)state;
	assert_int_equal(f.objs_per_slab, 16);
	assert_int_equal(f.management, 0);
	f = slab_figures(kmm_kmalloc_slab(sl, 32, 0, 0));
	/* 128 indexes of a byte do not fit into 32: 4096 / (32 + 1) objects, and 124 at the end. */
	assert_int_equal(f.objs_per_slab, 124);
	assert_int_equal(f.management, 124);
	assert_false(f.off_slab);
	slab_done(sl);
	kmm_destroy(mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_i386),	      cmocka_unit_test(test_x86_64),
		cmocka_unit_test(test_short_indexes), cmocka_unit_test(test_colours),
		cmocka_unit_test(test_off_slab),      cmocka_unit_test(test_4_6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
