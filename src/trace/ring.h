/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring: the ring-buffer pages (sub-buffers) of one CPU and the records in them.
 * Pages of an uncompressed file are read in place; those of a compressed one
 * go through one buffer that holds a chunk of pages.
 *
 * Layout (kernel include/linux/ring_buffer.h and events/header_page, 2.6.31 to
 * 6.18): a 64-bit time stamp, a commit word of the kernel's long size (low 20
 * bits: bytes of data; bit 31: events lost before this page; bit 30: their
 * number follows the data), then records: a 32-bit word with 5 bits of type or
 * length and 27 bits of time delta.
 */
#ifndef TRACE_RING_H
#define TRACE_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "trace/datfile.h"

struct ring_layout {
	uint32_t page; /* bytes of a sub-buffer */
	uint32_t commit_offset, data_offset;
	uint8_t commit_size; /* 4 or 8 */
	bool swap, big_endian;
	uint64_t from; /* pages that end before this raw time are passed over */
};

struct ring {
	/* the page under way; plain records are found without a call (see ring_next) */
	const uint8_t *p, *page_end;
	/* the record that ring_next() found */
	uint64_t time;
	const uint8_t *record;
	uint32_t record_len;
	bool lost;  /* events were lost before this record */
	bool plain; /* this machine's own byte order, and little-endian */
	bool packed;
	uint32_t cpu;
	uint64_t lost_count; /* how many; 0 unknown */
	/* where the next page comes from */
	const uint8_t *next, *end; /* plain pages not yet read: in the file, or in `chunk` */
	const uint8_t *resident;   /* plain: the file's memory before this was given back */
	struct datfile *file;
	const struct ring_layout *layout;
	uint64_t data_start, data_end; /* of the CPU's data in the file */
	uint64_t chunk_at;	       /* packed: offset of the next chunk */
	uint32_t chunks_left;
	uint8_t *chunk;
	size_t chunk_room;
	uint64_t page_offset; /* in the file (of the chunk, where packed), for errors */
};

int ring_open(struct ring *r, struct datfile *f, const struct dat_buffer *b,
	      const struct dat_cpu *c, const struct ring_layout *l, struct err *e);
void ring_close(struct ring *r);
/* Bytes of the CPU's data that are behind us, and all of them. */
uint64_t ring_progress(const struct ring *r, uint64_t *total);
/* Parse the text of events/header_page; false if it makes no sense. */
bool ring_layout_parse(struct ring_layout *l, const char *text, uint32_t len, uint32_t page_size);
/*
 * Whole sub-buffers, for whom copies them: the next one, with r at its start (1, 0 at the end, or a
 * negative errno); and a ring of a single one, which ring_next() goes through.
 */
int ring_page(struct ring *r, const uint8_t **page, struct err *e);
int ring_open_page(struct ring *r, const struct ring_layout *l, uint32_t cpu, const uint8_t *page,
		   struct err *e);
/* As ring_next(), for what it cannot do in a few instructions. */
int ring_next_slow(struct ring *r, struct err *e);

/* Go to the next record if that takes a few instructions: it is a plain one, of the page under way. */
static inline bool ring_step(struct ring *r)
{
	const uint8_t *p = r->p;
	uint32_t head, len;

	if (__builtin_expect(r->plain && r->page_end - p >= 4, 1)) {
		memcpy(&head, p, 4);
		len = (head & 31) * 4;
		/* Types 1 to 28 are the record's length in words. */
		if (__builtin_expect(len - 4 < 28 * 4 && (size_t)(r->page_end - p) >= 4 + len, 1)) {
			r->time += head >> 5;
			r->record = p + 4;
			r->record_len = len;
			r->p = p + 4 + len;
			return true;
		}
	}
	return false;
}

/* Go to the next record: 1, 0 at the end, or a negative errno. */
static inline int ring_next(struct ring *r, struct err *e)
{
	return ring_step(r) ? 1 : ring_next_slow(r, e);
}

#endif
