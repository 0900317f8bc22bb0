// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/unpack.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum unpack_method unpack_method(const char *name)
{
	if (!strcmp(name, "none"))
		return UNPACK_NONE;
	if (!strcmp(name, "zlib"))
		return UNPACK_ZLIB;
	if (!strcmp(name, "zstd"))
		return UNPACK_ZSTD;
	return UNPACK_UNKNOWN;
}

static void *make_state(enum unpack_method m)
{
	z_stream *z;

	if (m == UNPACK_ZSTD)
		return ZSTD_createDCtx();
	z = calloc(1, sizeof(*z));
	if (z && inflateInit(z) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static size_t inflate_block(z_stream *z, const uint8_t *src, size_t src_len, uint8_t *dst,
			    size_t dst_len)
{
	if (src_len > UINT_MAX || dst_len > UINT_MAX || inflateReset(z) != Z_OK)
		return SIZE_MAX;
	z->next_in = (Bytef *)src;
	z->avail_in = (uInt)src_len;
	z->next_out = dst;
	z->avail_out = (uInt)dst_len;
	return inflate(z, Z_FINISH) == Z_STREAM_END ? dst_len - z->avail_out : SIZE_MAX;
}

int unpack(struct unpacker *u, const uint8_t *src, size_t src_len, uint8_t *dst, size_t dst_len,
	   struct err *e)
{
	size_t n;

	if (u->method != UNPACK_ZLIB && u->method != UNPACK_ZSTD)
		return err_set(e, EBADMSG, "packed data in a file that names no compression");
	if (!u->state)
		u->state = make_state(u->method);
	if (!u->state)
		return err_set(e, ENOMEM, "out of memory for unpacking");
	if (u->method == UNPACK_ZLIB)
		n = inflate_block(u->state, src, src_len, dst, dst_len);
	else
		n = ZSTD_decompressDCtx(u->state, dst, dst_len, src, src_len);
	if (n != dst_len)
		return err_set(e, EBADMSG, "damaged %s data: %zu bytes do not unpack to %zu",
			       u->method == UNPACK_ZLIB ? "zlib" : "zstd", src_len, dst_len);
	return 0;
}

void unpack_free(struct unpacker *u)
{
	if (u->method == UNPACK_ZSTD)
		ZSTD_freeDCtx(u->state);
	else if (u->state)
		inflateEnd(u->state);
	if (u->method != UNPACK_ZSTD)
		free(u->state);
	u->state = NULL;
}
