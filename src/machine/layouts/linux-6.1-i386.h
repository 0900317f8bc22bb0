/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's 6.1 for i386 (686-pae).  struct page as described beside the capture;
 * sizes of free_area and of the lists from the distances between list heads.
 */
{
	.name = "linux-6.1-i386",
	.major = 6, .minor = 1, .arch = "i386",
	.pointer = 4,
	.page = { .size = 40, .lru = 4, .index = { 16, 4 }, .private_ = { 20, 4 },
		  .type = { 24, 4 }, .refcount = { 28, 4 } },
	.buddy_type = 0xffffff7f,
	.free_area = { .size = 44, .nr_free = { 40, 4 } },
	.pcp = { .list_count = 14 },
},
