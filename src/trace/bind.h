/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind: where the fields of each event stand in its records, looked up once by
 * name in the capture's own format descriptions (through libtraceevent), and
 * the loads that fill a struct event from them.
 */
#ifndef TRACE_BIND_H
#define TRACE_BIND_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/intern.h"
#include "trace/event.h"
#include "trace/gfpbits.h"

struct tep_event;

struct bind_field {
	uint16_t offset;
	uint8_t size; /* 0: the capture has no such field */
	bool is_signed;
};

#define BIND_FIELDS 12
#define BIND_NAMES 256 /* a power of two */

struct binding {
	enum event_kind kind;
	uint8_t payload;	/* enum bind_payload */
	bool swap;
	uint16_t need;		/* bytes that a record must have */
	struct bind_field f[BIND_FIELDS];
	struct gfpbits *gfp;
	bool pfn_is_pointer;	/* before 4.1: a struct page pointer; there is no pfn */
	/* name of the last object seen from a call site, so that most names need no hashing */
	struct {
		uint64_t site;
		uint32_t name;
		uint8_t len;
	} *names;
};

/*
 * Bind an event that libtraceevent has parsed.  text: its whole format text, for
 * the flag names.  False: it is of no kind here, or lacks a field its payload
 * cannot do without; it will be EVENT_OTHER.
 */
bool bind_event(struct binding *b, const struct tep_event *te, const char *text, uint32_t len, bool swap);
void bind_free(struct binding *b);
/* Fill the payload from a record; false if the record is too short. */
bool bind_load(struct binding *b, const uint8_t *rec, uint32_t len, struct event *ev, struct intern *names);

static inline uint64_t bind_get(const struct binding *b, unsigned i, const uint8_t *rec)
{
	const struct bind_field *f = &b->f[i];
	const uint8_t *p = rec + f->offset;
	uint64_t v;

	switch (f->size) {
	case 8:
		memcpy(&v, p, 8);
		return b->swap ? __builtin_bswap64(v) : v;
	case 4: {
		uint32_t w;

		memcpy(&w, p, 4);
		if (b->swap)
			w = __builtin_bswap32(w);
		return f->is_signed ? (uint64_t)(int64_t)(int32_t)w : w;
	}
	case 2: {
		uint16_t w;

		memcpy(&w, p, 2);
		if (b->swap)
			w = __builtin_bswap16(w);
		return f->is_signed ? (uint64_t)(int64_t)(int16_t)w : w;
	}
	case 1:
		return f->is_signed ? (uint64_t)(int64_t)(int8_t)*p : *p;
	default:
		return 0;
	}
}

static inline bool bind_has(const struct binding *b, unsigned i)
{
	return b->f[i].size != 0;
}

#endif
