/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * latefree: blocks that one CPU gave back behind another's, though it was logged before it.
 * mm_page_free of a block that goes past the per-CPU lists comes before the zone lock is asked for, so of two
 * CPUs that free at one time either may be first; and the file does not tell who was where they share one time
 * of the clock.  Blocks stand at the head of their list in the turn in which they came: a refill that gets
 * one which should stand behind another tells.  So does one that gets a block behind such as another CPU was
 * giving back: the refill had the lock first.
 *
 * And a page of a batch that found its list held, which is placed with the next of its batch that has an event: what
 * refills get before it, though it stands first, came later.
 */
#ifndef REPLAY_LATEFREE_H
#define REPLAY_LATEFREE_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/recorded.h"
#include "replay/turns.h"
#include "workload/request.h"

/* A CPU in the midst of a free past the lists when another frees or takes: is there anything to find out at all? */
struct latefree_race {
	uint64_t last[KMM_CPUS]; /* number of each CPU's last record, + 1 */
	uint64_t number;	 /* of the last free past the lists, + 1 */
	uint16_t cpu;		 /* whose it was */
	bool seen;
};

void latefree_race(struct latefree_race *x, const struct request *q, uint64_t number);

#define LATEFREE_KEPT TURNS_MOST /* records that are remembered */

struct latefree {
	struct latefree_seen {
		uint64_t time;
		uint64_t first; /* of the records of its operation */
		uint64_t began; /* time of the first page of the drain that it is part of */
		uint16_t cpu;
		bool free, drain; /* a free past the lists or not; a page that a list gave back */
		bool all; /* in a drain of all lists: others get the lock between two of them */
		bool past,
			batched; /* a free past the lists; one that has an event of its time by its batch */
		uint64_t before; /* its CPU's record before, + 1 */
	} seen[LATEFREE_KEPT];	 /* by number, in a circle */
	uint64_t number;	 /* of the last one */
	uint64_t last[KMM_CPUS]; /* each CPU's last record, + 1 */
	uint32_t *of;		 /* [frames] record that gave it to the free lists last, + 1 */
	uint32_t frames;
	struct latefree_early { /* a free past the lists that others overtook, though they were logged first */
		uint64_t number; /* + 1; 0: none */
		uint64_t ahead;	 /* record that it came before, as far as is known */
	} early;
	struct turns_move *moves; /* [move_count] */
	uint64_t move_count, move_room;
	bool no_memory;
};

/* 0, or -ENOMEM. */
int latefree_init(struct latefree *l, const struct machine *m);
void latefree_free(struct latefree *l);
/* A record that r is to follow next. */
void latefree_record(struct latefree *l, const struct recorded *r, const struct request *q,
		     uint64_t number);
/* Something else tells that a record took place elsewhere. */
void latefree_move(struct latefree *l, struct turns_move move);

#endif
