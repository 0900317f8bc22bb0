/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace: a recorded trace, whatever file it came in, as one stream of events in
 * time order: trace.dat (trace-cmd file versions 6 and 7), perf.data, and text of the
 * kernel, trace-cmd and perf; each also packed with gzip or zstd.  Known by content.
 *
 * CPUs are merged by (time, cpu, position), so equal time stamps keep a stable
 * order.  Nothing is allocated per event.  Every file is treated as hostile.
 * One struct trace belongs to one thread; several may be open at once.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/intern.h"
#include "base/map.h"
#include "machine/kallsyms.h"
#include "trace/event.h"

struct trace;

struct trace_cpu_info {
	uint64_t events;   /* delivered so far */
	uint64_t lost;	   /* events known to be lost so far */
	bool lost_unknown; /* some sub-buffer said "lost" without a number */
	uint64_t bytes;	   /* of the CPU's data in the file */
	bool have_stats;   /* the file holds the kernel's own counters of this CPU: */
	uint64_t overrun;  /* events overwritten, refused or dropped while recording */
};

/* What the addresses in the events are. */
enum trace_pointers {
	TRACE_POINTERS_RAW,    /* addresses of the traced kernel */
	TRACE_POINTERS_HASHED, /* the same for the same address, and nothing more */
	TRACE_POINTERS_HIDDEN, /* all alike: events that need one are EVENT_OTHER */
};

struct trace_info {
	char format[32];      /* "trace.dat 7", "perf.data", "perf.data (pipe)", "text" */
	char compression[16]; /* "none", "zlib", "zstd" */
	char clock[32];	      /* "global", "counter", "local" where the file does not say */
	bool clock_is_time;   /* false: event.time counts no ns */
	bool big_endian;
	enum trace_pointers pointers;
	bool page_structs;  /* page events name struct pages (before 4.1), frames are worked out: */
	bool frames_told;   /* right; else they are right but for a constant, or unknown */
	uint8_t long_size;  /* of the traced kernel: 4 or 8 */
	uint32_t page_size; /* of the traced machine */
	uint32_t sub_buffer; /* bytes of one ring-buffer page */
	uint32_t cpus;
	char uname[256];       /* "" where the file has none */
	char instance[64];     /* "" for the main buffer */
	bool truncated;	       /* the file ends early; what was whole has been read */
	bool sampled;	       /* not each event is in it, but one in several */
	bool command_only;     /* only a command's tasks were recorded */
	const char *cut_names; /* a list of names in it that does: "kallsyms"; NULL */
	bool tells_ties; /* event.tied is set where it holds; text shows coarser times than it is ordered by */
	bool time_shift; /* a guest's: the file says how to shift times to its host's; not done here */
};

struct trace_options {
	const char *instance;	 /* name of a buffer instance; NULL: the main buffer */
	bool keep_going;	 /* on damage, end with what was readable instead of failing */
	uint64_t from, to;	 /* time window in event.time units; to = 0: no end */
	const uint8_t *cpu_mask; /* [cpu] != 0: wanted; NULL: all */
	uint32_t cpu_mask_len;
	const char *kallsyms;	 /* file of symbols to use instead of the trace's own; NULL */
	const char *kallsyms_or; /* file of symbols where the trace has none, if it is there; NULL */
};

/* Open; NULL on failure with the reason in e.  opt may be NULL. */
struct trace *trace_open(const char *path, const struct trace_options *opt, struct err *e);
void trace_close(struct trace *t);

/*
 * The next event.  1: one event; 0: the end; < 0: damage (a negative errno, e
 * says file, offset and what was expected).  With keep_going damage ends the
 * stream with 0 and trace_damage() tells what it was.
 */
int trace_next(struct trace *t, struct event *ev, struct err *e);
/*
 * The same for up to `room` events at once: how many there are in ev, as few as the reader finds
 * convenient.  One that bears `lost` is the last of them, so that trace_cpu() tells what was lost
 * before it.
 */
int trace_next_many(struct trace *t, struct event *ev, unsigned room, struct err *e);

/* Go back to the first event, as if the trace had just been opened.  0 or a negative errno. */
int trace_rewind(struct trace *t, struct err *e);

const struct trace_info *trace_info(const struct trace *t);
const struct trace_cpu_info *trace_cpu(const struct trace *t, uint32_t cpu);
/* Damage met under keep_going; NULL if there was none. */
const struct err *trace_damage(const struct trace *t);
/* One line of what this trace cannot tell, "" for nothing: hashed pointers, names that are missing. */
void trace_caution(const struct trace *t, char *out, size_t room);
/* Cache names (event.object.name). */
const struct intern *trace_names(const struct trace *t);
/* The event type's bare name ("mm_page_alloc") and system for event.id; NULL if unknown. */
const char *trace_event_name(const struct trace *t, uint16_t id);
const char *trace_event_system(const struct trace *t, uint16_t id);
/* Is an event of this kind described in the capture, i.e. could it have been recorded? */
bool trace_has_kind(const struct trace *t, enum event_kind kind);
/* Process name of a pid as saved in the file; NULL if unknown. */
const char *trace_comm(const struct trace *t, int32_t pid);
/*
 * The kernel stack that was recorded with the event (perf record -g), or that the event is
 * (ftrace's kernel_stack, which follows the event that it is of on its CPU): up to `room`
 * addresses, innermost first.  Returns how many; 0 where there is none.
 */
unsigned trace_stack(struct trace *t, const struct event *ev, uint64_t *out, unsigned room);
bool trace_is_stack(struct trace *t, const struct event *ev);
/*
 * Symbol of a kernel address: from the trace's own list, a file's (options), or one found by the kernel's
 * build id (trace/symbols.h); NULL if unknown.
 */
const char *trace_symbol(const struct trace *t, uint64_t addr, uint64_t *offset);
/* As lines of /proc/kallsyms what tells whose each key of `code` is.  0 or a negative errno. */
int trace_symbols_cut(struct trace *t, const struct map *code, FILE *out, struct err *e);
/* The file that they are from, "" for the trace itself, NULL where there are none. */
const char *trace_symbols_from(struct trace *t);
/* Are functions known by a list of symbols, which tells also which there are none of?  Else a text's names. */
bool trace_lists_symbols(const struct trace *t);
/*
 * The call sites in each of n functions, start 0 where the trace has no symbols or none of this name.
 * Symbols found by build id do not count: what is made of a trace hangs on no other machine.
 * 0, or -ENOMEM.
 */
int trace_functions(struct trace *t, const char *const *names, unsigned n,
		    struct kallsyms_range *out);
/*
 * The event's own text, without the header ("page=0x.. pfn=0x1a order=0 ..."):
 * the words of `trace-cmd report` for kinds with a payload, libtraceevent's
 * rendering of the capture's print format otherwise.  Returns 0 or a negative errno.
 */
int trace_event_text(struct trace *t, const struct event *ev, FILE *out);
/* An allocation's gfp_flags in the capture's own words; -ENOENT for an event that has none. */
int trace_gfp_text(const struct trace *t, const struct event *ev, char *out, unsigned room);
/* The name of the i-th buffer of the file, "" for the main one; NULL beyond the last. */
const char *trace_instance(const struct trace *t, uint32_t i);
/* How far the reader has come, in bytes of the file, for a progress line. */
uint64_t trace_progress(const struct trace *t, uint64_t *total);

#endif
