/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frameobjs: which object starts where in a page frame.  Objects that are allocated one
 * after the other mostly lie in one slab, so a table for each frame, found by its number,
 * stays in the processor's cache where a hash table of all objects would not; and what
 * lives in a frame that is freed stands in its table.
 *
 * A table has a place for each granule in which an object may start: the largest power of
 * two that divides the objects' size, made smaller when an object does not fit it.  It
 * exists while an object of its frame lives.  For 192 bytes that is 4096 / 64 places of
 * 4 bytes, 12 bytes an object in a full slab; at most as much as the frame itself.
 */
#ifndef WORKLOAD_FRAMEOBJS_H
#define WORKLOAD_FRAMEOBJS_H

#include <stdint.h>

#include "workload/pagemap.h"

#define FRAMEOBJS_ALIGN 4u   /* an object starts at a multiple of this, or has no place here */
#define FRAMEOBJS_CLASSES 11 /* granules of 4 bytes to 4096 */

/* The tables of one granule, in one piece of memory; the first word counts what lives. */
struct frameobjs_class {
	uint32_t *words;
	uint32_t count, room; /* tables */
	uint32_t free;	      /* the first unused one, whose second word names the next */
};

struct frameobjs {
	struct pagemap table; /* frame -> number * FRAMEOBJS_CLASSES + class */
	struct frameobjs_class class[FRAMEOBJS_CLASSES];
};

void frameobjs_init(struct frameobjs *f);
void frameobjs_free(struct frameobjs *f);
/* The number of the object that starts at this byte of the frame; NO_SLOT. */
uint32_t frameobjs_get(const struct frameobjs *f, uint32_t pfn, uint32_t byte);
/* An object of `size` bytes starts here, where none does.  0, or -ENOMEM. */
int frameobjs_put(struct frameobjs *f, uint32_t pfn, uint32_t byte, uint32_t size, uint32_t slot);
/* It is gone; returns its number, NO_SLOT if there was none. */
uint32_t frameobjs_del(struct frameobjs *f, uint32_t pfn, uint32_t byte);
/* The frame's first object in the order of addresses; NO_SLOT. */
uint32_t frameobjs_first(const struct frameobjs *f, uint32_t pfn);

#endif
