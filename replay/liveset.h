/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liveset: what each address (or page frame) was last allocated as.  An address is
 * never forgotten, since perf kmem counts a second free of it too; so memory follows
 * the number of addresses that were in use, not the trace's length: 24 B each, and 4 for
 * each further row, at most half of the table unused.
 */
#ifndef REPLAY_LIVESET_H
#define REPLAY_LIVESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live {
	uint64_t key; /* never 0 */
	uint64_t time;
	uint32_t row; /* whose it is */
	int16_t cpu;  /* where it was allocated; -1 once it was freed (perf kmem) */
	bool live;
};

struct liveset {
	struct live *places;
	uint32_t *rows; /* [places][width]; NULL: none */
	unsigned width;
	uint64_t mask, used;
};

/* `width` further rows a place. 0 or -ENOMEM. */
int liveset_init(struct liveset *s, unsigned width);
void liveset_free(struct liveset *s);
/* NULL if the key was never put. */
struct live *liveset_get(const struct liveset *s, uint64_t key);
/* The place of a key, a new one empty (key set, all else 0); NULL out of memory. Valid until the next call. */
struct live *liveset_put(struct liveset *s, uint64_t key);

/* Bring the place of a key near: it will be asked for soon. */
void liveset_prefetch(const struct liveset *s, uint64_t key);

/* Its further rows. */
static inline uint32_t *liveset_rows(const struct liveset *s, const struct live *x)
{
	return s->rows ? s->rows + (size_t)(x - s->places) * s->width : NULL;
}

#endif
