/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * types: the event types that a capture describes, by the numbers its records
 * bear.  Those with a payload in struct event are bound when the file is opened;
 * the others are parsed when one is to be printed.
 */
#ifndef TRACE_TYPES_H
#define TRACE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "trace/bind.h"
#include "trace/bytes.h"
#include "trace/datfile.h"

#define TYPES_MAX 65536
#define TYPES_COMMON 8 /* bytes of the common fields where they stand as usual */

struct tep_event;
struct tep_handle;

struct type {
	struct binding binding; /* kind EVENT_OTHER: none */
	char *name;
	const struct dat_format *format;
	bool parsed;	       /* libtraceevent was asked */
	struct tep_event *tep; /* its answer, less the print format */
	bool print_parsed;
	struct tep_event *print; /* with it */
};

/* Where the fields that all records share stand. */
struct types_common {
	bool usual; /* type 2 bytes, flags 1, preempt count 1, pid 4: every kernel so far */
	uint16_t type, flags, preempt, pid, need;
	uint8_t type_size, flags_size, preempt_size, pid_size;
};

struct types {
	struct type **by_id; /* [TYPES_MAX], NULL unknown */
	unsigned end;	     /* no number from here on is known */
	struct types_common common;
	bool kinds[EVENT_KIND_COUNT];
	struct tep_handle *tep;
	struct tep_handle *printer; /* made at its first use */
	unsigned long_size;
	bool swap, big_endian;
};

int types_init(struct types *ts, const struct datfile *f, unsigned long_size, struct err *e);
void types_free(struct types *ts);
/* The type of a number that had none. */
void types_set(struct types *ts, uint16_t id, struct type *type);
/* libtraceevent's own idea of a type, less how it is printed; NULL if it has none. */
struct tep_event *types_tep_event(struct types *ts, uint16_t id);
/* The same with the print format, in the handle `printer`. */
struct tep_event *types_printable(struct types *ts, uint16_t id);
/* The common fields of a record where they do not stand as usual; false if it is too short. */
bool types_load_common(const struct types *ts, const uint8_t *rec, uint32_t len, struct event *ev);
/* The common fields of a record of TYPES_COMMON bytes or more, where they stand as usual. */
static inline void types_usual(const uint8_t *rec, bool swap, struct event *ev)
{
	ev->id = bytes_u16(rec, swap);
	ev->irq = rec[2];
	ev->preempt = rec[3];
	ev->pid = (int32_t)bytes_u32(rec + 4, swap);
}

/* The common fields of a record; false if it is too short for them. */
static inline bool types_common(const struct types *ts, const uint8_t *rec, uint32_t len,
				struct event *ev)
{
	if (__builtin_expect(!ts->common.usual, 0))
		return types_load_common(ts, rec, len, ev);
	if (__builtin_expect(len < TYPES_COMMON, 0))
		return false;
	types_usual(rec, ts->swap, ev);
	return true;
}

/* The record of an event that has its common fields, and the payload in it. */
static inline void types_load(const struct types *ts, const uint8_t *rec, uint32_t len,
			      struct event *ev, struct intern *names)
{
	struct type *type = ts->by_id[ev->id];

	ev->record = rec;
	ev->record_len = len;
	if (type && type->binding.kind != EVENT_OTHER)
		bind_load(&type->binding, rec, len, ev, names);
	else
		ev->kind = EVENT_OTHER;
}

#endif
