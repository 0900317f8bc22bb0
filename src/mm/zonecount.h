/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zonecount: the counter of free pages that the marks are tested against.  Each CPU keeps back what it adds and
 * takes until that is more than a threshold of pages, or the work of once a second folds it in; so near a mark
 * the counter differs from what is on the lists.  Threshold 0: it does not.
 */
#ifndef MM_ZONECOUNT_H
#define MM_ZONECOUNT_H

#include "mm/pcp.h"

#pragma GCC visibility push(hidden)

/* What this CPU keeps back goes into the counter. */
static inline void zonecount_fold(struct zone *z, struct pcp *p)
{
	z->count_lag += p->kept_back;
	p->kept_back = 0;
}

/* The free lists changed; this CPU did it. */
static inline void zonecount_settle(struct kmm *mm, struct zone *z, unsigned cpu)
{
	struct pcp *p;
	int32_t pages;

	if (likely(!z->count_threshold))
		return;
	p = pcp_of(mm, z, cpu);
	pages = (int32_t)(z->free_pages - z->counted);
	z->counted = z->free_pages;
	z->count_lag -= pages;
	p->kept_back += pages;
	if (p->kept_back > z->count_threshold || p->kept_back < -z->count_threshold)
		zonecount_fold(z, p);
}

#pragma GCC visibility pop
#endif
