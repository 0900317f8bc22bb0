/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: the compressions that trace.dat files use, by the name in the file.
 * An unpacker keeps its working memory from one block to the next.
 */
#ifndef TRACE_UNPACK_H
#define TRACE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum unpack_method { UNPACK_NONE, UNPACK_ZLIB, UNPACK_ZSTD, UNPACK_UNKNOWN };

struct unpacker {
	enum unpack_method method;
	void *state; /* ZSTD_DCtx or z_stream, made at the first use */
};

enum unpack_method unpack_method(const char *name);
/* Unpack exactly dst_len bytes; 0, or a negative errno with e set. */
int unpack(struct unpacker *u, const uint8_t *src, size_t src_len, uint8_t *dst, size_t dst_len,
	   struct err *e);
void unpack_free(struct unpacker *u);

#endif
