/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datscrub_inside: what datscrub.c, datscrub_record.c and datscrub_file.c share. */
#ifndef TRACE_DATSCRUB_INSIDE_H
#define TRACE_DATSCRUB_INSIDE_H

#include <stdio.h>
#include <zstd.h>

#include "trace/bytes.h"
#include "trace/datfile.h"
#include "trace/datscrub.h"
#include "trace/ring.h"
#include "trace/types.h"

#define SCRUB_LEVEL 6	/* of zstd */
#define SCRUB_PLACES 24 /* fields of a record that are carried over */

/* What of a type's records is carried over; the common fields are always. */
struct plan {
	unsigned common; /* bytes */
	unsigned count;
	struct {
		uint16_t at, size;
		uint8_t how; /* enum carry */
	} field[SCRUB_PLACES];
};

struct scrub {
	struct datfile file;
	struct types types;
	struct ring_layout layout;
	struct rebase *key;
	struct plan **plans; /* [TYPES_MAX], made at a type's first record */
	FILE *out;
	ZSTD_CCtx *zstd;
	uint8_t *chunk, *packed;
	size_t packed_room;
	const struct datscrub_options *o;
	struct map *code; /* addresses of instructions that were carried over */
	struct datscrub_result *res;
	struct err *e;
};

/* Numbers in the file's byte order. */
static inline void scrub_put(struct scrub *s, FILE *f, uint64_t v, unsigned size)
{
	uint8_t b[8] = { 0 };

	for (unsigned i = 0; i < size; i++)
		b[s->file.big_endian ? size - 1 - i : i] = (uint8_t)(v >> 8 * i);
	fwrite(b, 1, size, f);
}

static inline uint64_t scrub_load(const struct scrub *s, const uint8_t *p, unsigned size)
{
	bool swap = s->file.swap;

	return size == 8 ? bytes_u64(p, swap) :
	       size == 4 ? bytes_u32(p, swap) :
	       size == 2 ? bytes_u16(p, swap) :
			   *p;
}

static inline void scrub_store(const struct scrub *s, uint8_t *p, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[s->file.big_endian ? size - 1 - i : i] = (uint8_t)(v >> 8 * i);
}

/* What of a record may be known, the rest blanked. 0 or a negative errno. */
int scrub_carry(struct scrub *s, uint8_t *to, const uint8_t *from, uint32_t len);
/* Another buffer's sub-buffers may be of another size. */
int scrub_set_pages(struct scrub *s, const struct dat_buffer *b);
/* All sub-buffers of a CPU: the number of chunks, and each of them. */
int scrub_put_cpu(struct scrub *s, const struct dat_buffer *b, const struct dat_cpu *c);
/* The whole file. */
int scrub_write_file(struct scrub *s);

#endif
