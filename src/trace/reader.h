/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader: the inside of struct trace, shared by trace.c and text.c. */
#ifndef TRACE_READER_H
#define TRACE_READER_H

#include "base/intern.h"
#include "base/map.h"
#include "trace/bind.h"
#include "trace/datfile.h"
#include "trace/ring.h"
#include "trace/trace.h"

#define TRACE_TYPES 65536

struct kallsyms;
struct tep_handle;

struct trace_type {
	char *name;
	const struct dat_format *format;
	bool parsed; /* libtraceevent knows it */
	struct binding binding;
};

struct trace {
	char *path;
	struct trace_options o;
	struct datfile file;
	struct ring_layout layout;
	struct trace_info info;
	struct trace_cpu_info *cpus; /* [info.cpus] */
	struct ring *rings;	     /* [ring_count] */
	uint32_t ring_count;
	uint32_t *heap;		     /* numbers of rings that have a record, least time first */
	uint32_t heap_count;
	bool delivered;		     /* the root's record was handed out: go on before the next one */
	struct trace_type **types;   /* [TRACE_TYPES], NULL unknown */
	bool kinds[EVENT_KIND_COUNT];
	struct tep_handle *tep;
	struct intern names, comms;
	struct map comm_of;
	struct kallsyms *symbols;
	struct err damage;
};

/* Is this event one of EVENT_KINDS, under today's name or an old one? */
bool trace_wants(const char *system, const char *name);

#endif
