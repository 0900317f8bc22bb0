/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmw_block: the columnar form of up to KMW_BLOCK_RECORDS records.  The
 * combinations of repeating fields (struct request_sig) stand once in a table;
 * each other field is a column of varints, mostly small differences.
 * The layout is in docs/kmw.md.  A packer or unpacker belongs to one thread.
 */
#ifndef WORKLOAD_KMW_BLOCK_H
#define WORKLOAD_KMW_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "workload/kmw.h"
#include "workload/request.h"

struct kmw_packer;

struct kmw_packer *kmw_packer_new(void);
void kmw_packer_free(struct kmw_packer *p);
void kmw_packer_put(struct kmw_packer *p, const struct request *r);
uint32_t kmw_packer_count(const struct kmw_packer *p);
/* The most bytes that kmw_packer_finish() writes now. */
size_t kmw_packer_bound(const struct kmw_packer *p);
/* Write the block and begin a new one; returns its bytes. */
size_t kmw_packer_finish(struct kmw_packer *p, uint8_t *out);

/* Decode; the number of records (at most KMW_BLOCK_RECORDS), or -EBADMSG. */
int kmw_unpack(const uint8_t *in, size_t len, struct request *out, struct request_sig *sigs, struct err *e);

#endif
