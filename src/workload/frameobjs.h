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

#include <stddef.h>
#include <stdint.h>

#include "workload/pagemap.h"
#include "workload/request.h"

#define FRAMEOBJS_ALIGN 4u   /* an object starts at a multiple of this, or has no place here */
#define FRAMEOBJS_CLASSES 11 /* granules of 4 bytes to 4096 */

struct frameobjs {
	struct pagemap *frames; /* frame.objects: place in its memory << 4 | class; FRAMEOBJS_NONE */
	uint32_t unused[FRAMEOBJS_CLASSES]; /* the first such table, whose second word names the next */
};

/* Where an object stands: its number, and the count of its table. */
struct frameobjs_place {
	uint32_t *slot, *count; /* NULL: nowhere */
};

#define FRAMEOBJS_NONE UINT32_MAX

/* The tables are given back with the memory that the frames' are taken from. */
void frameobjs_init(struct frameobjs *f, struct pagemap *frames);
/* An object of `size` bytes starts here, where none does and there is no place yet.  0, or -ENOMEM. */
int frameobjs_put_new(struct frameobjs *f, uint32_t pfn, uint32_t byte, uint32_t size,
		      uint32_t slot);
/* The frame's last object is gone. */
void frameobjs_drop(struct frameobjs *f, uint32_t pfn);
/* As frameobjs_next(), in a frame that has some object. */
uint32_t frameobjs_search(const struct frameobjs *f, uint32_t pfn, uint32_t *byte);

/* How many objects live in a table's frame, and then its places. */
static inline uint32_t *frameobjs_words(const struct frameobjs *f, uint32_t table)
{
	return pool_at(f->frames->memory, table >> 4);
}

/* Where an object that starts at this byte of the frame stands, or would. */
static inline struct frameobjs_place frameobjs_at(const struct frameobjs *f, uint32_t pfn,
						  uint32_t byte)
{
	uint32_t table = pagemap_get(f->frames, pfn).objects, at = byte / FRAMEOBJS_ALIGN, *words;
	unsigned c = table & 15;

	if (table == FRAMEOBJS_NONE || at & ((1u << c) - 1))
		return (struct frameobjs_place){ NULL, NULL };
	words = frameobjs_words(f, table);
	return (struct frameobjs_place){ words + 1 + (at >> c), words };
}

/* Ask for what will be looked at soon, in a frame of this table or FRAMEOBJS_NONE. */
static inline void frameobjs_prefetch(const struct frameobjs *f, uint32_t table, uint32_t byte)
{
	if (table == FRAMEOBJS_NONE)
		return;
	__builtin_prefetch(frameobjs_words(f, table));
	__builtin_prefetch(frameobjs_words(f, table) + 1 +
			   (byte / FRAMEOBJS_ALIGN >> (table & 15)));
}

/* The number of the object that starts at this byte of the frame; NO_SLOT. */
static inline uint32_t frameobjs_get(const struct frameobjs *f, uint32_t pfn, uint32_t byte)
{
	struct frameobjs_place p = frameobjs_at(f, pfn, byte);

	return p.slot ? *p.slot : NO_SLOT;
}

/* An object of `size` bytes starts here, where none does.  0, or -ENOMEM. */
static inline int frameobjs_put(struct frameobjs *f, uint32_t pfn, uint32_t byte, uint32_t size,
				uint32_t slot)
{
	struct frameobjs_place p = frameobjs_at(f, pfn, byte);

	if (!p.slot)
		return frameobjs_put_new(f, pfn, byte, size, slot);
	*p.slot = slot;
	++*p.count;
	return 0;
}

/* It is gone; returns its number, NO_SLOT if there was none. */
static inline uint32_t frameobjs_del(struct frameobjs *f, uint32_t pfn, uint32_t byte)
{
	struct frameobjs_place p = frameobjs_at(f, pfn, byte);
	uint32_t slot = p.slot ? *p.slot : NO_SLOT;

	if (slot == NO_SLOT)
		return NO_SLOT;
	*p.slot = NO_SLOT;
	if (!--*p.count)
		frameobjs_drop(f, pfn);
	return slot;
}

/* The frame's first object from *byte on, which is moved to where it starts; NO_SLOT. */
static inline uint32_t frameobjs_next(const struct frameobjs *f, uint32_t pfn, uint32_t *byte)
{
	if (pagemap_get(f->frames, pfn).objects == FRAMEOBJS_NONE)
		return NO_SLOT;
	return frameobjs_search(f, pfn, byte);
}

#endif
