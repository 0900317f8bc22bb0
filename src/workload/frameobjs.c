// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/frameobjs.h"

#include <errno.h>
#include <string.h>

#define FRAME 4096u
#define NO_TABLE FRAMEOBJS_NONE
#define SMALLEST 2 /* log2 of FRAMEOBJS_ALIGN */

void frameobjs_init(struct frameobjs *f, struct pagemap *frames)
{
	f->frames = frames;
	for (unsigned c = 0; c < FRAMEOBJS_CLASSES; c++)
		f->unused[c] = NO_TABLE;
}

static inline uint32_t places_of(unsigned class)
{
	return FRAME >> (class + SMALLEST);
}

/* A power of two that divides both, as a class. */
static unsigned class_for(uint32_t byte, uint32_t size)
{
	return (unsigned)__builtin_ctz(byte | size | FRAME) - SMALLEST;
}

static uint32_t table_new(struct frameobjs *f, unsigned class)
{
	uint32_t at = f->unused[class], *words;

	if (at != NO_TABLE)
		f->unused[class] = ((uint32_t *)pool_at(f->frames->memory, at))[1];
	else
		at = pool_take(f->frames->memory, (1 + places_of(class)) * sizeof(*words));
	if (at >= NO_TABLE >> 4)
		return NO_TABLE;
	words = pool_at(f->frames->memory, at);
	words[0] = 0;
	memset(words + 1, 0xff, places_of(class) * sizeof(*words)); /* NO_SLOT */
	return at << 4 | class;
}

static void table_drop(struct frameobjs *f, uint32_t table)
{
	frameobjs_words(f, table)[1] = f->unused[table & 15];
	f->unused[table & 15] = table >> 4;
}

/* A table with room for objects at finer places, which takes over what this one holds. */
static uint32_t refine(struct frameobjs *f, uint32_t table, unsigned class)
{
	unsigned old = table & 15;
	uint32_t finer = table_new(f, class);
	uint32_t *from, *to;

	if (finer == NO_TABLE)
		return NO_TABLE;
	from = frameobjs_words(f, table);
	to = frameobjs_words(f, finer);
	to[0] = from[0];
	for (uint32_t i = 0; i < places_of(old); i++)
		to[1 + (i << (old - class))] = from[1 + i];
	table_drop(f, table);
	return finer;
}

int frameobjs_put_new(struct frameobjs *f, uint32_t pfn, uint32_t byte, uint32_t size,
		      uint32_t slot)
{
	struct frame *at = pagemap_at(f->frames, pfn);
	struct frameobjs_place p;
	uint32_t table;

	if (!at)
		return -ENOMEM;
	table = at->objects == NO_TABLE ? table_new(f, class_for(byte, size)) :
					  refine(f, at->objects, class_for(byte, FRAME));
	if (table == NO_TABLE)
		return -ENOMEM;
	at->objects = table;
	p = frameobjs_at(f, pfn, byte);
	*p.slot = slot;
	++*p.count;
	return 0;
}

void frameobjs_drop(struct frameobjs *f, uint32_t pfn)
{
	struct frame *at = pagemap_at(f->frames, pfn);

	table_drop(f, at->objects);
	at->objects = NO_TABLE;
}

uint32_t frameobjs_search(const struct frameobjs *f, uint32_t pfn, uint32_t *byte)
{
	uint32_t table = pagemap_get(f->frames, pfn).objects;
	unsigned shift = (table & 15) + SMALLEST;
	const uint32_t *p = frameobjs_words(f, table) + 1;

	for (uint32_t i = *byte >> shift; i < places_of(table & 15); i++)
		if (p[i] != NO_SLOT) {
			*byte = i << shift;
			return p[i];
		}
	return NO_SLOT;
}
