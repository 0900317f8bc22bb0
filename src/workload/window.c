// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE 64 /* bytes of the processor's cache that are loaded at once */

/*
 * Each entry in as few lines of the processor's cache as may be; zeroed, see window_entry_init().  What is large
 * comes zeroed from the kernel, page by page, and only where entries are put.
 */
static bool ring_new(struct window *w, uint64_t size)
{
	uint8_t *memory = calloc(size * sizeof(*w->ring) + LINE, 1);

	_Static_assert(sizeof(long) < 8 || sizeof(*w->ring) % LINE == 0,
		       "an entry ends where a cache line does");
	if (!memory)
		return false;
	w->memory = memory;
	w->ring = (struct window_entry *)(memory + (LINE - (uintptr_t)memory % LINE) % LINE);
	w->mask = size - 1;
	return true;
}

int window_init(struct window *w)
{
	memset(w, 0, sizeof(*w));
	return ring_new(w, WINDOW_SIZE) ? 0 : -ENOMEM;
}

bool window_grow(struct window *w)
{
	struct window old = *w;
	uint64_t size = (w->mask + 1) * 2;

	if (size > WINDOW_MAX || !ring_new(w, size))
		return false;
	for (uint64_t p = w->head; p < w->tail; p++)
		*window_at(w, p) = *window_at(&old, p);
	free(old.memory);
	return true;
}

void window_free(struct window *w)
{
	free(w->memory);
	memset(w, 0, sizeof(*w));
}
