/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftext_line: the columns of a line of trace text, up to the event's own words,
 * as the kernel's `trace` and `trace_pipe` (with and without latency-format and
 * record-tgid), `trace-cmd report` (with and without -l, -t and --ts-diff) and `perf script`
 * (with and without periods) write them.
 */
#ifndef TRACE_FTEXT_LINE_H
#define TRACE_FTEXT_LINE_H

#include <stdbool.h>
#include <stdint.h>

enum ftext_clock { FTEXT_SECONDS, FTEXT_MICROSECONDS, FTEXT_COUNTS };

struct ftext_line {
	const char *comm;
	uint32_t comm_len;
	int32_t pid;
	uint32_t cpu;
	uint8_t irq; /* enum event_context */
	uint8_t preempt;
	uint8_t clock;	    /* enum ftext_clock */
	uint64_t time;	    /* ns; the clock's own unit for FTEXT_COUNTS */
	const char *system; /* NULL where the line does not name it */
	uint32_t system_len;
	const char *name;
	uint32_t name_len;
	const char *body, *end;
};

/* Read the columns of p .. end (no line end in it); false: no line of an event. */
bool ftext_line_read(struct ftext_line *l, const char *p, const char *end);
/* Columns by themselves: all of p .. end; false where it is none.  A name is with what the event says of itself. */
bool ftext_number(const char *p, const char *end, uint64_t *v);
bool ftext_seconds(const char *p, const char *end, uint64_t *ns);
bool ftext_flags(struct ftext_line *l, const char *p, const char *end);
bool ftext_name(struct ftext_line *l, const char *p, const char *end);
/* A line that tells of lost events: their CPU, and how many (0: it does not say). */
bool ftext_line_lost(const char *p, const char *end, uint32_t *cpu, uint64_t *n);

#endif
