/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * early: allocations that are logged behind what came after them.  A task takes its page from the
 * CPU's list, is preempted before its mm_page_alloc (zeroing the page makes that long), and others take
 * the pages behind it meanwhile.  The order of the list shows when it took place (silent.h); from there
 * on it is read there, under an id of its own, since others may have had its id in between.
 * A bulk allocation that took place later (latebulk.h) is moved the other way.
 *
 * And frees that are logged before what came first: others have the CPU between mm_page_free and the list.  What was freed
 * is read under an id of its own too then.
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
		uint64_t alloc; /* of a free: the record of what it gives back, + 1; 0: nobody has its id meanwhile */
	} * a; /* [count] by to and rank once settled */
	uint32_t count, room;
	uint32_t *logged; /* [count] of a[], by from */
	struct early_id {
		uint64_t number; /* of an allocation that is read under another id */
		uint32_t slot;
	} * ids; /* [id_count] by number */
	uint32_t id_count;
	uint32_t moved, dropped; /* so many of a[] and of logged[] are behind */
	struct request
		rest; /* what feed.h put into records that are read earlier, for the next one */
	bool no_memory;
};

void early_free(struct early *x);
/* The record `from` takes place before the record `to`, on this CPU. */
void early_note(struct early *x, const struct request *q, uint64_t from, uint64_t to, uint32_t rank,
		uint16_t cpu);
void early_note_move(struct early *x, const struct early_move *m);
/* All are noted; ids from `slot` on are free. */
void early_settle(struct early *x, uint32_t slot);
/* From the first record on again. */
void early_rewind(struct early *x);
/* The id under which the allocation with this number is read; NO_SLOT: its own. */
uint32_t early_slot(const struct early *x, uint64_t number);
/* Put the n records from number `first` on into their order, in place; how many they are now, -ENOMEM. */
int early_apply(struct early *x, struct request *q, uint32_t n, uint64_t first);

#endif
