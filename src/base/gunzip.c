// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/gunzip.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

#define RATIO 1032 /* no deflate stream is packed better */

/* What the last member says of its size is its size modulo 2^32, or a lie: to begin with. */
static size_t guess(const uint8_t *data, size_t len, size_t limit)
{
	size_t said = 0;

	for (unsigned i = 1; i <= 4 && len >= 18; i++)
		said = said << 8 | data[len - i];
	if (said > limit || said / RATIO > len)
		said = 0;
	return said ? said : len < limit / 4 ? 4 * len : limit;
}

/* Room for so many bytes and the NUL. */
static int make_room(struct blob *b, size_t room)
{
	uint8_t *more = realloc(b->data, room + 1);

	if (!more)
		return -ENOMEM;
	b->data = more;
	return 0;
}

static int unpack_all(struct libdeflate_decompressor *d, const uint8_t *data, size_t len,
		      size_t limit, struct blob *out)
{
	size_t room = guess(data, len, limit);

	if (make_room(out, room))
		return -ENOMEM;
	for (const uint8_t *end = data + len; gunzip_knows(data, (size_t)(end - data));) {
		size_t in, got;
		enum libdeflate_result ret = libdeflate_gzip_decompress_ex(d, data,
									   (size_t)(end - data),
									   out->data + out->len,
									   room - out->len, &in,
									   &got);

		if (ret == LIBDEFLATE_SUCCESS) {
			data += in;
			out->len += got;
			continue;
		}
		if (ret != LIBDEFLATE_INSUFFICIENT_SPACE)
			return -EIO;
		if (room >= limit)
			return -EFBIG;
		room = room < limit / 2 ? 2 * room + 4096 : limit;
		if (make_room(out, room))
			return -ENOMEM;
	}
	out->data[out->len] = 0;
	return 0;
}

int gunzip(const uint8_t *data, size_t len, size_t limit, struct blob *out)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	int ret = -ENOMEM;

	out->data = NULL;
	out->len = 0;
	if (d)
		ret = unpack_all(d, data, len, limit, out);
	libdeflate_free_decompressor(d);
	if (ret < 0)
		blob_free(out);
	return ret;
}
