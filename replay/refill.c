// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/refill.h"

void refill_begin(struct refill *x, const struct recorded *r, unsigned zone, unsigned type)
{
	x->r = r;
	x->zone = zone;
	x->type = type;
	for (unsigned k = 0; k < KMM_ORDERS; k++)
		x->at[k] = x->half[k] = KMM_NO_PFN;
}

/* The first block of this order that is left. */
static uint32_t take(struct refill *x, unsigned order)
{
	uint32_t pfn = x->half[order];

	if (pfn != KMM_NO_PFN) {
		x->half[order] = KMM_NO_PFN;
		return pfn;
	}
	pfn = recorded_free_next(x->r, x->zone, order, x->type, x->at[order]);
	if (pfn != KMM_NO_PFN)
		x->at[order] = pfn;
	return pfn;
}

uint32_t refill_next(struct refill *x, unsigned order)
{
	for (unsigned k = order; k < KMM_ORDERS; k++) {
		uint32_t pfn = take(x, k);

		if (pfn == KMM_NO_PFN)
			continue;
		while (k-- > order)
			x->half[k] = pfn + (1u << k);
		return pfn;
	}
	return KMM_NO_PFN;
}
