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

#include "base/err.h"
#include "trace/datfile.h"

struct ring_layout {
	uint32_t page;		/* bytes of a sub-buffer */
	uint32_t commit_offset, data_offset;
	uint8_t commit_size;	/* 4 or 8 */
	bool swap, big_endian;
};

struct ring {
	const struct datfile *file;
	const struct ring_layout *layout;
	uint32_t cpu;
	bool packed;
	/* where the next page comes from */
	const uint8_t *next, *end; /* plain pages not yet read: in the file, or in `chunk` */
	uint64_t chunk_at, data_end; /* packed: offset of the next chunk; where the CPU's data ends */
	uint32_t chunks_left;
	uint8_t *chunk;
	size_t chunk_room;
	/* the page under way */
	const uint8_t *p, *page_end;
	uint64_t page_offset;	/* in the file (of the chunk, where packed), for errors */
	/* the record that ring_next() found */
	uint64_t time;
	const uint8_t *record;
	uint32_t record_len;
	bool lost;		/* events were lost before this record */
	uint64_t lost_count;	/* how many; 0 unknown */
};

int ring_open(struct ring *r, const struct datfile *f, const struct dat_buffer *b, const struct dat_cpu *c,
	      const struct ring_layout *l, struct err *e);
void ring_close(struct ring *r);
/* Go to the next record: 1, 0 at the end, or a negative errno. */
int ring_next(struct ring *r, struct err *e);
/* Parse the text of events/header_page; false if it makes no sense. */
bool ring_layout_parse(struct ring_layout *l, const char *text, uint32_t len, uint32_t page_size);

#endif
