/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gunzip: gzip data that is in memory whole, unpacked by libdeflate, twice as fast as zlib streams it. */
#ifndef BASE_GUNZIP_H
#define BASE_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"

/* Does it begin as gzip does? */
static inline bool gunzip_knows(const uint8_t *data, size_t len)
{
	return len >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/*
 * Unpack all members; what follows the last one is ignored, as gzip(1) does.  0; -EIO: damaged or
 * cut off; -EFBIG: more than `limit` bytes; -ENOMEM.  With less than 0, out is empty.
 */
int gunzip(const uint8_t *data, size_t len, size_t limit, struct blob *out);

#endif
