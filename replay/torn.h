/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * torn: frees that reached their list later than they were logged.  Something came between mm_page_free and the list: an
 * interrupt, which gave back pages itself, or other tasks, to which the CPU went at the interrupt's end.  Those got
 * pages that would have stood behind this one.
 *
 * The free of a task that then lost the CPU, and whose page others passed over, took place before the task's next
 * record, if the page is then seen to leave the list from there.  It is read there (early.h).
 */
#ifndef REPLAY_TORN_H
#define REPLAY_TORN_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "replay/early.h"
#include "workload/request.h"

struct silent;

#define TORN_KEPT 64

struct torn {
	struct early_move freeing
		[KMM_CPUS]; /* each CPU's last free by a task, as long as that did nothing else; to 0: none */
	struct early_move interrupted
		[TORN_KEPT]; /* with an interrupt right behind, the last ones, in a circle */
	uint32_t interrupted_count;
	struct torn_left { /* whose task lost the CPU there, the last ones, in a circle */
		struct early_move move;
		uint32_t missed; /* its page was passed over: in frames, the record + 1; 0: it was not */
		uint32_t list, turn; /* prev and next then, as a candidate's */
		bool put;	     /* its task has gone on, and the page is on the list */
	} left[TORN_KEPT];
	uint32_t left_count;
	uint32_t waiting; /* of left[]: passed over, and not put yet */
	uint32_t put;	  /* .. and put */
};

/* Has this free an id that nobody else has meanwhile, or none, so that it can be read later? */
bool torn_can_move(const struct early_move *x);
/* A free, before its page is on the list. */
void torn_note(struct silent *s, const struct request *q, uint64_t number);
/* After each record. */
void torn_record(struct silent *s, const struct request *q, uint64_t number);
/* This task has lost the CPU. */
void torn_left(struct silent *s, unsigned cpu, int32_t pid);
/* An allocation passed pages of this list over, which are missing since this record. */
void torn_missed(struct silent *s, uint32_t list, uint64_t number);
/* Before a record, where any is waiting: its task may have gone on. */
void torn_due(struct silent *s, const struct request *q, uint64_t number);
/* The page that was found missing in this turn, if it is believed to be on the list since; NULL. */
struct torn_left *torn_put(struct silent *s, uint32_t turn);
/* It was missing: another task is known to have had it. */
void torn_not_put(struct silent *s, uint32_t turn);
/* The next event of this page: it leaves its list, or else is given back, and had been taken before. */
void torn_seen(struct silent *s, uint32_t pfn, bool free);
/* No events follow: what has not been seen by now is missing, or not, as if nothing of this were so. */
void torn_end(struct silent *s);
/*
 * The free of this page, if it may have reached the list behind what stands before it: all of that was
 * given back by an interrupt that came right behind its mm_page_free.  NULL.
 */
const struct early_move *torn_interrupted(const struct silent *s, uint32_t pfn);

#endif
