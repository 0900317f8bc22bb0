/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turns: groups of records that are read in another order than the file's.
 */
#ifndef REPLAY_TURNS_H
#define REPLAY_TURNS_H

#include <stdint.h>

#include "workload/request.h"

#define TURNS_MOST 16384 /* records of one group */

/* The record that comes at place `from` takes place right behind the one at place `behind`. */
struct turns_move {
	uint64_t from, behind;
};

struct turns {
	struct turns_group {
		uint64_t first; /* number of its first record */
		uint32_t count;
		uint32_t order; /* in orders: which record, from the first on, comes at each place */
	} * groups;		/* [count] ascending, apart from each other */
	uint64_t count, room;
	uint16_t *orders;
	uint64_t order_count, order_room;
};

void turns_free(struct turns *t);
/* Groups come in ascending order.  0, or -ENOMEM. */
int turns_add(struct turns *t, uint64_t first, uint32_t n, const uint16_t *order);
/*
 * Moves of records, [n] by `from`, besides: places are those in the groups' order so far.  A move over
 * more than TURNS_MOST records is left out.  0, or -ENOMEM.
 */
int turns_move(struct turns *t, const struct turns_move *m, uint64_t n);
/*
 * Put the records of a group, which begin at q, into its order; what the first says of kswapd stays with
 * the first.  A group in which a free would be read behind the next owner of its id stays as it is.  0, or -ENOMEM.
 */
int turns_apply(const struct turns *t, uint64_t group, struct request *q);

#endif
