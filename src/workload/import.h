/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import: a capture in, a workload out.  Reads the trace once, resolves it, and
 * embeds the snapshots and what was learned on the way, so that the workload
 * alone is enough for everything that follows.
 */
#ifndef WORKLOAD_IMPORT_H
#define WORKLOAD_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/kallsyms.h"
#include "workload/capture.h"
#include "workload/kmw.h"
#include "workload/resolve.h"

struct import_options {
	enum kmw_compression compression;
	bool keep_going;
	bool progress;	 /* a line on stderr, if that is a terminal */
	double from, to; /* seconds in the clock's time; to = INFINITY: no end */
	const uint8_t *cpu_mask;
	uint32_t cpu_mask_len;
	const char *instance;
	const char *kallsyms; /* file of symbols to use instead of the trace's own; NULL */
};

struct import_result {
	struct resolve_stats resolved;
	uint64_t events, lost;
	uint64_t bytes_blocks, bytes_rest; /* of the workload file */
	uint64_t direct_map_base;
	char direct_map_source[96];
	char damage[512]; /* what was wrong with the trace under keep_going, else "" */
	double seconds;
};

/* Import c into a file. 0 or a negative errno; nothing is left behind on failure. */
int import_capture(const struct capture *c, const char *out, const struct import_options *o,
		   struct import_result *res, struct err *e);

/*
 * Open anything that capture_find() knows as a workload: a .kmw as it is, the
 * rest imported into an unlinked temporary file.  res may be NULL; it is
 * zeroed where nothing was imported.
 */
struct kmw_reader *import_open(const char *path, const struct import_options *o,
			       struct import_result *res, struct err *e);

/* The machine that a workload carries; a bare one made from the requests where it has no snapshot. */
struct machine *import_machine(struct kmw_reader *k, struct err *e);
/* The symbols that it carries; *out is NULL where it has none. 0 or a negative errno. */
int import_symbols(struct kmw_reader *k, struct kallsyms **out, struct err *e);

/*
 * The functions whose symbols an import looks for: those that allocate a page array with kmalloc and then its
 * pages in bulk (5.13 and later), and the one that joins an area's pages before they are freed (7.x).
 */
#define IMPORT_FUNCTIONS 6
extern const char *const import_functions[IMPORT_FUNCTIONS];

#endif
