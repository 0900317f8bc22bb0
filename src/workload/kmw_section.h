/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmw_section: the envelope of everything in a workload file.  A section is a
 * header, a short plain part that can be read without unpacking (what a block
 * spans, what a file is called), and the body, which may be compressed.  One
 * CRC-32 covers all three.  No body is longer than KMW_BODY_MAX unpacked, so
 * that no field of a hostile file can ask for much memory; longer content is
 * cut into parts.  The layout is described in docs/kmw.md.
 */
#ifndef WORKLOAD_KMW_SECTION_H
#define WORKLOAD_KMW_SECTION_H

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "workload/kmw.h"

#define KMW_VERSION 2
#define KMW_HEADER_LEN 24 /* of the file */
#define KMW_TRAILER_LEN 24
#define KMW_SECTION_LEN 32 /* of a section's header */
#define KMW_BODY_MAX (4u << 20)
#define KMW_PLAIN_MAX 1024
#define KMW_SECTION_MAGIC 0x5357454bu /* "KEWS" */
#define KMW_TRAILER_MAGIC "KMEMLABE"

enum kmw_section_type {
	KMW_SECTION_BLOCK = 1, /* requests; plain: struct kmw_head */
	KMW_SECTION_STRINGS, /* names first used since the section before; plain: number of the first */
	KMW_SECTION_FILE, /* part of a file; plain: part number, last flag, name */
};

struct kmw_section {
	uint64_t offset, end; /* in the file; the next section starts at end */
	uint8_t type, compression;
	uint16_t plain_len;
	uint32_t raw_len, stored_len;
	const uint8_t *plain, *stored;
};

/* What holds the compressors between uses: one for each writer or reading thread. */
struct kmw_packer;
struct kmw_packer *kmw_packer_new(void);
void kmw_packer_free(struct kmw_packer *p);

/* Write a section; *at is the position in the file and moves on. */
int kmw_section_write(FILE *f, uint64_t *at, struct kmw_packer *p, enum kmw_section_type type,
		      enum kmw_compression c, const void *plain, size_t plain_len, const void *raw,
		      size_t raw_len, struct err *e);
/* Look at the section at `offset` of a file in memory and check its bounds and CRC. */
int kmw_section_parse(const uint8_t *file, uint64_t size, uint64_t offset, struct kmw_section *s,
		      struct err *e);
/* Unpack the body into out, which has room for s->raw_len bytes. */
int kmw_section_unpack(const struct kmw_section *s, struct kmw_packer *p, uint8_t *out,
		       struct err *e);

/* ---- numbers: little-endian, unaligned ---- */

static inline void kmw_store16(uint8_t *p, uint16_t v)
{
	v = htole16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void kmw_store32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void kmw_store64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

static inline uint16_t kmw_load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t kmw_load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t kmw_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline uint64_t kmw_zigzag(uint64_t delta)
{
	return delta << 1 ^ (uint64_t)((int64_t)delta >> 63);
}

static inline uint64_t kmw_unzigzag(uint64_t v)
{
	return v >> 1 ^ -(v & 1);
}

/*
 * Number of 1 to 9 bytes: as many zero bits as further bytes, a one, then the
 * value, all from the lowest bit up; a zero byte stands before eight plain ones.
 * The length follows from the first byte, so neither side loops.
 */
static inline unsigned kmw_varint_put(uint8_t *p, uint64_t v)
{
	/* Sevens of bits, without a division: right for all of 0 to 63. */
	unsigned len = ((unsigned)(63 - __builtin_clzll(v | 1)) * 9 + 73) / 64;

	if (__builtin_expect(len > 8, 0)) {
		*p = 0;
		kmw_store64(p + 1, v);
		return 9;
	}
	kmw_store64(p, (v << 1 | 1) << (len - 1));
	return len;
}

/* Reads up to 9 bytes at p, whatever the length. */
static inline unsigned kmw_varint_get(const uint8_t *p, uint64_t *v)
{
	uint64_t x = kmw_load64(p);
	unsigned len = (unsigned)__builtin_ctzll(x | 256) + 1;

	if (__builtin_expect(len > 8, 0)) {
		*v = kmw_load64(p + 1);
		return 9;
	}
	*v = (x << (64 - 8 * len)) >> (64 - 7 * len);
	return len;
}

#endif
