/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: where the fields that link free pages stand in a kernel's structures.
 * One row a kernel; a row is believed only when the lists read with it agree
 * with buddyinfo and zoneinfo.
 */
#ifndef MACHINE_LAYOUT_H
#define MACHINE_LAYOUT_H

#include <stdint.h>

struct layout {
	const char *kernel; /* start of the version string */
	const char *arch;
	const char *name;
	/* struct page */
	uint32_t page_size, page_lru, page_private, page_type;
	uint32_t buddy_type; /* value of page_type in a free block's head */
	/* struct pglist_data and struct zone */
	uint32_t zone_size, zone_free_area, free_area_size, zone_pageset;
	uint32_t types; /* list heads of a free_area */
	/* struct per_cpu_pages */
	uint32_t pcp_count, pcp_high, pcp_batch, pcp_free_factor, pcp_expire, pcp_lists, pcp_list_count;
};

/* The row for a kernel; NULL if there is none. */
const struct layout *layout_find(const char *kernel, const char *arch);

#endif
