// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/kmw_section.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define LEVEL_BLOCK_ZLIB 1 /* blocks are packed while a trace is being imported: speed first */
#define LEVEL_BLOCK_ZSTD (-1)
#define LEVEL_REST_ZLIB 6
#define LEVEL_REST_ZSTD 3
#define CRC_AT 28 /* of the section's header */

struct kmw_packer {
	ZSTD_CCtx *pack;
	ZSTD_DCtx *unpack;
	uint8_t *buf;
	size_t room;
};

struct kmw_packer *kmw_packer_new(void)
{
	return calloc(1, sizeof(struct kmw_packer));
}

void kmw_packer_free(struct kmw_packer *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->pack);
	ZSTD_freeDCtx(p->unpack);
	free(p->buf);
	free(p);
}

/* ---- writing ---- */

static int room_for(struct kmw_packer *p, size_t len)
{
	uint8_t *more;

	if (len <= p->room)
		return 0;
	more = realloc(p->buf, len);
	if (!more)
		return -ENOMEM;
	p->buf = more;
	p->room = len;
	return 0;
}

/* The packed length in p->buf; 0: it did not shrink, so it is stored as it is; or a negative errno. */
static int64_t pack(struct kmw_packer *p, enum kmw_compression c, bool block, const void *raw,
		    size_t len)
{
	size_t bound = c == KMW_ZSTD ? ZSTD_compressBound(len) : compressBound(len), got;
	uLongf zgot = bound;

	if (c == KMW_NONE || !len)
		return 0;
	if (room_for(p, bound))
		return -ENOMEM;
	if (c == KMW_ZLIB) {
		if (compress2(p->buf, &zgot, raw, len,
			      block ? LEVEL_BLOCK_ZLIB : LEVEL_REST_ZLIB) != Z_OK)
			return -ENOMEM;
		return zgot < len ? (int64_t)zgot : 0;
	}
	if (!p->pack)
		p->pack = ZSTD_createCCtx();
	if (!p->pack)
		return -ENOMEM;
	got = ZSTD_compressCCtx(p->pack, p->buf, bound, raw, len,
				block ? LEVEL_BLOCK_ZSTD : LEVEL_REST_ZSTD);
	if (ZSTD_isError(got))
		return -ENOMEM;
	return got < len ? (int64_t)got : 0;
}

int kmw_section_write(FILE *f, uint64_t *at, struct kmw_packer *p, enum kmw_section_type type,
		      enum kmw_compression c, const void *plain, size_t plain_len, const void *raw,
		      size_t raw_len, struct err *e)
{
	uint8_t head[KMW_SECTION_LEN] = { 0 };
	int64_t packed = pack(p, c, type == KMW_SECTION_BLOCK, raw, raw_len);
	size_t len = packed > 0 ? (size_t)packed : raw_len;
	const void *body = packed > 0 ? p->buf : raw;
	uint32_t crc;

	if (packed < 0)
		return err_set(e, ENOMEM, "out of memory while compressing");
	kmw_store32(head, KMW_SECTION_MAGIC);
	head[4] = (uint8_t)type;
	head[5] = (uint8_t)(packed > 0 ? c : KMW_NONE);
	kmw_store16(head + 6, (uint16_t)plain_len);
	kmw_store64(head + 8, *at);
	kmw_store32(head + 16, (uint32_t)raw_len);
	kmw_store32(head + 20, (uint32_t)len);
	crc = libdeflate_crc32(0, head, CRC_AT);
	crc = libdeflate_crc32(crc, plain, plain_len);
	crc = libdeflate_crc32(crc, body, len);
	kmw_store32(head + CRC_AT, crc);
	if (fwrite(head, sizeof(head), 1, f) != 1 ||
	    (plain_len && fwrite(plain, plain_len, 1, f) != 1) ||
	    (len && fwrite(body, len, 1, f) != 1))
		return err_set(e, errno ? errno : EIO, "cannot be written: %s", strerror(errno));
	*at += sizeof(head) + plain_len + len;
	return 0;
}

/* ---- reading ---- */

static int damaged(struct err *e, uint64_t offset, const char *what)
{
	return err_set(e, EBADMSG, "offset %llu: %s", (unsigned long long)offset, what);
}

int kmw_section_parse(const uint8_t *file, uint64_t size, uint64_t offset, struct kmw_section *s,
		      struct err *e)
{
	const uint8_t *head;
	uint32_t crc;

	if (offset > size || size - offset < KMW_SECTION_LEN)
		return damaged(e, offset, "the file ends where a section is expected");
	head = file + offset;
	if (kmw_load32(head) != KMW_SECTION_MAGIC)
		return damaged(e, offset, "no section starts here");
	s->offset = offset;
	s->type = head[4];
	s->compression = head[5];
	s->plain_len = kmw_load16(head + 6);
	s->raw_len = kmw_load32(head + 16);
	s->stored_len = kmw_load32(head + 20);
	s->plain = head + KMW_SECTION_LEN;
	s->stored = s->plain + s->plain_len;
	s->end = offset + KMW_SECTION_LEN + s->plain_len + s->stored_len;
	if (s->end > size)
		return damaged(e, offset, "the file ends within this section");
	crc = libdeflate_crc32(0, head, CRC_AT);
	crc = libdeflate_crc32(crc, s->plain, s->plain_len);
	crc = libdeflate_crc32(crc, s->stored, s->stored_len);
	if (crc != kmw_load32(head + CRC_AT))
		return damaged(e, offset, "the section's checksum is wrong");
	/* What follows can only be wrong in a file made so, or made by another version. */
	if (kmw_load64(head + 8) != offset)
		return damaged(e, offset, "this section belongs elsewhere");
	if (s->type < KMW_SECTION_BLOCK || s->type > KMW_SECTION_FILE)
		return damaged(e, offset, "a section of unknown type");
	if (s->compression > KMW_ZSTD || s->raw_len > KMW_BODY_MAX ||
	    s->plain_len > KMW_PLAIN_MAX ||
	    (s->compression == KMW_NONE && s->raw_len != s->stored_len))
		return damaged(e, offset, "a section header that cannot be right");
	return 0;
}

int kmw_section_unpack(const struct kmw_section *s, struct kmw_packer *p, uint8_t *out,
		       struct err *e)
{
	uLongf got = s->raw_len;

	if (s->compression == KMW_NONE) {
		memcpy(out, s->stored, s->raw_len);
		return 0;
	}
	if (s->compression == KMW_ZLIB) {
		if (uncompress(out, &got, s->stored, s->stored_len) != Z_OK)
			got = (uLongf)-1;
	} else {
		if (!p->unpack)
			p->unpack = ZSTD_createDCtx();
		if (!p->unpack)
			return err_set(e, ENOMEM, "out of memory");
		got = ZSTD_decompressDCtx(p->unpack, out, s->raw_len, s->stored, s->stored_len);
	}
	return got == s->raw_len ? 0 : damaged(e, s->offset, "the section cannot be unpacked");
}
