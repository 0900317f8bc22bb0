/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * latebulk: bulk allocations that took place later than is usual.  A thread's stack, or what else vmalloc gets, is
 * taken right after the array for its pages was allocated, and has no event.  A task that is preempted in between takes
 * what the list has when it runs again; meanwhile others get the pages that it would have got, which is how
 * it shows.  Its requests are then read before the task's next record (early.h).  Where others got what was given
 * back meanwhile instead, it shows later, by then as pages that were missing when the task had gone on.
 */
#ifndef REPLAY_LATEBULK_H
#define REPLAY_LATEBULK_H

#include <stdbool.h>
#include <stdint.h>

#include "workload/request.h"

struct silent;

#define LATEBULK_KEPT 256 /* pages that are remembered */

struct latebulk {
	struct latebulk_page {
		struct request q;
		uint64_t number; /* of its record */
		uint32_t list,
			pfn; /* where it was taken from, and which it was; KMM_NO_PFN: that had none left */
		bool waits;	/* it was not taken yet after all */
		uint16_t cpu;	/* on which its task went on, after it had lost the CPU .. */
		uint64_t again; /* .. with this record, + 1; 0: it has not, or lost none */
	} page[LATEBULK_KEPT];	/* in a circle */
	uint32_t count;
	uint32_t waiting;
};

/* A bulk allocation's page was taken off this list: this frame, or one that no event has shown yet. */
void latebulk_note(struct latebulk *b, const struct request *q, uint64_t number, uint32_t list,
		   uint32_t pfn);
/* The allocation with this number took its last pages from another list: these are where they were. */
void latebulk_forget(struct silent *s, uint64_t seq);
/*
 * A request got a page of which a bulk allocation is believed to have had it.  Had another task not done its own
 * yet?  Then its pages are on the list again.
 */
void latebulk_undo(struct silent *s, uint32_t pfn);
/* A task whose last record was a bulk allocation goes on with this record, after others had had its CPU. */
void latebulk_again(struct latebulk *b, const struct request *q, uint64_t number);
/* The next page that this task has still to take, which it does before its record q; NULL: none. */
struct latebulk_page *latebulk_due(struct latebulk *b, const struct request *q);

#endif
