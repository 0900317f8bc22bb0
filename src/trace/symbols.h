/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbols: the list of the traced kernel's symbols: the trace's own, or that of a file
 * which is named; and, to give names to addresses and for nothing else, one that is
 * found by the kernel's build id the way perf does: in the cache of perf record
 * ($PERF_BUILDID_DIR, ~/.debug), or /proc/kallsyms where this is the same kernel.
 * What such a list says is moved by as much as the kernel lay elsewhere when the trace
 * was recorded (KASLR), which one symbol's address tells; modules then have no names.
 */
#ifndef TRACE_SYMBOLS_H
#define TRACE_SYMBOLS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"
#include "machine/kallsyms.h"

#define BUILD_ID_MAX 20

/* What a perf.data says of the kernel. */
struct kernel_id {
	uint8_t build[BUILD_ID_MAX];
	uint8_t build_len; /* 0: not said */
	char ref[64];	   /* a symbol, "_text" or "_stext"; "": none is told */
	uint64_t ref_addr; /* where it lay */
};

struct symbols {
	const char *text; /* as of /proc/kallsyms; NULL: there is none */
	size_t len;
	char from[PATH_MAX]; /* the file; "": the trace itself */
	bool by_id;	     /* found by the kernel's build id */
	struct blob blob;    /* owns the text where it is no part of the trace */
	struct kallsyms *table;
};

/* The text of a file.  0 or a negative errno with e set. */
int symbols_read(struct symbols *s, const char *path, struct err *e);
/* Look for a list by the build id; where there is none, there is none. */
void symbols_find(struct symbols *s, const struct kernel_id *id);
/* The table of the text, made at its first use; NULL: no text, or no memory. */
const struct kallsyms *symbols_table(struct symbols *s);
void symbols_free(struct symbols *s);

#endif
