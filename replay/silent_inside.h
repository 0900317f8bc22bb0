/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What silent, doubt, latebulk, sweep and torn share; nobody else includes it. */
#ifndef REPLAY_SILENT_INSIDE_H
#define REPLAY_SILENT_INSIDE_H

#include "replay/silent.h"

#define NUMBER_MAX (UINT32_MAX - 1)
/* In freed: a record's number + 1, and whether that free may have gone past its list, or says so though it may not have. */
#define MAY_HAVE_PASSED (1u << 31)
#define SAYS_PAST (1u << 30)
#define FREED_AT (SAYS_PAST - 1)
#define IN_USE \
	MAY_HAVE_PASSED /* in freed: next is the slot that has it, prev its request's number + 1, or 0 */

static inline void silent_remove(struct silent *s, uint32_t pfn)
{
	struct silent_frame *f = &s->f[pfn];

	s->f[f->prev].next = f->next;
	s->f[f->next].prev = f->prev;
	f->list = 0;
}

/* Put a block behind `prev`, which may be the list's head. */
static inline void silent_insert(struct silent *s, uint32_t list, uint32_t pfn, uint32_t prev)
{
	struct silent_frame *f = &s->f[pfn];

	f->prev = prev;
	f->next = s->f[prev].next;
	s->f[f->next].prev = pfn;
	s->f[prev].next = pfn;
	f->list = list + 1;
	f->candidate = f->passed = f->asked = 0;
}

/* A request is known that took it, before this record. */
static inline void silent_recognise(struct silent *s, uint32_t pfn, uint32_t list, uint64_t number)
{
	s->f[pfn].prev = list | SILENT_RECOGNISED;
	s->f[pfn].candidate = number < NUMBER_MAX ? (uint32_t)number + 1 : 0;
}

/* Is it missing, and no request known that took it? */
static inline bool silent_is_suspect(const struct silent_frame *f)
{
	return f->candidate && !(f->prev & SILENT_RECOGNISED);
}

/* The list that serves a request; UINT32_MAX: none of the CPUs'. */
uint32_t silent_list_of(const struct silent *s, const struct request *q);
/* A page of a list must have gone before this record; all on it before `until` (its head: all). */
void silent_suspect_block(struct silent *s, uint32_t list, uint32_t pfn, uint64_t number);
void silent_suspect(struct silent *s, uint32_t list, uint32_t until, uint64_t number);
/*
 * A page that a bulk allocation was thought to have got before this record was not on its list: it got one that is
 * missing later.  The list may have SILENT_RECOGNISED, SILENT_BULK.
 */
void silent_mistake(struct silent *s, uint32_t list, uint64_t number);
/*
 * Where a task took the page whose allocation it logs only now: before this record, or as soon as it had lost the
 * CPU, if the page was the first of its list by then.
 */
uint64_t silent_taken_at(const struct silent *s, const struct request *q, unsigned cpu,
			 uint64_t to);
/* The frame is known to have gone: its next event was a free, or it has none and is not free afterwards. */
void silent_went(struct silent *s, uint32_t pfn);
/*
 * A page that was freed past its list, and that compaction took from the free lists, leaves no event
 * but its next free either.  It takes them from MOVABLE page blocks alone [suitable_migration_target(), 6.12].
 */
bool silent_may_have_moved(const struct silent *s, uint32_t pfn);
/* Something changed at the head of a list. */
void silent_expose(struct silent *s, uint32_t list, uint64_t number);

#endif
