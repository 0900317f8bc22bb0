// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload/kmw_section.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define ZSTD_LEVEL 1 /* level 3 packs 4 % better and costs three times as much */
#define ZLIB_LEVEL 1

static void put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, 4);
}

static void put64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, 8);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return le32toh(v);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return le64toh(v);
}

/* Pack; the packed bytes in a new buffer, or NULL where packing fails or gains nothing. */
static uint8_t *pack(enum kmw_compression method, const void *data, size_t len, size_t *packed)
{
	size_t room = method == KMW_ZSTD ? ZSTD_compressBound(len) : compressBound((uLong)len), n;
	uLongf zn = (uLongf)room;
	uint8_t *out = malloc(room);

	if (!out)
		return NULL;
	if (method == KMW_ZSTD) {
		n = ZSTD_compress(out, room, data, len, ZSTD_LEVEL);
		n = ZSTD_isError(n) ? len : n;
	} else {
		n = compress2(out, &zn, data, (uLong)len, ZLIB_LEVEL) == Z_OK ? zn : len;
	}
	if (n >= len) {
		free(out);
		return NULL;
	}
	*packed = n;
	return out;
}

int kmw_section_write(FILE *f, enum kmw_section_type type, enum kmw_compression method, const void *data,
		      size_t len, uint64_t *written, struct err *e)
{
	size_t stored = len;
	uint8_t *packed = NULL, head[KMW_SECTION_HEAD];
	const void *out = data;
	int ret = 0;

	if (len > KMW_SECTION_MAX)
		return err_set(e, EFBIG, "a section of %zu bytes is too large", len);
	if (method != KMW_NONE)
		packed = pack(method, data, len, &stored);
	if (packed)
		out = packed;
	else
		method = KMW_NONE;
	put32(head, type);
	put32(head + 4, method);
	put64(head + 8, len);
	put64(head + 16, stored);
	put32(head + 24, (uint32_t)crc32(0, out, (uInt)stored));
	if (fwrite(head, sizeof(head), 1, f) != 1 || (stored && fwrite(out, stored, 1, f) != 1))
		ret = err_set(e, errno ? errno : EIO, "the workload could not be written: %s",
			      strerror(errno ? errno : EIO));
	*written += sizeof(head) + stored;
	free(packed);
	return ret;
}

int kmw_section_find(const uint8_t *map, uint64_t size, uint64_t offset, struct kmw_section *s, struct err *e)
{
	const uint8_t *p = map + offset;

	if (offset > size || size - offset < KMW_SECTION_HEAD)
		return err_set(e, EBADMSG, "offset %llu: the file ends where a section was expected",
			       (unsigned long long)offset);
	*s = (struct kmw_section){ .type = get32(p), .method = (enum kmw_compression)get32(p + 4),
				   .offset = offset, .raw = get64(p + 8), .stored = get64(p + 16),
				   .crc = get32(p + 24), .data = p + KMW_SECTION_HEAD };
	if (s->type < KMW_ATTACHMENT || s->type > KMW_SUMMARY || s->method > KMW_ZSTD ||
	    s->raw > KMW_SECTION_MAX)
		return err_set(e, EBADMSG, "offset %llu: no section starts here", (unsigned long long)offset);
	if (s->stored > size - offset - KMW_SECTION_HEAD)
		return err_set(e, EBADMSG, "offset %llu: the section ends after the file",
			       (unsigned long long)offset);
	if ((s->method == KMW_NONE && s->raw != s->stored) || s->raw / 32768 > s->stored)
		return err_set(e, EBADMSG, "offset %llu: the section's lengths cannot be right",
			       (unsigned long long)offset);
	if ((uint32_t)crc32(0, s->data, (uInt)s->stored) != s->crc)
		return err_set(e, EBADMSG, "offset %llu: the section's checksum is wrong",
			       (unsigned long long)offset);
	return 0;
}

int kmw_section_read_into(const struct kmw_section *s, uint8_t **buf, size_t *room, struct err *e)
{
	uLongf zn = (uLongf)s->raw;
	size_t n;

	if (*room < s->raw + 1) {
		uint8_t *more = realloc(*buf, s->raw + 1);

		if (!more)
			return err_set(e, ENOMEM, "out of memory for a section of %llu bytes",
				       (unsigned long long)s->raw);
		*buf = more;
		*room = s->raw + 1;
	}
	if (s->method == KMW_NONE) {
		memcpy(*buf, s->data, s->raw);
		n = s->raw;
	} else if (s->method == KMW_ZSTD) {
		n = ZSTD_decompress(*buf, s->raw, s->data, s->stored);
	} else {
		n = uncompress(*buf, &zn, s->data, (uLong)s->stored) == Z_OK ? zn : SIZE_MAX;
	}
	if (n != s->raw)
		return err_set(e, EBADMSG, "offset %llu: the section does not unpack",
			       (unsigned long long)s->offset);
	(*buf)[s->raw] = 0;
	return 0;
}

int kmw_section_read(const struct kmw_section *s, struct blob *out, struct err *e)
{
	size_t room = 0;
	int ret;

	out->data = NULL;
	ret = kmw_section_read_into(s, &out->data, &room, e);
	out->len = s->raw;
	if (ret < 0)
		blob_free(out);
	return ret;
}
