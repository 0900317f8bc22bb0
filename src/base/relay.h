/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relay: the order in which one thread fills a ring of batches and another takes
 * them; the batches themselves are the callers' own.  Who has to wait sleeps until half of the ring is filled or
 * free, so that threads of different speed do not wake each other for each batch.
 *
 * One thread calls relay_room(), relay_give() and relay_end(), another relay_next(), relay_done() and relay_stop().
 */
#ifndef BASE_RELAY_H
#define BASE_RELAY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct relay {
	pthread_mutex_t lock;
	pthread_cond_t filled, freed;
	unsigned slots;
	uint64_t given, done; /* batches so far */
	bool ended, stopped;
};

/* Can two threads of this process run at the same time?  Else there is nothing to gain from them. */
bool relay_helps(void);

void relay_init(struct relay *r, unsigned slots);
void relay_free(struct relay *r);

/* The slot to fill next; -1: the other side wants no more. */
int relay_room(struct relay *r);
/* It is filled. */
void relay_give(struct relay *r);
/* Nothing more follows. */
void relay_end(struct relay *r);

/* The slot to take next; -1: the end. */
int relay_next(struct relay *r);
/* It may be filled again. */
void relay_done(struct relay *r);
/* No more is wanted. */
void relay_stop(struct relay *r);

#endif
