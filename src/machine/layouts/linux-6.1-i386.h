/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's 6.1 for i386 (686-pae).  struct page as described beside the capture;
 * sizes of free_area and of the lists from the distances between list heads;
 * zones from the kernel's VMCOREINFO.  The pointer to the pageblocks' flags
 * stands before zone_start_pfn, which is there by its value.
 */
{
	.name = "linux-6.1-i386",
	.major = 6,
	.minor = 1,
	.arch = "i386",
	.pointer = 4,
	.page = { .size = 40,
		  .lru = 4,
		  .index = { 16, 4 },
		  .private_ = { 20, 4 },
		  .type = { 24, 4 },
		  .refcount = { 28, 4 } },
	.buddy_type = 0xffffff7f,
	.zone = { .first = 0, .size = 768, .free_area = 128, .pageblock_flags = 60 },
	.pageblock_bits = 4,
	.free_area = { .size = 44, .nr_free = { 40, 4 } },
	.pcp = { .list_count = 14 },
},
