// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyze/fragindex.h"

static uint64_t count(const uint64_t *blocks, unsigned orders)
{
	uint64_t n = 0;

	for (unsigned o = 0; o < orders; o++)
		n += blocks[o];
	return n;
}

uint64_t fragindex_pages(const uint64_t *blocks, unsigned orders)
{
	return fragindex_suitable(blocks, orders, 0);
}

uint64_t fragindex_suitable(const uint64_t *blocks, unsigned orders, unsigned order)
{
	uint64_t n = 0;

	for (unsigned o = order; o < orders; o++)
		n += blocks[o] << (o - order);
	return n;
}

double fragindex_unusable(const uint64_t *blocks, unsigned orders, unsigned order)
{
	uint64_t pages = fragindex_pages(blocks, orders);

	if (!pages)
		return 1;
	return (double)(pages - (fragindex_suitable(blocks, orders, order) << order)) /
	       (double)pages;
}

double fragindex_external(const uint64_t *blocks, unsigned orders, unsigned order)
{
	uint64_t n = count(blocks, orders);

	if (!n)
		return 0;
	if (fragindex_suitable(blocks, orders, order))
		return -1;
	return 1 - (1 + (double)fragindex_pages(blocks, orders) / (double)(UINT64_C(1) << order)) /
			   (double)n;
}

int fragindex_unusable_milli(const uint64_t *blocks, unsigned orders, unsigned order)
{
	uint64_t pages = fragindex_pages(blocks, orders);

	if (!pages)
		return 1000;
	return (int)(1000 * (pages - (fragindex_suitable(blocks, orders, order) << order)) / pages);
}

int fragindex_external_milli(const uint64_t *blocks, unsigned orders, unsigned order)
{
	uint64_t n = count(blocks, orders);

	if (!n)
		return 0;
	if (fragindex_suitable(blocks, orders, order))
		return -1000;
	return 1000 - (int)((1000 + (1000 * fragindex_pages(blocks, orders) >> order)) / n);
}
