/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_file: the outside of a perf.data file: header, attributes and what its
 * feature sections or, in a file written through a pipe, its first records say.
 * Layout: tools/perf/Documentation/perf.data-file-format.txt (kernel 2.6.31 to 6.18).
 */
#ifndef TRACE_PERF_FILE_H
#define TRACE_PERF_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "trace/datfile.h"
#include "trace/perf_sample.h"
#include "trace/symbols.h"

enum perf_record_type {
	PERF_MMAP = 1,
	PERF_LOST = 2,
	PERF_COMM = 3,
	PERF_SAMPLE = 9,
	PERF_MMAP2 = 10,
	PERF_LOST_SAMPLES = 13,
	PERF_USER = 64, /* from here on records that the recorder made */
	PERF_HEADER_ATTR = 64,
	PERF_TRACING_DATA = 66,
	PERF_FINISHED_ROUND = 68,
	PERF_AUXTRACE = 71,
	PERF_HEADER_FEATURE = 80,
	PERF_COMPRESSED = 81,
	PERF_COMPRESSED2 = 83,
};

#define PERF_RECORD_HEAD 8 /* u32 type, u16 misc, u16 size */

struct perf_file {
	bool swap, pipe;
	uint64_t data, end; /* where the records stand */
	struct perf_layout *layouts;
	uint32_t layout_count;
	bool uniform; /* all samples are of tracepoints and of one layout, `sampled`: no look-up by id */
	uint32_t sampled;
	struct map by_id;
	uint32_t cpus;
	char release[160], arch[32];
	struct kernel_id kernel;
	bool has_tracing;
	bool in_directory; /* records stand in files beside it too: data, data.0, data.1, ... */
};

/*
 * Read all but the records of d->map: event formats, byte order and so on go
 * into d.  0, or a negative errno with e saying offset and what was expected.
 */
int perf_file_open(struct perf_file *f, struct datfile *d, struct err *e);
void perf_file_close(struct perf_file *f);
/*
 * The whole length of a record at p: its head's size and what follows without
 * being counted there.  0 if the record does not end before `end`.
 */
uint64_t perf_record_len(const struct perf_file *f, const uint8_t *p, const uint8_t *end);
/* The layout of a sample by its id; NULL where that is of no event of the file. */
const struct perf_layout *perf_file_layout_of(const struct perf_file *f, const uint8_t *rec,
					      uint32_t len);
static inline const struct perf_layout *perf_file_layout(const struct perf_file *f,
							 const uint8_t *rec, uint32_t len)
{
	return f->uniform ? &f->layouts[f->sampled] : perf_file_layout_of(f, rec, len);
}

#endif
