// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/relay.h"

#include <sched.h>
#include <string.h>

bool relay_helps(void)
{
	cpu_set_t set;

	/* It fails where there are more CPUs than a set holds. */
	return sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) > 1;
}

void relay_init(struct relay *r, unsigned slots)
{
	memset(r, 0, sizeof(*r));
	r->slots = slots;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->filled, NULL);
	pthread_cond_init(&r->freed, NULL);
}

void relay_free(struct relay *r)
{
	pthread_cond_destroy(&r->freed);
	pthread_cond_destroy(&r->filled);
	pthread_mutex_destroy(&r->lock);
}

static unsigned waiting(const struct relay *r)
{
	return (unsigned)(r->given - r->done);
}

/* ---- who fills ---- */

int relay_room(struct relay *r)
{
	int slot;

	pthread_mutex_lock(&r->lock);
	if (waiting(r) == r->slots)
		while (waiting(r) > r->slots / 2 && !r->stopped)
			pthread_cond_wait(&r->freed, &r->lock);
	slot = r->stopped ? -1 : (int)(r->given % r->slots);
	pthread_mutex_unlock(&r->lock);
	return slot;
}

void relay_give(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->given++;
	if (waiting(r) >= r->slots / 2)
		pthread_cond_signal(&r->filled);
	pthread_mutex_unlock(&r->lock);
}

void relay_end(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	pthread_cond_signal(&r->filled);
	pthread_mutex_unlock(&r->lock);
}

/* ---- who takes ---- */

int relay_next(struct relay *r)
{
	int slot;

	pthread_mutex_lock(&r->lock);
	if (!waiting(r))
		while (waiting(r) < r->slots / 2 && !r->ended)
			pthread_cond_wait(&r->filled, &r->lock);
	slot = waiting(r) ? (int)(r->done % r->slots) : -1;
	pthread_mutex_unlock(&r->lock);
	return slot;
}

void relay_done(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->done++;
	if (waiting(r) <= r->slots / 2)
		pthread_cond_signal(&r->freed);
	pthread_mutex_unlock(&r->lock);
}

void relay_stop(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopped = true;
	pthread_cond_signal(&r->freed);
	pthread_mutex_unlock(&r->lock);
}
