// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/view.h"

uint64_t view_blocks(const struct view *v, unsigned zone, unsigned order)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < VIEW_TYPES; t++)
		n += v->nr_free[zone][t][order];
	return n;
}

uint64_t view_free_pages(const struct view *v, unsigned zone)
{
	uint64_t pages = 0;

	for (unsigned o = 0; o < KMM_ORDERS; o++)
		pages += view_blocks(v, zone, o) << o;
	return pages;
}
