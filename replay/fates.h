/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fates: what several CPUs did with one page at one time of a clock that stood still.
 *
 * A page is in one place at a time: in use, on a per-CPU list, or in the free lists.  A refill takes it from the free
 * lists to a list, a drain from a list back, an allocation from its CPU's list; so most orders of the records about
 * it are not possible, often all but one.
 */
#ifndef REPLAY_FATES_H
#define REPLAY_FATES_H

#include <stdbool.h>
#include <stdint.h>

#include "workload/request.h"

#define FATES_MOST 8 /* records about one page that are put in order */

enum fates_place {
	FATES_IN_USE,
	FATES_ON_LIST,
	FATES_IN_BUDDY,
	FATES_NOT_BUDDY /* one of the first two */
};

/* The records about a page of order 0, in the file's order. */
struct fates {
	const struct request *q[FATES_MOST];
	uint32_t number[FATES_MOST]; /* the caller's */
	unsigned n;
};

/* Does this request's page come by refills of its own, which stand behind it? */
bool fates_takes(const struct request *q);

/*
 * Of the possible orders, with each CPU's records in theirs, the one that is nearest to the file's: places in f->q.  So
 * many are possible, but no more than `most` are looked for.  An order in which a record of another CPU comes right behind one that
 * `waits` for it (their numbers) does not count; waits may be NULL.
 */
unsigned fates_order(const struct fates *f, enum fates_place start, unsigned most,
		     bool (*waits)(const void *who, uint32_t first, uint32_t then), const void *who,
		     uint8_t *order);

#endif
