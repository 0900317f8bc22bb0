/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ties: records of several CPUs with the same time.  Clocks are coarser than
 * the zone lock; under emulation hundreds of events share a nanosecond.  What
 * the pages say decides then: a refill that goes on where another ended came
 * after it, since both split the same block; a refill of a page that was just
 * drained came after the drain, and before it if it took another one, since a
 * drained page goes to the head of its list; a drain of another CPU's list came
 * after the frees that filled it.  Where they say nothing the order by CPU
 * number stays.
 */
#ifndef WORKLOAD_TIES_H
#define WORKLOAD_TIES_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/gfp.h"
#include "workload/request.h"

/* The refills of one allocation. */
struct take {
	uint32_t first, end; /* first page frame of the first block; the one after the last */
	uint8_t type, order; /* of the first; nothing was taken: first is KMM_NO_PFN */
	uint16_t blocks;
};

struct tie {
	struct request r;
	struct take take; /* allocations */
	uint32_t freed;	  /* frees: the page frame; else KMM_NO_PFN */
	bool gives;	  /* its slot is free for others once it is handed on */
	bool done;	  /* inside of ties.c */
};

struct ties {
	struct tie *t; /* [count] of one time, in log order */
	uint32_t count, room;
	uint32_t end[KMM_MIGRATETYPES][KMM_ORDERS]; /* where the last refill of a list stopped */
	uint64_t turned;			    /* operations put before others */
	int (*put)(void *arg, const struct tie *t);
	void *arg;
};

void ties_init(struct ties *x, int (*put)(void *arg, const struct tie *t), void *arg);
void ties_free(struct ties *x);
/* The next record; those of an earlier time are handed on.  What put returned, or -ENOMEM. */
int ties_add(struct ties *x, const struct tie *t);
/* The time of those that wait; there are some. */
static inline uint64_t ties_time(const struct ties *x)
{
	return x->t[0].r.time;
}

/* A record that stands alone in its time went on without waiting here. */
static inline void ties_note(struct ties *x, const struct take *take)
{
	if (take->first != KMM_NO_PFN)
		x->end[take->type][take->order] = take->end;
}

/* Hand on the rest. */
int ties_flush(struct ties *x);

#endif
