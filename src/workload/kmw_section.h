/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmw_section: the sections that a workload file is made of: a head with type,
 * packing, lengths and a CRC-32, then the packed content.  All numbers are
 * little-endian.
 */
#ifndef WORKLOAD_KMW_SECTION_H
#define WORKLOAD_KMW_SECTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"
#include "workload/kmw.h"

enum kmw_section_type {
	KMW_ATTACHMENT = 1, /* name, NUL, content */
	KMW_BLOCK,	    /* strings that are new, then the records */
	KMW_INDEX,	    /* of all blocks and attachments */
	KMW_SUMMARY,
};

#define KMW_SECTION_HEAD 28
#define KMW_TRAILER_MAGIC "KMWEND1\n"
#define KMW_TRAILER 16		     /* offset of the index, magic */
#define KMW_SECTION_MAX (1u << 30)   /* unpacked bytes of one section */

struct kmw_section {
	uint32_t type;
	enum kmw_compression method;
	uint64_t offset;	/* of the head, in the file */
	uint64_t raw, stored;	/* bytes unpacked, and in the file */
	uint32_t crc;		/* of the stored bytes */
	const uint8_t *data;	/* stored bytes */
};

/* Pack and write a section; *written grows by its bytes. */
int kmw_section_write(FILE *f, enum kmw_section_type type, enum kmw_compression method, const void *data,
		      size_t len, uint64_t *written, struct err *e);
/* Look at the head at an offset of a mapped file and check the CRC. 0, or -EBADMSG. */
int kmw_section_find(const uint8_t *map, uint64_t size, uint64_t offset, struct kmw_section *s, struct err *e);
/* Unpack into a blob; 0 or a negative errno. */
int kmw_section_read(const struct kmw_section *s, struct blob *out, struct err *e);
/* As above into a buffer of the caller's, grown as needed. */
int kmw_section_read_into(const struct kmw_section *s, uint8_t **buf, size_t *room, struct err *e);

#endif
