/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compact: make room for a high-order block by moving movable pages from the
 * bottom of a zone to free frames at its top.  A plain model of the kernel's two
 * scanners: single pages only, of page blocks tagged MOVABLE, and only those that
 * their owner agrees to move; it neither defers nor isolates.
 */
#ifndef MM_COMPACT_H
#define MM_COMPACT_H

#include "mm/model.h"

#pragma GCC visibility push(hidden)

/* True if the zone has a free block of this order now. */
bool compact_zone(struct kmm *mm, struct zone *z, unsigned cpu, unsigned order);

#pragma GCC visibility pop
#endif
