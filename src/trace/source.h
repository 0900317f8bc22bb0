/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source: a file format other than trace.dat.  Its reader opens what trace_open()
 * has mapped and found to be its own by content, describes the event types in
 * t->types and delivers events in time order, as trace_next_many() promises.
 */
#ifndef TRACE_SOURCE_H
#define TRACE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "machine/kallsyms.h"
#include "trace/event.h"
#include "trace/filemap.h"

struct trace;

struct source {
	/* Is the file of this format?  Looks at its first bytes only. */
	bool (*knows)(const struct filemap *m);
	/* The file is in t->file.map.  On failure close is called all the same. */
	int (*open)(struct trace *t, struct err *e);
	void (*close)(struct trace *t);
	/* As trace_next_many(). */
	int (*next)(struct trace *t, struct event *ev, unsigned room, struct err *e);
	void (*rewind)(struct trace *t);
	uint64_t (*progress)(const struct trace *t, uint64_t *total);
	/* As trace_event_text(), trace_gfp_text() and trace_symbol(); NULL where the record is the kernel's own. */
	int (*text)(struct trace *t, const struct event *ev, FILE *out);
	int (*gfp_text)(const struct trace *t, const struct event *ev, char *out, unsigned room);
	const char *(*symbol)(const struct trace *t, uint64_t addr, uint64_t *offset);
	/* trace_functions() of one, where call sites are told by name; 0 or -ENOMEM. */
	int (*function)(struct trace *t, const char *name, struct kallsyms_range *out);
};

extern const struct source source_perf, source_ftext;

/* The format of a mapped file; NULL: none of these, so a trace.dat if anything. */
const struct source *source_find(const struct filemap *m);

#endif
