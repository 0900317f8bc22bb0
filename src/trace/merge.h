/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * merge: the rings of all CPUs as one stream, ordered by (time, cpu, position).
 * The ring that gave the last record is read on without looking at the others
 * until it passes the earliest of them; those wait in a heap, each with one
 * record found.
 */
#ifndef TRACE_MERGE_H
#define TRACE_MERGE_H

#include <stdint.h>

#include "base/err.h"
#include "trace/ring.h"

struct merge_entry {
	uint64_t time;
	uint32_t ring;
};

struct merge {
	struct ring *rings; /* [count], by CPU number */
	uint32_t count;
	struct merge_entry *heap; /* the waiting ones, least first */
	uint32_t waiting;
	struct ring *current; /* holds the record that merge_next() found; NULL before the first */
	uint64_t limit;	      /* its records before this time need no comparing */
};

int merge_init(struct merge *m, uint32_t rings);
void merge_free(struct merge *m);
/* Let a ring take part whose first record has been found. */
void merge_add(struct merge *m, uint32_t ring);
/* As merge_next(), once the current ring said `ret`. */
int merge_switch(struct merge *m, int ret);

/* Go to the next record, in `current`: 1; 0 at the end; a negative errno once for a ring that is damaged. */
static inline int merge_next(struct merge *m, struct err *e)
{
	int ret = 0;

	if (__builtin_expect(m->current != NULL, 1)) {
		ret = ring_next(m->current, e);
		if (__builtin_expect(ret > 0 && m->current->time < m->limit, 1))
			return 1;
	}
	return merge_switch(m, ret);
}

/* Go to the next record if it is one of the ring's page under way; every record given before stays. */
static inline bool merge_step(struct merge *m)
{
	if (!m->current || !ring_step(m->current))
		return false;
	if (__builtin_expect(m->current->time >= m->limit, 0))
		merge_switch(m, 1);
	return true;
}

/* Leave out what is still to come from the current ring. */
static inline void merge_drop(struct merge *m)
{
	m->current = NULL;
}

#endif
