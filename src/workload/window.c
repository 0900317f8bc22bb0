// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int window_init(struct window *w)
{
	memset(w, 0, sizeof(*w));
	w->ring = calloc(WINDOW_SIZE, sizeof(*w->ring));
	w->size = WINDOW_SIZE;
	return w->ring ? 0 : -ENOMEM;
}

bool window_grow(struct window *w)
{
	struct window_entry *ring;
	uint64_t size = w->size * 2;

	if (size > WINDOW_MAX)
		return false;
	ring = calloc(size, sizeof(*ring));
	if (!ring)
		return false;
	for (uint64_t p = w->head; p < w->tail; p++)
		ring[p & (size - 1)] = *window_at(w, p);
	free(w->ring);
	w->ring = ring;
	w->size = size;
	return true;
}

void window_free(struct window *w)
{
	free(w->ring);
	memset(w, 0, sizeof(*w));
}
