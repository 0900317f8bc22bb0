/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * early: allocations that are logged behind what came after them.  A task takes its page from the
 * CPU's list, is preempted before its mm_page_alloc (zeroing the page makes that long), and others take
 * the pages behind it meanwhile.  The order of the list shows when it took place (silent.h); from there
 * on it is read there, under an id of its own, since others may have had its id in between.
 * A bulk allocation that took place later (latebulk.h) is moved the other way.
 *
 * And frees that are logged before what came first: an interrupt comes between mm_page_free and the list.
 */
#ifndef REPLAY_EARLY_H
#define REPLAY_EARLY_H

#include <stdbool.h>
#include <stdint.h>

#include "workload/request.h"

struct early {
	struct early_move {
		uint64_t from, to; /* numbers: its record, and the one before which it took place */
		uint32_t rank;	   /* among those before one record, ascending */
		struct request q;
	} * a; /* [count] by to and rank once settled */
	uint32_t count, room;
	uint32_t *logged;	 /* [count] of a[], by from */
	uint32_t moved, dropped; /* so many of a[] and of logged[] are behind */
	struct request
		rest; /* what feed.h put into records that are read earlier, for the next one */
	bool no_memory;
};

void early_free(struct early *x);
void early_note(struct early *x, const struct request *q, uint64_t from, uint64_t to, uint32_t rank,
		uint16_t cpu);
/* All are noted; ids from `slot` on are free. */
void early_settle(struct early *x, uint32_t slot);
/* From the first record on again. */
void early_rewind(struct early *x);
/* The id under which the record with this number is read earlier; NO_SLOT: it is not. */
uint32_t early_slot(const struct early *x, uint64_t number);
/* Put the n records from number `first` on into their order, in place; how many they are now, -ENOMEM. */
int early_apply(struct early *x, struct request *q, uint32_t n, uint64_t first);

#endif
