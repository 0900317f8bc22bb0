// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/frameobjs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload/slots.h"

#define FRAME 4096u
#define NO_TABLE UINT32_MAX
#define SMALLEST 2 /* log2 of FRAMEOBJS_ALIGN */

void frameobjs_init(struct frameobjs *f)
{
	memset(f, 0, sizeof(*f));
	pagemap_init(&f->table, NO_TABLE);
	for (unsigned c = 0; c < FRAMEOBJS_CLASSES; c++)
		f->class[c].free = NO_TABLE;
}

void frameobjs_free(struct frameobjs *f)
{
	for (unsigned c = 0; c < FRAMEOBJS_CLASSES; c++)
		free(f->class[c].words);
	pagemap_free(&f->table);
	frameobjs_init(f);
}

static inline uint32_t places_of(unsigned class)
{
	return FRAME >> (class + SMALLEST);
}

/* Its count, and then its places. */
static inline uint32_t *words_of(const struct frameobjs *f, uint32_t table)
{
	unsigned c = table % FRAMEOBJS_CLASSES;

	return f->class[c].words + (size_t)(table / FRAMEOBJS_CLASSES) * (1 + places_of(c));
}

/* Where an object that starts at this byte stands; NULL: the table has no place for it. */
static inline uint32_t *place(const struct frameobjs *f, uint32_t table, uint32_t byte)
{
	unsigned shift = table % FRAMEOBJS_CLASSES + SMALLEST;

	if (byte & ((1u << shift) - 1))
		return NULL;
	return words_of(f, table) + 1 + (byte >> shift);
}

/* A power of two that divides both, as a class. */
static unsigned class_for(uint32_t byte, uint32_t size)
{
	return (unsigned)__builtin_ctz(byte | size | FRAME) - SMALLEST;
}

static uint32_t table_new(struct frameobjs *f, unsigned class)
{
	struct frameobjs_class *c = &f->class[class];
	size_t words = 1 + places_of(class);
	uint32_t n = c->free;

	if (n != NO_TABLE) {
		c->free = c->words[n * words + 1];
	} else {
		if (c->count == c->room) {
			uint32_t room = c->room ? c->room * 2 : 16;
			uint32_t *more = NULL;

			if (room < NO_TABLE / FRAMEOBJS_CLASSES)
				more = realloc(c->words, room * words * sizeof(*more));
			if (!more)
				return NO_TABLE;
			c->words = more;
			c->room = room;
		}
		n = c->count++;
	}
	c->words[n * words] = 0;
	memset(&c->words[n * words + 1], 0xff, (words - 1) * sizeof(*c->words)); /* NO_SLOT */
	return n * FRAMEOBJS_CLASSES + class;
}

static void table_drop(struct frameobjs *f, uint32_t table)
{
	struct frameobjs_class *c = &f->class[table % FRAMEOBJS_CLASSES];

	words_of(f, table)[1] = c->free;
	c->free = table / FRAMEOBJS_CLASSES;
}

/* A table with room for objects at finer places, which takes over what this one holds. */
static uint32_t refine(struct frameobjs *f, uint32_t table, unsigned class)
{
	unsigned old = table % FRAMEOBJS_CLASSES;
	uint32_t finer = table_new(f, class);
	uint32_t *from, *to;

	if (finer == NO_TABLE)
		return NO_TABLE;
	from = words_of(f, table);
	to = words_of(f, finer);
	to[0] = from[0];
	for (uint32_t i = 0; i < places_of(old); i++)
		to[1 + (i << (old - class))] = from[1 + i];
	table_drop(f, table);
	return finer;
}

uint32_t frameobjs_get(const struct frameobjs *f, uint32_t pfn, uint32_t byte)
{
	uint32_t table = pagemap_get(&f->table, pfn), *p;

	p = table == NO_TABLE ? NULL : place(f, table, byte);
	return p ? *p : NO_SLOT;
}

int frameobjs_put(struct frameobjs *f, uint32_t pfn, uint32_t byte, uint32_t size, uint32_t slot)
{
	uint32_t *at = pagemap_at(&f->table, pfn), *p;

	if (!at)
		return -ENOMEM;
	p = *at == NO_TABLE ? NULL : place(f, *at, byte);
	if (!p) {
		uint32_t table = *at == NO_TABLE ? table_new(f, class_for(byte, size)) :
						   refine(f, *at, class_for(byte, FRAME));

		if (table == NO_TABLE)
			return -ENOMEM;
		*at = table;
		p = place(f, table, byte);
	}
	*p = slot;
	words_of(f, *at)[0]++;
	return 0;
}

uint32_t frameobjs_del(struct frameobjs *f, uint32_t pfn, uint32_t byte)
{
	uint32_t table = pagemap_get(&f->table, pfn), *p, slot;

	p = table == NO_TABLE ? NULL : place(f, table, byte);
	if (!p || *p == NO_SLOT)
		return NO_SLOT;
	slot = *p;
	*p = NO_SLOT;
	if (!--words_of(f, table)[0]) {
		table_drop(f, table);
		*pagemap_at(&f->table, pfn) = NO_TABLE;
	}
	return slot;
}

uint32_t frameobjs_first(const struct frameobjs *f, uint32_t pfn)
{
	uint32_t table = pagemap_get(&f->table, pfn);
	const uint32_t *p;

	if (table == NO_TABLE)
		return NO_SLOT;
	p = words_of(f, table) + 1;
	for (uint32_t i = 0; i < places_of(table % FRAMEOBJS_CLASSES); i++)
		if (p[i] != NO_SLOT)
			return p[i];
	return NO_SLOT;
}
