/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmw: the workload file.  A sequence of checksummed sections: a header, the
 * embedded snapshot files (attachments), blocks of requests, and at the end the
 * strings, the index and the trailer.  Each block is columnar and stands for
 * itself; a file that was cut off is readable to its last whole block.  The
 * layout is described in docs/kmw.md.
 *
 * Written to a temporary name and renamed at the end.  One thread a handle.
 */
#ifndef WORKLOAD_KMW_H
#define WORKLOAD_KMW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"
#include "base/intern.h"
#include "workload/request.h"

#define KMW_MAGIC "KMWORK1\n" /* the first 8 bytes of a workload */

enum kmw_compression { KMW_NONE, KMW_ZLIB, KMW_ZSTD, KMW_DEFAULT };

/* One event type of the source capture: for `info` on a workload. */
struct kmw_event_count {
	char system[32], name[64];
	uint64_t count;
};

/* One CPU of the source capture. */
struct kmw_cpu_count {
	uint64_t events, lost; /* lost: as far as the trace tells */
	bool lost_unknown;     /* some loss had no number */
	bool have_overrun;     /* the kernel's own count is known: */
	uint64_t overrun;      /* events overwritten, refused or dropped in its ring buffer */
};

/* What `info` says about the capture that a workload was made from. */
struct kmw_summary {
	char source[256]; /* the capture's name, without its folders */
	char format[64], clock[32], kernel[160];
	char caution[512]; /* what it cannot tell: trace_caution(), missing.h, machine.narrowed */
	bool clock_is_time, big_endian;
	uint8_t long_size;
	uint32_t page_size, cpus;
	uint64_t events, lost;
	bool lost_unknown;    /* some loss had no number */
	uint64_t first, last; /* time of the first and last event, the clock's unit */
	bool truncated;	      /* the capture itself was cut off or damaged */
	uint64_t requests, observations;
	uint32_t slots; /* highest slot + 1: a replay's table size; a reader counts it itself */
	struct kmw_event_count *counts;
	uint32_t count_n;
	struct kmw_cpu_count *per_cpu; /* [cpus] or none */
	uint32_t per_cpu_n;
};

/* ---- writing ---- */
struct kmw_writer;

struct kmw_writer *kmw_create(const char *path, enum kmw_compression c, struct err *e);
/* Embed a file under a name such as "before/zoneinfo"; any time before the commit. */
int kmw_attach(struct kmw_writer *w, const char *name, const void *data, size_t len, struct err *e);
/* The number of a string (cache names, markers), cut at 65535 bytes; UINT32_MAX out of memory. */
uint32_t kmw_string(struct kmw_writer *w, const char *s, size_t len);
/*
 * Append a record.  -EINVAL for numbers that no reader could use as an index (op, owner, CPU;
 * order and migrate type of page records).  A failure is final: only kmw_abort() remains.
 */
int kmw_put(struct kmw_writer *w, const struct request *r, struct err *e);
/* Write the rest, the index and the summary, and rename.  Frees w in any case. */
int kmw_commit(struct kmw_writer *w, const struct kmw_summary *s, struct err *e);
/* Drop everything; frees w. */
void kmw_abort(struct kmw_writer *w);
/*
 * Bytes written so far: for blocks of requests, and for all the rest.  Records wait until their
 * block is full; kmw_attach() writes them out, so after it nothing waits.
 */
void kmw_written(const struct kmw_writer *w, uint64_t *blocks, uint64_t *rest);

/* ---- reading ---- */
struct kmw_reader;

struct kmw_reader *kmw_open(const char *path, struct err *e);
void kmw_close(struct kmw_reader *r);
const struct kmw_summary *kmw_summary(const struct kmw_reader *r);
const struct intern *kmw_strings(const struct kmw_reader *r);
/*
 * True if the file was cut off, or its end is damaged: blocks up to there are served.  Where the
 * summary is lost it holds what the blocks tell, with clock and source unknown.
 */
bool kmw_cut_off(const struct kmw_reader *r);
/* -ENOENT where there is none of this name. */
int kmw_attachment(struct kmw_reader *r, const char *name, struct blob *out, struct err *e);
/* Names of all attachments, NULL-terminated; in the reader's memory. */
const char *const *kmw_attachment_names(const struct kmw_reader *r);

uint32_t kmw_block_count(const struct kmw_reader *r);
/* Time span and first record's ordinal of a block; from the index. */
void kmw_block_span(const struct kmw_reader *r, uint32_t block, uint64_t *first, uint64_t *last,
		    uint64_t *ordinal);
#define KMW_BLOCK_RECORDS 16384
/*
 * Decode a block into out[KMW_BLOCK_RECORDS].  Returns the number of records, or
 * a negative errno.  Safe to call from several threads at once, with one
 * struct kmw_scratch each.
 */
struct kmw_scratch;
struct kmw_scratch *kmw_scratch_new(void);
void kmw_scratch_free(struct kmw_scratch *s);
int kmw_block_read(const struct kmw_reader *r, uint32_t block, struct request *out,
		   struct kmw_scratch *s, struct err *e);

#endif
