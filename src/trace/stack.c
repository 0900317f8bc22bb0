// SPDX-License-Identifier: GPL-2.0-or-later
/* stack: the kernel stack that a trace keeps with an event, or in an event after it. */
#define _GNU_SOURCE
#include <event-parse.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/reader.h"

/* perf's marks in a chain: what follows is of the kernel, of user space, ... */
#define CONTEXT_FIRST ((uint64_t)-4095)
#define CONTEXT_KERNEL ((uint64_t)-128)

static unsigned of_sample(const struct trace *t, uint64_t *out, unsigned room)
{
	bool kernel = true;
	unsigned n = 0;

	for (uint32_t i = 0; i < t->chain_words && n < room; i++) {
		uint64_t at = bytes_u64(t->chain + 8 * (uint64_t)i, t->types.swap);

		if (at >= CONTEXT_FIRST)
			kernel = at == CONTEXT_KERNEL;
		else if (kernel)
			out[n++] = at;
	}
	return n;
}

bool trace_is_stack(struct trace *t, const struct event *ev)
{
	const struct type *type = ev->kind == EVENT_OTHER && !t->source ? t->types.by_id[ev->id] :
									  NULL;

	return type && type->name && !strcmp(type->name, "kernel_stack");
}

/* ftrace's own event: "size" addresses from "caller" on, as far as the record reaches. */
static unsigned of_event(struct trace *t, const struct event *ev, uint64_t *out, unsigned room)
{
	struct tep_event *te = types_tep_event(&t->types, ev->id);
	struct tep_format_field *caller = te ? tep_find_field(te, "caller") : NULL;
	struct tep_format_field *size = te ? tep_find_field(te, "size") : NULL;
	unsigned width = t->info.long_size == 4 ? 4 : 8, n = 0;
	bool swap = t->types.swap;

	if (!caller || caller->offset < 0)
		return 0;
	if (size && size->size == 4 && size->offset >= 0 &&
	    (uint32_t)size->offset + 4 <= ev->record_len) {
		uint32_t told = bytes_u32(ev->record + size->offset, swap);

		room = told < room ? told : room;
	}
	for (uint64_t at = (uint64_t)caller->offset; at + width <= ev->record_len && n < room;
	     at += width) {
		uint64_t ip = width == 4 ? bytes_u32(ev->record + at, swap) :
					   bytes_u64(ev->record + at, swap);

		/* The end of older ones. */
		if (!ip || ip == (width == 4 ? UINT32_MAX : UINT64_MAX))
			break;
		out[n++] = ip;
	}
	return n;
}

unsigned trace_stack(struct trace *t, const struct event *ev, uint64_t *out, unsigned room)
{
	if (t->chain)
		return of_sample(t, out, room);
	return trace_is_stack(t, ev) ? of_event(t, ev, out, room) : 0;
}
