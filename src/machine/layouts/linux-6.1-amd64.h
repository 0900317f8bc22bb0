/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's 6.1 for amd64.  Zones and per-CPU lists as described beside the
 * captures; the rest from the BTF of 6.1.0-56-amd64.
 */
{
	.name = "linux-6.1-amd64",
	.major = 6, .minor = 1, .arch = "x86_64",
	.pointer = 8,
	.page = { .size = 64, .lru = 8, .index = { 32, 8 }, .private_ = { 40, 8 },
		  .type = { 48, 4 }, .refcount = { 52, 4 } },
	.buddy_type = 0xffffff7f,
	.zone = { .first = 0, .size = 1536, .free_area = 256, .pcp = 104 },
	.section = { .size = 32, .usage = 8, .pageblock_flags = 24 },
	.pageblock_bits = 4,
	.free_area = { .size = 88, .nr_free = { 80, 8 } },
	.pcp = { .count = { 4, 4 }, .high = { 8, 4 }, .batch = { 12, 4 },
		 .free_factor = { 16, 2 }, .expire = { 18, 2 }, .lists = 24, .list_count = 14 },
	.slab = { .cache = { 24, 8 }, .counters = { 40, 4 }, .list = 8, .next = 8,
		  .cpu_slab = 0, .cpu_page = 16, .cpu_partial = 24 },
	.cache = { .size = 8408, .name = 96, .list = 104 },
},
