/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * datscrub: a trace.dat made anew, as version 7 packed with zstd, with nothing in
 * it that tells which machine it came from.  The records stand in the same
 * sub-buffers with the same times, CPUs, pids and losses, so that whoever reads it
 * works out the same; of each record only fields that are known to be harmless
 * are carried over:
 *
 *   events of memory management     numbers; addresses moved by the key; of text only
 *                                   names of slab caches
 *   markers                         the recorder's own ("snap: ..."); others blanked
 *   all other events                that they happened
 *
 * Of the kernel's symbols those stay that tell which function an address in the trace belongs to.
 * Discarded records, the unused rest of sub-buffers, printk formats and the options
 * that are not needed to read the file are left out.
 */
#ifndef TRACE_DATSCRUB_H
#define TRACE_DATSCRUB_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/map.h"
#include "trace/rebase.h"

struct datscrub_result {
	uint64_t events;  /* carried over */
	uint64_t blanked; /* of them such whose content was left out */
	uint32_t names;	  /* process names that got a token */
	unsigned long_size;
};

/* What is wanted of it. */
struct datscrub_options {
	bool keep_going;
	const char *const *functions; /* these functions' symbols stay too */
	unsigned function_count;
};

/* Bytes of the traced kernel's long, for rebase_init(); a negative errno where it is no trace.dat. */
int datscrub_long_size(const char *path, struct err *e);
/*
 * Write the scrubbed file to `out`, which must be seekable; `code`, an empty map, gets the addresses of
 * instructions in it as they were before. 0 or a negative errno.
 */
int datscrub(const char *path, struct rebase *r, const struct datscrub_options *o, FILE *out,
	     struct map *code, struct datscrub_result *res, struct err *e);

#endif
