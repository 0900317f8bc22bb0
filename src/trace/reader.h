/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader: the inside of struct trace, shared by trace.c, comms.c and text.c. */
#ifndef TRACE_READER_H
#define TRACE_READER_H

#include "base/intern.h"
#include "base/map.h"
#include "trace/datfile.h"
#include "trace/merge.h"
#include "trace/source.h"
#include "trace/symbols.h"
#include "trace/trace.h"
#include "trace/types.h"

/* Names of processes that other names or none were known of, as they came up. */
struct comm_news {
	struct comm_new {
		int32_t pid;
		uint32_t id; /* in comms */
	} * v;
	uint32_t count, room;
	bool wanted;
};

struct trace {
	struct merge merge;
	struct types types;
	bool convert;		     /* times in the file are not those to be shown */
	uint64_t from, span;	     /* the window: times from .. from + span */
	struct trace_cpu_info *cpus; /* [info.cpus] */
	struct intern names;
	struct ring_layout layout;
	struct trace_info info;
	struct datfile file;
	char *path;
	struct trace_options o;
	struct intern comms;
	struct map comm_of;
	struct comm_news comm_news;
	struct symbols symbols;
	struct kernel_id kernel; /* what the source knows of it */
	uint8_t *spare;		 /* for text.c */
	const uint8_t *chain;	 /* of the last event, in perf's way; NULL: none */
	uint32_t chain_words;
	bool symbols_sought;	     /* beyond the trace and the files that are named */
	struct err damage, opened;   /* met so far; and by the time that it was open */
	const struct source *source; /* NULL: a trace.dat */
	void *state;		     /* the source's */
};

/* Damage: fail with 'why', or with keep_going note it and return 0. */
int trace_damaged(struct trace *t, struct err *why, struct err *e);

/* The same file with the same options, while t is open: a look ahead. NULL on failure. */
struct trace *trace_open_again(const struct trace *t);

/* Read the saved process names. */
int comms_read(struct trace *t, struct err *e);
/* The name of a process from now on.  0, or -ENOMEM. */
int comms_put(struct trace *t, int32_t pid, const char *name, size_t len);

#endif
