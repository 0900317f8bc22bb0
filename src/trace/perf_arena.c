// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/perf_arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

void arena_hold(struct arena *a)
{
	if (a)
		a->users++;
}

void arena_drop(struct arenas *s, struct arena *a)
{
	if (!a || --a->users)
		return;
	s->held -= ARENA_SIZE;
	a->next = s->spare;
	s->spare = a;
}

int arenas_turn(struct arenas *s, size_t keep, struct err *e)
{
	struct arena *old = s->filling, *a = s->spare;

	if (a)
		s->spare = a->next;
	else
		a = malloc(sizeof(*a));
	if (!a)
		return err_set(e, ENOMEM, "out of memory for unpacking");
	a->users = 1;
	a->len = old ? keep : 0;
	if (a->len)
		memcpy(a->data, old->data + old->len - keep, keep);
	s->held += ARENA_SIZE;
	s->filling = a;
	arena_drop(s, old);
	return 0;
}

int arenas_unpack(struct arenas *s, const uint8_t **p, const uint8_t *end, struct err *e)
{
	ZSTD_inBuffer in = { *p, (size_t)(end - *p), 0 };
	struct arena *a = s->filling;
	ZSTD_outBuffer out = { a->data, ARENA_SIZE, a->len };
	size_t ret;

	if (!s->zstd)
		s->zstd = ZSTD_createDCtx();
	if (!s->zstd)
		return err_set(e, ENOMEM, "out of memory for unpacking");
	/* Once at least: with all of the input read, some of what it unpacks to may still be held back. */
	do {
		ret = ZSTD_decompressStream(s->zstd, &out, &in);
		if (ZSTD_isError(ret))
			return err_set(e, EBADMSG, "damaged zstd data in a packed record: %s",
				       ZSTD_getErrorName(ret));
	} while (in.pos < in.size && out.pos < out.size);
	*p += in.pos;
	a->len = out.pos;
	/* A full arena: the unpacker may hold back more that it has already read. */
	return out.pos == out.size;
}

void arenas_free(struct arenas *s)
{
	arena_drop(s, s->filling);
	while (s->spare) {
		struct arena *a = s->spare;

		s->spare = a->next;
		free(a);
	}
	ZSTD_freeDCtx(s->zstd);
	memset(s, 0, sizeof(*s));
}
