/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmw_block: the columnar form of up to KMW_BLOCK_RECORDS records.  Records
 * name a signature, the combination of their fields that repeats, in a table
 * of the block; what differs from record to record stands in columns, as
 * differences.  A control byte says how long a record's parts are, so that the
 * decoder hardly branches.  The layout is described in docs/kmw.md.
 *
 * Any record survives unchanged as long as its op, owner, orders, migrate types
 * and CPU are in the range of their enum or limit; others are refused, by the
 * encoder too, so that whoever reads a block may use these fields as indices.
 */
#ifndef WORKLOAD_KMW_BLOCK_H
#define WORKLOAD_KMW_BLOCK_H

#include <stdint.h>

#include "base/err.h"
#include "workload/kmw.h"
#include "workload/request.h"

/* What can be known of a block without decoding it: the section's plain part. */
struct kmw_head {
	uint64_t first, last; /* lowest and highest time */
	uint64_t ordinal;     /* of the first record in the file */
	uint64_t events;      /* highest event ordinal + 1 */
	uint32_t records, observations;
	uint32_t slots; /* highest slot + 1 */
	uint32_t cpus;	/* highest CPU + 1 */
};

#define KMW_HEAD_LEN 48
void kmw_head_store(uint8_t out[KMW_HEAD_LEN], const struct kmw_head *h);
void kmw_head_load(struct kmw_head *h, const uint8_t in[KMW_HEAD_LEN]);

struct kmw_encoder;
struct kmw_encoder *kmw_encoder_new(void);
void kmw_encoder_free(struct kmw_encoder *c);
/* Add a record.  The number of records now waiting, or -EINVAL. */
int kmw_encoder_put(struct kmw_encoder *c, const struct request *r, struct err *e);
/* Records that it holds. */
uint32_t kmw_encoder_count(const struct kmw_encoder *c);
/* The block in the encoder's memory, until the next put; ordinals in h are not set. */
const uint8_t *kmw_encoder_finish(struct kmw_encoder *c, struct kmw_head *h, size_t *len);

/*
 * The decoder reads ahead of its columns and checks afterwards, so its input
 * needs this much readable memory behind it.
 */
#define KMW_DECODE_SLACK (KMW_BLOCK_RECORDS * 19 + 64)
struct kmw_decoder;
struct kmw_decoder *kmw_decoder_new(void);
void kmw_decoder_free(struct kmw_decoder *d);
/* Decode into out[KMW_BLOCK_RECORDS]; 0 or a negative errno. */
int kmw_decode(struct kmw_decoder *d, const struct kmw_head *h, const uint8_t *raw, size_t len,
	       struct request *out, struct err *e);

/* ---- shared by encoder and decoder ---- */

/* What a record of this signature has, besides its signature. */
enum kmw_shape {
	KMW_HAS_SLOT = 1 << 0,
	KMW_HAS_ADDR = 1 << 1, /* addr is not 0 */
	KMW_HAS_PFN = 1 << 2,  /* pfn is not KMM_NO_PFN */
	KMW_SHAPES = 7,
};

/* The control byte. */
enum kmw_control {
	KMW_TIME = 0x03,      /* bytes of time: 1, 2, 3, 8 */
	KMW_SLOT = 0x0c,      /* bytes of slot: 1, 2, 3, 4 */
	KMW_CPU_OTHER = 0x10, /* the CPU before this one */
	KMW_CPU_GIVEN = 0x20, /* the next of the CPU column; with KMW_CPU_OTHER: not allowed */
	KMW_PID_GIVEN = 0x40,
	KMW_SEQ_GIVEN = 0x80,
};

enum kmw_column {
	KMW_COLUMN_CODES, /* signature numbers of 255 and more */
	KMW_COLUMN_TIME,
	KMW_COLUMN_CPU,
	KMW_COLUMN_PID,
	KMW_COLUMN_SEQ,
	KMW_COLUMN_SLOT,
	KMW_COLUMN_PLACE, /* addresses and page frames */
	KMW_COLUMNS,
};

#define KMW_CODE_LONG 255 /* of a code byte: the number stands in KMW_COLUMN_CODES */
#define KMW_BLOCK_HEAD (4 * (3 + KMW_COLUMNS)) /* signatures, CPUs, table length, column lengths */

/* 0, or -EINVAL for a signature whose numbers are out of range. */
int kmw_signature_check(const struct request_sig *s, struct err *e);

#endif
