// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/unpack.h"

#include <errno.h>
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

int unpack(enum unpack_method m, const uint8_t *src, size_t src_len, uint8_t *dst, size_t dst_len,
	   struct err *e)
{
	uLongf got = (uLongf)dst_len;
	size_t n = 0;

	switch (m) {
	case UNPACK_ZLIB:
		n = uncompress(dst, &got, src, (uLong)src_len) == Z_OK ? (size_t)got : SIZE_MAX;
		break;
	case UNPACK_ZSTD:
		n = ZSTD_decompress(dst, dst_len, src, src_len);
		break;
	case UNPACK_NONE:
	case UNPACK_UNKNOWN:
		return err_set(e, EBADMSG, "packed data in a file that names no compression");
	}
	if (n != dst_len)
		return err_set(e, EBADMSG, "damaged %s data: %zu bytes do not unpack to %zu",
			       m == UNPACK_ZLIB ? "zlib" : "zstd", src_len, dst_len);
	return 0;
}
