// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Each entry in as few lines of the processor's cache as may be; zeroed, see window_entry_init(). */
static struct window_entry *ring_new(uint64_t size)
{
	struct window_entry *ring = aligned_alloc(64, size * sizeof(*ring));

	if (ring)
		memset(ring, 0, size * sizeof(*ring));

	_Static_assert(sizeof(long) < 8 || sizeof(*ring) % 64 == 0,
		       "an entry ends where a cache line does");
	return ring;
}

int window_init(struct window *w)
{
	memset(w, 0, sizeof(*w));
	w->ring = ring_new(WINDOW_SIZE);
	w->mask = WINDOW_SIZE - 1;
	return w->ring ? 0 : -ENOMEM;
}

bool window_grow(struct window *w)
{
	struct window_entry *ring;
	uint64_t size = (w->mask + 1) * 2;

	if (size > WINDOW_MAX)
		return false;
	ring = ring_new(size);
	if (!ring)
		return false;
	for (uint64_t p = w->head; p < w->tail; p++)
		ring[p & (size - 1)] = *window_at(w, p);
	free(w->ring);
	w->ring = ring;
	w->mask = size - 1;
	return true;
}

void window_free(struct window *w)
{
	free(w->ring);
	memset(w, 0, sizeof(*w));
}
