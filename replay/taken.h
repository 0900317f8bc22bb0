/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * taken: the ledger of what left the per-CPU lists without an event, as silent finds it out, record by record.
 *
 * Pages are taken from a list (which one of it is the allocator's affair); frames are known to have gone; frees
 * are known to have gone past their list.  A page that a bulk allocation was thought to have got, and did not,
 * stands for one that was found missing later: the same allocation got that.  Numbers are those of the records
 * before which it took place.  For one thread at a time; without memory the ledger says so at its end.
 */
#ifndef REPLAY_TAKEN_H
#define REPLAY_TAKEN_H

#include <stdbool.h>
#include <stdint.h>

/* A page taken from a list before a record. */
struct taken_page {
	uint64_t number; /* of the record */
	uint16_t cpu;
	uint8_t order, type; /* as enum kmm_migratetype */
	uint8_t zone;
};

/* Whichever way it was found: the block at this frame had left its list before the record. */
struct taken_frame {
	uint64_t number;
	uint32_t pfn;
};

struct taken {
	struct taken_page *page; /* [count] by number once ended */
	uint64_t count, room;
	struct taken_page *
		mistaken; /* [mistaken_count] bulk allocations that got another page than was thought */
	uint64_t mistaken_count, mistaken_room;
	struct taken_frame *gone; /* [gone_count] by number once ended */
	uint64_t gone_count, gone_room;
	uint64_t *past; /* [past_count] frees that went past their list */
	uint64_t past_count, past_room;
	bool no_memory;
};

void taken_free(struct taken *t);
void taken_add(struct taken *t, const struct taken_page *page);
void taken_mistake(struct taken *t, const struct taken_page *page);
void taken_gone(struct taken *t, uint64_t number, uint32_t pfn);
void taken_past(struct taken *t, uint64_t number);
/* Everything is said: sort, and leave out of `page` what a mistaken bulk allocation of its CPU got.  0 or -ENOMEM. */
int taken_end(struct taken *t, unsigned cpus);

#endif
