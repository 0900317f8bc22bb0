// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/layout.h"

#include <stddef.h>
#include <string.h>

static const struct layout layouts[] = {
	{ /* Debian's 6.1 for amd64: offsets as traces/README.md of the captures gives them */
	  .kernel = "6.1.", .arch = "x86_64", .name = "linux-6.1-amd64",
	  .page_size = 64, .page_lru = 8, .page_private = 40, .page_type = 48, .buddy_type = 0xffffff7f,
	  .zone_size = 1536, .zone_free_area = 256, .free_area_size = 88, .zone_pageset = 104, .types = 5,
	  .pcp_count = 4, .pcp_high = 8, .pcp_batch = 12, .pcp_free_factor = 16, .pcp_expire = 18,
	  .pcp_lists = 24, .pcp_list_count = 14 },
};

const struct layout *layout_find(const char *kernel, const char *arch)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (!strncmp(kernel, layouts[i].kernel, strlen(layouts[i].kernel)) && !strcmp(arch, layouts[i].arch))
			return &layouts[i];
	return NULL;
}
